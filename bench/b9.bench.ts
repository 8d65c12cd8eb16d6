// B9, its half about sleeping runs (B9@sleep): 100,000 runs that sleep for a month leave next to nothing in the process that started them, and
// it does next to nothing while they sleep. PostgreSQL.
import type { Bench } from './bench.ts'
import { measureInChild } from './child.ts'
import { judge, type Verdict } from './goal.ts'
import { inDatabase } from './postgres-contest.ts'
import { figure, table } from './report.ts'
import { alternate } from './rounds.ts'
import { median } from './stats.ts'
import type { SleeperResult } from './wumbo/sleepers.ts'

/** What is bound. "No idle CPU" is a five-hundredth of a core, which is what the measuring itself and collecting garbage may take. */
const BOUNDS = [
  { id: 'B9@sleep-heap', of: 'heap', unit: 'MiB', bound: 10 },
  { id: 'B9@sleep-rss', of: 'rss', unit: 'MiB', bound: 10 },
  { id: 'B9@sleep-cpu', of: 'idleCpu', unit: 'ms/s', bound: 2 },
  { id: 'B9@sleep-statements', of: 'idleStatements', unit: 'per minute', bound: 60 },
] as const

export const b9: Bench = {
  id: 'B9',
  title: '100,000 sleeping runs: what they leave in the process, and what it does meanwhile; PostgreSQL',
  peers: [],
  async run(context) {
    const { request, folder, progress, servers } = context
    const { facts } = await servers.postgres()
    const [count, idleSeconds] = request.quick ? [20_000, 10] : [100_000, 60]
    const once = async (round: number): Promise<SleeperResult> => {
      const result = await inDatabase(context, ({ url }) =>
        measureInChild<SleeperResult>({ file: new URL('./wumbo/sleepers.ts', import.meta.url), options: { url, warmUp: count / 5, count, idleSeconds }, within: folder }),
      )
      progress(`B9@sleep  round ${round + 1}/${request.rounds}  ${BOUNDS.map(({ of, unit }) => `${of} ${figure(result[of], unit)}`).join(', ')}`)
      return result
    }
    const { ours = [] } = await alternate(request.rounds, request.lanes.includes('ours') ? { ours: once } : {})
    return {
      verdicts: BOUNDS.map(({ id, of, unit, bound }): Verdict => judge({ id, unit, better: 'lower', goal: { bound } }, ours.length === 0 ? {} : { ours: ours.map((result) => result[of]) })),
      details: ours.length === 0 ? '' : details(ours, count, idleSeconds),
      fsync: [facts, ...new Set(ours.map(({ fsync }) => `Wumbo: ${fsync}`))],
    }
  },
}

function details(results: readonly SleeperResult[], count: number, idleSeconds: number): string {
  const row = (title: string, of: keyof Omit<SleeperResult, 'fsync'>, unit: string): string[] => {
    const values = results.map((result) => result[of])
    return [title, figure(median(values), unit), values.map((value) => figure(value)).join(', ')]
  }
  return [
    `${figure(count)} runs were started, after ${figure(count / 5)} that are not counted, and sleep. Memory is read after collecting garbage, before and after. Then nothing
happens for ${idleSeconds} s: statements are counted by a process in between, from what the server answers.`,
    table(['what', 'median', 'each round'], [
      row('heap and buffers more than before', 'heap', 'MiB'), row('resident memory more than before', 'rss', 'MiB'), row('CPU of the idle process', 'idleCpu', 'ms/s'),
      row('statements while idle', 'idleStatements', 'per minute'), row('connections', 'connections', ''), row('starts', 'startsPerSecond', 'runs/s'),
    ]),
  ].join('\n\n')
}
