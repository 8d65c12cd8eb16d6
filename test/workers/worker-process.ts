// A worker in a process of its own, for tests that kill it. It says `ready`, then one line of JSON per event that the test asks about. Bodies write
// to an effect log in the database before they answer: what the outside world saw. Argument: JSON of WorkerData.
import pg from 'pg'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow } from '../../src/index.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'

/** What a worker is started with. */
export interface WorkerData {
  readonly url: string
  readonly schema: string
  readonly leaseMs: number
  readonly name: string
  readonly queues?: readonly string[]
  readonly hotRuns?: number
}

const data = JSON.parse(process.argv[2] ?? '{}') as WorkerData
const tell = (said: object): void => void process.stdout.write(`${JSON.stringify({ ...said, at: Date.now() })}\n`)

const pool = new pg.Pool({ connectionString: data.url, max: 8 })
pool.on('error', () => undefined)

/** Adds one, after a while that the input names, and leaves a line in the log. */
const add = defineTemplate({
  name: 'add', version: '1.0.0', description: 'Adds one.', input: z.object({ n: z.number(), ms: z.number() }), output: z.object({ n: z.number() }),
  async execute({ n, ms }, context) {
    tell({ began: context.run?.path, run: context.run?.id })
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    await pool.query(`insert into ${data.schema}.effects (run, path, worker, key) values ($1, $2, $3, $4)`, [context.run?.id, context.run?.path, data.name, context.idempotencyKey]).catch(() => undefined)
    return { n: n + 1 }
  },
})

/** Ends its process: what a run does that no process survives. */
const poison = defineTemplate({
  name: 'poison', version: '1.0.0', description: 'Ends the process.', input: z.unknown(), output: z.unknown(),
  execute: () => process.kill(process.pid, 'SIGKILL') && {},
})

const five = defineWorkflow({
  name: 'five', input: z.object({ ms: z.number() }),
  async run(ctx, { ms }) {
    let n = 0
    for (const name of ['a', 'b', 'c', 'd', 'e']) n = (await ctx.step(name, add, { n, ms })).n
    return { n }
  },
})
const poisoned = defineWorkflow({ name: 'poisoned', input: z.unknown(), run: (ctx) => ctx.step('poison', poison, {}) })
const sleeper = defineWorkflow({
  name: 'sleeper', input: z.object({ ms: z.number() }),
  async run(ctx, { ms }) {
    await ctx.sleep('nap', ms)
    return ctx.step('a', add, { n: 0, ms: 0 })
  },
})
/** Waits for a child that workers of another queue take. */
const parent = defineWorkflow({ name: 'parent', input: z.object({ ms: z.number() }), run: (ctx, input) => ctx.child('child', sleeper, input, { queue: 'children' }) })

const store = await postgresStore({ url: data.url, schema: data.schema, leaseMs: data.leaseMs })
const wumbo = await createWumbo({
  store, worker: data.name, workflows: [five, poisoned, sleeper, parent], ...(data.queues === undefined ? {} : { queues: data.queues }), ...(data.hotRuns === undefined ? {} : { limits: { hotRuns: data.hotRuns } }),
  log: createLogger({ level: 'info', format: 'json', sink: (line) => void process.stderr.write(line) }),
})
wumbo.observe((event) => {
  if (event.type === 'run.resumed' || event.type === 'run.ended' || event.type === 'run.parked') tell({ event: event.type, run: event.run })
})
let wasReady = true
setInterval(() => {
  const { ready } = wumbo.health()
  if (ready !== wasReady) tell({ ready })
  wasReady = ready
}, 20)
const stop = (): void => void wumbo.close().then(() => process.exit(0))
process.on('SIGTERM', stop)
void wumbo.drained.then(stop)
tell({ ready: true })
