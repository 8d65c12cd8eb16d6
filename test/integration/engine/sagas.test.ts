// K10: what undoes a run. Compensations run in reverse order, once recorded, never for a step that was not started; a step in doubt is settled
// first.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { TemplateFailedError } from '../../../src/errors.ts'
import type { TypedStepOptions, WorkflowContext } from '../../../src/workflow/contract.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

const number = z.object({ n: z.number() })
const seat = z.object({ seat: z.string() })

/** What the world outside saw, in order: `do a`, `undo a`, each with its idempotency key and attempt. */
interface Seen {
  readonly what: string
  readonly key: string
  readonly attempt: number
}

class Outside {
  readonly seen: Seen[] = []
  readonly rig: Rig
  /** What an undoing does, by seat: throws to fail. */
  readonly trouble = new Map<string, (attempt: number) => void>()
  /** How long doing takes, by number of the seat. */
  readonly takes = new Map<number, number>()

  constructor(rig: Rig) {
    this.rig = rig
  }

  get said(): string[] {
    return this.seen.map(({ what }) => what)
  }

  readonly release = defineTemplate({
    name: 'release', version: '1.0.0', description: 'Gives a seat back.', output: z.object({}),
    input: z.union([z.object({ input: number, output: seat, outcome: z.literal('completed') }), z.object({ input: number, output: z.null(), outcome: z.literal('unknown') })]),
    execute: async ({ input, output, outcome }, context) => {
      const what = outcome === 'unknown' ? `undo unknown ${input.n}` : `undo ${output.seat}`
      this.seen.push({ what, key: context.idempotencyKey ?? '', attempt: context.attempt })
      await this.rig.wait(5)
      this.trouble.get(what)?.(context.attempt)
      return {}
    },
  })

  readonly reserve = defineTemplate({
    name: 'reserve', version: '1.0.0', description: 'Reserves a seat.', input: number, output: seat, compensate: this.release,
    execute: async ({ n }, context) => {
      this.seen.push({ what: `do seat-${n}`, key: context.idempotencyKey ?? '', attempt: context.attempt })
      await this.rig.wait(this.takes.get(n) ?? 5)
      this.trouble.get(`do seat-${n}`)?.(context.attempt)
      return { seat: `seat-${n}` }
    },
  })

  readonly fail = defineTemplate({
    name: 'fail', version: '1.0.0', description: 'Fails.', input: number, output: number,
    execute: async () => {
      await this.rig.wait(5)
      this.trouble.get('fail')?.(1)
      throw new TemplateFailedError('no seats for this film', { retryable: false })
    },
  })

  /** Reserves seats 1, 2, 3 and then does what `then` says. */
  workflow(then: (ctx: WorkflowContext) => unknown = (ctx) => ctx.step('fail', this.fail, { n: 0 }), options: TypedStepOptions<{ n: number }, { seat: string }> = {}, more: { readonly onCancel?: 'compensate' | 'leave' } = {}) {
    return defineWorkflow({
      name: 'booking', input: number, ...more,
      run: async (ctx) => {
        for (const n of [1, 2, 3]) await ctx.step(`seat${n}`, this.reserve, { n }, options)
        await then(ctx)
        return {}
      },
    })
  }
}

const ALL = ['do seat-1', 'do seat-2', 'do seat-3', 'undo seat-3', 'undo seat-2', 'undo seat-1']

