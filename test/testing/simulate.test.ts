// The seeded simulation as users have it: sound workflows hold, planted mistakes are found, and a seed does the same again.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../src/template/define.ts'
import { simulate } from '../../src/testing/index.ts'
import type { TestDoubles } from '../../src/testing/index.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { booked, charge, order, price } from './shop.ts'

const inputs = [{ item: 'lamp' }, { item: 'desk' }, { item: 'a chair' }]

/** A bank that takes each key once. */
function bankOf(t: TestDoubles): { readonly paid: Map<string, number>; calls: number } {
  const bank = { paid: new Map<string, number>(), calls: 0 }
  t.stub(charge, ({ cents }, { idempotencyKey = '' }) => {
    bank.calls++
    bank.paid.set(idempotencyKey, cents)
    return { receipt: `r${cents}` }
  })
  return bank
}

test('a sound workflow holds under deaths, failures and delays', async () => {
  const report = await simulate(order, {
    inputs, seeds: 60, faults: { deaths: 3, failures: 0.3, delay: '2s' }, setup: bankOf,
    invariant({ runs, state }) {
      expect(runs.map(({ output }) => output.receipt)).toEqual(['r400', 'r400', 'r700'])
      expect(state.paid.size).toBe(3)
    },
  })
  expect(report.seeds).toBe(60)
  expect(report.deaths).toBeGreaterThan(60)
  expect(report.failures).toBeGreaterThan(10)
})

test('a graph is simulated like a function, with stubs for what has no database', async () => {
  await simulate(booked, {
    inputs: [{ cents: 5 }, { cents: 6 }], seeds: 30,
    setup(t) {
      t.stub(charge, ({ cents }) => ({ receipt: `r${cents}` }))
      t.stub('book', (input) => ({ entry: (input as { receipt: string }).receipt.length }))
    },
    invariant: ({ runs }) => expect(runs.map(({ output }) => output)).toEqual([{ entry: 2 }, { entry: 2 }]),
  })
})

test('the same seed does the same again, another does not', async () => {
  const traces = async (seeds: readonly number[]): Promise<readonly (string | undefined)[]> => {
    const report = await simulate(order, { inputs, seeds, setup: bankOf })
    return seeds.map((seed) => report.traces.get(seed))
  }
  const [first, second] = await traces([5, 6])
  expect(first).not.toBe(second)
  expect(await traces([6, 5])).toEqual([second, first])
})

describe('a mistake is found, with a seed that finds it again', () => {
  async function seedOf(work: (seeds: number | readonly number[]) => Promise<unknown>): Promise<string> {
    const first = await work(200).then(() => expect.fail('nothing was found'), (thrown: unknown) => (thrown as Error).message)
    const seed = Number(/^seed (\d+): /.exec(first)?.[1])
    expect(first).toContain(`seeds: [${seed}]`)
    const again = await work([seed]).then(() => expect.fail('it was not found again'), (thrown: unknown) => (thrown as Error).message)
    expect(again).toBe(first)
    return first
  }

  test('a body that counts', async () => {
    expect(await seedOf((seeds) => simulate(order, {
      inputs, seeds, setup: (t) => {
        let calls = 0
        t.stub(charge, () => ({ receipt: `r${calls++}` }))
      }, compare: ({ receipt }) => receipt.length + Number(receipt.slice(1) > '2'),
    }))).toContain('gives another output than without faults')
  })

  test('an invariant', async () => {
    expect(await seedOf((seeds) => simulate(order, { inputs, seeds, setup: bankOf, invariant: ({ state }) => expect(state.calls, 'calls of the bank').toBe(3) }))).toContain('the invariant does not hold: calls of the bank')
  })

  test('code that is not the same on replay', async () => {
    const found = await seedOf((seeds) => {
      let entered = 0
      const fickle = defineWorkflow({ name: 'fickle', input: z.object({}), async run(ctx) {
        await ctx.step(`step-${Math.min(entered++, 1)}`, price, { item: 'x' })
        await ctx.sleep('rest', '1d')
        return 1
      } })
      const setup = (): void => void (entered = 0)
      return simulate(fickle, { inputs: [{}], seeds, setup })
    })
    expect(found).toMatch(/parked \(NON_DETERMINISM/)
  })

  test('what goes wrong without any fault', async () => {
    await expect(simulate(order, { inputs, invariant: () => { throw new Error('never') } })).rejects.toThrow(/before the first seed: the invariant does not hold: never[^]*without any fault/)
  })
})

test('a step without retries is never let fail, and its run still ends', async () => {
  const once = defineTemplate({ name: 'once', version: '1.0.0', description: 'Has one attempt.', input: z.object({}), output: z.object({}), execute: () => ({}) })
  const report = await simulate(defineWorkflow({ name: 'w', input: z.object({}), run: (ctx) => ctx.step('once', once, {}) }), { inputs: [{}], seeds: 20, faults: { failures: 1, deaths: 1 } })
  expect(report.failures).toBe(0)
})

test('what cannot be simulated is refused', async () => {
  await expect(simulate(order, { inputs: [] })).rejects.toThrow('inputs')
  await expect(simulate(order, { inputs, seeds: 0 })).rejects.toThrow('seeds')
  await expect(simulate(order, { inputs, seeds: [1.5] })).rejects.toThrow('seeds')
  await expect(simulate(order, { inputs, faults: { deaths: 4 } })).rejects.toThrow('from 0 to 3')
  await expect(simulate(order, { inputs, faults: { failures: 2 } })).rejects.toThrow('faults.failures')
  await expect(simulate(order, { inputs, faults: { death: 2 } as never })).rejects.toThrow('Did you mean "deaths"?')
  await expect(simulate(order, { inputs: [{ item: 7 } as never] })).rejects.toThrow(/before the first seed[^]*item/)
})
