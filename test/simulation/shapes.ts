// The shapes of workflows that the simulation runs: each a small function whose bodies write to the world's log before they
// answer, so that the log can be held against the journal.
import { z } from 'zod'
import { HttpFailedError } from '../../src/errors.ts'
import { defineTemplate } from '../../src/template/define.ts'
import type { Shape, World } from '../../src/testing/simulation.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { noteEffect } from './adding.ts'
import { childShapes } from './child-shapes.ts'
import { controlShapes } from './control-shapes.ts'
import { errorShapes } from './error-shapes.ts'
import { eventShapes } from './event-shapes.ts'
import { inlineShapes } from './inline-shapes.ts'
import { sagaShapes } from './saga-shapes.ts'
import { updateShapes } from './update-shapes.ts'
import { fromModel } from '../../src/workflow/graph.ts'

const number = z.object({ n: z.number() })

function add(world: World, options: { by: number; failures?: number; name?: string; takes?: number; version?: string }) {
  return defineTemplate({
    name: options.name ?? `add-${options.by}`, version: options.version ?? '1.0.0', description: 'Adds, after a while; may fail at first.', input: number, output: number,
    async execute({ n }, context) {
      noteEffect(world, context, n)
      await world.wait(options.takes ?? Math.floor(world.random.next() * 30))
      if (context.attempt <= (options.failures ?? 0)) throw new HttpFailedError(`attempt ${context.attempt} fails`)
      return { n: n + options.by }
    },
  })
}

function pureDouble() {
  return defineTemplate({ name: 'double', version: '1.0.0', description: 'Doubles.', input: number, output: number, pure: true, execute: ({ n }) => ({ n: n * 2 }) })
}

const retry = { maxAttempts: 5, initialDelay: '2s', backoff: 'fibonacci', jitter: true } as const

/** `values` is left out: `ctx.now()` may step back by the delay of a message when another worker goes on. Sleeps longer than a lease of two seconds, steps longer than it, and the shapes above with nights that are short. */
export const clusterShapes = (): readonly Shape[] => [...makeShapes('5s').filter(({ name }) => name !== 'values'), ...leaseShapes, ...childShapes, ...updateShapes, ...eventShapes]

export const shapes: readonly Shape[] = [...makeShapes('8h'), ...sagaShapes('8h'), ...childShapes, ...updateShapes, ...eventShapes, ...controlShapes('8h'), ...errorShapes('8h'), ...inlineShapes('8h')]

/** For processes in real time: nights of a second. */
export const realShapes = (): readonly Shape[] => [...makeShapes('1s'), ...sagaShapes('1s'), ...childShapes, ...updateShapes, ...eventShapes, ...controlShapes('1s'), ...errorShapes('1s'), ...inlineShapes('1s')]

