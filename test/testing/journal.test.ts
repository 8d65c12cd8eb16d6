// Assertions on the journal: what passes, and what the messages of those that fail say.
import { AssertionError } from 'node:assert'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { assertTemplateOutput, createTestWumbo, expectJournal } from '../../src/testing/index.ts'
import type { Journal, TestRun, TestWumbo } from '../../src/testing/index.ts'
import { gt } from '../../src/workflow/conditions.ts'
import { workflow } from '../../src/workflow/builder.ts'
import { charge, price, reserve } from './shop.ts'

const shop = workflow('shop', { input: z.object({ cents: z.int() }), onFailure: 'continue' })
  .step('reserve', { uses: reserve, with: { item: 'lamp' } })
  .step('price', { uses: price, with: { item: 'lamp' }, needs: 'reserve' })
  .step('tip', { uses: charge, with: { cents: 1 }, if: ({ input }) => gt(input.cents, 100), needs: 'price' })
  .step('charge', { uses: charge, with: ({ input }) => ({ cents: input.cents }), needs: 'price' })
  .build()

let t: TestWumbo
let run: TestRun<unknown>
let sleeping: Journal

beforeAll(async () => {
  t = await createTestWumbo({ leftovers: 'allow' })
  t.stub(charge, ({ cents }, { attempt }) => {
    if (cents < 0 || attempt === 1) throw new Error('declined')
    return { receipt: `r${cents}` }
  })
  run = await t.run(shop, { cents: 5 })
  const waiting = await t.start(workflow('nap').sleep('rest', '3d').build(), {})
  await t.advance(0)
  sleeping = await t.journal(waiting)
})
afterAll(() => t.close())

/** The message of the AssertionError that a failed expectation throws. */
function complaint(work: () => void): string {
  try {
    work()
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AssertionError)
    return (thrown as Error).message
  }
  throw new Error('nothing was thrown')
}

test('what is so passes', () => {
  expectJournal(run).exactly('reserve', 'price', 'tip', 'charge').completed('reserve', 'charge').skipped('tip').attempts('charge', 2).never('refund')
    .input('charge', { cents: 5 }).output('charge', { receipt: 'r5' })
  expectJournal(run.journal).completed()
})

test('what has failed is found by the code of the failure or of a cause', async () => {
  const failed = await t.run(shop, { cents: -5 })
  expectJournal(failed).failed('charge').failed('charge', 'TEMPLATE_FAILED')
  expect(complaint(() => expectJournal(failed).failed('charge', 'HTTP_FAILED'))).toMatch(/^expected charge to have failed with HTTP_FAILED; it failed with TEMPLATE_FAILED/)
  expect(complaint(() => expectJournal(failed).completed('charge'))).toMatch(/^expected charge to have completed; it failed at attempt 3 with TEMPLATE_FAILED of UNKNOWN: charge@1.0.0 failed: declined/)
})

describe('what is not so is told with the journal', () => {
  test.each<[string, () => void, RegExp]>([
    ['a name that is nearly right', () => expectJournal(run).completed('chrage'), /expected chrage to be recorded; it is not. Did you mean "charge"\?/],
    ['another order', () => expectJournal(run).completed('charge', 'reserve'), /expected charge to have completed before reserve; reserve was first/],
    ['other paths', () => expectJournal(run).exactly('reserve', 'charge'), /the recorded paths differs/],
    ['not skipped', () => expectJournal(run).skipped('charge'), /expected charge to have been skipped; it has completed/],
    ['skipped', () => expectJournal(run).completed('tip'), /expected tip to have completed; it was skipped/],
    ['not failed', () => expectJournal(run).failed('tip'), /expected tip to have failed; it was skipped/],
    ['recorded', () => expectJournal(run).never('tip'), /expected tip never to have been recorded; it is number 3, skipped/],
    ['attempts', () => expectJournal(run).attempts('charge', 1), /expected charge to have ended at attempt 1; it ended at attempt 2/],
    ['an output', () => expectJournal(run).output('charge', { receipt: 'r6' }), /the output of charge differs: [^]*r6/],
    ['an input', () => expectJournal(run).input('charge', {}), /the input of charge differs/],
  ])('%s', (_name, work, message) => {
    const told = complaint(work)
    expect(told).toMatch(message)
    expect(told).toMatch(/Run .* of shop: completed\n {2}# {2}path +kind +status +attempt +began after +outcome\n {2}1 {2}reserve +step +completed +1 +0 ms +{ reservation: 'lamp-1' }/)
  })

  test('a step that waits', () => {
    expect(complaint(() => expectJournal(sleeping).completed('rest'))).toMatch(/expected rest to be recorded; it has begun and still waits \(timer\)[^]*\(nothing is recorded\)\n {2}rest waits \(timer, due after 3 d\)/)
  })
})

test('assertTemplateOutput compares what a step would record', async () => {
  expect(await assertTemplateOutput(price, { item: 'abc' }, { cents: 300 })).toEqual({ cents: 300 })
  await expect(assertTemplateOutput(price, { item: 'abc' }, { cents: 301 })).rejects.toThrow(/price@1.0.0 of { item: 'abc' }: [^]*301/)
  await expect(assertTemplateOutput(price, { item: 7 } as never, { cents: 301 })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  await expect(assertTemplateOutput(charge, { cents: 1 }, { receipt: '' })).rejects.toMatchObject({ code: 'HTTP_FAILED' })
})
