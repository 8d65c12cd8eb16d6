// Measures the three-step workflow on each lane, alternately: what B1, B2 and B3 share. The workflow is the same
// everywhere: n + 1 three times, each step durable before the next begins, the answer awaited and checked.
import type { Lane } from './arguments.ts'
import type { Context } from './bench.ts'
import { measureInChild } from './child.ts'
import type { ThreeStepOptions, ThreeStepResult } from './flight.ts'
import { judge, type Rounds, type Verdict } from './goal.ts'
import { figure, table } from './report.ts'
import { alternate } from './rounds.ts'
import { median, spread } from './stats.ts'
import { usageTable } from './usage.ts'

export type Load = Omit<ThreeStepOptions, 'folder' | 'url'>

export interface PeerLoad extends Load {
  /** Partitions of Restate's log; its own default when left out. */
  readonly partitions?: number
  /** Connections of DBOS; its own default when left out. */
  readonly pool?: number
}

/** The load of every lane; a lane that is left out is not run. */
export type Loads = Partial<Record<Lane, PeerLoad>>

/** Who runs in a lane. */
export interface Contestant {
  readonly name: string
  readonly file: URL
  readonly imports?: readonly URL[]
  /** Options that the lane always has. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** One store and one peer: who runs in which lane, and what a measurement is given. */
export interface Contest {
  readonly lanes: Partial<Record<Lane, Contestant>>
  /** Hands a measurement what it needs for as long as it runs, as further options. */
  within<T>(context: Context, work: (options: Readonly<Record<string, unknown>>) => Promise<T>): Promise<T>
}

/** A peer that hangs must not take the whole bench along; our own lanes get no second try. */
const PEER_TRIES = 3
const PEER_LIMIT_MS = 90_000

export async function measureLane(contest: Contest, context: Context, lane: Lane, load: PeerLoad): Promise<ThreeStepResult> {
  const contestant = contest.lanes[lane]
  if (contestant === undefined) throw new TypeError(`nobody runs in the lane ${lane}`)
  const { name, file, imports = [], options = {} } = contestant
  const peer = lane.startsWith('peer')
  for (let again = peer ? PEER_TRIES - 1 : 0; ; again--) {
    try {
      return await contest.within(context, (given) =>
        measureInChild<ThreeStepResult>({ file, options: { ...load, ...options, ...given }, within: context.folder, imports, ...(peer ? { limitMs: PEER_LIMIT_MS } : {}) }),
      )
    } catch (thrown) {
      if (again === 0) throw thrown
      context.progress(`${name} gave no figure and is measured once more: ${String(thrown).split('\n')[0] ?? ''}`)
    }
  }
}

export type Results = Partial<Record<Lane, ThreeStepResult[]>>

export interface Match {
  readonly label: string
  readonly unit: string
  readonly loads: Loads
}

/** Every lane that was asked for, once a round. */
export async function measureAlternately(contest: Contest, context: Context, { label, unit, loads }: Match): Promise<Results> {
  const { request, progress } = context
  const lanes = request.lanes
    .filter((lane) => loads[lane] !== undefined)
    .map((lane) => {
      const once = async (round: number): Promise<ThreeStepResult> => {
        const result = await measureLane(contest, context, lane, loads[lane] as PeerLoad) // filtered above
        progress(`${label}  round ${round + 1}/${request.rounds}  ${nameOf(contest, lane).padEnd(17)} ${figure(result.figure, unit)}`)
        return result
      }
      return [lane, once] as const
    })
  return alternate<Lane, ThreeStepResult>(request.rounds, Object.fromEntries(lanes))
}

export function figures(results: Results): Rounds {
  const of = (lane: Lane): number[] | undefined => results[lane]?.map((result) => result.figure)
  const rounds = { ours: of('ours'), peer: of('peer'), peerDefaults: of('peer-defaults'), ceiling: of('ceiling') }
  return Object.fromEntries(Object.entries(rounds).filter(([, values]) => values !== undefined)) // exact optional fields
}

/** Text must cost next to nothing in a run: the same workflow as YAML, beside the one in code, within 1.2 times. */
export function judgeYaml(id: string, unit: string, better: 'higher' | 'lower', results: Results): Verdict[] {
  const of = (lane: Lane): number[] | undefined => results[lane]?.map((result) => result.figure)
  const [ours, peer] = [of('yaml'), of('ours')]
  if (ours === undefined || peer === undefined) return []
  return [judge({ id: `${id}-YAML`, unit, better, goal: { timesPeer: 1 / 1.2 } }, { ours, peer })]
}

/** How far each lane moved between rounds: the middle half, and its load. */
export function spreadTable(contest: Contest, { unit, loads }: Match, results: Results): string {
  const rows = (Object.entries(results) as [Lane, ThreeStepResult[]][]).map(([lane, list]) => {
    const { low, high } = spread(list.map((result) => result.figure))
    const load = loads[lane]
    return [
      nameOf(contest, lane),
      figure(load?.inFlight),
      figure(load?.count),
      figure(load?.warmUp),
      list.map((result) => figure(result.figure)).join(', '),
      `${figure(low)} – ${figure(high)}`,
    ]
  })
  return table(['lane', 'in flight', 'runs', 'warm-up', `each round, ${unit}`, 'middle half'], rows)
}

/** What a run cost besides time, lane by lane; empty where nothing was counted. */
export function costTable(contest: Contest, results: Results): string {
  const entries = Object.entries(results) as [Lane, ThreeStepResult[]][]
  return usageTable('run', entries.map(([lane, list]) => ({ name: nameOf(contest, lane), usages: list.flatMap(({ usage }) => usage ?? []) })))
}

export function nameOf(contest: Contest, lane: Lane): string {
  return contest.lanes[lane]?.name ?? lane
}

export function fsyncModes(contest: Contest, ...all: readonly Results[]): string[] {
  const said = all.flatMap((results) =>
    (Object.entries(results) as [Lane, ThreeStepResult[]][]).flatMap(([lane, list]) => list.map(({ fsync }) => `${nameOf(contest, lane)}: ${fsync}`)),
  )
  return [...new Set(said)]
}

/** One workflow at a time gains nothing from a peer's settings for many, or the lack of them: the faster setting of the day is the peer. */
export function againstFasterPeer(rounds: Rounds): Rounds {
  const { peer, peerDefaults } = rounds
  if (peer === undefined || peerDefaults === undefined || median(peer) <= median(peerDefaults)) return rounds
  return { ...rounds, peer: peerDefaults }
}

export function slowest(contest: Contest, { unit }: Match, results: Results): string {
  const rows = (Object.entries(results) as [Lane, ThreeStepResult[]][]).map(([lane, list]) => [
    nameOf(contest, lane),
    figure(median(list.map(({ p99 }) => p99 ?? Number.NaN)), unit),
  ])
  return table(['lane', 'p99, median of the rounds'], rows)
}
