// `wumbo events`: publishing and listing, without a process that owns the store and by way of the one that does.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Project } from './command.ts'

vi.setConfig({ testTimeout: 60_000 })

const SHIP = `name: ship
input: { type: object }
steps:
  paid: { event: { topic: order.paid, key: '\${{ input.order }}', where: event.data.n > 1, timeout: 1h } }
output: '\${{ steps.paid.output }}'
`

let project: Project
beforeEach(async () => {
  project = await Project.make({ 'wumbo.yaml': 'store: sqlite:.wumbo/wumbo.db\n', 'workflows/ship.yaml': SHIP })
})
afterEach(() => project.remove())

test('publishes for a run that waits, at the terminal and by way of its process, and lists what is kept', async () => {
  expect(await project.run(['events', 'publish', 'order.paid', '--key', '7', '--data', '{"n":5}', '--id', 'old'])).toMatchObject({ code: 0, err: expect.stringContaining('Event old is stored; no run waits for it') })
  const running = project.start(['run', 'ship', '--id', 'order', '--input', '{"order":7}', '--json'])
  await vi.waitFor(async () => expect((await project.run(['runs', 'show', 'order', '--json'])).out).toContain('"kind":"wait"'), 20_000)
  expect((await project.run(['runs', 'show', 'order'])).out).toContain('● paid  waits for event order.paid')
  expect(await project.run(['events', 'publish', 'order.paid', '--key', '7', '--data', '{"n":1}', '--json'])).toMatchObject({ code: 0, out: expect.stringContaining('"isNew":true,"runs":1') })
  expect(await project.run(['events', 'publish', 'order.paid', '--key', '7', '--data', '{"n":1}', '--id', 'old'])).toMatchObject({ code: 0, err: expect.stringContaining('nothing was stored') })
  expect(await project.run(['events', 'publish', 'order.paid', '--key', '7', '--data', '{"n":2}', '--id', 'e2'])).toMatchObject({ code: 0, err: expect.stringContaining('one run waits for it') })
  expect(JSON.parse((await running.ended).out)).toMatchObject({ output: { id: 'e2', topic: 'order.paid', key: '7', data: { n: 2 } } })
  const { out } = await project.run(['events', 'list', '--topic', 'order.paid', '--key', '7', '--limit', '2'])
  expect(out.split('\n').filter((line) => line.includes('order.paid'))).toHaveLength(2)
  expect(JSON.parse((await project.run(['events', 'list', '--json', '--limit', '1'])).out)).toMatchObject({ events: [{ id: 'e2', data: { n: 2 } }], next: expect.any(Number) })
})

test('refuses what no event can be, and says what is expected', async () => {
  expect(await project.run(['events', 'publish', 'order.*'])).toMatchObject({ code: 2, err: expect.stringContaining('EVENT_INVALID') })
  expect(await project.run(['events', 'publish', 'a', '--data', '{'])).toMatchObject({ code: 2, err: expect.stringContaining('--data') })
  expect(await project.run(['events', 'publish', 'a', '--key', ''])).toMatchObject({ code: 2, err: expect.stringContaining('key: expected a text of 1 to 200 characters') })
  for (const args of [['--limit', '0'], ['--limit', '1e3'], ['--before', 'x']]) expect(await project.run(['events', 'list', ...args])).toMatchObject({ code: 2, err: expect.stringContaining('expected a whole number') })
  expect((await project.run(['events', 'list'])).err).toContain('There are no events')
})
