// What people do with a run: fork it at a step, fork the fork, retry it from a step. On the real engine, with deaths at every moment.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { TemplateFailedError } from '../../../src/errors.ts'
import type { TemplateContext } from '../../../src/template/contract.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import type { AnyWorkflow } from '../../../src/workflow/contract.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import { Rig } from './rig.ts'

const number = z.object({ n: z.number() })

class Adding {
  readonly calls: string[] = []
  readonly keys: string[] = []
  readonly rig: Rig
  fails: string | null = null

  constructor(rig: Rig) {
    this.rig = rig
  }

  readonly undo = defineTemplate({
    name: 'undo', version: '1.0.0', description: 'Takes it back.', input: z.object({ input: number, output: number, outcome: z.literal('completed') }), output: z.object({}),
    execute: (_step, context) => (this.calls.push(context.run?.path ?? ''), {}),
  })

  readonly add = defineTemplate({ name: 'add', version: '1.0.0', description: 'Adds one.', input: number, output: number, execute: (input, context) => this.adds(input, context) })

  async adds({ n }: { n: number }, context: TemplateContext): Promise<{ n: number }> {
    const path = context.run?.path ?? ''
    this.calls.push(path)
    this.keys.push(context.idempotencyKey ?? '')
    await this.rig.wait(5)
    if (path === this.fails) throw new TemplateFailedError('no', { retryable: false })
    return { n: n + 1 }
  }

  function(last = 1): AnyWorkflow {
    return defineWorkflow({
      name: 'adds', version: String(last), input: number,
      run: async (ctx, input) => {
        const a = await ctx.step('a', this.add, input)
        const b = await ctx.step('b', this.add, a)
        let c = b
        for (let turn = 0; turn < last; turn++) c = await ctx.step('c', this.add, { n: c.n + input.n * 100 })
        return c
      },
    })
  }
}

async function whole(rig: Rig, workflow: AnyWorkflow, input: unknown = { n: 1 }) {
  const engine = await rig.engine([workflow])
  const { run } = await rig.until(engine.start(workflow, input))
  await rig.until(engine.result(run).catch(() => undefined))
  return { engine, run }
}

