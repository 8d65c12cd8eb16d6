// B14: two worker processes against one on one PostgreSQL, with steps that each keep a processor busy for 50 ms. All runs are stored before
// by a third process; the workers share them.
import type { Bench, Context } from './bench.ts'
import { measureInChild } from './child.ts'
import { judge } from './goal.ts'
import { inDatabase } from './postgres-contest.ts'
import { figure, table } from './report.ts'
import { alternate } from './rounds.ts'
import { median } from './stats.ts'
import { calibrate } from './wumbo/cpu-work.ts'
import type { FleetResult } from './wumbo/fleet.ts'

const UNIT = 'runs/s'
const STEP_MS = 50

export const b14: Bench = {
  id: 'B14',
  title: 'Two workers against one on one PostgreSQL, steps of 50 ms of computing',
  peers: [],
  async run(context) {
    const { request, servers } = context
    const { facts } = await servers.postgres()
    const runs = request.quick ? 60 : 300
    const rounds = calibrate(STEP_MS)
    const lane = (workers: number) => async (round: number): Promise<FleetResult> => {
      const result = await measureFleet(context, { workers, runs, rounds })
      context.progress(`B14  round ${round + 1}/${request.rounds}  ${workers} worker${workers === 1 ? ' ' : 's'}  ${figure(result.figure, UNIT)}, steps of each: ${result.shares.join(', ')}`)
      return result
    }
    const { two, one } = await alternate<'two' | 'one', FleetResult>(request.rounds, request.lanes.includes('ours') ? { two: lane(2), one: lane(1) } : {})
    const of = (results: readonly FleetResult[]): number[] => results.map((result) => result.figure)
    const question = { id: 'B14', unit: UNIT, better: 'higher', against: 'one worker', goal: { timesPeer: 1.8 } } as const
    return {
      verdicts: [judge(question, { ...(two && { ours: of(two) }), ...(one && { peer: of(one) }) })],
      details: two === undefined || one === undefined ? '' : details({ '2': two, '1': one }),
      fsync: [facts, ...new Set([...(two ?? []), ...(one ?? [])].map(({ fsync }) => `Wumbo: ${fsync}`))],
    }
  },
}

function measureFleet(context: Context, options: { readonly workers: number; readonly runs: number; readonly rounds: number }): Promise<FleetResult> {
  return inDatabase(context, ({ url }) => measureInChild<FleetResult>({ file: new URL('./wumbo/fleet.ts', import.meta.url), options: { ...options, url }, within: context.folder }))
}

function details(results: Readonly<Record<string, readonly FleetResult[]>>): string {
  const rows = Object.entries(results).map(([workers, list]) => [
    workers,
    figure(median(list.map((result) => result.figure)), UNIT),
    list.map((result) => figure(result.figure)).join(', '),
    list.map(({ shares }) => shares.join(' + ')).join(', '),
  ])
  return [
    `A step is a fixed number of rounds of a hash that took ${STEP_MS} ms before the first round; workers take 4 runs at a time. The server needs processors too.`,
    table(['workers', 'median', `each round, ${UNIT}`, 'steps of each'], rows),
  ].join('\n\n')
}