function makeShapes(night: string): readonly Shape[] {
  return [
  {
    name: 'sequence', input: { n: 1 }, expected: { n: 7 },
    make: (world) => {
      const two = add(world, { by: 2 })
      return defineWorkflow({ name: 'sequence', input: number, async run(ctx, input) { return ctx.step('c', two, await ctx.step('b', two, await ctx.step('a', two, input))) } })
    },
  },
  {
    name: 'branches', input: { n: 1 }, expected: { left: { n: 3 }, right: { n: 12 } },
    make: (world) => {
      const [one, ten] = [add(world, { by: 1 }), add(world, { by: 10 })]
      return defineWorkflow({
        name: 'branches', input: number,
        async run(ctx, input) {
          return ctx.all({ left: async (c) => c.step('b', one, await c.step('a', one, input)), right: async (c) => c.step('b', one, await c.step('a', ten, input)) })
        },
      })
    },
  },
  {
    name: 'map', input: { n: 6 }, expected: [1, 2, 3, 4, 5, 6],
    make: (world) => {
      const one = add(world, { by: 1 })
      return defineWorkflow({
        name: 'map', input: number,
        run: (ctx, { n }) => ctx.map('items', Array.from({ length: n }, (_, i) => i), async (c, i) => (await c.step('add', one, { n: i })).n, { concurrency: 2 }),
      })
    },
  },
  {
    name: 'retries', input: { n: 0 }, expected: { n: 1 },
    make: (world) => {
      const flaky = add(world, { by: 1, failures: 3, name: 'flaky' })
      return defineWorkflow({ name: 'retries', input: number, run: (ctx, input) => ctx.step('flaky', flaky, input, { retry }) })
    },
  },
  {
    name: 'sleep', input: { n: 0 }, expected: { n: 2 },
    make: (world) => {
      const one = add(world, { by: 1 })
      return defineWorkflow({ name: 'sleep', input: number, async run(ctx, input) { const a = await ctx.step('a', one, input); await ctx.sleep('night', night); await ctx.sleep('wink', 20); return ctx.step('b', one, a) } })
    },
  },
  {
    name: 'signals', input: { n: 0 }, expected: [{ n: 1 }, 'a', 'b', 'c', { n: 2 }],
    signals: [{ name: 'word', payload: 'a' }, { name: 'other', payload: 1 }, { name: 'word', payload: 7 }, { name: 'word', payload: 'b' }, { name: 'word', payload: 'c' }],
    make: (world) => {
      const one = add(world, { by: 1 })
      return defineWorkflow({
        name: 'signals', input: number,
        async run(ctx, input) {
          const schema = z.string()
          const first = await ctx.signal('word', { schema })
          const a = await ctx.step('a', one, input)
          const [second, third] = [await ctx.signal('word', { schema, timeout: '1d' }), await ctx.signal('word', { schema })]
          return [a, first, second, third, await ctx.step('b', one, a)]
        },
      })
    },
  },
  {
    name: 'paused', input: { n: 0 }, expected: { n: 4 }, asks: ['pause', 'resume'],
    make: (world) => {
      const [one, flaky] = [add(world, { by: 1 }), add(world, { by: 1, failures: 1, name: 'flaky' })]
      return defineWorkflow({
        name: 'paused', input: number,
        async run(ctx, input) {
          const both = await ctx.all({ a: (c) => c.step('a', one, input), b: (c) => c.step('b', flaky, input, { retry }) })
          await ctx.sleep('wink', 2000)
          return ctx.step('d', one, await ctx.step('c', one, { n: both.a.n + both.b.n }))
        },
      })
    },
  },
  {
    name: 'cleans-up', input: { n: 0 }, expected: 'cancelled', asks: ['cancel'],
    make: (world) => {
      const one = add(world, { by: 1 })
      return defineWorkflow({
        name: 'cleans-up', input: number, cleanUpTimeout: '365d',
        async run(ctx, input) {
          for (let at = input; ; at = await ctx.step('take', one, at)) if (at.n > 3) await ctx.signal('never')
        },
        async cleanUp(ctx, _input, results) {
          for (const [path] of results) await ctx.step('give-back', one, { n: path.length }, { key: path })
          await ctx.sleep('wink', 1500)
          await ctx.step('end', one, { n: 0 })
        },
      })
    },
  },
  {
    name: 'caught', input: { n: 0 }, expected: { n: 5, because: 'HTTP_FAILED' },
    make: (world) => {
      const bad = add(world, { by: 1, failures: 99, name: 'bad' })
      const five = add(world, { by: 5 })
      return defineWorkflow({
        name: 'caught', input: number,
        async run(ctx, input) {
          try {
            return await ctx.step('bad', bad, input, { retry: { maxAttempts: 2, initialDelay: 10 } })
          } catch (error) {
            const { n } = await ctx.step('instead', five, input)
            return { n, because: ((error as Error).cause as { code: string }).code }
          }
        },
      })
    },
  },
  {
    name: 'fails', input: { n: 0 }, expected: 'failed',
    make: (world) => {
      const [one, bad] = [add(world, { by: 1 }), add(world, { by: 1, failures: 99, name: 'bad' })]
      return defineWorkflow({ name: 'fails', input: number, async run(ctx, input) { return ctx.step('bad', bad, await ctx.step('a', one, input)) } })
    },
  },
  {
    name: 'pure', input: { n: 1 }, expected: { n: 17 },
    make: (world) => {
      const [double, one] = [pureDouble(), add(world, { by: 1 })]
      return defineWorkflow({
        name: 'pure', input: number,
        async run(ctx, input) {
          let v = input
          for (let i = 0; i < 3; i++) v = await ctx.step('p', double, v)
          v = await ctx.step('e', one, await ctx.step('q', double, v))
          return v
        },
      })
    },
  },
  {
    name: 'values', input: { n: 0 }, expected: true,
    make: (world) => {
      const one = add(world, { by: 1 })
      return defineWorkflow({
        name: 'values', input: number,
        async run(ctx) {
          const at = await ctx.now()
          const chance = await ctx.random()
          const id = await ctx.uuid()
          await ctx.step('a', one, { n: at + chance })
          await ctx.step('b', one, { n: id.length })
          return (await ctx.now()) >= at
        },
      })
    },
  },
  {
    name: 'race', input: { n: 0 }, expected: true,
    make: (world) => {
      const one = add(world, { by: 1 })
      return defineWorkflow({
        name: 'race', input: number,
        async run(ctx) {
          const a = ctx.step('a', one, { n: 1 })
          const b = ctx.step('b', one, { n: 2 })
          const first = await Promise.race([a, b])
          const c = await ctx.step(`after-${first.n}`, one, first)
          return c.n === first.n + 1 && (await a).n + (await b).n === 5
        },
      })
    },
  },
  {
    name: 'loop', input: { n: 0 }, expected: { n: 4 },
    make: (world) => {
      const one = add(world, { by: 1 })
      return defineWorkflow({ name: 'loop', input: number, run: (ctx, input) => ctx.loop('poll', (c, _, last) => c.step('add', one, last), { max: 9, initial: input, until: ({ n }) => n === 4, delay: '2s' }) })
    },
  },
  {
    name: 'graph-loop', input: { n: 1 }, expected: { limit: 3, n: 7 },
    make: (world) => fromModel({
      name: 'graph-loop',
      steps: {
        poll: { loop: { max: 5, initial: '${{ input }}', until: 'last.n > 6', delay: night }, steps: { a: { uses: 'add-1', with: '${{ last }}' }, b: { uses: 'add-1', with: '${{ steps.a.output }}' } }, output: '${{ steps.b.output }}' },
        bound: { loop: { max: 3, until: 'false', onMax: 'continue' }, uses: 'add-1', with: { n: '${{ iteration }}' } },
      },
      output: { n: '${{ steps.poll.output.n }}', limit: '${{ steps.bound.output.n }}' },
    }, [add(world, { by: 1 })]),
  },
  {
    name: 'graph-diamond', input: { n: 1 }, expected: { skipped: true, sum: 24 },
    make: (world) => fromModel({
      name: 'graph-diamond', input: { type: 'object' },
      steps: {
        a: { uses: 'add-1', with: { n: '${{ input.n }}' } },
        left: { uses: 'add-10', with: '${{ steps.a.output }}', retry: { maxAttempts: 3, initialDelay: '1s' } },
        right: { uses: 'double', with: '${{ steps.a.output }}' },
        never: { uses: 'add-1', with: '${{ steps.a.output }}', if: 'steps.a.output.n > 100' },
        behind: { uses: 'add-1', with: '${{ steps.never.output }}' },
        end: { uses: 'add-1', with: { n: '${{ steps.left.output.n + steps.right.output.n }}' } },
      },
      output: { sum: '${{ steps.end.output.n + 7.0 }}', skipped: true },
    }, [add(world, { by: 1 }), add(world, { by: 10 }), pureDouble()]),
  },
  {
    name: 'graph-each', input: { items: [1, 2, 3, 4, 5], kind: 'b' }, expected: { added: [2, 3, 4, 5, 6], way: 110 },
    make: (world) => fromModel({
      name: 'graph-each', input: { type: 'object' },
      steps: {
        each: { forEach: 'input.items', concurrency: 2, uses: 'add-1', with: { n: '${{ item }}' } },
        way: { switch: [{ if: "input.kind == 'a'", uses: 'add-1', with: { n: 0 } }, { else: true, uses: 'add-10', with: { n: 100 } }] },
        flaky: { uses: 'flaky', with: { n: 1 }, retry: { maxAttempts: 4, initialDelay: '3s' }, needs: ['each'] },
      },
      output: { added: '${{ steps.each.output.map(one, one.n) }}', way: '${{ steps.way.output.n }}' },
    }, [add(world, { by: 1 }), add(world, { by: 10 }), add(world, { by: 1, failures: 2, name: 'flaky' })]),
  },
  {
    // Each signal is in the inbox before its wait, or comes later; one that was given up takes nothing.
    name: 'graph-waits', input: { n: 0 }, expected: { first: { n: 1 }, last: 2, late: { none: true }, rest: 'c', words: ['a', 'b'] },
    signals: [{ name: 'word', payload: 'a' }, { name: 'other', payload: 1 }, { name: 'word', payload: 7 }, { name: 'word', payload: 'b' }, { name: 'word', payload: 'c' }],
    make: (world) => fromModel({
      name: 'graph-waits', input: { type: 'object' },
      steps: {
        a: { uses: 'add-1', with: { n: '${{ input.n }}' } },
        tolerated: { continueOnError: true, steps: { never: { signal: { name: 'word', key: 'never' } }, bad: { uses: 'bad', with: { n: 2 } } } },
        until: { sleep: { until: '1970-01-01T00:00:00Z' }, needs: 'a' },
        words: { needs: 'until', forEach: '[1, 2]', concurrency: 1, signal: { name: 'word', schema: { type: 'string' }, timeout: '1d' } },
        rest: { needs: 'words', signal: { name: 'word', schema: { type: 'string' } } },
        late: { needs: 'rest', signal: { name: 'late', timeout: night, onTimeout: 'continue', fallback: { none: true } } },
        b: { needs: 'late', uses: 'add-1', with: '${{ steps.a.output }}' },
      },
      output: { first: '${{ steps.a.output }}', words: '${{ steps.words.output }}', late: '${{ steps.late.output }}', rest: '${{ steps.rest.output }}', last: '${{ steps.b.output.n }}' },
    }, [add(world, { by: 1 }), add(world, { by: 0, failures: 99, name: 'bad' })]),
  },
  {
    name: 'graph-sleeps', input: { wait: night, naps: [15, 40] }, expected: { n: 3, naps: [null, null], route: null },
    make: (world) => fromModel({
      name: 'graph-sleeps', input: { type: 'object' },
      steps: {
        a: { uses: 'add-1', with: { n: 0 } },
        night: { sleep: '${{ input.wait }}', needs: 'a' },
        naps: { forEach: 'input.naps', concurrency: 1, sleep: '${{ item }}' },
        route: { switch: [{ if: 'steps.a.output.n > 5', uses: 'add-1', with: { n: 0 } }, { else: true, sleep: '${{ steps.a.output.n * 25 }}ms' }] },
        b: { steps: { wink: { sleep: 20 }, c: { uses: 'add-2', with: '${{ steps.a.output }}', needs: ['wink', 'night'] } }, output: '${{ steps.c.output.n }}' },
      },
      output: { n: '${{ steps.b.output }}', naps: '${{ steps.naps.output }}', route: '${{ steps.route.?output.orValue(null) }}' },
    }, [add(world, { by: 1 }), add(world, { by: 2 })]),
  },
  {
    name: 'graph-wakes-early', input: {}, expected: 'failed',
    make: (world) => fromModel({
      name: 'graph-wakes-early', input: { type: 'object' },
      steps: {
        bad: { uses: 'bad', with: { n: 1 } },
        month: { sleep: '30d' },
        moments: { forEach: '[5, 10, 15, 20, 25]', sleep: '${{ item }}' },
        behind: { uses: 'add-1', with: { n: 1 }, needs: 'month' },
      },
    }, [add(world, { by: 1 }), add(world, { by: 1, failures: 99, name: 'bad' })]),
  },
  {
    name: 'graph-gives-up', input: {}, expected: { given: false, n: 2 },
    make: (world) => fromModel({
      name: 'graph-gives-up', input: { type: 'object' },
      steps: {
        tolerated: { continueOnError: true, steps: { bad: { uses: 'bad', with: { n: 2 } }, soon: { sleep: 40 }, naps: { forEach: '[10, 20, 300]', sleep: '${{ item }}' } } },
        night: { sleep: night },
        end: { uses: 'add-1', with: { n: 1 }, needs: 'night' },
      },
      output: { n: '${{ steps.end.output.n }}', given: '${{ has(steps.tolerated.output) }}' },
    }, [add(world, { by: 1 }), add(world, { by: 1, failures: 99, name: 'bad' })]),
  },
  {
    name: 'graph-fails', input: {}, expected: 'failed',
    make: (world) => fromModel({
      name: 'graph-fails', onFailure: 'continue', input: { type: 'object' },
      steps: {
        bad: { uses: 'bad', with: { n: 1 } },
        behind: { uses: 'add-1', with: '${{ steps.bad.output }}' },
        beside: { uses: 'add-1', with: { n: 2 } },
        forgiven: { uses: 'bad', with: { n: 3 }, continueOnError: true },
      },
    }, [add(world, { by: 1 }), add(world, { by: 1, failures: 99, name: 'bad' })]),
  },
]
}

