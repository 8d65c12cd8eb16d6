// B9, its half about children: a parent fans out to 10,000 children and joins them. What a child costs must not grow with their number, and what the parent keeps of
// them must stay small: the figure is how many times dearer a child is among 10,000 than among 1,000. `-PG` on PostgreSQL, `yaml` for a parent that is a graph.
import type { Bench, Context, Outcome } from './bench.ts'
import { measureInChild } from './child.ts'
import { judge, type Verdict } from './goal.ts'
import { inDatabase } from './postgres-contest.ts'
import { figure, table } from './report.ts'
import { alternate } from './rounds.ts'
import { median } from './stats.ts'
import type { FanOutOptions, FanOutResult } from './wumbo/fan-out.ts'

/** What a child may cost among many, in units of what it costs among few; and MiB that they may take at the peak. */
const FACTOR = 1.2
const PEAK_MIB = 32

const PROBE = new URL('./wumbo/pragma-probe.mjs', import.meta.url)

type Measure = (options: Omit<FanOutOptions, 'folder' | 'url'>) => Promise<FanOutResult>

export const b9children: Bench = {
  id: 'B9-CHILDREN',
  title: 'Fan-out to 10,000 children and join: cost of a child against 1,000, memory at the peak; SQLite FULL',
  peers: [],
  run: (context) => fanOut(context, 'B9-CHILDREN', (options) => measureInChild({ file: new URL('./wumbo/fan-out.ts', import.meta.url), options: { ...options }, within: context.folder, imports: [PROBE] })),
}

export const b9childrenPg: Bench = {
  id: 'B9-CHILDREN-PG',
  title: 'Fan-out to 10,000 children and join: cost of a child against 1,000, memory at the peak; PostgreSQL',
  peers: [],
  async run(context) {
    const { facts } = await context.servers.postgres()
    const outcome = await fanOut(context, 'B9-CHILDREN-PG', (options) => inDatabase(context, ({ url }) => measureInChild({ file: new URL('./wumbo/fan-out.ts', import.meta.url), options: { ...options, url }, within: context.folder })))
    return { ...outcome, fsync: [facts, ...outcome.fsync] }
  },
}

/** One round of one form of the parent. */
interface Round {
  readonly times: FanOutResult
  readonly memory: FanOutResult
}

async function fanOut({ request, progress }: Context, id: string, measure: Measure): Promise<Outcome> {
  const [few, many] = request.quick ? [200, 2000] : [1000, 10_000]
  const once = (form: FanOutOptions['form']) => async (round: number): Promise<Round> => {
    const options = { form, few, many, times: request.quick ? 1 : 2 }
    const result = { times: await measure({ ...options, memory: false }), memory: await measure({ ...options, memory: true }) }
    progress(`${id}  ${form}  round ${round + 1}/${request.rounds}  a child among ${figure(few)} ${figure(each([result], 'few', few), 'ms')}, among ${figure(many)} ${figure(each([result], 'many', many), 'ms')}; peak ${figure(result.memory.manyPeak, 'MiB')}`)
    return result
  }
  const lanes = { ...(request.lanes.includes('ours') ? { ours: once('code') } : {}), ...(request.lanes.includes('yaml') ? { yaml: once('yaml') } : {}) }
  const { ours = [], yaml = [] } = await alternate<'ours' | 'yaml', Round>(request.rounds, lanes)
  return {
    verdicts: [...verdicts(id, ours, [few, many]), ...verdicts(`${id}@yaml`, yaml, [few, many])],
    details: [['code', ours], ['YAML', yaml]].flatMap(([form, rounds]) => (rounds?.length === 0 ? [] : [details(form as string, rounds as readonly Round[], [few, many])])).join('\n\n'),
    fsync: [...new Set([...ours, ...yaml].map(({ times }) => `Wumbo: ${times.fsync}`))],
  }
}

function verdicts(id: string, rounds: readonly Round[], [few, many]: readonly [number, number]): readonly Verdict[] {
  const factors = rounds.length === 0 ? {} : { ours: rounds.map((round) => each([round], 'many', many) / each([round], 'few', few)) }
  const peaks = rounds.length === 0 ? {} : { ours: rounds.map(({ memory }) => memory.manyPeak) }
  const at = id.includes('@') ? `${id}-` : `${id}@`
  return [judge({ id, unit: '×', better: 'lower', goal: { bound: FACTOR } }, factors), judge({ id: `${at}peak`, unit: 'MiB', better: 'lower', goal: { bound: PEAK_MIB } }, peaks)]
}

/** Milliseconds of a child: the median over all measurements. */
function each(rounds: readonly Round[], which: 'few' | 'many', count: number): number {
  return median(rounds.flatMap(({ times }) => times[which].map((ms) => ms / count)))
}

function details(form: string, rounds: readonly Round[], [few, many]: readonly [number, number]): string {
  const row = (title: string, unit: string, of: (round: Round) => number): string[] => [title, figure(median(rounds.map(of)), unit), rounds.map((round) => figure(of(round))).join(', ')]
  return [`The parent is ${form === 'code' ? 'a function, which reads the results of its children page by page' : 'a graph in YAML, which collects nothing'}. 100 children are under way at a time; each does one step.`, table(['what', 'median', 'each round'], [
    row(`a child among ${figure(few)}`, 'ms', (round) => each([round], 'few', few)),
    row(`a child among ${figure(many)}`, 'ms', (round) => each([round], 'many', many)),
    row(`memory at the peak among ${figure(few)}, more than before`, 'MiB', ({ memory }) => memory.fewPeak),
    row(`memory at the peak among ${figure(many)}, more than before`, 'MiB', ({ memory }) => memory.manyPeak),
    row('memory once it has ended, more than before', 'MiB', ({ memory }) => memory.left),
  ])].join('\n\n')
}
