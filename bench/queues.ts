// Measures queues lane by lane, alternately: what B4 and B5 share. Wumbo and graphile-worker stand on one PostgreSQL, BullMQ on a Redis.
import type { Lane } from './arguments.ts'
import type { Context } from './bench.ts'
import { measureInChild } from './child.ts'
import { judge, type Direction, type Verdict } from './goal.ts'
import { inDatabase } from './postgres-contest.ts'
import type { QueueSettings } from './queue/contract.ts'
import type { JobOptions, JobResult } from './queue/measures.ts'
import { figure, table } from './report.ts'
import { alternate } from './rounds.ts'
import { median } from './stats.ts'
import { usageTable } from './usage.ts'

export const QUEUE_PACKAGES = ['graphile-worker', 'bullmq'] as const

export type QueueLane = Extract<Lane, 'ours' | 'peer' | 'peer-redis'>
export const QUEUE_LANES: readonly QueueLane[] = ['ours', 'peer', 'peer-redis']

export const QUEUE_NAMES = { ours: 'wumbo', peer: 'graphile-worker', 'peer-redis': 'bullmq' } as const
const TITLES: Record<QueueLane, string> = { ours: 'Wumbo', peer: 'graphile-worker', 'peer-redis': 'BullMQ' }

export interface QueueLoad extends QueueSettings {
  readonly what: 'enqueue' | 'process' | 'latency'
  readonly warmUp: number
  readonly count: number
}

/** The lanes that were asked for and have a server; says which one has none. */
export async function queueLanes({ request, servers, progress }: Context): Promise<readonly QueueLane[]> {
  const asked = QUEUE_LANES.filter((lane) => request.lanes.includes(lane))
  if (!asked.includes('peer-redis') || (await servers.redis()) !== undefined) return asked
  progress(LEFT_OUT)
  return asked.filter((lane) => lane !== 'peer-redis')
}

const LEFT_OUT = 'BullMQ is left out: WUMBO_BENCH_REDIS_URL names no Redis, and there is no redis-server on the path to start one.'

/** What the details say of a lane that has no server. */
export function saysLeftOut(lanes: readonly QueueLane[]): string[] {
  return lanes.includes('peer-redis') ? [] : [LEFT_OUT]
}

let number = 0

/** Measures one or more loads, one after the other, on one store that is empty before and gone afterwards; each in a process of its own. */
export async function measureQueue(context: Context, lane: QueueLane, loads: readonly QueueLoad[]): Promise<JobResult[]> {
  const prefix = `wumbo-bench-${process.pid}-${++number}`
  const inChild = (options: Omit<JobOptions, 'queue' | 'prefix'>): Promise<JobResult> =>
    measureInChild<JobResult>({ file: new URL('./queue/job.ts', import.meta.url), options: { ...options, queue: QUEUE_NAMES[lane], prefix }, within: context.folder })
  const all = async (url: string): Promise<JobResult[]> => {
    const results: JobResult[] = []
    for (const load of loads) results.push(await inChild({ ...load, url }))
    return results
  }
  if (lane !== 'peer-redis') return inDatabase(context, ({ url }) => all(url))
  const redis = await context.servers.redis()
  if (redis === undefined) throw new Error('there is no Redis')
  try {
    return await all(redis.url)
  } finally {
    await inChild({ what: 'clear', url: redis.url, warmUp: 0, count: 0 })
  }
}

export type QueueResults = Partial<Record<QueueLane, JobResult[][]>>

export interface QueueMatch {
  readonly label: string
  readonly unit: string
  readonly lanes: readonly QueueLane[]
  readonly loads: (lane: QueueLane) => readonly QueueLoad[]
}

/** Every lane once a round. */
export function measureQueues(context: Context, { label, unit, lanes, loads }: QueueMatch): Promise<QueueResults> {
  const once = (lane: QueueLane) => async (round: number): Promise<JobResult[]> => {
    const results = await measureQueue(context, lane, loads(lane))
    const said = results.map((result, at) => `${loads(lane)[at]?.what} ${figure(result.figure, unit)}`)
    context.progress(`${label}  round ${round + 1}/${context.request.rounds}  ${TITLES[lane].padEnd(15)} ${said.join(', ')}`)
    return results
  }
  return alternate<QueueLane, JobResult[]>(context.request.rounds, Object.fromEntries(lanes.map((lane) => [lane, once(lane)])))
}

export interface QueueQuestion {
  readonly id: string
  readonly unit: string
  readonly better: Direction
  readonly of: (results: JobResult[]) => number
}

/** One verdict per peer: ahead of it. */
export function judgeQueues({ id, unit, better, of }: QueueQuestion, results: QueueResults): Verdict[] {
  const figures = (lane: QueueLane): readonly number[] | undefined => results[lane]?.map(of)
  return (['peer', 'peer-redis'] as const).flatMap((lane) => {
    const [ours, peer] = [figures('ours'), figures(lane)]
    if (ours === undefined && peer === undefined) return []
    return judge({ id, unit, better, against: TITLES[lane], goal: { timesPeer: 1 } }, { ...(ours && { ours }), ...(peer && { peer }) })
  })
}

/** What a job cost in the measurement at `at`. */
export function jobCosts(results: QueueResults, at: number): string {
  const lanes = Object.entries(results) as [QueueLane, JobResult[][]][]
  return usageTable('job', lanes.map(([lane, rounds]) => ({ name: TITLES[lane], usages: rounds.flatMap((round) => round[at]?.usage ?? []) })))
}

export function roundsTable(unit: string, results: QueueResults, columns: Readonly<Record<string, (results: JobResult[]) => number>>): string {
  const lanes = Object.entries(results) as [QueueLane, JobResult[][]][]
  const rows = lanes.flatMap(([lane, rounds]) => Object.entries(columns).map(([title, of]) => {
    const values = rounds.map(of)
    return [TITLES[lane], title, figure(median(values), unit), values.map((value) => figure(value)).join(', ')]
  }))
  return table(['lane', 'what', 'median', `each round, ${unit}`], rows)
}

export function queueFsync(results: QueueResults): string[] {
  const lanes = Object.entries(results) as [QueueLane, JobResult[][]][]
  return [...new Set(lanes.flatMap(([lane, rounds]) => rounds.flat().map(({ fsync }) => `${TITLES[lane]}: ${fsync}`)))]
}

/** The setting under which a lane does most, tried once each. */
export async function bestSetting(context: Context, lane: QueueLane, what: 'enqueue' | 'process', settings: readonly QueueSettings[]): Promise<QueueSettings> {
  const count = context.request.quick ? 5_000 : 20_000
  const load = { warmUp: 1000, count }
  let best: { readonly setting: QueueSettings; readonly rate: number } | undefined
  for (const setting of settings) {
    const loads: QueueLoad[] = what === 'enqueue' ? [{ what, ...load, ...setting }] : [{ what: 'enqueue', warmUp: 0, count: load.warmUp + count }, { what, ...load, ...setting }]
    const rate = (await measureQueue(context, lane, loads)).at(-1)?.figure ?? 0
    context.progress(`trying  ${TITLES[lane]}, ${what}, ${JSON.stringify(setting)}: ${figure(rate, 'jobs/s')}`)
    if (best === undefined || rate > best.rate) best = { setting, rate }
  }
  return best?.setting ?? {}
}
