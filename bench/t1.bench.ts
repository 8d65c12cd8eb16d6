// T1: what a call of a template costs above a call of its function, and what each decorator and the checks of schemas put on top of that.
import type { Bench } from './bench.ts'
import { measureInChild } from './child.ts'
import { judge } from './goal.ts'
import { figure, table } from './report.ts'
import { median } from './stats.ts'
import type { TemplateCallResult } from './wumbo/template-call.ts'

export const t1: Bench = {
  id: 'T1',
  title: 'A call of a template and of each decorator, above a call of the function',
  peers: [],
  async run({ request, folder, progress }) {
    if (!request.lanes.includes('ours')) return { verdicts: [], details: '', fsync: [] }
    const rounds: ReadonlyMap<string, number>[] = []
    for (let round = 0; round < request.rounds; round++) {
      const result = await measureInChild<TemplateCallResult>({
        file: new URL('./wumbo/template-call.ts', import.meta.url),
        options: { calls: request.quick ? 5000 : 20_000, blocks: request.quick ? 6 : 12 },
        within: folder,
      })
      const costs = new Map(Object.entries(result).map(([dress, blocks]) => [dress, median(blocks)]))
      rounds.push(costs)
      progress(`T1  round ${round + 1}/${request.rounds}  function ${figure(costs.get('function'), 'ns')}, template ${figure(costs.get('template'), 'ns')}, all decorators ${figure([...costs.values()].at(-1), 'ns')}`)
    }
    const above = (dress: string, base: string): number[] => rounds.map((costs) => (costs.get(dress) ?? Number.NaN) - (costs.get(base) ?? Number.NaN))
    return {
      verdicts: [judge({ id: 'T1', unit: 'ns', better: 'lower', goal: { bound: 1500 } }, { ours: above('template', 'function') })],
      details: details(rounds, above),
      fsync: [],
    }
  },
}

function details(rounds: readonly ReadonlyMap<string, number>[], above: (dress: string, base: string) => number[]): string {
  const rows = [...(rounds[0]?.keys() ?? [])].map((dress) => {
    const base = dress === 'function' ? undefined : dress === 'template' ? 'function' : 'template'
    return [dress, figure(median(rounds.map((costs) => costs.get(dress) ?? Number.NaN)), 'ns'), ...(base === undefined ? ['–', '–'] : [figure(median(above(dress, base)), 'ns'), base])]
  })
  return `Each awaited, one after the other. *template* has schemas that accept all, *checked* has strict Zod objects for input and output; each decorator stands alone around *template*, and the cache is asked for something new each time.\n\n${table(['dress', 'a call', 'more', 'than'], rows)}`
}