describe('K10: a run that fails', () => {
  test('is undone in reverse order, each step with its input and result, and ends as failed', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    const workflow = outside.workflow()
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(ALL)
    const details = await rig.details(run)
    expect(details).toMatchObject({ status: 'failed', error: { code: 'STEP_FAILED', path: 'fail', details: { compensated: ['seat3', 'seat2', 'seat1'] } } })
    expect(details.steps.map(({ path, seq }) => [path, seq])).toEqual(['seat1', 'seat2', 'seat3', 'fail', '$compensate', '$compensate.seat3', '$compensate.seat2', '$compensate.seat1'].map((path, index) => [path, index + 1]))
    expect(details.steps[5]).toMatchObject({ input: { input: { n: 3 }, output: { seat: 'seat-3' }, outcome: 'completed' }, template: 'release@1.0.0' })
  })

  test('killed at any moment, it is undone all the same: once recorded each, in reverse order, under one key', async () => {
    let lived = 0
    for (let moment = 1; moment < 160; moment++) {
      const rig = new Rig()
      const outside = new Outside(rig)
      const workflow = outside.workflow()
      const early = await rig.engine([workflow])
      const starting = early.start(workflow, { n: 0 }, { key: 'k' })
      starting.catch(() => undefined)
      await rig.steps(moment)
      rig.die()
      const late = await rig.engine([workflow])
      const { run } = await rig.until(late.start(workflow, { n: 0 }, { key: 'k' }))
      await expect(rig.until(late.result(run)), `moment ${moment}`).rejects.toMatchObject({ code: 'RUN_FAILED' })
      const details = await rig.details(run)
      expect(details.steps.map(({ path }) => path), `moment ${moment}`).toEqual(['seat1', 'seat2', 'seat3', 'fail', '$compensate', '$compensate.seat3', '$compensate.seat2', '$compensate.seat1'])
      expect([...new Set(outside.said)], `moment ${moment}`).toEqual(ALL)
      expect(new Set(outside.seen.map(({ what, key }) => `${what} ${key}`)).size).toBe(6)
      if (outside.seen.length === 6) lived++
    }
    expect(lived).toBeGreaterThan(10)
  })

  test('a step that failed for good, one that was never reached and one that says false are not undone', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    outside.trouble.set('do seat-3', () => {
      throw new TemplateFailedError('taken', { retryable: false })
    })
    const workflow = defineWorkflow({
      name: 'booking', input: number,
      async run(ctx) {
        await ctx.step('one', outside.reserve, { n: 1 })
        await ctx.step('two', outside.reserve, { n: 2 }, { compensate: false })
        await ctx.step('three', outside.reserve, { n: 3 })
        return ctx.step('four', outside.reserve, { n: 4 })
      },
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(['do seat-1', 'do seat-2', 'do seat-3', 'undo seat-1'])
  })

  test('a run that ends well, or handles its failure, is not undone', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    const workflow = outside.workflow((ctx) => ctx.step('fail', outside.fail, { n: 0 }).catch(() => undefined))
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({})
    expect(outside.said).toEqual(ALL.slice(0, 3))
  })

  test('a result that cannot be kept makes it fail, and so it is undone', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    const workflow = defineWorkflow({ name: 'booking', input: number, run: async (ctx) => (await ctx.step('one', outside.reserve, { n: 1 }), { bad: () => 1 }) })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(['do seat-1', 'undo seat-1'])
  })

  test('a branch that is at work is waited for, and undone first', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    outside.takes.set(2, 100)
    const workflow = defineWorkflow({
      name: 'booking', input: number,
      async run(ctx) {
        await ctx.step('one', outside.reserve, { n: 1 })
        const slow = ctx.step('two', outside.reserve, { n: 2 })
        slow.catch(() => undefined)
        await ctx.step('fail', outside.fail, { n: 0 })
        return slow
      },
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(['do seat-1', 'do seat-2', 'undo seat-2', 'undo seat-1'])
  })

  test('a pure step with a compensation fails with what is wrong', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    const workflow = defineWorkflow({ name: 'booking', input: number, run: (ctx) => ctx.step('one', outside.reserve, { n: 1 }, { level: 'pure' }) })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { cause: { code: 'DEFINITION_INVALID', path: 'one.compensate' } } })
  })
})

