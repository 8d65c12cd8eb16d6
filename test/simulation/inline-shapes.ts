// Shapes that run other workflows inline: nested, for each item, in turns, with waits and failures inside, and with what these do at their end.
import type { Shape, World } from '../../src/testing/simulation.ts'
import type { GraphWorkflow } from '../../src/workflow/contract.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { fromModel } from '../../src/workflow/graph.ts'
import { add, number } from './adding.ts'

const both = (world: World) => [add(world, 'inc'), add(world, 'bad', { fails: true })]

/** Adds two, with a night between. */
function twice(world: World, night: string): GraphWorkflow {
  return fromModel({
    name: 'twice', input: { type: 'object', properties: { n: { type: 'number' }, by: { type: 'number', default: 1 } }, required: ['n'] },
    steps: { a: { uses: 'inc', with: { n: '${{ input.n }}' } }, nap: { sleep: night, needs: 'a' }, b: { uses: 'inc', with: '${{ steps.a.output }}', needs: 'nap' } },
    output: { n: '${{ steps.b.output.n + input.by - 1.0 }}' },
  }, both(world))
}

/** Takes something, and gives it back at its end, however it ends. */
function taking(world: World, more: { readonly fails?: boolean; readonly waits?: boolean } = {}): GraphWorkflow {
  return fromModel({
    name: 'taking', ...(more.waits === true ? { cleanUpTimeout: '365d' } : {}),
    steps: {
      take: { uses: 'inc', with: { n: '${{ input.n }}' } },
      ...(more.waits === true ? { never: { signal: { name: 'never' }, needs: 'take' } } : {}),
      use: { uses: more.fails === true ? 'bad' : 'inc', with: '${{ steps.take.output }}', ...(more.waits === true ? { needs: 'never' } : {}) },
    },
    output: { n: '${{ steps.use.output.n }}' },
    onError: { steps: { tell: { uses: 'inc', with: { n: 7 } } } },
    finally: { steps: { nap: { sleep: 30 }, give: { uses: 'inc', with: { n: 1 }, needs: 'nap' } } },
  }, both(world))
}

