// One measurement of a fan-out: a parent starts so many children, waits until all have ended and reads what each has given; by turns few and many. Times and
// memory are taken in processes of their own, since what looks for the peak collects garbage all the time.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createWumbo, defineTemplate, defineWorkflow, fromText } from 'wumbo'
import { z } from 'zod'
import { check, measure } from '../measurement.ts'
import { requireBuilt } from './built.ts'
import { placeOf } from './place.ts'
import { checkPostgresRuns } from './postgres-check.ts'
import { checkRuns } from './store-check.ts'

export interface FanOutOptions {
  readonly folder: string
  /** The PostgreSQL database; a SQLite file in the folder when left out. */
  readonly url?: string
  /** The parent as a function, or as a definition in YAML. */
  readonly form: 'code' | 'yaml'
  readonly few: number
  readonly many: number
  /** How often each is measured. */
  readonly times: number
  /** Memory in place of times. */
  readonly memory: boolean
}

export interface FanOutResult {
  /** Milliseconds from the start of the parent to its end. */
  readonly few: readonly number[]
  readonly many: readonly number[]
  /** MiB in use at the peak, more than before; 0 where times were taken. */
  readonly fewPeak: number
  readonly manyPeak: number
  /** MiB in use once the parent has ended, more than before. */
  readonly left: number
  readonly fsync: string
}

const value = z.object({ n: z.number() })
const add = defineTemplate({ name: 'add', version: '1.0.0', description: 'Adds one.', input: value, output: value, execute: ({ n }) => ({ n: n + 1 }) })
const child = defineWorkflow({ name: 'one-more', version: '1', input: value, run: (ctx, input) => ctx.step('add', add, input) })
const parent = defineWorkflow({
  name: 'fan-out', version: '1', input: z.object({ inputs: z.array(value) }),
  async run(ctx, { inputs }) {
    const batch = await ctx.children('all', child, inputs)
    let sum = 0
    for await (const { output } of batch.results()) sum += output?.n ?? 0
    return { completed: batch.completed, sum }
  },
})
/** A graph does not read what stays with its children, unless it collects it: then it is in memory. */
const graph = fromText<{ inputs: { n: number }[] }, { completed: number }>(`
name: fan-out-graph
input: { type: object, required: [inputs], properties: { inputs: { type: array, items: { type: object, required: [n], properties: { n: { type: number } } } } } }
steps:
  all: { children: { workflow: one-more, inputs: '\${{ input.inputs }}' } }
output: { completed: '\${{ steps.all.output.completed }}' }
`, [])

const LOOK_MS = 25

await measure<FanOutOptions, FanOutResult>(async ({ folder, url, form, few, many, times, memory }) => {
  requireBuilt()
  const place = await placeOf(folder, url)
  const wumbo = await createWumbo({ store: place.store, templates: [add], workflows: [child, parent, graph] })
  let held = 0
  const fan = async (count: number): Promise<number> => {
    const inputs = Array.from({ length: count }, (_, n) => ({ n }))
    const began = performance.now()
    const output = await (await wumbo.start(form === 'code' ? parent : graph, { inputs })).result()
    const ms = performance.now() - began
    check('what the children gave', output, { completed: count, ...(form === 'code' ? { sum: (count * (count + 1)) / 2 } : {}) })
    held += count + 1
    return ms
  }
  await fan(few)
  const found: { few: number[]; many: number[]; fewPeak: number; manyPeak: number; left: number } = { few: [], many: [], fewPeak: 0, manyPeak: 0, left: 0 }
  if (memory) {
    const before = inUse()
    found.fewPeak = (await peakOf(() => fan(few))) - before
    found.manyPeak = (await peakOf(() => fan(many))) - before
    found.left = inUse() - before
  }
  for (let time = 0; time < (memory ? 0 : times); time++) {
    // Beside each other, since the machine is not the same from one minute to the next.
    found.few.push(await fan(few))
    found.many.push(await fan(many))
  }
  return { ...found, fsync: await place.closed(wumbo, { inFile: (file) => checkRuns(file, held), inDatabase: (database) => checkPostgresRuns(database, held) }) }
})

/** MiB in use once garbage is collected. */
function inUse(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // what the flag exposes
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

/** The most that is in use meanwhile. */
async function peakOf(work: () => Promise<unknown>): Promise<number> {
  let peak = inUse()
  const look = setInterval(() => {
    peak = Math.max(peak, inUse())
  }, LOOK_MS)
  try {
    await work()
  } finally {
    clearInterval(look)
  }
  return Math.max(peak, inUse())
}
