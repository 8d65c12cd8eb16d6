// One measurement of step cost: runs of thousands of sequential steps, each step timed where the workflow awaits it.
// Short runs before and after every long one give as many samples of an early step, taken in the same minute.
import { createWumbo, defineTemplate, defineWorkflow } from 'wumbo'
import { z } from 'zod'
import { check, measure } from '../measurement.ts'
import { median } from '../stats.ts'
import { requireBuilt } from './built.ts'
import { placeOf } from './place.ts'
import { checkPostgres } from './postgres-check.ts'
import { checkStore } from './store-check.ts'

export interface LongRunOptions {
  readonly folder: string
  /** The PostgreSQL database; a SQLite file in the folder when left out. */
  readonly url?: string
  readonly steps: number
  /** How many long runs. */
  readonly runs: number
  /** How many short runs stand before and again after each long one. */
  readonly shortRuns: number
  /** Windows of step numbers, from 1, both ends included; the first is within the length of a short run. */
  readonly windows: readonly { readonly from: number; readonly to: number }[]
}

export interface LongRunResult {
  /** For each long run, the median milliseconds of a step of each window. */
  readonly medians: readonly (readonly number[])[]
  readonly fsync: string
}

const value = z.object({ n: z.number() })

const tick = defineTemplate({
  name: 'tick',
  version: '1.0.0',
  description: 'Adds one.',
  input: value,
  output: value,
  execute: ({ n }) => ({ n: n + 1 }),
})

/** Times of the steps of the run that is on its way; only one ever is. */
let times: Float64Array = new Float64Array(0)

const long = defineWorkflow({
  name: 'long',
  version: '1',
  input: z.object({ steps: z.number() }),
  async run(ctx, { steps }) {
    let last = { n: 0 }
    for (let step = 0; step < steps; step++) {
      const start = performance.now()
      last = await ctx.step('tick', tick, last)
      times[step] = performance.now() - start
    }
    return last
  },
})

/** Steps that the engine and the machine get to settle; they are not counted. */
const WARM_UP = 3000

await measure<LongRunOptions, LongRunResult>(async ({ folder, url, steps, runs, shortRuns, windows }) => {
  requireBuilt()
  const place = await placeOf(folder, url)
  const wumbo = await createWumbo({ store: place.store, templates: [tick], workflows: [long] })
  const done = { runs: 0, steps: 0 }
  const run = async (length: number): Promise<Float64Array> => {
    times = new Float64Array(length)
    const handle = await wumbo.start(long, { steps: length })
    check('the answer of the run', await handle.result(), { n: length })
    done.runs++
    done.steps += length
    return times
  }
  const early = windows[0]?.to ?? 0
  await run(Math.min(steps, WARM_UP))
  const medians: number[][] = []
  for (let round = 0; round < runs; round++) {
    const samples: number[][] = windows.map(() => [])
    const take = (of: Float64Array): void => windows.forEach(({ from, to }, window) => samples[window]?.push(...of.subarray(from - 1, to)))
    for (let short = 0; short < shortRuns; short++) take(await run(early))
    take(await run(steps))
    for (let short = 0; short < shortRuns; short++) take(await run(early))
    medians.push(samples.map(median))
  }
  const fsync = await place.closed(wumbo, { inFile: (file) => checkStore(file, done), inDatabase: (database) => checkPostgres(database, done) })
  return { medians, fsync }
})
