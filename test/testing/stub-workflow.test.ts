// Stubs in place of the children of a run.
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createTestWumbo } from '../../src/testing/index.ts'
import type { TestOptions, TestWumbo } from '../../src/testing/index.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { fromModel } from '../../src/workflow/graph.ts'

const ship = defineWorkflow({
  name: 'ship', input: z.object({ parcel: z.string() }),
  run: (_ctx, { parcel }): { label: string } => {
    throw new Error(`nobody ships ${parcel} in a test`)
  },
})
const parent = defineWorkflow({
  name: 'parent', input: z.object({ parcels: z.array(z.string()) }),
  async run(ctx, { parcels }) {
    const first = await ctx.child('first', ship, { parcel: parcels[0] ?? '' })
    const batch = await ctx.children('all', ship, parcels.map((parcel) => ({ parcel })), { concurrency: 2 })
    return { first: first.label, completed: batch.completed, failed: batch.failed }
  },
})
const graph = fromModel({ name: 'graph', steps: { one: { child: { workflow: 'elsewhere', input: { n: 1 } } }, all: { children: { workflow: 'elsewhere', inputs: [2, 3], collect: 'outputs' } } }, output: ['${{ steps.one.output }}', '${{ steps.all.output.outputs }}'] }, [])

async function testWumbo(options: TestOptions = {}): Promise<TestWumbo> {
  const t = await createTestWumbo(options)
  onTestFinished(() => t.close())
  return t
}

describe('a workflow that is stubbed', () => {
  test('is not entered: its children are what the stub gives, recorded once, and told apart by their version', async () => {
    const t = await testWumbo({ workflows: [ship] })
    const stub = t.stubWorkflow(ship, ({ parcel }) => ({ label: `to ${parcel}` }))
    const run = await t.run(parent, { parcels: ['a', 'b'] })
    expect(run.output).toEqual({ first: 'to a', completed: 2, failed: 0 })
    expect(stub.calls.map(({ input, output }) => [input.parcel, output?.label])).toEqual([['a', 'to a'], ['a', 'to a'], ['b', 'to b']])
    expect(run.journal.rows[0]).toMatchObject({ path: 'first', template: 'ship@stub' })
    expect((await t.journal(stub.calls[0]?.run ?? '')).rows.map(({ path }) => path)).toEqual(['stub'])
  })

  test('need not be there, also for a graph; an answer that is no function is the output', async () => {
    const t = await testWumbo()
    t.stubWorkflow('elsewhere', { done: true })
    expect((await t.run(graph, {})).output).toEqual([{ done: true }, [{ done: true }, { done: true }]])
  })

  test('fails as its stub does', async () => {
    const t = await testWumbo()
    t.stubWorkflow(ship, ({ parcel }) => {
      if (parcel === 'b') throw new Error('lost')
      return { label: parcel }
    })
    expect((await t.run(parent, { parcels: ['a', 'b'] })).output).toEqual({ first: 'a', completed: 1, failed: 1 })
    const failed = await t.run(parent, { parcels: ['b'] })
    expect(failed.error).toMatchObject({ code: 'CHILD_FAILED', path: 'first' })
    expect(JSON.stringify(failed.error)).toContain('lost')
  })

  test('takes the input that the workflow itself takes', async () => {
    const t = await testWumbo({ workflows: [ship] })
    t.stubWorkflow('ship', 1)
    const wrong = defineWorkflow({ name: 'wrong', input: z.object({}), run: (ctx) => ctx.child('a', 'ship', { parcle: 'x' }) })
    expect((await t.run(wrong, {})).error).toMatchObject({ cause: { code: 'INPUT_INVALID' } })
  })

  test('may take its time, and is cancelled with its parent', async () => {
    const t = await testWumbo()
    const slow = t.stubWorkflow(ship, async () => {
      await t.sleep('2h')
      return { label: 'late' }
    })
    const quick = await t.run(parent, { parcels: [] })
    expect(quick).toMatchObject({ output: { first: 'late' }, durationMs: 2 * 3_600_000 })
    const run = await t.start(parent, { parcels: ['a'] })
    await t.advance('1h')
    await run.cancel()
    expect((await run.end()).status).toBe('cancelled')
    await t.advance('1m')
    expect(slow.calls).toHaveLength(2)
    expect((await t.journal(slow.calls[1]?.run ?? '')).run.status).toBe('cancelled')
  })

  test('is itself again when the stub is restored', async () => {
    const t = await testWumbo()
    const stub = t.stubWorkflow(ship, { label: 'stub' })
    const newer = t.stubWorkflow(ship, { label: 'newer' })
    expect((await t.run(parent, { parcels: [] })).output).toMatchObject({ first: 'newer' })
    newer.restore()
    expect((await t.run(parent, { parcels: [] })).output).toMatchObject({ first: 'stub' })
    stub.restore()
    expect((await t.run(parent, { parcels: [] })).error).toMatchObject({ code: 'CHILD_FAILED' })
  })

  test('holds over a crash at every moment', async () => {
    const t = await testWumbo()
    t.stubWorkflow(ship, ({ parcel }) => ({ label: `to ${parcel}` }))
    const { points } = await t.crashEverywhere(parent, { parcels: ['a', 'b', 'c'] })
    expect(points).toBeGreaterThan(20)
  })

  test('is not stubbed where the test starts it by itself', async () => {
    const t = await testWumbo()
    t.stubWorkflow(ship, { label: 'stub' })
    expect((await t.run(ship, { parcel: 'x' })).error?.message).toContain('nobody ships')
  })

  test.each([['Not A Name'], [''], [7], [null]])('%j is no workflow', async (target) => {
    const t = await testWumbo()
    expect(() => t.stubWorkflow(target as string, 1)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error)
  })
})
