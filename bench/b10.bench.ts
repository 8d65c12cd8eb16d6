// B10, and B10-PG on PostgreSQL: the cost of step 10, 1,000 and 10,000 of one run. The figure is how many times dearer the dearest of the three is
// than the cheapest. Each cost is the median over many long runs of the median of a window of steps, so that neither one
// slow fsync nor one slow second of the machine says anything.
import type { Bench, Context, Outcome } from './bench.ts'
import { measureInChild } from './child.ts'
import { judge } from './goal.ts'
import { inDatabase } from './postgres-contest.ts'
import { figure, table } from './report.ts'
import { alternate } from './rounds.ts'
import { median } from './stats.ts'
import type { LongRunResult } from './wumbo/long-run.ts'

const WINDOWS = [
  { about: 10, from: 1, to: 20 },
  { about: 1000, from: 951, to: 1050 },
  { about: 10_000, from: 9901, to: 10_000 },
] as const

export const b10: Bench = {
  id: 'B10',
  title: 'Cost of step 10, 1,000 and 10,000 of one run, steps one after the other, SQLite FULL',
  peers: [],
  run: (context) => stepCost(context, 'B10', (measure) => measure({}, [new URL('./wumbo/pragma-probe.mjs', import.meta.url)])),
}

export const b10pg: Bench = {
  id: 'B10-PG',
  title: 'Cost of step 10, 1,000 and 10,000 of one run, steps one after the other, PostgreSQL',
  peers: [],
  async run(context) {
    const { facts } = await context.servers.postgres()
    const outcome = await stepCost(context, 'B10-PG', (measure) => inDatabase(context, (options) => measure(options)))
    return { ...outcome, fsync: [facts, ...outcome.fsync] }
  },
}

type Measure = (options: { readonly url?: string }, imports?: readonly URL[]) => Promise<LongRunResult>

async function stepCost(context: Context, id: string, within: (measure: Measure) => Promise<LongRunResult>): Promise<Outcome> {
  const { request, folder, progress } = context
  const measure: Measure = (options, imports = []) =>
    measureInChild<LongRunResult>({
      file: new URL('./wumbo/long-run.ts', import.meta.url),
      options: { steps: 10_000, runs: request.quick ? 2 : 4, shortRuns: 5, windows: WINDOWS, ...options },
      within: folder,
      imports,
    })
  const once = async (round: number): Promise<LongRunResult> => {
    const result = await within(measure)
    progress(`${id}  round ${round + 1}/${request.rounds}  steps 10, 1,000, 10,000: ${cost([result]).map((ms) => figure(ms, 'ms')).join(', ')}`)
    return result
  }
  const { ours = [] } = await alternate(request.rounds, request.lanes.includes('ours') ? { ours: once } : {})
  const factor = ours.length === 0 ? {} : { ours: [Math.max(...cost(ours)) / Math.min(...cost(ours))] }
  return {
    verdicts: [judge({ id, unit: '×', better: 'lower', goal: { bound: 1.2 } }, factor)],
    details: ours.length === 0 ? '' : costs(ours),
    fsync: [...new Set(ours.map(({ fsync }) => `Wumbo: ${fsync}`))],
  }
}

/** Milliseconds of a step of each window: the median over all long runs of all rounds. */
function cost(results: readonly LongRunResult[]): number[] {
  return WINDOWS.map((_, window) => median(results.flatMap(({ medians }) => medians.map((run) => run[window] ?? Number.NaN))))
}

function costs(results: readonly LongRunResult[]): string {
  const rows = cost(results).map((ms, window) => {
    const { about = 0, from = 0, to = 0 } = WINDOWS[window] ?? {}
    const each = results.map((result) => figure(cost([result])[window]))
    return [figure(about), `${figure(from)} – ${figure(to)}`, figure(ms, 'ms'), each.join(', ')]
  })
  return table(['step', 'window', 'median', 'each round, ms'], rows)
}
