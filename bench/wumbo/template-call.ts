// One process that calls the same small function in every dress: bare, as a template, with schemas, and in each decorator alone. Blocks of
// calls, each dress in its turn, so that a slow second of the machine falls on all of them.
import { decorate, defineTemplate, FiguresSink, type Decorations } from 'wumbo'
import { z } from 'zod'
import { check, measure } from '../measurement.ts'
import { requireBuilt } from './built.ts'

export interface TemplateCallOptions {
  readonly calls: number
  readonly blocks: number
}

/** Nanoseconds of a call: of each dress, each block. */
export type TemplateCallResult = Readonly<Record<string, readonly number[]>>

type Call = (input: { n: number }) => unknown

/** Blocks that only warm up. */
const WARM = 3

requireBuilt()

await measure<TemplateCallOptions, TemplateCallResult>(async ({ calls, blocks }) => {
  const dresses = allDresses()
  const times: Record<string, number[]> = Object.fromEntries(dresses.map(([name]) => [name, []]))
  for (let block = 0; block < WARM + blocks; block++) {
    for (const [name, call] of block % 2 === 0 ? dresses : [...dresses].reverse()) {
      const ns = await timed(call, calls)
      if (block >= WARM) times[name]?.push(ns)
    }
  }
  return times
})

async function timed(call: Call, calls: number): Promise<number> {
  const input = { n: 20 }
  let last: unknown
  const start = performance.now()
  for (let index = 0; index < calls; index++) last = await call(input)
  const ns = ((performance.now() - start) * 1e6) / calls
  check('the output', last, { n: 21 })
  return ns
}

function allDresses(): [string, Call][] {
  const free: z.ZodType<{ n: number }, { n: number }> = z.any()
  const plain = defineTemplate({ name: 'add-one', version: '1.0.0', description: 'Adds one.', input: free, output: free, execute: addOne })
  const strict = z.strictObject({ n: z.int() })
  const checked = defineTemplate({ name: 'add-one-checked', version: '1.0.0', description: 'Adds one, checked.', input: strict, output: strict, execute: addOne })
  let asked = 0 // each call asks the cache for something new
  const each: Decorations<{ n: number }, { n: number }> = {
    observe: { onComplete: () => undefined }, trace: () => ({ end: () => undefined }), metrics: new FiguresSink(), access: () => true, middleware: { before: (input) => input },
    fallback: { value: { n: 0 } }, cache: { key: () => String(asked++) }, retry: { maxAttempts: 3 }, circuitBreaker: { failures: 5 }, rateLimit: { limit: 1e9 }, bulkhead: { concurrency: 10 }, timeout: '30s',
  }
  const decorated = Object.entries(each).map(([name, options]): [string, Call] => [name, decorate(plain, { [name]: options })])
  return [['function', addOne], ['template', plain], ['checked', checked], ...decorated, ['cache, that has it', decorate(plain, { cache: { key: ({ n }) => String(n) } })], ['all of them', decorate(plain, each)]]
}

async function addOne({ n }: { n: number }): Promise<{ n: number }> {
  return { n: n + 1 }
}
