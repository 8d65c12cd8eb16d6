// The load: so many runs, so many of them in flight at any time; or one after the other, each one timed. The same code
// drives every lane, so that none is favoured by its driver.
import type { Usage } from './postgres/meter.ts'
import { quantile } from './stats.ts'

export type Once = (index: number) => Promise<void>

/** Seconds that `count` calls took with `inFlight` of them open at any time. */
export async function throughput(count: number, inFlight: number, once: Once): Promise<number> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await once(next++)
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, lane))
  return (performance.now() - start) / 1000
}

export interface Latency {
  readonly p50: number
  readonly p99: number
}

/** Milliseconds from call to answer, one call at a time. */
export async function latency(count: number, once: Once): Promise<Latency> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    await once(index)
    times.push(performance.now() - start)
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

/** How one measurement of the three-step workflow is to be done; the same for Wumbo, its peer and the ceiling. */
export interface ThreeStepOptions {
  /** How the workflow is written, on our side. Default: as a function. */
  readonly form?: 'function' | 'yaml'
  readonly folder: string
  /** The database, where it is one of a server. */
  readonly url?: string
  readonly mode: 'throughput' | 'latency'
  readonly warmUp: number
  readonly count: number
  readonly inFlight: number
}

export interface ThreeStepResult {
  /** Runs a second, or the median of milliseconds. */
  readonly figure: number
  readonly p99?: number
  /** How the store was made durable, as read back from it. */
  readonly fsync: string
  readonly usage?: Usage
}

/** Runs the timed part of a measurement of so many runs; a meter counts around it. */
export type Timed = <T>(runs: number, work: () => Promise<T>) => Promise<T>

/** Warms up, measures, and gives the figure of the mode; `run` starts one workflow and awaits its answer, which is checked. */
export async function drive(
  options: ThreeStepOptions,
  run: (input: { n: number }) => Promise<{ n: number }>,
  timed: Timed = (_runs, work) => work(),
): Promise<Omit<ThreeStepResult, 'fsync'>> {
  const { mode, warmUp, count, inFlight } = options
  const once = async (n: number): Promise<void> => {
    const answer = await run({ n })
    if (answer.n !== n + 3) throw new Error(`check failed: three steps made ${JSON.stringify(answer)} of ${n}`)
  }
  await throughput(warmUp, mode === 'throughput' ? inFlight : 1, once)
  if (mode === 'throughput') return { figure: count / (await timed(count, () => throughput(count, inFlight, once))) }
  const { p50, p99 } = await timed(count, () => latency(count, once))
  return { figure: p50, p99 }
}
