// A child that ends while its parent is being taken over: between the claim and the reading of the parent, between that and its entering, and right after.
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Store } from '../../../src/store/port.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import type { AnyWorkflow } from '../../../src/workflow/contract.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import { changed } from '../../fixtures/changed.ts'
import { Rig } from './rig.ts'

const NAP = 10_000
const nap = defineWorkflow({ name: 'nap', input: z.object({}), run: async (ctx) => (await ctx.sleep('nap', NAP), 'slept') })
const one = defineWorkflow({ name: 'one', input: z.object({}), run: (ctx) => ctx.child('a', nap, {}) })
const later = defineWorkflow({
  name: 'later', input: z.object({}),
  async run(ctx) {
    const child = await ctx.startChild('a', nap, {})
    await ctx.sleep('moment', 100)
    return child.result()
  },
})
const many = defineWorkflow({ name: 'many', input: z.object({}), run: async (ctx) => (await (await ctx.children('a', nap, [{}, {}, {}], { concurrency: 2 })).outputs()).join(' ') })
const graph = fromModel({ name: 'graph', steps: { a: { child: { workflow: 'nap' } }, b: { children: { workflow: 'nap', inputs: [{}, {}], collect: 'outputs' } } }, output: '${{ [steps.a.output] + steps.b.output.outputs }}' }, [])

/** A store from which one run comes slowly: part of the time before it is read, part of it after. */
function slow(rig: () => Rig, run: () => string, waits: readonly [before: number, after: number]) {
  return (store: Store): Store => changed(store, {
    async load(asked) {
      if (asked.run !== run()) return store.load(asked)
      await rig().wait(waits[0])
      const loaded = await store.load(asked)
      await rig().wait(waits[1])
      return loaded
    },
  })
}

test.each<[string, AnyWorkflow, unknown]>([['one child', one, 'slept'], ['a child that is waited for later', later, 'slept'], ['many children', many, 'slept slept slept'], ['children of a graph', graph, ['slept', 'slept', 'slept']]])('%s', async (_name, parent, expected) => {
  for (const waits of [[4000, 0], [0, 4000], [2000, 2000]] as const) {
    // The death comes so long before the children end that they end before, in and after the taking over.
    for (let before = -500; before <= 6000; before += 250) {
      let id = ''
      const rig: Rig = new Rig(slow(() => rig, () => id, waits))
      const workflows = [nap, parent]
      const first = await rig.engine(workflows)
      const { run } = await rig.until(first.start(parent, {}))
      await rig.time.advance(NAP - before)
      id = run
      rig.die()
      const second = await rig.engine(workflows)
      await rig.time.advance(4 * NAP)
      await expect(rig.until(second.result(run)), `${before} ms before the end, ${waits.join(' and ')} ms of taking over`).resolves.toEqual(expected)
      expect((await rig.store.listRuns({ space: 0, workflow: 'nap', status: ['completed'], limit: 10 })).runs).toHaveLength(Array.isArray(expected) || parent === many ? 3 : 1)
    }
  }
})
