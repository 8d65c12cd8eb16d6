// The engine's side of transaction steps under the seeded simulation, in both ways: no journal gets a hole, no record is made twice, and
// attempts are those of other steps, wherever the process dies.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { HttpFailedError } from '../../src/errors.ts'
import { defineTemplate } from '../../src/template/define.ts'
import { definePostgresTransaction, defineSqliteTransaction } from '../../src/template/define-transaction.ts'
import { simulate, type Shape, type World } from '../../src/testing/simulation.ts'
import type { StoreTransactions } from '../../src/store/transactions-port.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { noteEffect } from './adding.ts'
import { transacting, type Bodies } from './transacting.ts'

const SEEDS = Number(process.env['WUMBO_SEEDS'] ?? 300)
const number = z.object({ n: z.number() })
const retry = { maxAttempts: 40, initialDelay: '2s', backoff: 'fixed' } as const

interface Setting {
  readonly way: StoreTransactions['way']
  readonly bodies: Bodies
}

/** A transaction that adds one, and fails its first attempts. */
function counting(world: World, { way, bodies }: Setting, name: string, failures = 0) {
  const work = (n: number, { run, attempt, idempotencyKey }: { readonly run: { readonly id: string; readonly path: string } | undefined; readonly attempt: number; readonly idempotencyKey: string | undefined }): { n: number } => {
    world.effects.push({ key: idempotencyKey ?? '', path: run?.path ?? '', run: run?.id ?? '', attempt, input: JSON.stringify(n) })
    if (attempt <= failures) throw new HttpFailedError(`attempt ${attempt} fails`)
    return { n: n + 1 }
  }
  const more = { name, version: '1.0.0', description: 'Adds one.', input: number, output: number, retry }
  const template = way === 'flushed'
    ? defineSqliteTransaction({ ...more, module: 'file:///here', export: name, execute: ({ n }, context) => work(n, context) })
    : definePostgresTransaction({ ...more, async execute({ n }, context) { await world.wait(Math.floor(world.random.next() * 20)); return work(n, context) } })
  bodies.set(name, template)
  return template
}

function shapes(setting: Setting): readonly Shape[] {
  const effect = (world: World) => defineTemplate({
    name: 'effect', version: '1.0.0', description: 'An effect.', input: number, output: number,
    async execute({ n }, context) {
      noteEffect(world, context, n)
      await world.wait(Math.floor(world.random.next() * 20))
      return { n }
    },
  })
  const pure = defineTemplate({ name: 'pure', version: '1.0.0', description: 'Pure.', pure: true, input: number, output: number, execute: ({ n }) => ({ n: n * 2 }) })
  return [
    {
      name: 'chain', input: { n: 0 }, expected: { n: 3 },
      make: (world) => {
        const [one, flaky] = [counting(world, setting, 'one'), counting(world, setting, 'flaky', 2)]
        return defineWorkflow({ name: 'chain', input: number, async run(ctx, given) { return ctx.step('c', one, await ctx.step('b', flaky, await ctx.step('a', one, given))) } })
      },
    },
    {
      name: 'pure-between', input: { n: 1 }, expected: { n: 46 },
      make: (world) => {
        const one = counting(world, setting, 'after-pure')
        return defineWorkflow({
          name: 'pure-between', input: number,
          async run(ctx, given) {
            let at = given
            for (let round = 0; round < 4; round++) at = await ctx.step('add', one, await ctx.step('double', pure, at))
            return ctx.step('last', pure, { n: at.n - 8 })
          },
        })
      },
    },
    {
      name: 'timed', input: { n: 0 }, expected: { n: 2 },
      make: (world) => {
        const one = counting(world, setting, 'hasty')
        return defineWorkflow({ name: 'timed', input: number, async run(ctx, given) { return ctx.step('b', one, await ctx.step('a', one, given, { timeout: 16 }), { timeout: 16 }) } })
      },
    },
    {
      name: 'side-by-side', input: { n: 1 }, expected: [2, 2, 2, 4, 1, 2],
      make: (world) => {
        const [one, flaky, plain] = [counting(world, setting, 'two'), counting(world, setting, 'shaky', 1), effect(world)]
        return defineWorkflow({
          name: 'side-by-side', input: number,
          async run(ctx, given) {
            const all = await ctx.all({
              a: (c) => c.step('x', one, given),
              b: (c) => c.step('x', flaky, given),
              c: (c) => c.step('x', one, given),
              d: async (c) => c.step('y', pure, await c.step('x', pure, given)),
              e: async (c) => { await c.sleep('nap', 7); return c.step('x', plain, given) },
              f: async (c) => c.step('y', one, await c.step('x', plain, given)),
            })
            return [all.a.n, all.b.n, all.c.n, all.d.n, all.e.n, all.f.n]
          },
        })
      },
    },
  ]
}

test.each(['flushed', 'open'] as const)(`K3, K4, K5: ${SEEDS} seeds keep every promise, %s`, { timeout: 240_000 }, async (way) => {
  let deaths = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const bodies: Bodies = new Map()
    const result = await simulate({ seed, shapes: shapes({ way, bodies }), runs: 1 + (seed % 3), wrap: (store, process) => transacting(store, { way, bodies, seed: seed * 7 + process }) })
    deaths += result.deaths
    expect(result.violations, `seed ${seed}`).toEqual([])
  }
  expect(deaths).toBeGreaterThan(SEEDS / 4)
})