describe('a fork', () => {
  test('takes over what was recorded before the step, and does the rest anew under keys of its own; the other run stays as it is', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    const { engine, run } = await whole(rig, adding.function())
    const before = await rig.details(run)
    adding.calls.length = adding.keys.length = 0
    const fork = await rig.until(engine.fork(run, { at: 'b' }))
    await expect(rig.until(engine.result(fork))).resolves.toEqual({ n: 104 })
    expect(adding.calls).toEqual(['b', 'c'])
    expect(adding.keys).toEqual([`${fork}.1.b`, `${fork}.1.c`])
    expect(await rig.details(run)).toEqual(before)
    const details = await rig.details(fork)
    expect(details).toMatchObject({ status: 'completed', key: null, forkedFrom: { run, gen: 1, at: 'b' }, workflow: 'adds' })
    expect(details.steps.map(({ path, seq }) => [path, seq])).toEqual([['a', 1], ['b', 2], ['c', 3]])
  })

  test('with another input keeps the results of the steps before', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    const { engine, run } = await whole(rig, adding.function())
    const fork = await rig.until(engine.fork(run, { at: 'c', input: { n: 5 } }))
    await expect(rig.until(engine.result(fork))).resolves.toEqual({ n: 504 })
    expect(adding.calls).toEqual(['a', 'b', 'c', 'c'])
    await expect(rig.until(engine.fork(run, { at: 'c', input: { n: 'five' } }))).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('with another definition goes on with that one; where it does not fit, the fork is parked with the first difference', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    const newer = adding.function(3)
    const other = defineWorkflow({ name: 'adds', version: '9', input: number, run: async (ctx, input) => ctx.step('z', adding.add, await ctx.step('a', adding.add, input)) })
    const engine = await rig.engine([adding.function(), newer, other])
    const { run } = await rig.until(engine.start(adding.function(), { n: 1 }))
    await rig.until(engine.result(run))
    const fork = await rig.until(engine.fork(run, { at: 'c', workflow: newer }))
    await rig.until(engine.result(fork).catch(() => undefined))
    expect(await rig.details(fork)).toMatchObject({ version: '3', status: 'completed', output: { n: 306 } })
    const misfit = await rig.until(engine.fork(run, { at: 'c', workflow: other }))
    await expect(rig.until(engine.result(misfit))).rejects.toMatchObject({ code: 'RUN_PARKED' })
    expect(await rig.details(misfit)).toMatchObject({ status: 'parked', error: { code: 'NON_DETERMINISM', path: 'b' } })
  })

  test('of a fork, and of a failed run at the step that failed', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    adding.fails = 'c'
    const { engine, run } = await whole(rig, adding.function())
    adding.fails = null
    const first = await rig.until(engine.fork(run, { at: 'c' }))
    await expect(rig.until(engine.result(first))).resolves.toEqual({ n: 104 })
    const second = await rig.until(engine.fork(first, { at: 'b', input: { n: 2 } }))
    await expect(rig.until(engine.result(second))).resolves.toEqual({ n: 204 })
    expect(await rig.details(second)).toMatchObject({ forkedFrom: { run: first, gen: 1, at: 'b' } })
    expect(adding.calls).toEqual(['a', 'b', 'c', 'c', 'b', 'c'])
  })

  test('of a graph takes over skipped steps and choices; the name of a loop stands for its first item', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    const graph = fromModel({
      name: 'graph', input: { type: 'object' },
      steps: { a: { uses: 'add', with: { n: 1 } }, never: { uses: 'add', with: { n: 1 }, if: 'input.n > 99' }, each: { forEach: '[1, 2]', concurrency: 1, uses: 'add', with: { n: '${{ item + steps.a.output.n }}' } }, end: { uses: 'add', with: '${{ steps.each.output[1] }}' } },
      output: '${{ steps.end.output.n }}',
    }, [adding.add])
    const { engine, run } = await whole(rig, graph)
    adding.calls.length = 0
    const fork = await rig.until(engine.fork(run, { at: 'each' }))
    await expect(rig.until(engine.result(fork))).resolves.toBe(6)
    expect(adding.calls).toEqual(['each[0]', 'each[1]', 'end'])
  })

  test('killed at every moment, is there whole or not at all, and ends the same', async () => {
    let complete = 0
    for (let moment = 0; moment < 40; moment++) {
      const rig = new Rig()
      const adding = new Adding(rig)
      const workflow = adding.function(30)
      const { engine, run } = await whole(rig, workflow)
      adding.calls.length = 0
      engine.fork(run, { at: 'c#28' }).catch(() => undefined)
      await rig.steps(moment)
      rig.die()
      const late = await rig.engine([workflow])
      const { runs } = await rig.until(rig.store.listRuns({ workflow: 'adds' }))
      const fork = runs.find((row) => row.run !== run)
      if (fork === undefined) continue
      complete++
      await rig.until(late.result(fork.run))
      expect(await rig.details(fork.run), `moment ${moment}`).toMatchObject({ status: 'completed', output: (await rig.details(run)).output, forkedFrom: { run, at: 'c#28' } })
      expect(new Set(adding.calls), `moment ${moment}`).toEqual(new Set(['c#28', 'c#29', 'c#30']))
    }
    expect(complete).toBeGreaterThan(20)
  })

  test('that was written only in part is completed by whoever enters it', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    const workflow = adding.function(60)
    const { run } = await whole(rig, workflow)
    rig.die()
    // One record goes with each flush.
    const slow = await rig.engine([workflow], { flush: { rows: 1, bytes: 1 << 20, retries: 5 } })
    adding.calls.length = 0
    slow.fork(run, { at: 'c#60' }).catch(() => undefined)
    const forks = async () => (await rig.store.listRuns({ workflow: 'adds' })).runs.filter((row) => row.run !== run)
    while ((await forks()).length === 0) await rig.steps(1)
    await rig.steps(4)
    const fork = (await forks())[0]?.run ?? ''
    expect((await rig.details(fork)).steps.length).toBeLessThan(61)
    rig.die()
    const late = await rig.engine([workflow])
    await rig.until(late.result(fork))
    expect(adding.calls).toEqual(['c#60'])
    expect((await rig.details(fork)).steps.map(({ seq }) => seq)).toEqual(Array.from({ length: 62 }, (_, index) => index + 1))
  })

  test('at a step that was never reached is refused with the steps that there are', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    adding.fails = 'b'
    const { engine, run } = await whole(rig, adding.function())
    await expect(rig.until(engine.fork(run, { at: 'c' }))).rejects.toMatchObject({ code: 'STEP_NOT_FOUND', details: { steps: ['a', 'b'] } })
    await expect(rig.until(engine.fork(`${run.slice(0, -1)}x`, { at: 'c' }))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  })

  test('behind a step that was undone is refused; the fork of what was not undone does not undo the work of the other run', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    const undoable = defineWorkflow({
      name: 'undoable', input: number,
      run: async (ctx, input) => ctx.step('c', adding.add, await ctx.step('b', adding.add, await ctx.step('a', adding.add, input, { compensate: adding.undo }), { compensate: adding.undo })),
    })
    const { engine, run } = await whole(rig, undoable)
    adding.fails = 'c'
    adding.calls.length = 0
    const fork = await rig.until(engine.fork(run, { at: 'b' }))
    await expect(rig.until(engine.result(fork))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(adding.calls).toEqual(['b', 'c', '$compensate.b'])
    await expect(rig.until(engine.fork(fork, { at: 'c' }))).rejects.toMatchObject({ code: 'FORK_REFUSED', path: 'b' })
    adding.fails = null
    const again = await rig.until(engine.fork(fork, { at: 'b' }))
    await expect(rig.until(engine.result(again))).resolves.toEqual({ n: 4 })
  })
})

describe('a retry from a step', () => {
  test('does that step, and what was recorded after it, again under a new key', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    adding.fails = 'c'
    const { engine, run } = await whole(rig, adding.function())
    adding.fails = null
    adding.calls.length = adding.keys.length = 0
    expect(await rig.until(engine.retry(run, { by: 'me', reason: 'the price was wrong', from: 'b' }))).toBe(2)
    await expect(rig.until(engine.result(run))).resolves.toEqual({ n: 104 })
    expect(adding.keys).toEqual([`${run}.2.b`, `${run}.2.c`])
    expect((await rig.details(run)).generations).toMatchObject([{ gen: 2, baseSeq: 2, by: 'me', from: 'b', reason: 'the price was wrong' }])
  })

  test('of a completed run is refused with what to do', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    const { engine, run } = await whole(rig, adding.function())
    await expect(rig.until(engine.retry(run, { by: 'me', reason: '', from: 'b' }))).rejects.toMatchObject({ code: 'RUN_NOT_RETRYABLE', remedy: expect.stringContaining('wumbo fork') as string })
  })

  test('of a step that the run never had is refused', async () => {
    const rig = new Rig()
    const adding = new Adding(rig)
    adding.fails = 'b'
    const { engine, run } = await whole(rig, adding.function())
    await expect(rig.until(engine.retry(run, { by: 'me', reason: '', from: 'bb' }))).rejects.toMatchObject({ code: 'STEP_NOT_FOUND', path: 'bb' })
  })
})
