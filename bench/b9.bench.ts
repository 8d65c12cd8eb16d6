// B9, its half about sleeping runs (B9@sleep): 100,000 runs that sleep for a month leave next to nothing in the process that started them, take
// next to nothing in one that is opened on their store, and that one does next to nothing while they sleep. PostgreSQL.
import type { Bench } from './bench.ts'
import { measureInChild } from './child.ts'
import { judge, type Verdict } from './goal.ts'
import { inDatabase } from './postgres-contest.ts'
import { figure, table } from './report.ts'
import { alternate } from './rounds.ts'
import { median } from './stats.ts'
import type { SleeperOptions, SleeperResult } from './wumbo/sleepers.ts'

interface Sleepers {
  /** MiB in use, and resident, in the process that started the runs, more than before. */
  readonly heap: number
  readonly rss: number
  /** MiB resident in a process that is opened on a store full of them, more than in one on an empty store. */
  readonly openedRss: number
  readonly idleCpu: number
  readonly idleStatements: number
  readonly starter: SleeperResult
  readonly opened: SleeperResult
}

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
    const once = async (round: number): Promise<Sleepers> => {
      const result = await inDatabase(context, ({ url }) => measureSleepers(folder, url, { count, idleSeconds }))
      progress(`B9@sleep  round ${round + 1}/${request.rounds}  ${BOUNDS.map(({ of, unit }) => `${of} ${figure(result[of], unit)}`).join(', ')}`)
      return result
    }
    const { ours = [] } = await alternate(request.rounds, request.lanes.includes('ours') ? { ours: once } : {})
    return {
      verdicts: BOUNDS.map(({ id, of, unit, bound }): Verdict => judge({ id, unit, better: 'lower', goal: { bound } }, ours.length === 0 ? {} : { ours: ours.map((result) => result[of]) })),
      details: ours.length === 0 ? '' : details(ours, count, idleSeconds),
      fsync: [facts, ...new Set(ours.map(({ starter }) => `Wumbo: ${starter.fsync}`))],
    }
  },
}

/** Three processes, one after the other: opened on an empty store, started the runs, opened on a full store. */
async function measureSleepers(within: string, url: string, { count, idleSeconds }: { readonly count: number; readonly idleSeconds: number }): Promise<Sleepers> {
  const warmUp = count / 5
  const measure = (options: Omit<SleeperOptions, 'url'>): Promise<SleeperResult> =>
    measureInChild<SleeperResult>({ file: new URL('./wumbo/sleepers.ts', import.meta.url), options: { url, ...options }, within })
  const empty = await measure({ warmUp: 0, count: 0, held: 0, idleSeconds: 0 })
  const starter = await measure({ warmUp, count, held: warmUp + count, idleSeconds: 0 })
  const opened = await measure({ warmUp: 0, count: 0, held: warmUp + count, idleSeconds })
  return { heap: starter.heapGrowth, rss: starter.rssGrowth, openedRss: opened.rss - empty.rss, idleCpu: opened.idleCpu, idleStatements: opened.idleStatements, starter, opened }
}

function details(results: readonly Sleepers[], count: number, idleSeconds: number): string {
  const row = (title: string, unit: string, of: (result: Sleepers) => number): string[] => {
    const values = results.map(of)
    return [title, figure(median(values), unit), values.map((value) => figure(value)).join(', ')]
  }
  return [
    `${figure(count)} runs were started, after ${figure(count / 5)} that are not counted, and sleep. Memory is read once garbage is collected
and free pages are given back to the system. Nothing happens for ${idleSeconds} s in a process that is opened on the full store: its statements are counted
by a process in between, from what the server answers.`,
    table(['what', 'median', 'each round'], [
      row('heap and buffers of the starter, more than before', 'MiB', ({ heap }) => heap),
      row('resident memory of the starter, more than before', 'MiB', ({ rss }) => rss),
      row('resident memory, opened on the full store, more than on an empty one', 'MiB', ({ openedRss }) => openedRss),
      row('CPU of the idle process', 'ms/s', ({ idleCpu }) => idleCpu),
      row('statements while idle', 'per minute', ({ idleStatements }) => idleStatements),
      row('connections', '', ({ opened }) => opened.connections),
      row('starts', 'runs/s', ({ starter }) => starter.startsPerSecond),
    ]),
  ].join('\n\n')
}