describe('K10: a run that is cancelled', () => {
  const sleeping = (outside: Outside, more: { readonly onCancel?: 'compensate' | 'leave' } = {}) => outside.workflow((ctx) => ctx.sleep('night', '8h'), {}, more)

  test('while it is in memory: it is undone', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    const workflow = outside.workflow((ctx) => ctx.sleep('wink', 900))
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    while ((await rig.details(run)).pending.every(({ path }) => path !== 'wink')) await rig.steps(1)
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(outside.said).toEqual(ALL)
    expect(await rig.details(run)).toMatchObject({ status: 'cancelled', error: { code: 'RUN_CANCELLED', details: { compensated: ['seat3', 'seat2', 'seat1'] } }, unreadMail: [] })
  })

  test('while it sleeps in the store, killed at any moment afterwards', async () => {
    for (let moment = 0; moment < 60; moment++) {
      const rig = new Rig()
      const outside = new Outside(rig)
      const workflow = sleeping(outside)
      const early = await rig.engine([workflow])
      const { run } = await rig.until(early.start(workflow, { n: 0 }))
      while ((await rig.details(run)).status !== 'waiting') await rig.steps(1)
      await rig.until(early.postbox.ask(run, 'cancel'))
      await rig.steps(moment)
      rig.die()
      const late = await rig.engine([workflow])
      await expect(rig.until(late.result(run)), `moment ${moment}`).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
      expect([...new Set(outside.said)], `moment ${moment}`).toEqual(ALL)
      expect(await rig.details(run)).toMatchObject({ status: 'cancelled', unreadMail: [] })
    }
  })

  test('with onCancel: leave nothing is undone, in memory and asleep', async () => {
    for (const asleep of [false, true]) {
      const rig = new Rig()
      const outside = new Outside(rig)
      const workflow = sleeping(outside, { onCancel: 'leave' })
      const engine = await rig.engine([workflow])
      const { run } = await rig.until(engine.start(workflow, { n: 0 }))
      if (asleep) while ((await rig.details(run)).status !== 'waiting') await rig.steps(1)
      else while (outside.seen.length < 3) await rig.steps(1)
      await rig.until(engine.postbox.ask(run, 'cancel'))
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
      expect(outside.said).toEqual(ALL.slice(0, 3))
    }
  })

  test('again while it is undone: the undoing goes on, and the mail is read', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    const workflow = outside.workflow()
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    while (!outside.said.includes('undo seat-3')) await rig.steps(1)
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(ALL)
    expect(await rig.details(run)).toMatchObject({ status: 'failed', unreadMail: [] })
  })

  test('without the code of its workflow: the decision stands, and it is undone when the code is back', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    const workflow = sleeping(outside)
    const early = await rig.engine([workflow])
    const { run } = await rig.until(early.start(workflow, { n: 0 }))
    while ((await rig.details(run)).status !== 'waiting') await rig.steps(1)
    rig.die()
    const without = await rig.engine([])
    await rig.until(without.postbox.ask(run, 'cancel'))
    await rig.until(without.result(run)).catch(() => undefined)
    expect(await rig.details(run)).toMatchObject({ status: 'parked', error: { code: 'WORKFLOW_NOT_FOUND' }, unreadMail: [] })
    rig.die()
    const late = await rig.engine([workflow])
    await expect(rig.until(late.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(outside.said).toEqual(ALL)
  })
})

