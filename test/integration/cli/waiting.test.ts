// The commands that send something to a run: by themselves, and by way of the process that owns the store.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Project } from './command.ts'

vi.setConfig({ testTimeout: 60_000 })

const WORKFLOWS = `
import { defineWorkflow } from 'wumbo'
import { z } from 'zod'
export const paid = defineWorkflow({
  name: 'paid', input: z.object({}),
  run: async (ctx) => {
    ctx.setQuery('stage', (args) => ({ stage: 'begun', args, at: new Date(0) }))
    const lines: string[] = []
    ctx.setUpdate('add', { schema: z.string() }, (line) => lines.push(line))
    return { lines, paid: await ctx.signal('paid', { key: 3 }), decision: await ctx.approval('release', { title: 'Let it go?', assignees: ['ada'], form: z.object({ by: z.string() }) }) }
  },
})
`

let project: Project
beforeEach(async () => {
  project = await Project.make({ 'wumbo.yaml': 'store: sqlite:.wumbo/wumbo.db\n', 'workflows/all.ts': WORKFLOWS })
})
afterEach(() => project.remove())

test('signal, approve, pause and resume without a process that works on the run: it is taken by the next', async () => {
  const running = project.start(['run', 'paid', '--id', 'order', '--json'])
  await vi.waitFor(async () => expect((await project.run(['runs', 'show', 'order', '--json'])).out).toContain('"kind":"wait"'), 20_000)
  running.signal('SIGINT')
  await running.ended
  expect(await project.run(['signal', 'order', 'paid', '--payload', '{"n":1}', '--key', '3', '--id', 'evt'])).toMatchObject({ code: 0, err: expect.stringContaining('Signal paid is stored for run') })
  expect((await project.run(['runs', 'show', 'order'])).out).toContain('not taken: signal paid[3]')
  expect(await project.run(['pause', 'order', '--json'])).toMatchObject({ code: 0, out: expect.stringContaining('"accepted":true') })
  expect((await project.run(['resume', 'order'])).code).toBe(0)
  expect(await project.run(['signal', 'order', 'pa id'])).toMatchObject({ code: 2, err: expect.stringContaining('SIGNAL_INVALID') })
  expect(await project.run(['signal', 'order', 'paid', '--payload', '{'])).toMatchObject({ code: 2, err: expect.stringContaining('--payload') })
  expect(await project.run(['approve', 'order', 'release'])).toMatchObject({ code: expect.any(Number), err: expect.stringContaining('APPROVAL_NOT_OPEN') })
  expect(await project.run(['query', 'order', 'stage', '--args', '[1]'])).toMatchObject({ code: 0, out: '{"stage":"begun","args":[1],"at":{"$":["date",0]}}\n' })
  expect(await project.run(['query', 'order', 'other'])).toMatchObject({ code: 2, err: expect.stringContaining('QUERY_NOT_FOUND') })
  expect(await project.run(['update', 'order', 'add', '--data', '"tea"', '--id', 'a'])).toMatchObject({ code: 0, out: '1\n' })
  expect(await project.run(['update', 'order', 'add', '--data', '7'])).toMatchObject({ code: 2, err: expect.stringContaining('UPDATE_REFUSED') })
  const again = project.start(['runs', 'resume', 'order', '--json'])
  await vi.waitFor(async () => expect((await project.run(['runs', 'show', 'order'])).out).toContain('? release: Let it go?, asked of ada'), 20_000)
  expect(await project.run(['update', 'order', 'add', '--data', '"rum"'])).toMatchObject({ code: 0, out: '2\n' })
  expect(await project.run(['update', 'order', 'add', '--data', '"tea"', '--id', 'a'])).toMatchObject({ code: 0, out: '1\n' })
  expect(await project.run(['approve', 'order', 'release', '--form', '{}'])).toMatchObject({ code: 2, err: expect.stringContaining('SIGNAL_INVALID') })
  expect(await project.run(['approve', 'order', 'release', '--form', '{"by":"bike"}', '--by', 'grace', '--comment', 'fine'])).toMatchObject({ code: 0, err: expect.stringContaining('release is approved') })
  expect(JSON.parse((await again.ended).out)).toMatchObject({ output: { lines: ['tea', 'rum'], paid: { n: 1 }, decision: { approved: true, by: 'grace', form: { by: 'bike' }, comment: 'fine' } } })
})

test('a graph in YAML starts runs of the other workflows of its project as children', async () => {
  await writeFile(join(project.folder, 'workflows', 'ship.yaml'), 'name: ship\ninput: { type: object, required: [n], properties: { n: { type: number } } }\nsteps: { nap: { sleep: 50 } }\noutput: ${{ input.n * 2 }}\n')
  await writeFile(join(project.folder, 'workflows', 'send.yaml'), `name: send
steps:
  one: { child: { workflow: ship, input: { n: 1 } } }
  wrong: { child: { workflow: shipp }, onError: { output: '\${{ error.message }}' } }
  all: { children: { workflow: ship, inputs: [{ n: 2 }, { n: 3 }], collect: outputs } }
`)
  const { code, out } = await project.run(['run', 'send', '--id', 'sent', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ output: { one: 2, wrong: expect.stringContaining('shipp'), all: { count: 2, completed: 2, failed: 0, outputs: [4, 6] } } })
  expect((await project.run(['runs', 'show', 'sent'])).out).toMatch(/child +all: 2 runs, 2 ended/)
})

test('a graph in YAML is signalled and approved at the terminal while it runs', async () => {
  await writeFile(join(project.folder, 'workflows', 'desk.yaml'), `name: desk
input: { type: object }
steps:
  paid: { signal: { name: paid, key: '\${{ input.order }}', schema: { type: object, required: [n], properties: { n: { type: number } } } } }
  release:
    needs: paid
    approval: { title: 'Release \${{ steps.paid.output.n }}?', form: { type: object, required: [by], properties: { by: { type: string } } } }
output: { n: '\${{ steps.paid.output.n }}', by: '\${{ steps.release.output.by }}', form: '\${{ steps.release.output.form }}' }
`)
  const running = project.start(['run', 'desk', '--id', 'order', '--input', '{"order":"A/7"}', '--json'])
  await vi.waitFor(async () => expect((await project.run(['runs', 'show', 'order', '--json'])).out).toContain('"kind":"wait"'), 20_000)
  expect(await project.run(['signal', 'order', 'paid', '--payload', '{"n":2}', '--key', 'A/7'])).toMatchObject({ code: 0 })
  await vi.waitFor(async () => expect((await project.run(['runs', 'show', 'order'])).out).toContain('? release: Release 2?'), 20_000)
  expect(await project.run(['approve', 'order', 'release', '--form', '{}'])).toMatchObject({ code: 2, err: expect.stringContaining('SIGNAL_INVALID') })
  expect(await project.run(['approve', 'order', 'release', '--form', '{"by":"bike"}', '--by', 'grace'])).toMatchObject({ code: 0 })
  expect(JSON.parse((await running.ended).out)).toMatchObject({ output: { n: 2, by: 'grace', form: { by: 'bike' } } })
})
