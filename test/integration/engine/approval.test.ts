// Approvals on the engine: shown while they are open, decided once, with a form that is checked at the door, bounded, over deaths.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

const form = z.object({ limit: z.int().min(1), note: z.string().default('none') })
const spend = defineWorkflow({
  name: 'spend', input: z.unknown(),
  run: (ctx) => ctx.approval('manager', { title: 'Spend 100 €?', assignees: ['ada', 'grace'], form, timeout: '3d' }),
})

describe('approvals', () => {
  test('an open one is shown with what it asks for, and is decided once: by whom, when, with what', async () => {
    const rig = new Rig()
    const engine = await rig.engine([spend])
    const { run } = await rig.until(engine.start(spend, {}))
    await rig.time.advance(60_000)
    const since = rig.time.now()
    const details = await rig.details(run)
    expect(details.status).toBe('waiting')
    expect(details.approvals).toMatchObject([{ path: 'manager', title: 'Spend 100 €?', assignees: ['ada', 'grace'], form: { type: 'object', required: ['limit'] } }])
    expect(details.approvals[0]?.due).toBe((details.approvals[0]?.since ?? 0) + 3 * 86_400_000)
    const decide = (by: string, limit: unknown) => engine.postbox.decide(run, 'manager', { approved: true, by, form: { limit }, comment: 'fine' })
    await expect(decide('ada', 'much')).rejects.toMatchObject({ code: 'SIGNAL_INVALID', path: 'form.limit' })
    await expect(engine.postbox.decide(run, 'manager', { approved: true, by: 'ada' })).rejects.toMatchObject({ code: 'SIGNAL_INVALID' })
    await expect(engine.postbox.decide(run, 'manager', { approved: true, by: '' })).rejects.toMatchObject({ code: 'DEFINITION_INVALID', path: 'by' })
    for (const [sent, path] of [[{ approved: 'yes', by: 'ada', form: { limit: 1 } }, 'approved'], [{ by: 'ada' }, 'approved'], [{ approved: true, by: 'ada', form: { limit: 1 }, comment: 7 }, 'comment'], [{ approved: true, by: 'ada', comments: 'x' }, 'approval manager.comments'], [null, 'approval manager']] as const) {
      await expect(engine.postbox.decide(run, 'manager', sent as never)).rejects.toMatchObject({ code: 'DEFINITION_INVALID', path })
    }
    await expect(engine.postbox.decide(run, 'boss', { approved: true, by: 'ada' })).rejects.toMatchObject({ code: 'APPROVAL_NOT_OPEN', message: expect.stringContaining('manager') as string })
    await rig.until(Promise.all([decide('ada', 5), decide('grace', 6)]))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ approved: true, by: 'ada', at: since, form: { limit: 5, note: 'none' }, comment: 'fine' })
    const ended = await rig.details(run)
    expect(ended.approvals).toEqual([])
    expect(ended.unreadMail).toMatchObject([{ kind: 'approval', address: 'manager', payload: { by: 'grace' } }])
    expect(ended.steps).toMatchObject([{ kind: 'request', path: 'manager.request' }, { kind: 'approval', path: 'manager' }])
    await expect(decide('ada', 5)).rejects.toMatchObject({ code: 'RUN_FINISHED' })
  })

  test('a rejection need not fill in the form; nobody in time gives undefined', async () => {
    const rig = new Rig()
    const engine = await rig.engine([spend])
    const one = await rig.until(engine.start(spend, {}))
    const two = await rig.until(engine.start(spend, {}))
    await rig.time.advance(100)
    await rig.until(engine.postbox.decide(one.run, 'manager', { approved: false, by: 'ada' }))
    await expect(rig.until(engine.result(one.run))).resolves.toMatchObject({ approved: false, by: 'ada', comment: null })
    await expect(rig.until(engine.result(two.run))).resolves.toBeUndefined()
  })

  test('a death at any moment changes nothing', async () => {
    for (let steps = 0; steps < 60; steps++) {
      const rig = new Rig()
      const first = await rig.engine([spend])
      const { run } = await rig.until(first.start(spend, {}))
      await rig.time.advance(10)
      first.postbox.decide(run, 'manager', { approved: true, by: 'ada', form: { limit: 1 } }).catch(() => undefined)
      await rig.steps(steps)
      rig.die()
      const second = await rig.engine([spend])
      await rig.time.advance(10)
      const again = second.postbox.decide(run, "manager", { approved: true, by: "ada", form: { limit: 1 } })
      await rig.until(again.catch((error: unknown) => expect(["RUN_FINISHED", "APPROVAL_NOT_OPEN"]).toContain((error as { code: string }).code)))
      await expect(rig.until(second.result(run))).resolves.toMatchObject({ approved: true, by: 'ada' })
    }
  })
})

describe('an approval of a branch that has lost', () => {
  const at = defineTemplate({ name: 'at', version: '1.0.0', description: 'Gives its input.', input: z.unknown(), output: z.unknown(), execute: (value) => value })
  const race = defineWorkflow({
    name: 'race', input: z.unknown(),
    async run(ctx) {
      const first = await ctx.race({ ask: (c) => c.approval('boss'), go: (c) => c.signal('go') })
      await ctx.signal('end')
      return first
    },
  })

  test('is open no more, also after a death at any moment, and takes no decision', async () => {
    for (let steps = 0; steps < 30; steps++) {
      const rig = new Rig()
      const first = await rig.engine([race])
      const { run } = await rig.until(first.start(race, {}))
      await rig.time.advance(10)
      expect((await rig.details(run)).approvals).toMatchObject([{ path: 'ask.boss' }])
      await rig.until(first.postbox.signal(run, 'go', 7))
      await rig.steps(steps)
      rig.die()
      const second = await rig.engine([race])
      await rig.time.advance(10)
      const { approvals, steps: recorded } = await rig.details(run)
      expect(approvals).toEqual([])
      expect(recorded.map(({ path }) => path)).toEqual(['ask.boss.request', 'go.go', 'ask.boss.withdrawn'])
      await expect(second.postbox.decide(run, 'ask.boss', { approved: true, by: 'ada' })).rejects.toMatchObject({ code: 'APPROVAL_NOT_OPEN' })
      await rig.until(second.postbox.signal(run, 'end', null))
      await expect(rig.until(second.result(run))).resolves.toBe(7)
    }
  })

  test('nor when the branch has lost before the request was answered', async () => {
    const hasty = defineWorkflow({
      name: 'hasty', input: z.unknown(),
      async run(ctx) {
        const first = await ctx.any({ go: (c) => c.step('at', at, 1, { level: 'pure' }), ask: (c) => c.approval('boss') })
        await ctx.signal('end')
        return first
      },
    })
    const rig = new Rig()
    const engine = await rig.engine([hasty])
    const { run } = await rig.until(engine.start(hasty, {}))
    await rig.time.advance(5000)
    const { approvals, steps } = await rig.details(run)
    expect(approvals).toEqual([])
    expect(steps.map(({ path }) => path).filter((path) => path.startsWith('ask'))).toEqual(['ask.boss.request', 'ask.boss.withdrawn'])
    await rig.until(engine.postbox.signal(run, 'end', null))
    await expect(rig.until(engine.result(run))).resolves.toBe(1)
  })
})