export function inlineShapes(night: string): readonly Shape[] {
  return [
    {
      name: 'graph-inline', input: { n: 1 }, expected: { each: [2, 3, 4], handled: 0, looped: 6, n: 5 },
      make: (world) => {
        const inner = twice(world, '20ms')
        const outer = fromModel({ name: 'outer', steps: { one: { inline: { workflow: 'twice', input: '${{ input }}' } }, two: { inline: { workflow: 'twice', input: { n: '${{ steps.one.output.n }}' } } } }, output: { n: '${{ steps.two.output.n }}' } }, both(world), [inner])
        const failing = fromModel({ name: 'failing', onFailure: 'continue', steps: { bad: { uses: 'bad', with: { n: 0 } }, beside: { uses: 'inc', with: { n: 0 } } } }, both(world))
        return fromModel({
          name: 'graph-inline', input: { type: 'object' },
          steps: {
            nested: { inline: { workflow: 'outer', input: { n: '${{ input.n }}' } } },
            each: { forEach: '[0, 1, 2]', concurrency: 2, inline: { workflow: 'twice', input: { n: '${{ item }}' } } },
            night: { sleep: night, needs: 'nested' },
            loop: { needs: 'night', loop: { max: 5, initial: { n: 0 }, until: 'last.n >= 6' }, inline: { workflow: 'twice', input: '${{ last }}' } },
            handled: { inline: { workflow: 'failing' }, onError: { output: { n: 0 } } },
          },
          output: { n: '${{ steps.nested.output.n }}', each: '${{ steps.each.output.map(one, one.n) }}', looped: '${{ steps.loop.output.n }}', handled: '${{ steps.handled.output.?n.orValue(1) }}' },
        }, both(world), [inner, outer, failing])
      },
    },
    {
      name: 'inline', input: { n: 1 }, expected: { each: [3, 4], first: 11, raced: 5, word: 'a' },
      signals: [{ name: 'other', payload: 1 }, { name: 'word', payload: 'a' }],
      make: (world) => {
        const [inc, bad] = both(world) as [ReturnType<typeof add>, ReturnType<typeof add>]
        const graph = twice(world, '30ms') as GraphWorkflow<{ n: number }, { n: number }>
        const waits = fromModel({ name: 'waits', steps: { word: { signal: { name: 'word', schema: { type: 'string' } } }, never: { parallel: { branches: { a: { signal: { name: 'never' } }, b: { uses: 'inc', with: { n: 0 } } }, merge: 'first' }, needs: 'word' } }, output: '${{ steps.word.output }}' }, [inc])
        const nevers = fromModel({ name: 'nevers', steps: { a: { uses: 'inc', with: { n: 0 } }, never: { signal: { name: 'never' }, needs: 'a' }, b: { uses: 'inc', with: { n: 1 }, needs: 'never' } } }, [inc])
        const inner = defineWorkflow({
          name: 'inner', input: number,
          async run(ctx, input) {
            const { n } = await ctx.inline('two', graph, await ctx.step('one', inc, input))
            await ctx.sleep('night', night)
            try {
              await ctx.step('bad', bad, input)
            } catch {
              return { n: (await ctx.step('instead', inc, { n })).n + 6 }
            }
            return { n: 0 }
          },
        })
        return defineWorkflow({
          name: 'inline', input: number,
          async run(ctx, input) {
            const first = await ctx.inline('first', inner, input)
            const each = await ctx.map('each', [1, 2], async (c, n) => (await c.inline('twice', graph, { n })).n)
            const raced = await ctx.race({ slow: (c) => c.inline('never', nevers, {}) as Promise<{ n: number }>, fast: (c) => c.inline('twice', graph, { n: 3 }) })
            const word = await ctx.inline('word', waits, {})
            return { each, first: first.n, raced: raced.n, word }
          },
        })
      },
    },
    {
      name: 'graph-inline-closes', input: { n: 0 }, expected: { handled: 5, n: 2 },
      make: (world) => {
        const good = taking(world)
        const bad = fromModel({ ...(JSON.parse(taking(world, { fails: true }).definition) as { name: string; steps: object }), name: 'taking-badly' }, both(world))
        return fromModel({
          name: 'graph-inline-closes', input: { type: 'object' },
          steps: {
            a: { inline: { workflow: 'taking', input: '${{ input }}' } },
            b: { inline: { workflow: 'taking-badly', input: { n: 3 } }, onError: { uses: 'inc', with: { n: 4 } } },
          },
          finally: { steps: { end: { inline: { workflow: 'taking', input: { n: 8 } } } } },
          output: { n: '${{ steps.a.output.n }}', handled: '${{ steps.b.output.n }}' },
        }, both(world), [good, bad])
      },
    },
    {
      // What has lost does what it does at its end before the step has ended.
      name: 'graph-inline-loses', input: {}, expected: { all: 1, any: 5, behind: 6 },
      make: (world) => fromModel({
        name: 'graph-inline-loses', input: { type: 'object' },
        steps: {
          any: { parallel: { branches: { a: { uses: 'inc', with: { n: 4 } }, b: { inline: { workflow: 'taking', input: { n: 2 } } }, c: { steps: { each: { forEach: '[1, 2]', inline: { workflow: 'taking', input: { n: '${{ item }}' } } } } } }, merge: 'any' } },
          all: { needs: 'any', parallel: { branches: { a: { uses: 'bad', with: { n: 0 } }, b: { inline: { workflow: 'taking', input: { n: 2 } } } } }, onError: { uses: 'inc', with: { n: 0 } } },
          behind: { uses: 'inc', needs: 'all', with: { n: 5 } },
        },
        output: { any: '${{ steps.any.output.?n.orValue(0) }}', all: '${{ steps.all.output.?n.orValue(0) }}', behind: '${{ steps.behind.output.n }}' },
      }, both(world), [taking(world, { waits: true })]),
    },
    {
      name: 'graph-inline-fails', input: { n: 0 }, expected: 'failed',
      make: (world) => fromModel({
        name: 'graph-inline-fails', input: { type: 'object' },
        steps: { a: { inline: { workflow: 'taking', input: '${{ input }}' } }, beside: { uses: 'inc', with: { n: 5 } }, behind: { uses: 'inc', with: { n: 6 }, needs: 'a' } },
        finally: { steps: { end: { uses: 'inc', with: { n: 9 } } } },
      }, both(world), [taking(world, { fails: true })]),
    },
    {
      // Given up in the middle: what is inside of others is closed before these, and the run at last.
      name: 'graph-inline-cancelled', input: { n: 0 }, expected: 'cancelled', asks: ['cancel'],
      make: (world) => {
        const inner = taking(world, { waits: true })
        const outer = fromModel({ name: 'outer', steps: { first: { uses: 'inc', with: { n: 1 } }, inside: { needs: 'first', inline: { workflow: 'taking', input: { n: 2 } } } }, finally: { steps: { out: { uses: 'inc', with: { n: 3 } } } } }, both(world), [inner])
        return fromModel({ name: 'graph-inline-cancelled', input: { type: 'object' }, steps: { a: { inline: { workflow: 'outer', input: {} } }, b: { inline: { workflow: 'taking', input: { n: 4 } } } }, finally: { steps: { end: { uses: 'inc', with: { n: 5 } } } } }, both(world), [outer, inner])
      },
    },
  ]
}
