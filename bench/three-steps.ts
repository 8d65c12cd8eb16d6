// Measures the three-step workflow on each lane, alternately: what B2 and B3 share. The workflow is the same
// everywhere: n + 1 three times, each step durable before the next begins, the answer awaited and checked.
import type { Lane } from './arguments.ts'
import type { Context } from './bench.ts'
import { measureInChild } from './child.ts'
import type { ThreeStepOptions, ThreeStepResult } from './flight.ts'
import { judge, type Rounds, type Verdict } from './goal.ts'
import { figure, table } from './report.ts'
import { alternate } from './rounds.ts'
import { spread } from './stats.ts'

export type Load = Omit<ThreeStepOptions, 'folder'>

export interface PeerLoad extends Load {
  /** Partitions of the peer's log; its own default when left out. */
  readonly partitions?: number
}

/** The load of every lane; a lane that is left out is not run. */
export type Loads = Partial<Record<'ours' | 'yaml' | 'ceiling', Load> & Record<'peer' | 'peer-defaults', PeerLoad>>

const RESTATE = new URL('./restate/three-steps.ts', import.meta.url)

const WUMBO = new URL('./wumbo/three-steps.ts', import.meta.url)

const FILES: Record<Lane, URL> = {
  ours: WUMBO,
  yaml: WUMBO,
  peer: RESTATE,
  'peer-defaults': RESTATE,
  ceiling: new URL('./ceiling/three-steps.ts', import.meta.url),
}

const PROBE = new URL('./wumbo/pragma-probe.mjs', import.meta.url)

export const NAMES: Record<Lane, string> = { ours: 'Wumbo', yaml: 'Wumbo, YAML', peer: 'Restate', 'peer-defaults': 'Restate, defaults', ceiling: 'ceiling' }

/** What a reader must know before comparing the lanes; stands in RESULTS.md with every figure. */
export const DIFFERENCES = `What differs: Wumbo and the ceiling run in the process that drives the load. Restate is a server of its own, started
workflows reach it over HTTP on loopback (keep-alive), and it calls the steps in a third process over HTTP/2; that is how
it is deployed, and the time is part of its figure. Wumbo validates the input of the workflow and the input and output of every step;
Restate and the ceiling validate nothing. Wumbo and Restate keep finished runs with their journals; the handler on
Restate's side is of a plain service, which is cheaper there than its workflow kind. The ceiling journals the same rows
by group commit and could not recover a run.`

/** A peer that hangs must not take the whole bench along; our own lanes get no second try. */
const PEER_TRIES = 3
const PEER_LIMIT_MS = 90_000

export async function measureLane(context: Context, lane: Lane, load: PeerLoad): Promise<ThreeStepResult> {
  const peer = lane === 'peer' || lane === 'peer-defaults'
  for (let again = peer ? PEER_TRIES - 1 : 0; ; again--) {
    try {
      return await measureInChild<ThreeStepResult>({
        file: FILES[lane],
        options: lane === 'yaml' ? { ...load, form: 'yaml' } : { ...load },
        within: context.folder,
        imports: lane === 'ours' || lane === 'yaml' ? [PROBE] : [],
        ...(peer ? { limitMs: PEER_LIMIT_MS } : {}),
      })
    } catch (thrown) {
      if (again === 0) throw thrown
      context.progress(`${NAMES[lane]} gave no figure and is measured once more: ${String(thrown).split('\n')[0] ?? ''}`)
    }
  }
}

export type Results = Partial<Record<Lane, ThreeStepResult[]>>

/** Every lane that was asked for, once a round. */
export async function measureAlternately(context: Context, label: string, unit: string, loads: Loads): Promise<Results> {
  const { request, progress } = context
  const lanes = request.lanes
    .filter((lane) => loads[lane] !== undefined)
    .map((lane) => {
      const once = async (round: number): Promise<ThreeStepResult> => {
        const result = await measureLane(context, lane, loads[lane] as PeerLoad) // filtered above
        progress(`${label}  round ${round + 1}/${request.rounds}  ${NAMES[lane].padEnd(17)} ${figure(result.figure, unit)}`)
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
export function spreadTable(unit: string, loads: Loads, results: Results): string {
  const rows = (Object.entries(results) as [Lane, ThreeStepResult[]][]).map(([lane, list]) => {
    const { low, high } = spread(list.map((result) => result.figure))
    const load = loads[lane]
    return [
      NAMES[lane],
      figure(load?.inFlight),
      figure(load?.count),
      figure(load?.warmUp),
      list.map((result) => figure(result.figure)).join(', '),
      `${figure(low)} – ${figure(high)}`,
    ]
  })
  return table(['lane', 'in flight', 'runs', 'warm-up', `each round, ${unit}`, 'middle half'], rows)
}

export function fsyncModes(...all: readonly Results[]): string[] {
  const said = all.flatMap((results) =>
    (Object.entries(results) as [Lane, ThreeStepResult[]][]).flatMap(([lane, list]) => list.map(({ fsync }) => `${NAMES[lane]}: ${fsync}`)),
  )
  return [...new Set(said)]
}
