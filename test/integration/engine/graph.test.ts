// Graphs on the engine: what is recorded, and that a run that is killed at any moment ends as if nothing had happened.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import type { GraphWorkflow } from '../../../src/workflow/contract.ts'
import type { WorkflowModel } from '../../../src/model/workflow.ts'
import { Rig } from './rig.ts'

const model: WorkflowModel = {
  name: 'graph',
  steps: {
    first: { uses: 'add', with: { a: '${{ input.n }}', b: 1 } },
    left: { uses: 'add', with: { a: '${{ steps.first.output.sum }}', b: 10 }, level: 'pure' },
    right: { uses: 'add', with: { a: '${{ steps.first.output.sum }}', b: 100 }, if: 'steps.first.output.sum > 0' },
    never: { uses: 'add', with: { a: 1, b: 1 }, if: 'steps.first.output.sum < 0' },
    behind: { uses: 'add', with: { a: '${{ steps.never.output.sum }}', b: 1 } },
    bad: { uses: 'fail', continueOnError: true },
    each: { forEach: '[1, 2, 3]', concurrency: 2, steps: { one: { uses: 'add', with: { a: '${{ item }}', b: '${{ steps.left.output.sum }}' } }, two: { uses: 'add', with: { a: '${{ steps.one.output.sum }}', b: '${{ index }}' } } }, output: '${{ steps.two.output.sum }}' },
    route: { switch: [{ if: 'size(steps.each.output) > 5', name: 'many', uses: 'fail' }, { else: true, uses: 'add', with: { a: '${{ steps.right.output.sum }}', b: '${{ steps.each.output[2] }}' } }] },
  },
  output: { each: '${{ steps.each.output }}', route: '${{ steps.route.?output.sum.orValue(0) }}', never: '${{ has(steps.never.output) }}' },
}

const expected = { each: [13, 15, 17], route: 119, never: false }

function graph(rig: Rig, calls: string[] = [], given: WorkflowModel = model): GraphWorkflow<unknown> {
  const add = defineTemplate({
    name: 'add', version: '1.0.0', description: 'Adds, after a moment.', input: z.object({ a: z.number(), b: z.number() }), output: z.object({ sum: z.number() }),
    async execute({ a, b }, context) {
      calls.push(`${context.run?.path ?? ''}:${context.idempotencyKey ?? ''}`)
      await rig.wait(1 + ((a * 7 + b * 3) % 5))
      return { sum: a + b }
    },
  })
  const fail = defineTemplate({ name: 'fail', version: '1.0.0', description: 'Fails.', input: z.unknown(), output: z.unknown(), execute: () => { throw new Error('no luck') } })
  return fromModel(given, [add, fail])
}

