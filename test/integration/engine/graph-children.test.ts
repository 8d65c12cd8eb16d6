// Children of graphs on the engine: failures and what a retry makes of them, children that are given up, deaths at any moment.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { StepModel } from '../../../src/model/workflow.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import type { AnyWorkflow } from '../../../src/workflow/contract.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import { changed } from '../../fixtures/changed.ts'
import { Rig } from './rig.ts'

const bad = defineTemplate({
  name: 'bad', version: '1.0.0', description: 'Fails.', input: z.object({}), output: z.null(),
  execute: () => {
    throw new Error('bad')
  },
})
const double = defineWorkflow({
  name: 'double', input: z.number(),
  async run(ctx, n: number) {
    await ctx.sleep('nap', 5000)
    if (n < 0) throw new Error(`${n} is less than nothing`)
    return n * 2
  },
})
const asleep = defineWorkflow({ name: 'asleep', input: z.object({}), run: (ctx) => ctx.sleep('long', '30d') })
const graph = (name: string, steps: Record<string, StepModel>, output: unknown = null): AnyWorkflow => fromModel({ name, steps, output }, [bad])

async function childrenOf(rig: Rig, workflow: string): Promise<readonly string[]> {
  return (await rig.store.listRuns({ space: 0, workflow, limit: 100 })).runs.map(({ status }) => status)
}

describe('graphs with children', () => {
  test('a child that fails fails its step with its own failure; a retry starts it anew', async () => {
    const rig = new Rig()
    const parent = graph('parent', { a: { child: { workflow: 'double', input: '${{ input }}' } } }, '${{ steps.a.output }}')
    const engine = await rig.engine([parent, double])
    const { run } = await rig.until(engine.start(parent, -1))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { code: 'CHILD_FAILED', path: 'a', cause: { message: expect.stringContaining('-1 is less') } } })
    expect((await rig.details(run)).steps).toMatchObject([{ kind: 'child', path: 'a', status: 'failed', template: 'double@1', error: { code: 'CHILD_FAILED' } }])
    await rig.until(engine.retry(run, { by: 'ada', reason: '' }))
    await rig.time.advance(20_000)
    expect(await childrenOf(rig, 'double')).toEqual(['failed', 'failed'])
  })

  test.each<[string, StepModel, unknown, RegExp]>([
    ['a workflow that there is not', { child: { workflow: 'nobody' } }, {}, /nobody/],
    ['an input that the workflow does not take', { child: { workflow: 'double', input: 'no number' } }, {}, /input/],
    ['one of many inputs that it does not take', { children: { workflow: 'double', inputs: [1, 'no number'] } }, {}, /input 1 of a/],
    ['many of a workflow that there is not', { children: { workflow: 'nobody', inputs: [1] } }, {}, /nobody/],
  ])('%s fails the step, and nothing is started', async (_, step, input, message) => {
    const rig = new Rig()
    const parent = graph('parent', { a: step })
    const engine = await rig.engine([parent, double])
    const { run } = await rig.until(engine.start(parent, input))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect((await rig.details(run)).steps).toMatchObject([{ path: 'a', status: 'failed', error: { message: expect.stringMatching(message) } }])
    expect(await childrenOf(rig, 'double')).toEqual([])
  })

  test('of many all are run, and one that fails fails the step, unless the step goes on', async () => {
    const rig = new Rig()
    const strict = graph('strict', { a: { children: { workflow: 'double', inputs: [1, -1, 2] }, onError: { output: '${{ error.details }}' } } }, '${{ steps.a.output }}')
    const lenient = graph('lenient', { a: { children: { workflow: 'double', inputs: [1, -1, 2], onFailure: 'continue', collect: 'results' } } }, '${{ steps.a.output }}')
    const engine = await rig.engine([strict, lenient, double])
    const first = await rig.until(engine.start(strict, {}))
    await expect(rig.until(engine.result(first.run))).resolves.toMatchObject({ workflow: 'double', count: 3, completed: 2, failed: 1, run: expect.any(String) })
    expect((await childrenOf(rig, 'double')).toSorted()).toEqual(['completed', 'completed', 'failed'])
    const second = await rig.until(engine.start(lenient, {}))
    await expect(rig.until(engine.result(second.run))).resolves.toMatchObject({ count: 3, completed: 2, failed: 1, results: [{ index: 0, output: 2, error: null }, { index: 1, status: 'failed', output: null, error: { code: 'CHILD_FAILED', path: 'a[1]' } }, { output: 4 }] })
  })

  test('that is only started gives its id, and ends with its parent or not', async () => {
    for (const parentClose of ['cancel', 'abandon'] as const) {
      const rig = new Rig()
      const parent = graph('parent', { a: { child: { workflow: 'asleep', wait: false, parentClose } } }, '${{ steps.a.output }}')
      const engine = await rig.engine([parent, asleep])
      const { run } = await rig.until(engine.start(parent, {}))
      const child = (await rig.until(engine.result(run))) as string
      await rig.time.advance(2000)
      expect((await rig.details(child)).status).toBe(parentClose === 'cancel' ? 'cancelled' : 'waiting')
    }
  })

  test('a child that nobody waits for any more is asked to cancel while its parent goes on, live and after deaths', async () => {
    for (const deaths of [0, 1, 2, 3]) {
      const rig = new Rig()
      const parent = graph('parent', {
        race: { parallel: { branches: { long: { child: { workflow: 'asleep' } }, left: { child: { workflow: 'asleep', parentClose: 'abandon' } }, short: { sleep: 3000 } }, merge: 'first' } },
        block: { continueOnError: true, steps: { many: { children: { workflow: 'asleep', inputs: [{}, {}, {}], concurrency: 2 } }, nap: { sleep: 3000 }, fails: { needs: 'nap', uses: 'bad' } } },
        go: { needs: 'race', signal: { name: 'go' } },
      })
      const workflows = [parent, asleep]
      let engine = await rig.engine(workflows)
      const { run } = await rig.until(engine.start(parent, {}))
      for (let i = 0; i < deaths; i++) {
        await rig.time.advance(1600)
        rig.die()
        engine = await rig.engine(workflows)
      }
      await rig.time.advance(20_000)
      expect((await rig.details(run)).status).toBe('waiting')
      expect((await childrenOf(rig, 'asleep')).toSorted()).toEqual(['cancelled', 'cancelled', 'cancelled', 'waiting'])
      await rig.until(engine.postbox.signal(run, 'go', null))
      await expect(rig.until(engine.result(run))).resolves.toBeNull()
    }
  })

  test('a child whose start is under way when it is given up is asked to cancel at every moment', async () => {
    const parent = graph('parent', {
      race: { parallel: { branches: { long: { child: { workflow: 'asleep' } }, many: { children: { workflow: 'asleep', inputs: [{}, {}] } }, short: { signal: { name: 'now' } } }, merge: 'first' } },
      go: { needs: 'race', signal: { name: 'go' } },
    })
    for (let steps = 0; steps < 30; steps++) {
      const rig = new Rig()
      const engine = await rig.engine([parent, asleep])
      const { run } = await rig.until(engine.start(parent, {}))
      await rig.steps(steps)
      await rig.until(engine.postbox.signal(run, 'now', null))
      await rig.time.advance(10_000)
      expect(new Set((await childrenOf(rig, 'asleep')).filter((status) => status !== 'cancelled')), `after ${steps} events`).toEqual(new Set())
    }
  })

  test('a death at any moment changes nothing', async () => {
    const parent = graph('parent', {
      first: { child: { workflow: 'double', input: 1 } },
      many: { children: { workflow: 'double', inputs: '${{ [steps.first.output, 3, 4] }}', concurrency: 2, collect: 'outputs' } },
      each: { forEach: '[5, 6]', child: { workflow: 'double', input: '${{ item }}' } },
    }, ['${{ steps.many.output.outputs }}', '${{ steps.each.output }}'])
    for (let steps = 0; steps < 120; steps += 3) {
      const rig = new Rig()
      const first = await rig.engine([parent, double])
      const { run } = await rig.until(first.start(parent, {}))
      await rig.steps(steps)
      rig.die()
      const second = await rig.engine([parent, double])
      await expect(rig.until(second.result(run))).resolves.toEqual([[4, 6, 8], [10, 12]])
      expect(await childrenOf(rig, 'double')).toHaveLength(6)
    }
  })
})

