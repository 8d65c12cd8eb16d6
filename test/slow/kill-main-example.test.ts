// K3, K4 on the real thing: the main example is killed with SIGKILL at random moments, twenty times each as a function,
// as a graph and as YAML, while the service that it calls stays up. The service's own log, the journal and the reports must agree.
// WUMBO_SEED repeats a failure with nearly the same moments.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { check } from '../../examples/06-earthquakes/check.ts'
import { gatherEvidence } from '../../examples/06-earthquakes/evidence.ts'
import { killLoop } from '../../examples/06-earthquakes/kill-loop.ts'

const scale = Number(process.env['WUMBO_SCALE'] ?? 1)
const kills = Math.max(1, Math.round(20 * scale))
const seed = Number(process.env['WUMBO_SEED'] ?? Date.now() % 1_000_000)

test.each([['function', []], ['graph', ['--graph']], ['YAML', ['--yaml']]] as const)(`K3, K4: killed ${kills} times, the main example as a %s loses and doubles nothing (seed ${seed})`, async (_form, args) => {
  const folder = mkdtempSync(join(tmpdir(), 'wumbo-kill-'))
  const lives = await killLoop({ folder, kills, seed, args: ['--batch-size', '10', ...args] })
  const verdict = check(await gatherEvidence(folder))
  expect(verdict.problems, `seed ${seed}, kept in ${folder}`).toEqual([])
  expect(lives.filter(({ killed }) => killed)).toHaveLength(kills)
  expect(verdict.runs).toBeGreaterThan(0)
  // At most one repeated call per step in flight at a kill; four are in flight at a time.
  expect(verdict.repeated).toBeLessThanOrEqual(4 * kills)
  rmSync(folder, { recursive: true, force: true })
})