/** What the journal says, in an order of its own: what runs side by side may end in any order. */
async function records(rig: Rig, run: string): Promise<unknown[]> {
  const { steps } = await rig.details(run)
  return steps.map(({ path, kind, status, input, output, reads }) => ({ path, kind, status, input, output, reads })).toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

describe('a graph', () => {
  test('runs to its output and records its decisions beside its steps', async () => {
    const rig = new Rig()
    const workflow = graph(rig)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 1 }, { key: 'k' }))
    await expect(rig.until(engine.result(run))).resolves.toEqual(expected)
    const { steps } = await rig.details(run)
    const brief = Object.fromEntries(steps.map(({ path, kind, status }) => [path, `${kind} ${status}`]))
    expect(brief).toEqual({
      'first': 'step completed', 'left': 'step completed', 'right': 'step completed', 'never': 'choice skipped', 'behind': 'choice skipped', 'bad': 'step failed', 'each': 'choice completed',
      'each[0].one': 'step completed', 'each[0].two': 'step completed', 'each[1].one': 'step completed', 'each[1].two': 'step completed', 'each[2].one': 'step completed', 'each[2].two': 'step completed',
      'route': 'choice completed', 'route.else': 'step completed',
    })
    const of = (path: string): unknown => steps.find((step) => step.path === path)
    expect(of('each')).toMatchObject({ output: { items: 3 } })
    expect(of('route')).toMatchObject({ output: { case: 'else' }, reads: ['each'] })
    expect(of('behind')).toMatchObject({ reads: ['never'] })
  })

  test('K1, K3, K4: killed after each step of the world, it ends as if nothing had happened', async () => {
    const reference = new Rig()
    const whole = graph(reference)
    const engine = await reference.engine([whole])
    const first = await reference.until(engine.start(whole, { n: 1 }, { key: 'k' }))
    await reference.until(engine.result(first.run))
    const wanted = await records(reference, first.run)
    for (let moment = 1; moment < 140; moment += 1) {
      const rig = new Rig()
      const calls: string[] = []
      const workflow = graph(rig, calls)
      const early = await rig.engine([workflow])
      early.start(workflow, { n: 1 }, { key: 'k' }).catch(() => undefined)
      await rig.steps(moment)
      rig.die()
      // The next process knows the graph by its stored definition.
      const again = fromModel(JSON.parse(workflow.definition), workflow.templates.values())
      const late = await rig.engine([again])
      const { run } = await rig.until(late.start(again, { n: 1 }, { key: 'k' }))
      await expect(rig.until(late.result(run)), `moment ${moment}`).resolves.toEqual(expected)
      expect(await records(rig, run), `moment ${moment}`).toEqual(wanted)
      const keys = new Map<string, Set<string>>()
      for (const call of calls) {
        const [path = '', key = ''] = call.split(':')
        keys.set(path, (keys.get(path) ?? new Set()).add(key))
      }
      for (const [path, mine] of keys) expect([...mine], `${path} at moment ${moment}`).toHaveLength(1)
    }
  })

  test('fails with the failure of its step, and shows where', async () => {
    const rig = new Rig()
    const workflow = graph(rig, [], { name: 'graph', steps: { a: { forEach: 'input.list', uses: 'add', with: { a: '${{ item.n }}', b: 1 } } } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { list: [{ n: 1 }, { m: 2 }] }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    const details = await rig.details(run)
    expect(details).toMatchObject({ status: 'failed', error: { code: 'STEP_FAILED', path: 'a[1]' } })
    expect(details.error?.message).toMatch(/item 1 of 2: .*item has no "n"/)
    expect(details.steps.find(({ path }) => path === 'a[1]')).toMatchObject({ kind: 'choice', status: 'failed', error: { code: 'EXPRESSION_FAILED', path: 'steps.a.with.a' } })
  })

  test('goes on from its failed step when it is retried, and runs again what was skipped because of it', async () => {
    const rig = new Rig()
    const calls: string[] = []
    let open = false
    const door = defineTemplate({
      name: 'door', version: '1.0.0', description: 'Lets pass when it is open.', input: z.unknown(), output: z.object({ through: z.number() }),
      execute(_, context) {
        calls.push(context.run?.path ?? '')
        if (!open && context.run?.path === 'orders[1].pay') throw new Error('shut')
        return { through: 1 }
      },
    })
    const workflow = fromModel({
      name: 'retried', onFailure: 'continue',
      steps: {
        before: { uses: 'door' },
        orders: { forEach: '[0, 1]', steps: { check: { uses: 'door' }, pay: { uses: 'door', needs: 'check' } } },
        after: { uses: 'door', with: '${{ steps.orders.output }}' },
        beside: { uses: 'door', needs: 'before' },
      },
    }, [door])
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect((await rig.details(run)).steps.find(({ path }) => path === 'after')).toMatchObject({ status: 'skipped', reads: ['orders'] })
    open = true
    calls.length = 0
    await rig.until(engine.retry(run, { by: 'test', reason: 'opened' }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ after: { through: 1 }, beside: { through: 1 } })
    expect(calls).toEqual(['orders[1].pay', 'after'])
  })

  test('sleeps outside of memory, over a restart, until the time that it began with', async () => {
    const rig = new Rig()
    const given: WorkflowModel = { name: 'sleeper', steps: { first: { uses: 'add', with: { a: 1, b: 1 } }, night: { sleep: '${{ steps.first.output.sum * 4.0 }}h' }, last: { uses: 'add', with: { a: 1, b: 2 }, needs: 'night' } }, output: { night: '${{ steps.night.output }}', last: '${{ steps.last.output.sum }}' } }
    const began = rig.time.now()
    const early = await rig.engine([graph(rig, [], given)])
    const { run } = await rig.until(early.start(graph(rig, [], given), {}))
    await rig.time.run({ stop: () => rig.time.now() - began > 60_000 || rig.events.some(({ type }) => type === 'run.waiting') })
    expect((await rig.details(run)).status).toBe('waiting')
    expect((await rig.details(run)).pending).toMatchObject([{ path: 'night', kind: 'timer', due: expect.any(Number) as number }])
    rig.die()
    const calls: string[] = []
    const late = await rig.engine([graph(rig, calls, given)])
    await expect(rig.until(late.result(run))).resolves.toEqual({ night: null, last: 3 })
    expect(rig.time.now() - began).toBeGreaterThanOrEqual(8 * 3_600_000)
    expect(rig.time.now() - began).toBeLessThan(8 * 3_600_000 + 60_000)
    expect(calls).toHaveLength(1)
    expect((await rig.details(run)).steps.find(({ path }) => path === 'night')).toMatchObject({ kind: 'timer', status: 'completed', template: null, reads: ['first'] })
  })

  test('fails while another step sleeps for a month, at once; retried, it sleeps on to the same moment', async () => {
    const rig = new Rig()
    let broken = true
    const flaky = defineTemplate({ name: 'flaky', version: '1.0.0', description: 'Fails at first.', input: z.unknown(), output: z.number(), execute: () => { if (broken) throw new Error('no luck'); return 1 } })
    const workflow = fromModel({ name: 'impatient', steps: { bad: { uses: 'flaky' }, month: { sleep: '30d' } } }, [flaky])
    const began = rig.time.now()
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(rig.time.now() - began).toBeLessThan(60_000)
    broken = false
    await rig.until(engine.retry(run, { by: 'test', reason: 'mended' }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ bad: 1, month: null })
    expect(Math.abs(rig.time.now() - began - 30 * 86_400_000)).toBeLessThan(60_000)
  })
})