describe('K10: a compensation that fails', () => {
  const broken = (outside: Outside): void => void outside.trouble.set('undo seat-2', () => {
    throw new TemplateFailedError('the box office is closed', { retryable: false })
  })

  test('is tried again by itself', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    outside.trouble.set('undo seat-2', (attempt) => {
      if (attempt < 4) throw new TemplateFailedError('busy')
    })
    const workflow = outside.workflow()
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(['do seat-1', 'do seat-2', 'do seat-3', 'undo seat-3', 'undo seat-2', 'undo seat-2', 'undo seat-2', 'undo seat-2', 'undo seat-1'])
  })

  test('for good parks the run, which a retry goes on with: what is undone is not undone again', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    broken(outside)
    const workflow = outside.workflow()
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_PARKED' })
    expect(await rig.details(run)).toMatchObject({ status: 'parked', error: { code: 'COMPENSATION_FAILED', path: 'seat2', details: { notUndone: ['seat2', 'seat1'], undone: ['seat3'] } } })
    outside.seen.length = 0
    outside.trouble.clear()
    expect(await rig.until(engine.retry(run, { by: 'me', reason: 'open again' }))).toBe(2)
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(['undo seat-2', 'undo seat-1'])
    expect(await rig.details(run)).toMatchObject({ status: 'failed', error: { code: 'STEP_FAILED', details: { compensated: ['seat3', 'seat2', 'seat1'] } } })
  })

  test('and that a person gives up, by cancel, does not look as if it had been undone', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    broken(outside)
    const workflow = outside.workflow()
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_PARKED' })
    await rig.until(engine.postbox.ask(run, 'cancel'))
    while ((await rig.details(run)).status !== 'cancelled') await rig.steps(1)
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(await rig.details(run)).toMatchObject({ status: 'cancelled', error: { code: 'COMPENSATION_FAILED' }, unreadMail: [] })
    expect(outside.said.filter((what) => what === 'undo seat-1')).toEqual([])
  })

  test('a timeout leaves a compensation in doubt: a retry uses the same key', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    let hangs = true
    const release = defineTemplate({
      name: 'slow-release', version: '1.0.0', description: 'Gives a seat back, or hangs.', input: z.object({ input: number, output: seat, outcome: z.literal('completed') }), output: z.object({}),
      execute: async (_input, context) => {
        outside.seen.push({ what: 'undo', key: context.idempotencyKey ?? '', attempt: context.attempt })
        await rig.wait(hangs ? 10_000 : 5)
        return {}
      },
    })
    const workflow = outside.workflow(undefined, { compensate: { uses: release, timeout: 100, retry: { maxAttempts: 1 } } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_PARKED' })
    hangs = false
    await rig.until(engine.retry(run, { by: 'me', reason: '' }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    const keys = outside.seen.filter(({ what }) => what === 'undo').map(({ key }) => key.slice(key.indexOf('.')))
    expect(keys).toEqual(['.1.$compensate.seat3', '.1.$compensate.seat3', '.2.$compensate.seat2', '.2.$compensate.seat1'])
  })
})

describe('K10: a step in doubt', () => {
  const cutOff = (outside: Outside, options: TypedStepOptions<{ n: number }, { seat: string }> = {}) =>
    defineWorkflow({
      name: 'booking', input: number,
      async run(ctx) {
        await ctx.step('one', outside.reserve, { n: 1 })
        return ctx.step('two', outside.reserve, { n: 2 }, { timeout: 50, ...options })
      },
    })

  test('after a timeout it is attempted again under its own key, and then undone', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    outside.takes.set(2, 100)
    const workflow = cutOff(outside)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    while (outside.seen.length < 2) await rig.steps(1)
    outside.takes.set(2, 5)
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(['do seat-1', 'do seat-2', 'do seat-2', 'undo seat-2', 'undo seat-1'])
    expect(outside.seen[1]?.key).toBe(outside.seen[2]?.key)
    expect((await rig.details(run)).steps.map(({ path, status }) => `${path} ${status}`)).toEqual(['one completed', 'two failed', '$compensate completed', '$settle.two completed', '$compensate.two completed', '$compensate.one completed'])
  })

  test('that turns out not to have been done is not undone', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    outside.takes.set(2, 100)
    const workflow = cutOff(outside)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    while (outside.seen.length < 2) await rig.steps(1)
    outside.takes.set(2, 5)
    outside.trouble.set('do seat-2', () => {
      throw new TemplateFailedError('taken', { retryable: false })
    })
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(['do seat-1', 'do seat-2', 'do seat-2', 'undo seat-1'])
  })

  test('that cannot be settled parks the run before anything is undone; a retry settles it under the same key', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    outside.takes.set(2, 100)
    const workflow = cutOff(outside)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_PARKED' })
    expect(outside.said.filter((what) => what.startsWith('undo'))).toEqual([])
    outside.takes.set(2, 5)
    await rig.until(engine.retry(run, { by: 'me', reason: '' }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said.slice(-2)).toEqual(['undo seat-2', 'undo seat-1'])
    expect(new Set(outside.seen.filter(({ what }) => what === 'do seat-2').map(({ key }) => key)).size).toBe(1)
  })

  test('with onUnknown: compensate it is undone without being settled', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    outside.takes.set(2, 100)
    const workflow = cutOff(outside, { compensate: { uses: outside.release, onUnknown: 'compensate' } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(outside.said).toEqual(['do seat-1', 'do seat-2', 'undo unknown 2', 'undo seat-1'])
  })

  test('whose process died, in a run that is then cancelled, is settled and undone', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    outside.takes.set(2, 1000)
    const workflow = cutOff(outside, { timeout: '1h' })
    const early = await rig.engine([workflow])
    const { run } = await rig.until(early.start(workflow, { n: 0 }))
    while (outside.seen.length < 2) await rig.steps(1)
    rig.die()
    const other = await rig.engine([workflow], { hotRuns: 0 })
    await rig.until(other.postbox.ask(run, 'cancel'))
    await rig.until(other.close())
    outside.takes.set(2, 5)
    const late = await rig.engine([workflow])
    await expect(rig.until(late.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(outside.said).toEqual(['do seat-1', 'do seat-2', 'do seat-2', 'undo seat-2', 'undo seat-1'])
    expect(outside.seen[1]?.key).toBe(outside.seen[2]?.key)
  })
})

describe('K10: a run that was undone and is retried', () => {
  test('begins anew before the first step that was undone, with a new key', async () => {
    const rig = new Rig()
    const outside = new Outside(rig)
    const workflow = defineWorkflow({
      name: 'booking', input: number,
      async run(ctx) {
        await ctx.step('before', outside.reserve, { n: 0 }, { compensate: false })
        await ctx.step('one', outside.reserve, { n: 1 })
        await ctx.step('beside', outside.reserve, { n: 9 }, { compensate: false })
        return ctx.step('two', outside.reserve, { n: 2 })
      },
    })
    outside.trouble.set('do seat-2', () => {
      throw new TemplateFailedError('taken', { retryable: false })
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    outside.trouble.clear()
    outside.seen.length = 0
    await rig.until(engine.retry(run, { by: 'me', reason: '' }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ seat: 'seat-2' })
    expect(outside.seen.map(({ what, key }) => `${what}${key.slice(key.indexOf('.'))}`)).toEqual(['do seat-1.2.one', 'do seat-2.2.two'])
  })
})
