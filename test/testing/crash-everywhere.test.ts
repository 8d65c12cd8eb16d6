// The sweep of crashes as users have it; and that it finds what is wrong.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../src/template/define.ts'
import { createTestWumbo } from '../../src/testing/index.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { booked, charge, order } from './shop.ts'

test('a workflow ends the same wherever its process dies, and the sweep says which bodies ran again', async () => {
  const t = await createTestWumbo()
  const stub = t.stub(charge, () => ({ receipt: 'r1' }))
  const report = await t.crashEverywhere(order, { item: 'lamp' })
  expect(report.points).toBeGreaterThan(15)
  expect(report.repeated).toEqual(['charge', 'price', 'reserve'])
  expect(new Set(stub.calls.map(({ idempotencyKey }) => idempotencyKey.split('.').slice(1).join('.')))).toEqual(new Set(['1.charge']))
  await t.close()
})

test('faults of the test hold in each run, and a graph is swept like a function', async () => {
  const t = await createTestWumbo()
  t.stub(charge, () => ({ receipt: 'r1' }))
  t.stub('book', () => ({ entry: 3 }))
  const fault = t.fault('book', { error: 'busy', attempt: 'any', times: 1 })
  const failed = await t.run(booked, { cents: 5 })
  expect(failed.status).toBe('failed')
  await t.crashEverywhere(booked, { cents: 5 })
  expect(fault.fired).toBe(1)
  await t.close()
})

test('a body that must not run twice is found by the user\'s own check', async () => {
  const t = await createTestWumbo()
  let paid: string[] = []
  t.stub(charge, ({ cents }) => {
    paid.push(String(cents))
    return { receipt: 'r1' }
  })
  const check = (): void => {
    if (paid.length !== 1) throw new Error(`paid ${paid.length} times`)
  }
  await expect(t.crashEverywhere(order, { item: 'lamp' }, { before: () => void (paid = []), check })).rejects.toThrow(/after a death (before|after) store call \d+ \(flush of .*record charge.*\): paid 2 times/)
  await t.close()
})

test('an output that depends on how often a body ran is found', async () => {
  const t = await createTestWumbo()
  let calls = 0
  const count = defineTemplate({ name: 'count', version: '1.0.0', description: 'Counts its calls.', input: z.object({}), output: z.object({ calls: z.number() }), execute: () => ({ calls: ++calls }) })
  const counted = defineWorkflow({ name: 'counted', input: z.object({}), run: (ctx) => ctx.step('count', count, {}) })
  const before = (): void => void (calls = 0)
  await expect(t.crashEverywhere(counted, {}, { before })).rejects.toThrow(/the output differs[^]*calls: 2[^]*count +step +completed/)
  await expect(t.crashEverywhere(counted, {}, { before, compare: () => 'anything' })).resolves.toMatchObject({ repeated: ['count'] })
  await t.close()
})

test('code that does not do the same again is found', async () => {
  const t = await createTestWumbo()
  t.stub(charge, () => ({ receipt: 'r1' }))
  let entered = 0
  const fickle = defineWorkflow({ name: 'fickle', input: z.object({}), async run(ctx) {
    await ctx.step(`charge-${entered++ % 2}`, charge, { cents: 1 })
    await ctx.sleep('wait', '1d')
  } })
  await expect(t.crashEverywhere(fickle, {}, { before: () => void (entered = 0) })).rejects.toThrow(/no death: |is not asked for/)
  await t.close()
})

test('stubs of the test tell and take the time of the run that they serve', async () => {
  const t = await createTestWumbo()
  const begun: number[] = []
  t.stub(charge, async () => {
    begun.push(t.now())
    await t.sleep('10s')
    return { receipt: 'r1' }
  })
  await t.crashEverywhere(order, { item: 'lamp' })
  // Where the process died in those ten seconds, the next one took the run over in them.
  expect(Math.min(...begun)).toBe(Date.UTC(2026, 0, 1))
  expect(Math.max(...begun)).toBe(Date.UTC(2026, 0, 1) + 10_000)
  expect(t.now()).toBe(Date.UTC(2026, 0, 1))
  await t.close()
})