describe('pages of results', () => {
  test('are read one after the other when a run is entered again, each when the one before has been gone through', async () => {
    const seen: string[] = []
    const rig = new Rig((store) => changed(store, { blobs: { ...store.blobs, get: async (blob: string) => (seen.push('read'), store.blobs.get(blob)) } }))
    const one = defineWorkflow({ name: 'one', input: z.number(), run: (_ctx, n: number) => n })
    const many = defineWorkflow({
      name: 'many', input: z.number(),
      async run(ctx, count: number) {
        const batch = await ctx.children('all', one, Array.from({ length: count }, (_, index) => index))
        let sum = 0
        for await (const { index, output } of batch.results()) {
          if (index % 500 === 0) seen.push(`page ${index / 500}`)
          sum += output ?? 0
        }
        return [sum, await ctx.signal('go')]
      },
    })
    const collecting = fromModel({ name: 'collecting', steps: { all: { children: { workflow: 'one', inputs: '${{ input }}', collect: 'outputs' } }, go: { needs: 'all', signal: { name: 'go' } } }, output: '${{ size(steps.all.output.outputs) }}' }, [])
    const workflows = [one, many, collecting]
    const first = await rig.engine(workflows)
    const { run } = await rig.until(first.start(many, 1200))
    const graphRun = await rig.until(first.start(collecting, Array.from({ length: 1200 }, (_, index) => index)))
    await rig.time.advance(60_000)
    expect((await rig.details(run)).steps.map(({ path }) => path)).toEqual(['all', 'all.page[0]', 'all.page[1]', 'all.page[2]'])
    rig.die()
    seen.length = 0
    const second = await rig.engine(workflows)
    await rig.until(second.postbox.signal(run, 'go', 'on'))
    await expect(rig.until(second.result(run))).resolves.toEqual([(1199 * 1200) / 2, 'on'])
    expect(seen.filter((what) => what !== 'read')).toEqual(['page 0', 'page 1', 'page 2'])
    expect(seen.join(' ')).toMatch(/^(read )?read page 0 read page 1 read page 2/)
    await rig.until(second.postbox.signal(graphRun.run, 'go', 'on'))
    await expect(rig.until(second.result(graphRun.run))).resolves.toBe(1200)
  })
})
