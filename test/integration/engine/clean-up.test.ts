// Cancel with clean-up: entered once the run is cancelled, with what its steps gave; bounded; over deaths, out of memory, without the code; and a retry.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

const anything = z.unknown()

function booking(rig: Rig, calls: string[], options: { fails?: boolean; takes?: number } = {}) {
  const act = defineTemplate({
    name: 'act', version: '1.0.0', description: 'Acts.', input: z.string(), output: z.string(),
    async execute(what, context) {
      calls.push(what)
      await rig.wait(what === 'release' ? (options.takes ?? 5) : 5)
      if (what === 'release' && options.fails === true) throw new TypeError('no door')
      return `${what} by ${context.run?.path ?? '?'}`
    },
  })
  return defineWorkflow({
    name: 'booking', input: anything, cleanUpTimeout: '10s',
    async run(ctx) {
      await ctx.step('reserve', act, 'reserve')
      await ctx.signal('paid')
      await ctx.step('ship', act, 'ship')
      return 'shipped'
    },
    async cleanUp(ctx, _input, results) {
      if (results.has('reserve')) await ctx.step('reserve', act, 'release')
      await ctx.step('tell', act, `tell ${String(results.get('reserve'))}`)
    },
  })
}

const TOLD = 'tell reserve by reserve'

describe('cancel with a clean-up', () => {
  test('enters it with what the steps gave, in place of the function, and ends as cancelled', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const workflow = booking(rig, calls)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(100)
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await rig.until(engine.postbox.signal(run, 'paid', 1).catch(() => undefined))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED', cause: { code: 'RUN_CANCELLED', message: 'the run was cancelled' } })
    expect(calls).toEqual(['reserve', 'release', TOLD])
    const details = await rig.details(run)
    expect(details.steps.map(({ path }) => path)).toEqual(['reserve', '$cancel.reserve', '$cancel.tell'])
    expect(details.unreadMail.map(({ kind }) => kind)).toEqual(['signal'])
    expect(details.pending).toEqual([])
  })

  test('at any moment, with a death at any moment after it', async () => {
    for (let before = 0; before < 24; before += 3) {
      for (let after = 0; after < 30; after++) {
        const rig = new Rig()
        const calls: string[] = []
        const workflow = booking(rig, calls)
        const first = await rig.engine([workflow])
        const { run } = await rig.until(first.start(workflow, {}))
        await rig.steps(before)
        await rig.until(first.postbox.ask(run, 'cancel'))
        await rig.steps(after)
        rig.die()
        const second = await rig.engine([workflow])
        await expect(rig.until(second.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
        const { steps, unreadMail } = await rig.details(run)
        const paths = steps.map(({ path }) => path)
        expect(paths.at(-1)).toBe('$cancel.tell')
        expect(paths.includes('$cancel.reserve')).toBe(paths.includes('reserve'))
        expect(unreadMail).toEqual([])
        expect(calls).not.toContain('ship')
      }
    }
  })

  test('of a run outside of memory, and of a paused one', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const workflow = booking(rig, calls)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(5000)
    await rig.until(engine.postbox.ask(run, 'pause'))
    await rig.time.advance(5000)
    expect(await rig.details(run)).toMatchObject({ status: 'paused' })
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(calls).toEqual(['reserve', 'release', TOLD])
  })

  test('one that fails, or takes longer than it may, is told with the end', async () => {
    for (const [options, said] of [[{ fails: true }, /no door/], [{ takes: 60_000 }, /longer than it may/]] as const) {
      const rig = new Rig()
      const workflow = booking(rig, [], options)
      const engine = await rig.engine([workflow])
      const { run } = await rig.until(engine.start(workflow, {}))
      await rig.time.advance(100)
      const asked = rig.time.now()
      await rig.until(engine.postbox.ask(run, 'cancel'))
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED', cause: { message: expect.stringMatching(said) as string } })
      expect((await rig.details(run)).finishedAt ?? 0).toBeLessThanOrEqual(asked + 10_100)
    }
  })

  test('a process without the code does not end the run: it is parked, and cleans up where its code is', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const workflow = booking(rig, calls)
    const first = await rig.engine([workflow])
    const { run } = await rig.until(first.start(workflow, {}))
    await rig.time.advance(5000)
    rig.die()
    const idle = await rig.engine([], { hotRuns: 0 })
    await rig.until(idle.postbox.ask(run, 'cancel'))
    await rig.time.advance(100)
    expect(await rig.details(run)).toMatchObject({ status: 'parked', error: { code: 'WORKFLOW_NOT_FOUND' } })
    rig.die()
    const second = await rig.engine([workflow])
    await expect(rig.until(second.result(run).catch(async (error: unknown) => ((error as { code: string }).code === 'RUN_PARKED' ? second.result(run) : Promise.reject(error as Error))))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(calls).toEqual(['reserve', 'release', TOLD])
  })

  test('retried, the run goes on where it was; cancelled again, it cleans up again', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const workflow = booking(rig, calls)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(100)
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    await rig.until(engine.retry(run, { by: 'ada', reason: 'a slip' }))
    await rig.time.advance(5000)
    expect(await rig.details(run)).toMatchObject({ status: 'waiting', gen: 2 })
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(calls).toEqual(['reserve', 'release', TOLD, 'release', TOLD])
    await rig.until(engine.retry(run, { by: 'ada', reason: 'another slip' }))
    await rig.until(engine.postbox.signal(run, 'paid', 1))
    await expect(rig.until(engine.result(run))).resolves.toBe('shipped')
  })

  test.each([[{ cleanUp: 7 }, 'cleanUp'], [{ cleanUpTimeout: '1s' }, 'cleanUpTimeout'], [{ cleanUp: () => undefined, cleanUpTimeout: 'soon' }, 'cleanUpTimeout']])('refuses %o', (wrong, path) => {
    expect(() => defineWorkflow({ name: 'wrong', input: anything, run: () => 1, ...(wrong as object) })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID', message: expect.stringContaining(path) as string }) as Error)
  })
})
