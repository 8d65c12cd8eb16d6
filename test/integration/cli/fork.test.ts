// `wumbo fork` and `wumbo runs retry --from`, in a process that owns the store and beside one that does.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Project, PROJECT } from './command.ts'

vi.setConfig({ testTimeout: 60_000 })

let project: Project
beforeEach(async () => {
  project = await Project.make(PROJECT)
})
afterEach(() => project.remove())

test.each(['alone', 'beside an owner'])('a run is forked and retried from a step, %s', async (how) => {
  if (how === 'beside an owner') await project.start(['dev', '--port', '0', '--json']).says('\n', 'out')
  expect(await project.run(['run', 'echo', '--id', 'first', '--input', '{"text":"one"}', '--quiet'])).toMatchObject({ code: 0 })
  const forked = await project.run(['fork', 'first', '--at', 'say', '--input', '{"text":"two"}', '--json'])
  expect(forked).toMatchObject({ code: 0, out: expect.stringContaining('two') })
  const { runs } = JSON.parse((await project.run(['runs', 'list', '--workflow', 'echo', '--json'])).out) as { runs: { id: string; key: string | null; forkedFrom: { run: string; at: string } | null }[] }
  const [fork, first] = runs
  expect(fork).toMatchObject({ key: null, forkedFrom: { run: first?.id, at: 'say', gen: 1 } })
  expect((await project.run(['runs', 'show', fork?.id ?? ''])).out).toContain(`fork of   ${first?.id} at say`)
  expect(await project.run(['fork', 'first', '--at', 'sya'])).toMatchObject({ code: 2, err: expect.stringMatching(/STEP_NOT_FOUND/) })
  expect(await project.run(['fork', 'first'])).toMatchObject({ code: 2, err: expect.stringContaining('--at') })
  expect(await project.run(['run', 'buy', '--id', 'b', '--quiet'])).toMatchObject({ code: 1 })
  await project.write('bank', '')
  expect(await project.run(['runs', 'retry', 'b', '--from', 'nothing'])).toMatchObject({ code: 2, err: expect.stringContaining('STEP_NOT_FOUND') })
  expect(await project.run(['runs', 'retry', 'b', '--from', 'pay', '--quiet'])).toMatchObject({ code: 0, out: expect.stringContaining('"paid": true') })
})
