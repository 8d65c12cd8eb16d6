// A process that works on the simulation's shapes in real time, for tests that kill it. It starts every run and sends all that is to be sent, under the
// same ids as every other process and every process before it, so whatever a dead one left out is done by the next. What its bodies
// did and what was acknowledged goes to a log file at once, line by line: that outlives a kill. Argument: JSON of ShapeProcessData.
import { appendFileSync } from 'node:fs'
import { createWumbo } from '../../src/index.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { RunFinishedError, UpdateNotFoundError } from '../../src/errors.ts'
import { seededRandom } from '../../src/shared/random.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'
import { publishedFor, workflowsOf, type Effect, type Shape, type World } from '../../src/testing/world.ts'
import { realShapes } from '../simulation/shapes.ts'

/** What a process is started with. */
export interface ShapeProcessData {
  readonly store: { readonly file: string } | { readonly url: string; readonly schema: string; readonly leaseMs: number }
  readonly name: string
  readonly log: string
  readonly seed: number
  /** Runs of each shape. */
  readonly runs: number
}

/** A line of the log. */
export type ShapeLine = { readonly effect: Effect } | { readonly key: string; readonly run: string }

const data = JSON.parse(process.argv[2] ?? '{}') as ShapeProcessData
const note = (line: ShapeLine): void => appendFileSync(data.log, `${JSON.stringify(line)}\n`)

/** Effects that are written down before the body goes on. */
class Written extends Array<Effect> {
  override push(...effects: Effect[]): number {
    for (const effect of effects) note({ effect })
    return 0
  }
}

const world: World = { random: seededRandom(data.seed), effects: new Written(), wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }
const shapes = realShapes()
const wumbo = await createWumbo({
  store: 'file' in data.store ? `sqlite:${data.store.file}` : await postgresStore(data.store),
  // Two shapes may bring the same child.
  workflows: [...new Map(workflowsOf(shapes, world).map((workflow) => [workflow.name, workflow])).values()],
  limits: { releaseAfterMs: 400, keyTtlMs: 365 * 86_400_000 },
  log: createLogger({ level: 'warn', format: 'json', sink: (line) => void process.stderr.write(line) }),
})

/** Sends what a run is to get, in order; one that has ended needs no more. */
async function send(run: string, shape: Shape): Promise<void> {
  const { updates = [], signals = [], asks = [] } = shape
  try {
    for (let index = 0; ; index++) {
      const event = publishedFor(run, shape, index)
      if (event === undefined) break
      await wumbo.events.publish(event.topic, event.data, event.options)
    }
    for (const [index, { name, args }] of updates.entries()) await update(run, name, args, `update-${index}`)
    for (const [index, { name, payload }] of signals.entries()) await wumbo.runs.signal(run, name, payload, { id: String(index) })
    for (const ask of asks) await wumbo.runs[ask](run)
  } catch (thrown) {
    if (!(thrown instanceof RunFinishedError)) throw thrown
  }
}

/** A function takes updates from where it says so. */
async function update(run: string, name: string, args: unknown, id: string): Promise<void> {
  for (;;) {
    try {
      await wumbo.runs.update(run, name, args, { id })
      return
    } catch (thrown) {
      if (!(thrown instanceof UpdateNotFoundError)) throw thrown
      await world.wait(50)
    }
  }
}

async function startAll(): Promise<void> {
  for (let run = 0; run < data.runs; run++) {
    await Promise.all(shapes.map(async (shape) => {
      const key = `${shape.name}-${run}`
      const { id } = await wumbo.start(shape.name, shape.input, { id: key })
      note({ key, run: id })
      await send(id, shape)
    }))
  }
}

/** Tries again while the store is away, or the lane was lost just now. */
for (;;) {
  try {
    await startAll()
    break
  } catch (thrown) {
    process.stderr.write(`${JSON.stringify({ level: 'info', message: String(thrown) })}\n`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
setInterval(() => {
  wumbo.runs.list({ status: ['running', 'waiting', 'paused'], limit: 1 }).then(
    ({ runs }) => { if (runs.length === 0) process.stdout.write('{"over":true}\n') },
    () => undefined,
  )
}, 200)
