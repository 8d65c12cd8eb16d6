// Checks what the main example has left where it ran: `node check-folder.ts [folder]`. It ends with code 1 when something
// was lost or doubled.
import { check } from './check.ts'
import { gatherEvidence } from './evidence.ts'

const verdict = check(await gatherEvidence(process.argv[2]))
console.log(`${verdict.runs} runs with ${verdict.steps} records; ${verdict.calls} calls, ${verdict.repeated} of them repeated after a kill`)
for (const problem of verdict.problems) console.log(`  ${problem}`)
console.log(verdict.problems.length === 0 ? 'Nothing was lost, nothing was doubled.' : `${verdict.problems.length} problems.`)
process.exitCode = verdict.problems.length === 0 ? 0 : 1