const leaseShapes: readonly Shape[] = [
  {
    name: 'two-versions', input: { n: 1 }, expected: { n: 4 },
    make: (world) => twoVersions(world, '1', ['a', 'b']), versions: (world) => [twoVersions(world, '2', ['first', 'b']), twoVersions(world, '3', ['a', 'last'])],
  },
  {
    name: 'two-templates', input: { n: 1 }, expected: { n: 4 },
    make: (world) => twoTemplates(world, '1.0.0'), versions: (world) => [twoTemplates(world, '2.0.0')],
  },
  {
    name: 'vigil', input: { n: 1 }, expected: { n: 2 },
    make: (world) => {
      const one = add(world, { by: 1 })
      return defineWorkflow({ name: 'vigil', input: number, async run(ctx, input) { await ctx.sleep('night', '25s'); return ctx.step('a', one, input) } })
    },
  },
  {
    name: 'long-step', input: { n: 1 }, expected: { n: 4 },
    make: (world) => {
      const [one, slow] = [add(world, { by: 1 }), add(world, { by: 2, takes: 4500, name: 'slow' })]
      return defineWorkflow({ name: 'long-step', input: number, run: async (ctx, input) => ctx.step('slow', slow, await ctx.step('a', one, input)) })
    },
  },
  {
    name: 'sleepers', input: { n: 3 }, expected: [1, 2, 3],
    make: (world) => {
      const one = add(world, { by: 1 })
      return defineWorkflow({
        name: 'sleepers', input: number,
        run: (ctx, { n }) => ctx.map('naps', Array.from({ length: n }, (_, i) => i), async (c, i) => {
          await c.sleep('nap', 1500 + i * 2500)
          return (await c.step('add', one, { n: i })).n
        }),
      })
    },
  },
]

/** The same with steps of other names: replayed by another version than its own, a run is parked. */
function twoVersions(world: World, version: string, [first, last]: readonly [string, string]) {
  const [one, two] = [add(world, { by: 1 }), add(world, { by: 2 })]
  return defineWorkflow({
    name: 'two-versions', version, input: number,
    async run(ctx, input) {
      const begun = await ctx.step(first, one, input)
      await ctx.sleep('nap', '3s')
      return ctx.step(last, two, begun)
    },
  })
}

/** A graph of which workers pin other versions of one template. */
function twoTemplates(world: World, version: string) {
  return fromModel({
    name: 'two-templates', input: { type: 'object' },
    steps: { a: { uses: 'add-1', with: '${{ input }}' }, nap: { sleep: '3s', needs: 'a' }, b: { uses: 'add-2', with: '${{ steps.a.output }}', needs: 'nap' } },
    output: '${{ steps.b.output }}',
  }, [add(world, { by: 1, version }), add(world, { by: 2, version })])
}
