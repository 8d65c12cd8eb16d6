// V1: validating a definition of 1,000 steps, against the least that any validator of it does: parsing its YAML, and parsing and checking
// its expressions. Warm, as in an editor or a server; and cold (V1@cold), the first time in a process, as `wumbo validate` does it.
import type { Bench } from './bench.ts'
import { measureInChild } from './child.ts'
import { judge } from './goal.ts'
import { figure, table } from './report.ts'
import { median } from './stats.ts'
import type { ValidationResult } from './wumbo/validation.ts'

const STEPS = 1000
/** The first turn is the cold one, and two more are left out of the warm ones. */
const WARM_FROM = 3

export const v1: Bench = {
  id: 'V1',
  title: 'Validation of a definition of 1,000 steps, beside bare YAML parsing and CEL checking',
  peers: [],
  async run({ request, folder, progress }) {
    if (!request.lanes.includes('ours')) return { verdicts: [], details: '', fsync: [] }
    const results: ValidationResult[] = []
    for (let round = 0; round < request.rounds * 2; round++) {
      const result = await measureInChild<ValidationResult>({
        file: new URL('./wumbo/validation.ts', import.meta.url),
        options: { steps: STEPS, turns: request.quick ? 8 : 15, first: round % 2 === 0 ? 'ours' : 'bare' },
        within: folder,
      })
      progress(`V1  round ${round + 1}/${request.rounds * 2}  cold ${figure(result.ours[0], 'ms')} to ${figure(result.bare[0], 'ms')}, warm ${figure(median(warm(result.ours)), 'ms')} to ${figure(median(warm(result.bare)), 'ms')}`)
      results.push(result)
    }
    // Whoever comes first compiles what both use: only the processes in which it was ours, or theirs, are compared.
    const cold = { ours: results.filter((_, index) => index % 2 === 0).map(({ ours }) => ours[0] ?? Number.NaN), peer: results.filter((_, index) => index % 2 === 1).map(({ bare }) => bare[0] ?? Number.NaN) }
    const both = { ours: results.map(({ ours }) => median(warm(ours))), peer: results.map(({ bare }) => median(warm(bare))) }
    const goal = { timesPeer: 0.5 }
    return {
      verdicts: [judge({ id: 'V1', unit: 'ms', better: 'lower', goal }, both), judge({ id: 'V1@cold', unit: 'ms', better: 'lower', goal }, cold)],
      details: details(results, { warm: both, cold }),
      fsync: [],
    }
  },
}

function warm(turns: readonly number[]): readonly number[] {
  return turns.slice(WARM_FROM)
}

function details([one]: readonly ValidationResult[], kinds: Readonly<Record<string, { readonly ours: readonly number[]; readonly peer: readonly number[] }>>): string {
  const rows = Object.entries(kinds).map(([kind, { ours, peer }]) => [kind, figure(median(ours), 'ms'), figure(median(peer), 'ms'), figure(median(ours) / median(peer), '×'), ours.map((ms) => figure(ms)).join(', ')])
  return `The peer is the \`yaml\` package (parseDocument, toJS) and \`@marcbachmann/cel-js\` (check of each of ${figure(one?.expressions)} expressions); the text has ${figure(one?.bytes)} bytes. It knows no templates, no
types, no graph and no places of what is wrong; Wumbo's time holds all of them.\n\n${table(['process', 'Wumbo', 'bare', 'Wumbo to bare', 'each round, ms'], rows)}`
}
