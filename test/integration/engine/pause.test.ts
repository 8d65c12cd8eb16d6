// Pause and resume on the engine: no body begins during a pause, those at work end, and neither deaths nor mail end it.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { HttpFailedError } from '../../../src/errors.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

const anything = z.unknown()

function working(rig: Rig, calls: string[], failures = 0) {
  const work = defineTemplate({
    name: 'work', version: '1.0.0', description: 'Works for 100 ms.', input: anything, output: anything,
    async execute(_input, context) {
      calls.push(`${context.run?.path ?? '-'}:${context.attempt}`)
      await rig.wait(100)
      if (context.attempt <= failures) throw new HttpFailedError('not yet')
      return calls.length
    },
  })
  return defineWorkflow({
    name: 'working', input: anything,
    async run(ctx) {
      for (let i = 0; i < 3; i++) await ctx.step('work', work, i, { retry: { maxAttempts: 3, initialDelay: '10s' } })
      return 'done'
    },
  })
}

describe('pause', () => {
  test('the step at work ends, no further one begins, the list shows it, and resume goes on', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const workflow = working(rig, calls)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(50)
    await rig.until(engine.postbox.ask(run, 'pause'))
    await rig.until(engine.postbox.ask(run, 'pause'))
    await rig.time.advance(3_600_000)
    expect(calls).toEqual(['work:1'])
    expect(engine.metrics().hotRuns).toBe(0)
    expect((await rig.store.listRuns({ status: ['paused'] })).runs.map((row) => row.run)).toEqual([run])
    expect(await rig.details(run)).toMatchObject({ status: 'paused', wakeAt: null, steps: [{ path: 'work' }], unreadMail: [] })
    await rig.until(engine.postbox.ask(run, 'resume'))
    await expect(rig.until(engine.result(run))).resolves.toBe('done')
    expect(calls).toEqual(['work:1', 'work#2:1', 'work#3:1'])
    expect(rig.events.map(({ type }) => type).filter((type) => type.includes('paused'))).toEqual(['run.paused'])
  })

  test('resumed while its last step is still at work, it goes on in memory', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const workflow = working(rig, calls)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(50)
    await rig.until(engine.postbox.ask(run, 'pause'))
    await rig.until(engine.postbox.ask(run, 'resume'))
    await expect(rig.until(engine.result(run))).resolves.toBe('done')
    expect(rig.events.map(({ type }) => type).filter((type) => type.startsWith('run.'))).toEqual(['run.started', 'run.paused', 'run.unpaused', 'run.ended'])
  })

  test('a retry that is due during the pause waits for its end', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const workflow = working(rig, calls, 1)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(150)
    expect(calls).toEqual(['work:1'])
    await rig.until(engine.postbox.ask(run, 'pause'))
    await rig.time.advance(60_000)
    expect(calls).toEqual(['work:1'])
    await rig.until(engine.postbox.ask(run, 'resume'))
    await expect(rig.until(engine.result(run))).resolves.toBe('done')
  })

  test('it survives deaths at any moment, and mail: signals are taken in, a cancel ends the run', async () => {
    for (let steps = 0; steps < 40; steps++) {
      const rig = new Rig()
      const calls: string[] = []
      const workflow = working(rig, calls)
      const first = await rig.engine([workflow])
      const { run } = await rig.until(first.start(workflow, {}))
      await rig.until(first.postbox.ask(run, 'pause'))
      await rig.steps(steps)
      rig.die()
      const second = await rig.engine([workflow])
      const before = calls.length
      await rig.time.advance(5000)
      expect(calls.length).toBe(before)
      await rig.until(second.postbox.signal(run, 'hello', 1))
      await rig.time.advance(5000)
      expect(calls.length).toBe(before)
      expect(await rig.details(run)).toMatchObject({ status: 'paused', unreadMail: [{ address: 'hello' }] })
      await rig.until(second.postbox.ask(run, steps % 2 === 0 ? 'cancel' : 'resume'))
      const end = rig.until(second.result(run))
      if (steps % 2 === 0) await expect(end).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
      else await expect(end).resolves.toBe('done')
    }
  })

  test('pause, resume and pause again before anybody reads them leave it paused; a timer that is due meanwhile does not wake it', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const work = defineTemplate({ name: 'w', version: '1.0.0', description: 'Works.', input: anything, output: anything, execute: () => void calls.push('w') })
    const sleepy = defineWorkflow({ name: 'sleepy', input: anything, async run(ctx) { await ctx.sleep('night', '1h'); await ctx.step('w', work, 1) } })
    const first = await rig.engine([sleepy])
    const { run } = await rig.until(first.start(sleepy, {}))
    await rig.time.advance(5000)
    rig.die()
    const idle = await rig.engine([])
    await rig.until(Promise.all((['pause', 'resume', 'pause'] as const).map((kind) => idle.postbox.ask(run, kind))))
    await rig.time.advance(1000)
    rig.die()
    const second = await rig.engine([sleepy])
    await rig.time.advance(7_200_000)
    expect(calls).toEqual([])
    expect(await rig.details(run)).toMatchObject({ status: 'paused' })
    await rig.until(second.postbox.ask(run, 'resume'))
    await rig.until(second.result(run))
    expect(calls).toEqual(['w'])
  })
})

test('a paused run reaches its timeout when it is resumed, in memory and out of it', async () => {
  for (const takes of [10, 60_000]) {
    const rig = new Rig()
    const work = defineTemplate({ name: 'work', version: '1.0.0', description: 'Works.', input: z.unknown(), output: z.unknown(), async execute() { await rig.wait(takes) } })
    const bounded = defineWorkflow({ name: 'bounded', input: z.unknown(), timeout: '30s', async run(ctx) { await ctx.step('a', work, 1); await ctx.step('b', work, 2) } })
    const engine = await rig.engine([bounded])
    const { run } = await rig.until(engine.start(bounded, {}))
    await rig.until(engine.postbox.ask(run, 'pause'))
    await rig.time.advance(40_000)
    expect(await rig.details(run)).toMatchObject({ status: takes === 10 ? 'paused' : 'running', error: null })
    await rig.until(engine.postbox.ask(run, 'resume'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_TIMEOUT' })
    expect((await rig.details(run)).steps.map(({ path }) => path)).not.toContain('b')
  }
})
