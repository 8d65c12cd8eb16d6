// Watch the main example survive: `node scripts/bootstrap.mjs run examples/06-earthquakes/kill.ts --kills 20`. It kills the
// example at random moments, lets it end and compares the service's own log, the journal and the reports.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { check } from './check.ts'
import { gatherEvidence } from './evidence.ts'
import { killLoop } from './kill-loop.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '20' }, seed: { type: 'string' }, folder: { type: 'string' }, graph: { type: 'boolean', default: false }, yaml: { type: 'boolean', default: false } },
})
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'wumbo-kill-'))
const seed = Number(values.seed ?? Date.now() % 1_000_000)
console.log(`Killing the main example ${values.kills} times (seed ${seed}, folder ${folder})`)

let count = 0
await killLoop({
  folder, seed, kills: Number(values.kills), args: ['--batch-size', '10', ...(values.yaml ? ['--yaml'] : values.graph ? ['--graph'] : [])],
  onLife: ({ killed, ms, recorded }) => console.log(`${killed ? `kill ${String(++count).padStart(2)}` : 'ended  '} after ${String(ms).padStart(5)} ms${recorded === null ? '' : `, ${recorded} steps recorded`}`),
})

const verdict = check(await gatherEvidence(folder))
console.log(`${count} kills, ${verdict.runs} runs with ${verdict.steps} records, ${verdict.calls} calls, ${verdict.repeated} of them repeated after a kill`)
for (const problem of verdict.problems) console.log(`  ${problem}`)
console.log(verdict.problems.length === 0 ? 'Nothing was lost, nothing was doubled.' : `${verdict.problems.length} problems.`)
process.exitCode = verdict.problems.length === 0 ? 0 : 1
