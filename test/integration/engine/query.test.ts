// Queries: the state as of the last record, in memory and out of it, after the end, from a process that only looks; and nothing is touched.
import { knownChild } from '../../../src/testing/known-child.ts'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { queryRun } from '../../../src/engine/query.ts'
import type { QueryDeps } from '../../../src/engine/query.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { hashText } from '../../../src/shared/hash.ts'
import type { AnyWorkflow } from '../../../src/workflow/contract.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

const anything = z.unknown()

function tour(calls: string[], version = '1', first = 'rome') {
  const visit = defineTemplate({ name: 'visit', version: '1.0.0', description: 'Visits.', input: z.string(), output: z.string(), execute: (stop) => (calls.push(stop), stop) })
  return defineWorkflow({
    name: 'tour', version, input: anything,
    async run(ctx) {
      const done: unknown[] = []
      ctx.setQuery('done', (args) => (args === undefined ? done : done.slice(args as number)))
      ctx.setQuery('when', () => { throw new TypeError('no watch') })
      ctx.setQuery('later', async () => Promise.resolve(1))
      ctx.setQuery('odd', () => ({ f: () => 1 }))
      done.push(await ctx.step('first', visit, first))
      const both = await ctx.all({ a: (c) => c.signal('a'), b: (c) => c.signal('b') })
      done.push(both)
      await ctx.sleep('night', '1d')
      ctx.setQuery('end', () => 'over')
      throw new Error('lost')
    },
  })
}

function asking(rig: Rig, workflows: readonly AnyWorkflow[]): (run: string, name: string, args?: unknown) => Promise<unknown> {
  const deps: QueryDeps = {
    store: rig.store, clock: rig.time, sha256: (bytes) => hashText(new TextDecoder().decode(bytes)),
    workflows: { child: (workflow) => knownChild(workflows, workflow), find: (name, version) => workflows.find((one) => one.name === name && one.version === version), rebuild: () => undefined },
  }
  return (run, name, args) => rig.until(queryRun(deps, run, name, args))
}

test('answers as of the last record, at any time, and touches nothing', async () => {
  const rig = new Rig()
  const calls: string[] = []
  const workflow = tour(calls)
  const engine = await rig.engine([workflow])
  const ask = asking(rig, [workflow])
  const { run } = await rig.until(engine.start(workflow, {}))
  await rig.time.advance(3000)
  expect(engine.metrics().hotRuns).toBe(0)
  expect(await ask(run, 'done')).toEqual(['rome'])
  await rig.until(engine.postbox.signal(run, 'b', 2))
  await rig.until(engine.postbox.signal(run, 'a', { x: new Date(1) }))
  await rig.time.advance(100)
  const before = JSON.stringify(await rig.store.load({ space: 0, run }))
  expect(await ask(run, 'done')).toEqual(['rome', { a: { x: new Date(1) }, b: 2 }])
  expect(await ask(run, 'done', 1)).toHaveLength(1)
  await expect(ask(run, 'end')).rejects.toMatchObject({ code: 'QUERY_NOT_FOUND', message: expect.stringContaining('done, when, later, odd') as string })
  expect(JSON.stringify(await rig.store.load({ space: 0, run }))).toBe(before)
  await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
  expect(await ask(run, 'end')).toBe('over')
  expect(calls).toEqual(['rome'])
})

test('says what is wrong: no such run, no code, other code, a handler that throws, promises or gives what cannot be stored', async () => {
  const rig = new Rig()
  const workflow = tour([])
  const engine = await rig.engine([workflow])
  const { run } = await rig.until(engine.start(workflow, {}))
  await rig.time.advance(100)
  const ask = asking(rig, [workflow])
  await expect(ask('019a0000-0000-7000-8000-000000000000', 'done')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  await expect(asking(rig, [])(run, 'done')).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' })
  await expect(asking(rig, [tour([], '1', 'oslo')])(run, 'done')).rejects.toMatchObject({ code: 'NON_DETERMINISM', path: 'first' })
  await expect(ask(run, 'when')).rejects.toMatchObject({ code: 'QUERY_FAILED', cause: { message: 'no watch' } })
  await expect(ask(run, 'later')).rejects.toMatchObject({ code: 'QUERY_FAILED' })
  await expect(ask(run, 'odd')).rejects.toMatchObject({ code: 'QUERY_FAILED', cause: { code: 'VALUE_NOT_STORABLE' } })
})

test.each([['no name', '1 2', () => 1], ['no handler', 'state', 7]])('a query with %s fails the run', async (_name, name, handler) => {
  const rig = new Rig()
  const wrong = defineWorkflow({ name: 'wrong', input: anything, run: async (ctx) => { ctx.setQuery(name, handler as never); await ctx.sleep('s', 1) } })
  const engine = await rig.engine([wrong])
  const { run } = await rig.until(engine.start(wrong, {}))
  await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { code: 'DEFINITION_INVALID' } })
})
