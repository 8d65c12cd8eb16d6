// B12: cold start. From spawn to exit of `wumbo --version`, and from spawn of `wumbo dev` to its readiness, each in a
// process of its own. The bare start of Node is measured between them: that part is not ours.
import type { Bench, Context } from './bench.ts'
import { measureInChild } from './child.ts'
import { judge } from './goal.ts'
import { figure, table } from './report.ts'
import { alternate } from './rounds.ts'
import { spread, median } from './stats.ts'

type What = 'version' | 'dev' | 'node'

const NAMES: Record<What, string> = { version: 'wumbo --version', dev: 'wumbo dev to ready', node: 'node, an empty script' }
const ROUNDS = 15

export const b12: Bench = {
  id: 'B12',
  title: 'Cold start: `wumbo --version`, and `wumbo dev` to ready',
  peers: [],
  async run(context) {
    const ours: readonly What[] = context.request.lanes.includes('ours') ? ['node', 'version', 'dev'] : ['node']
    const rounds = context.request.quick ? 7 : Math.max(ROUNDS, context.request.rounds)
    const results = await alternate<What, number>(rounds, Object.fromEntries(ours.map((what) => [what, () => start(context, what)])))
    for (const [what, list = []] of Object.entries(results)) {
      context.progress(`B12  ${NAMES[what as What].padEnd(22)} ${figure(median(list), 's')} of ${list.length}`)
    }
    const verdict = (id: string, what: What, bound: number): ReturnType<typeof judge> => {
      const list = results[what]
      return judge({ id, unit: 's', better: 'lower', goal: { bound } }, list === undefined ? {} : { ours: list })
    }
    return { verdicts: [verdict('B12', 'version', 0.15), verdict('B12@dev', 'dev', 1.5)], details: starts(results), fsync: [] }
  },
}

async function start(context: Context, what: What): Promise<number> {
  const { seconds } = await measureInChild<{ seconds: number }>({
    file: new URL('./wumbo/cold-start.ts', import.meta.url),
    options: { what },
    within: context.folder,
  })
  return seconds
}

function starts(results: Partial<Record<What, number[]>>): string {
  const rows = (Object.entries(results) as [What, number[]][]).map(([what, list]) => {
    const { low, high } = spread(list)
    return [NAMES[what], String(list.length), figure(median(list), 's'), `${figure(low)} – ${figure(high)}`]
  })
  return table(['start', 'times', 'median', 'middle half, s'], rows)
}
