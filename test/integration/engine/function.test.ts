// Durable functions on the engine: order of answers, recovery at any moment, retries, timeouts, sleeping, cancel, retry of a
// failed run.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import type { TypedStepOptions } from '../../../src/workflow/contract.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { HttpFailedError, StepFailedError } from '../../../src/errors.ts'
import { Rig } from './rig.ts'

const number = z.object({ n: z.number() })

function counter(rig: Rig, calls: string[] = []) {
  return defineTemplate({
    name: 'inc', version: '1.0.0', description: 'Adds one, after a moment.', input: number, output: number,
    async execute({ n }, context) {
      calls.push(`${context.run?.path ?? '-'}:${context.attempt}:${context.idempotencyKey ?? '-'}`)
      await rig.wait(5)
      return { n: n + 1 }
    },
  })
}

function three(rig: Rig, calls: string[] = []) {
  const inc = counter(rig, calls)
  return defineWorkflow({
    name: 'three', input: number,
    async run(ctx, { n }) {
      const a = await ctx.step('a', inc, { n })
      const b = await ctx.step('b', inc, a)
      return ctx.step('c', inc, b)
    },
  })
}

describe('a durable function', () => {
  test('runs its steps and records them in order', async () => {
    const rig = new Rig()
    const workflow = three(rig)
    const engine = await rig.engine([workflow])
    const { run, completion } = await rig.until(engine.start(workflow, { n: 1 }))
    await expect(rig.until(completion?.promise() ?? Promise.reject(new Error('no completion')))).resolves.toEqual({ n: 4 })
    const details = await rig.details(run)
    expect(details.steps.map(({ path, seq, status }) => [path, seq, status])).toEqual([['a', 1, 'completed'], ['b', 2, 'completed'], ['c', 3, 'completed']])
    expect(details.steps[1]).toMatchObject({ input: { n: 2 }, output: { n: 3 }, reads: ['a'], attempt: 1 })
    expect(details).toMatchObject({ status: 'completed', output: { n: 4 } })
  })

  test('K1, K3, K4: killed after each step of the world, the run ends as if nothing had happened', async () => {
    const reference = new Rig()
    const whole = three(reference)
    const engine = await reference.engine([whole])
    const first = await reference.until(engine.start(whole, { n: 1 }, { key: 'k' }))
    await reference.until(first.completion?.promise() ?? Promise.reject(new Error('no completion')))
    const expected = (await reference.details(first.run)).steps.map(({ path, input, output }) => ({ path, input, output }))
    for (let moment = 1; moment < 60; moment++) {
      const rig = new Rig()
      const calls: string[] = []
      const workflow = three(rig, calls)
      const early = await rig.engine([workflow])
      const starting = early.start(workflow, { n: 1 }, { key: 'k' })
      starting.catch(() => undefined)
      await rig.steps(moment)
      rig.die()
      const late = await rig.engine([workflow])
      const { run } = await rig.until(late.start(workflow, { n: 1 }, { key: 'k' }))
      await expect(rig.until(late.result(run)), `moment ${moment}`).resolves.toEqual({ n: 4 })
      const details = await rig.details(run)
      expect(details.steps.map(({ path, input, output }) => ({ path, input, output }))).toEqual(expected)
      for (const path of ['a', 'b', 'c']) {
        const mine = calls.filter((call) => call.startsWith(`${path}:`))
        expect(new Set(mine.map((call) => call.split(':')[2])).size, `moment ${moment}: ${mine.join(' ')}`).toBe(1)
        expect(mine.length).toBeLessThanOrEqual(2)
      }
    }
  })

  test('K2: one id gives one run; another input under it is refused', async () => {
    const rig = new Rig()
    const workflow = three(rig)
    const engine = await rig.engine([workflow])
    const both = await rig.until(Promise.all([engine.start(workflow, { n: 1 }, { key: 'k' }), engine.start(workflow, { n: 1 }, { key: 'k' })]))
    expect(both[0].run).toBe(both[1].run)
    expect(both.map(({ existing }) => existing).sort()).toEqual([false, true])
    await expect(rig.until(engine.start(workflow, { n: 2 }, { key: 'k' }))).rejects.toMatchObject({ code: 'KEY_REUSED', status: 422 })
  })

  test('retries as its policy says, also over a restart, and counts attempts on', async () => {
    const rig = new Rig()
    const at: number[] = []
    const flaky = defineTemplate({
      name: 'flaky', version: '1.0.0', description: 'Fails three times.', input: number, output: number,
      execute({ n }, context) {
        at.push(rig.time.now())
        if (context.attempt < 4) throw new HttpFailedError(`attempt ${context.attempt}`)
        return { n }
      },
    })
    const workflow = defineWorkflow({
      name: 'flaky', input: number,
      run: (ctx, input) => ctx.step('try', flaky, input, { retry: { maxAttempts: 5, initialDelay: '10s', backoff: 'exponential', jitter: false } }),
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 3 }))
    await rig.time.advance(12_000)
    rig.die()
    const next = await rig.engine([workflow])
    await expect(rig.until(next.result(run))).resolves.toEqual({ n: 3 })
    const start = at[0] ?? 0
    expect(at.map((time) => Math.round((time - start) / 1000))).toEqual([0, 10, 30, 70])
    const { steps } = await rig.details(run)
    expect(steps[0]).toMatchObject({ attempt: 4, failures: [{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }] })
  })

  test('a failure can be caught by the function, and recovery takes the same way', async () => {
    const rig = new Rig()
    const inc = counter(rig)
    const bad = defineTemplate({ name: 'bad', version: '1.0.0', description: 'Fails.', input: number, output: number, execute: () => { throw new TypeError('no') } })
    const workflow = defineWorkflow({
      name: 'catching', input: number,
      async run(ctx, input) {
        try {
          return await ctx.step('bad', bad, input)
        } catch (error) {
          if (!(error instanceof StepFailedError)) throw error
          return ctx.step('instead', inc, { n: (error.cause as Error).message.includes('no') ? 10 : 0 })
        }
      },
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 1 }))
    await rig.steps(9)
    rig.die()
    const next = await rig.engine([workflow])
    await expect(rig.until(next.result(run))).resolves.toEqual({ n: 11 })
  })

  test('an uncaught failure fails the run; retry keeps what was recorded before it and raises the generation', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const inc = counter(rig, calls)
    let broken = true
    const gate = defineTemplate({
      name: 'gate', version: '1.0.0', description: 'Fails while broken.', input: number, output: number,
      execute(input, context) {
        calls.push(`gate:${context.attempt}:${context.idempotencyKey ?? ''}`)
        if (broken) throw new Error('closed')
        return input
      },
    })
    const workflow = defineWorkflow({
      name: 'gated', input: number,
      async run(ctx, input) {
        const a = await ctx.step('a', inc, input)
        const b = await ctx.step('gate', gate, a)
        return ctx.step('c', inc, b)
      },
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 1 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', path: 'gate' })
    await expect(rig.until(engine.postbox.ask(run, 'cancel'))).rejects.toMatchObject({ code: 'RUN_FINISHED' })
    broken = false
    await expect(rig.until(engine.retry(run, { by: 'test', reason: 'opened' }))).resolves.toBe(2)
    await expect(rig.until(engine.result(run))).resolves.toEqual({ n: 3 })
    expect(calls.map((call) => call.split(':')[0])).toEqual(['a', 'gate', 'gate', 'c'])
    expect(new Set(calls.filter((call) => call.startsWith('gate')).map((call) => call.split(':')[2])).size).toBe(2)
    const details = await rig.details(run)
    expect(details).toMatchObject({ gen: 2, status: 'completed', generations: [{ gen: 2, by: 'test', reason: 'opened' }] })
    await expect(rig.until(engine.retry(run, { by: 'test', reason: '' }))).rejects.toMatchObject({ code: 'RUN_NOT_RETRYABLE' })
  })

  test('K8: a sleep leaves memory, survives a death, and never fires early', async () => {
    const rig = new Rig()
    const inc = counter(rig)
    const workflow = defineWorkflow({
      name: 'sleepy', input: number,
      async run(ctx, input) {
        const before = await ctx.now()
        await ctx.sleep('night', '3d')
        const after = await ctx.now()
        const { n } = await ctx.step('a', inc, input)
        return { n, slept: after - before }
      },
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 1 }))
    await rig.time.advance(5000)
    expect(engine.metrics().hotRuns).toBe(0)
    expect(await rig.store.getRun({ space: 0, run })).toMatchObject({ status: 'waiting' })
    rig.die()
    const next = await rig.engine([workflow])
    const result = (await rig.until(next.result(run))) as { n: number; slept: number }
    expect(result.n).toBe(2)
    expect(result.slept).toBeGreaterThanOrEqual(3 * 86_400_000)
    const night = (await rig.details(run)).steps.find(({ path }) => path === 'night')
    expect((night?.finishedAt ?? 0) - (night?.startedAt ?? 0)).toBeGreaterThanOrEqual(3 * 86_400_000)
  })

  test('a hook may take its context apart', async () => {
    const rig = new Rig()
    const apart = defineTemplate({
      name: 'apart', version: '1.0.0', description: 'Takes its context apart.', input: number, output: number,
      execute({ n }, { signal, progress, heartbeat, now }) {
        progress(0.5, 'half')
        heartbeat()
        return { n: n + now() * 0 + (signal.aborted ? 0 : 1) }
      },
    })
    const workflow = defineWorkflow({ name: 'parts', input: number, run: (ctx, input) => ctx.step('a', apart, input) })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 1 }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ n: 2 })
    expect(rig.events).toContainEqual(expect.objectContaining({ type: 'step.progress', fraction: 0.5, message: 'half' }))
  })

  test('an attempt that ignores its timeout is given up: its late result is dropped and counted', async () => {
    const rig = new Rig()
    const slow = defineTemplate({
      name: 'slow', version: '1.0.0', description: 'Too slow at first.', input: number, output: number,
      async execute({ n }, context) {
        await rig.wait(context.attempt === 1 ? 50_000 : 1)
        return { n: n + context.attempt }
      },
    })
    const workflow = defineWorkflow({ name: 'slow', input: number, run: (ctx, input) => ctx.step('slow', slow, input, { timeout: '10s', retry: { maxAttempts: 2, initialDelay: 10 } }) })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ n: 2 })
    await rig.time.advance(60_000)
    expect(engine.metrics().lateResults).toBe(1)
    const { steps } = await rig.details(run)
    expect(steps[0]?.failures[0]?.error).toMatchObject({ code: 'STEP_TIMEOUT', details: { mayStillRun: true } })
    expect(rig.logged.join('\n')).toContain('may still run')
  })

  test('a step has a bound over all its attempts, also over a restart and outside memory', async () => {
    const rig = new Rig()
    const never = defineTemplate({ name: 'never', version: '1.0.0', description: 'Always fails.', input: number, output: number, execute: () => { throw new HttpFailedError('no') } })
    const hangs = defineTemplate({ name: 'hangs', version: '1.0.0', description: 'Never ends.', input: number, output: number, execute: () => new Promise<{ n: number }>(() => undefined) })
    const retrying = defineWorkflow({ name: 'retrying', input: number, run: (ctx, input) => ctx.step('s', never, input, { totalTimeout: '1h', retry: { maxAttempts: 1000, initialDelay: '40m', maxDelay: '40m', jitter: false } }) })
    const hanging = defineWorkflow({ name: 'hanging', input: number, run: (ctx, input) => ctx.step('s', hangs, input, { totalTimeout: '10m', retry: { maxAttempts: 9 } }) })
    const engine = await rig.engine([retrying, hanging])
    const one = await rig.until(engine.start(retrying, { n: 0 }))
    const two = await rig.until(engine.start(hanging, { n: 0 }))
    const began = rig.time.now()
    await expect(rig.until(engine.result(two.run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(rig.time.now() - began).toBeGreaterThanOrEqual(600_000)
    await rig.time.advance(20 * 60_000)
    rig.die()
    const next = await rig.engine([retrying, hanging])
    await expect(rig.until(next.result(one.run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    const details = await rig.details(one.run)
    expect(details.steps[0]).toMatchObject({ status: 'failed', attempt: 2, error: { code: 'STEP_TIMEOUT' } })
    expect((details.finishedAt ?? 0) - began).toBeGreaterThanOrEqual(3_599_000)
    expect((details.finishedAt ?? 0) - began).toBeLessThan(3_700_000)
  })

  test.each([{ retry: { maxAttempts: 0 } }, { retry: { maxAttempt: 3 } }, { timout: 3 }, { compensate: { uses: counter(new Rig()), retry: { maxAttempt: 3 } } }, { timeout: 'soon' }, { totalTimeout: 'never' }, { heartbeatTimeout: -1 }])('bad options %j fail their step with the place, and nobody else', async (options) => {
    const rig = new Rig()
    const inc = counter(rig)
    const bad = defineTemplate({ name: 'bad', version: '1.0.0', description: 'Fails later.', input: number, output: number, async execute() { await rig.wait(1); throw new HttpFailedError('later') } })
    const wrong = defineWorkflow({ name: 'wrong', input: number, async run(ctx, input) { return ctx.step('bad', bad, await ctx.step('a', inc, input), options as TypedStepOptions<{ n: number }, { n: number }>) } })
    const good = three(rig)
    const engine = await rig.engine([wrong, good])
    const [one, two] = await rig.until(Promise.all([engine.start(wrong, { n: 1 }), engine.start(good, { n: 1 })]))
    await expect(rig.until(engine.result(one.run))).rejects.toMatchObject({ code: 'RUN_FAILED', path: 'bad' })
    await expect(rig.until(engine.result(two.run))).resolves.toEqual({ n: 4 })
    expect((await rig.details(one.run)).steps[1]).toMatchObject({ status: 'failed', error: { code: 'DEFINITION_INVALID' } })
  })

  test('a silent attempt is given up by its heartbeat timeout; one that beats is not', async () => {
    const rig = new Rig()
    const beating = defineTemplate({
      name: 'beating', version: '1.0.0', description: 'Beats from the second attempt on.', input: number, output: number,
      async execute({ n }, context) {
        for (let i = 0; i < 10; i++) {
          await rig.wait(1000)
          if (context.attempt > 1) context.heartbeat()
        }
        return { n: context.attempt + n }
      },
    })
    const workflow = defineWorkflow({ name: 'beat', input: number, run: (ctx, input) => ctx.step('b', beating, input, { heartbeatTimeout: '3s', retry: { maxAttempts: 2, initialDelay: 1 } }) })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ n: 2 })
  })

  test('a run that is cancelled aborts its steps and ends as cancelled, also when it sleeps outside memory', async () => {
    const rig = new Rig()
    let reason: unknown
    const endless = defineTemplate({
      name: 'endless', version: '1.0.0', description: 'Waits for its signal.', input: number, output: number,
      execute: (_input, context) => new Promise((_resolve, reject) => context.signal.addEventListener('abort', () => {
        reason = context.signal.reason
        reject(context.signal.reason as Error)
      })),
    })
    const working = defineWorkflow({ name: 'endless', input: number, run: (ctx, input) => ctx.step('e', endless, input) })
    const sleeping = defineWorkflow({ name: 'sleeping', input: number, async run(ctx) { await ctx.sleep('s', '1d') } })
    const engine = await rig.engine([working, sleeping])
    const one = await rig.until(engine.start(working, { n: 0 }))
    const two = await rig.until(engine.start(sleeping, { n: 0 }))
    await rig.time.advance(5000)
    await rig.until(engine.postbox.ask(one.run, 'cancel'))
    await rig.until(engine.postbox.ask(two.run, 'cancel'))
    await expect(rig.until(engine.result(one.run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    await expect(rig.until(engine.result(two.run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(reason).toMatchObject({ code: 'RUN_CANCELLED' })
  })

  test('a run that does not end within its timeout fails', async () => {
    const rig = new Rig()
    const workflow = defineWorkflow({ name: 'late', input: number, timeout: '1h', async run(ctx) { await ctx.sleep('s', '2h') } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_TIMEOUT' })
    expect((await rig.details(run)).finishedAt).toBeGreaterThanOrEqual((await rig.details(run)).createdAt + 3_600_000)
  })

  test('changed code under one version parks the run with the difference; a retry goes on from there', async () => {
    const rig = new Rig()
    const inc = counter(rig)
    const first = defineWorkflow({ name: 'changed', input: number, async run(ctx, input) { const a = await ctx.step('a', inc, input); await ctx.sleep('s', '1h'); return ctx.step('b', inc, a) } })
    const second = defineWorkflow({ name: 'changed', input: number, async run(ctx, input) { const a = await ctx.step('z', inc, input); return ctx.step('b', inc, a) } })
    const engine = await rig.engine([first])
    const { run } = await rig.until(engine.start(first, { n: 1 }))
    await rig.time.advance(5000)
    rig.die()
    const next = await rig.engine([second])
    await expect(rig.until(next.result(run))).rejects.toMatchObject({ code: 'RUN_PARKED' })
    const details = await rig.details(run)
    expect(details).toMatchObject({ status: 'parked', error: { code: 'NON_DETERMINISM', path: 'a' } })
    expect(details.error?.message).toContain('z')
    await rig.until(next.retry(run, { by: 'test', reason: 'new code' }))
    await expect(rig.until(next.result(run))).resolves.toEqual({ n: 3 })
  })

  test('a name used again in sequence is numbered; used again while one is open it is refused', async () => {
    const rig = new Rig()
    const inc = counter(rig)
    const loop = defineWorkflow({ name: 'loop', input: number, async run(ctx, input) { let v = input; for (let i = 0; i < 3; i++) v = await ctx.step('again', inc, v); return v } })
    const twice = defineWorkflow({ name: 'twice', input: number, async run(ctx, input) { return Promise.all([ctx.step('x', inc, input), ctx.step('x', inc, input)]) } })
    const engine = await rig.engine([loop, twice])
    const one = await rig.until(engine.start(loop, { n: 0 }))
    await expect(rig.until(engine.result(one.run))).resolves.toEqual({ n: 3 })
    expect((await rig.details(one.run)).steps.map(({ path }) => path)).toEqual(['again', 'again#2', 'again#3'])
    const two = await rig.until(engine.start(twice, { n: 0 }))
    await expect(rig.until(engine.result(two.run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { code: 'DUPLICATE_STEP' } })
  })

  test('map keeps the order of items, bounds concurrency and gives each item a scope', async () => {
    const rig = new Rig()
    let open = 0
    let most = 0
    const work = defineTemplate({
      name: 'work', version: '1.0.0', description: 'Counts who works beside it.', input: number, output: number,
      async execute({ n }) {
        most = Math.max(most, ++open)
        await rig.wait(20 - n)
        open--
        return { n: n * 2 }
      },
    })
    const workflow = defineWorkflow({
      name: 'mapped', input: z.object({ items: z.array(z.number()) }),
      async run(ctx, { items }) {
        const doubled = await ctx.map('items', items, async (c, n) => (await c.step('work', work, { n })).n, { concurrency: 3 })
        const both = await ctx.all({ left: (c) => c.step('work', work, { n: 1 }), right: (c) => c.step('work', work, { n: 2 }) })
        return { doubled, both }
      },
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { items: [1, 2, 3, 4, 5, 6] }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ doubled: [2, 4, 6, 8, 10, 12], both: { left: { n: 2 }, right: { n: 4 } } })
    expect(most).toBe(3)
    const paths = (await rig.details(run)).steps.map(({ path }) => path).sort()
    expect(paths).toEqual(['items[0].work', 'items[1].work', 'items[2].work', 'items[3].work', 'items[4].work', 'items[5].work', 'left.work', 'right.work'])
  })

  test('a value that cannot be stored fails the step with its path', async () => {
    const rig = new Rig()
    const odd = defineTemplate({ name: 'odd', version: '1.0.0', description: 'Gives a function.', input: number, output: z.unknown(), execute: () => ({ deep: [1, () => 1] }) })
    const workflow = defineWorkflow({ name: 'odd', input: number, run: (ctx, input) => ctx.step('odd', odd, input, { retry: { maxAttempts: 3 } }) })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    const { steps } = await rig.details(run)
    expect(steps[0]).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'VALUE_NOT_STORABLE' } })
    expect(steps[0]?.error?.message).toContain('deep[1]')
  })

  test('an attempt that changes its bytes does not change them for the next attempt', async () => {
    const rig = new Rig()
    const seen: number[] = []
    const bytes = z.object({ data: z.instanceof(Uint8Array) })
    const spoils = defineTemplate({
      name: 'spoils', version: '1.0.0', description: 'Spoils its input, then fails once.', input: bytes, output: number, jsonSchema: { input: { type: 'object' } },
      execute({ data }, context) {
        seen.push(data[0] ?? -1)
        data[0] = 99
        if (context.attempt === 1) throw new HttpFailedError('once')
        return { n: seen.length }
      },
    })
    const workflow = defineWorkflow({ name: 'spoils', input: number, run: (ctx) => ctx.step('s', spoils, { data: new Uint8Array([7]) }, { retry: { maxAttempts: 2, initialDelay: 1 } }) })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await rig.until(engine.result(run))
    expect(seen).toEqual([7, 7])
  })

  test('a large result lies in a blob and comes back whole after a death', async () => {
    const rig = new Rig()
    const text = 'x'.repeat(10_000)
    const inc = counter(rig)
    const big = defineTemplate({ name: 'big', version: '1.0.0', description: 'Gives much.', input: number, output: z.object({ text: z.string() }), execute: () => ({ text }) })
    const workflow = defineWorkflow({
      name: 'big', input: number,
      async run(ctx, input) {
        const { text: given } = await ctx.step('big', big, input)
        await ctx.step('inc', inc, input)
        return { length: given.length, text: given }
      },
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await rig.steps(8)
    rig.die()
    const next = await rig.engine([workflow])
    await expect(rig.until(next.result(run))).resolves.toEqual({ length: 10_000, text })
    const loaded = await rig.store.load({ space: 0, run })
    expect(loaded?.journal.find(({ path }) => path === 'big')?.output).toMatch(/^b:/)
    expect(loaded?.run.output).toMatch(/^b:/)
  })

  test('a race answers the same after a death at any moment', async () => {
    for (let moment = 1; moment < 40; moment++) {
      const rig = new Rig()
      const won: string[] = []
      const workflow = () => {
        const wait = defineTemplate({ name: 'wait', version: '1.0.0', description: 'Waits.', input: number, output: number, async execute({ n }) { await rig.wait(n); return { n } } })
        return defineWorkflow({
          name: 'race', input: number,
          async run(ctx) {
            const a = ctx.step('a', wait, { n: 6 })
            const b = ctx.step('b', wait, { n: 7 })
            const { n } = await Promise.race([a, b])
            won.push(String(n))
            const next = await ctx.step(`after${n}`, wait, { n: 3 })
            return [n, next.n, (await b).n]
          },
        })
      }
      const one = workflow()
      const early = await rig.engine([one])
      early.start(one, { n: 0 }, { key: 'k' }).catch(() => undefined)
      await rig.steps(moment)
      rig.die()
      const two = workflow()
      const late = await rig.engine([two])
      const { run } = await rig.until(late.start(two, { n: 0 }, { key: 'k' }))
      await expect(rig.until(late.result(run)), `moment ${moment}`).resolves.toBeDefined()
      expect((await rig.details(run)).status).toBe('completed')
    }
  })

  test('pure steps are recorded together with the next effect', async () => {
    const rig = new Rig()
    const inc = counter(rig)
    const pure = defineTemplate({ name: 'double', version: '1.0.0', description: 'Doubles.', input: number, output: number, pure: true, execute: ({ n }) => ({ n: n * 2 }) })
    const workflow = defineWorkflow({
      name: 'pure', input: number,
      async run(ctx, input) {
        let v = input
        for (let i = 0; i < 5; i++) v = await ctx.step('p', pure, v)
        return ctx.step('e', inc, v)
      },
    })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 1 }))
    const flushes = engine.metrics().flushes
    await expect(rig.until(engine.result(run))).resolves.toEqual({ n: 33 })
    expect(engine.metrics().flushes - flushes).toBe(1)
    expect((await rig.details(run)).steps.map(({ path, seq }) => `${path}${seq}`)).toEqual(['p1', 'p#22', 'p#33', 'p#44', 'p#55', 'e6'])
  })

  test('an impure step that claims to be pure is caught when pure steps are checked', async () => {
    const rig = new Rig()
    let calls = 0
    const liar = defineTemplate({ name: 'liar', version: '1.0.0', description: 'Counts.', input: number, output: number, pure: true, execute: () => ({ n: ++calls }) })
    const workflow = defineWorkflow({ name: 'liar', input: number, run: (ctx, input) => ctx.step('l', liar, input) })
    const engine = await rig.engine([workflow], { checkPure: true })
    const { run } = await rig.until(engine.start(workflow, { n: 1 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect((await rig.details(run)).error?.message).toContain('declared pure')
  })

  test('more runs than memory holds wait in the store and are all done', async () => {
    const rig = new Rig()
    const workflow = three(rig)
    const engine = await rig.engine([workflow], { hotRuns: 3 })
    const started = await rig.until(Promise.all(Array.from({ length: 20 }, (_, n) => engine.start(workflow, { n }))))
    const results = await rig.until(Promise.all(started.map(({ run }) => engine.result(run))))
    expect(results).toEqual(Array.from({ length: 20 }, (_, n) => ({ n: n + 3 })))
  })

  test('K14: a start is refused while too much waits to be written, and what was accepted finishes', async () => {
    const rig = new Rig()
    const workflow = three(rig)
    const engine = await rig.engine([workflow], { bufferBytes: 2000 })
    const starts = Array.from({ length: 30 }, (_, n) => engine.start(workflow, { n }))
    const settled = await rig.until(Promise.allSettled(starts))
    const accepted = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value.run] : []))
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as { code: string; status: number; retryAfter: number }] : []))
    expect(accepted.length).toBeGreaterThan(0)
    expect(refused.length).toBeGreaterThan(0)
    for (const error of refused) expect(error).toMatchObject({ code: 'OVERLOADED', status: 503, retryAfter: 1000 })
    for (const run of accepted) await rig.until(engine.result(run))
  })

  test('ended runs are deleted when they are older than the retention, with their blobs; orphaned blobs are swept', async () => {
    const rig = new Rig()
    const big = defineTemplate({ name: 'big', version: '1.0.0', description: 'Gives much.', input: number, output: z.object({ text: z.string() }), execute: () => ({ text: 'x'.repeat(9000) }) })
    const workflow = defineWorkflow({ name: 'big', input: number, run: (ctx, input) => ctx.step('big', big, input) })
    const engine = await rig.engine([workflow], { retentionMs: 10 * 86_400_000 })
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await rig.until(engine.result(run))
    await rig.store.blobs.put('orphan', new Uint8Array(3))
    const keys = async (): Promise<string[]> => {
      const found: string[] = []
      for await (const blob of rig.store.blobs.list()) found.push(blob.key)
      return found
    }
    expect(await keys()).toHaveLength(3)
    await rig.time.advance(2 * 86_400_000)
    expect(await keys()).toHaveLength(2)
    expect(await rig.store.getRun({ space: 0, run })).toBeDefined()
    await rig.time.advance(9 * 86_400_000)
    expect(await keys()).toEqual([])
    expect(await rig.store.getRun({ space: 0, run })).toBeUndefined()
  })

  test('close gives running work its time, hands runs back, and the next process goes on', async () => {
    const rig = new Rig()
    const workflow = three(rig)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 1 }))
    await rig.until(engine.close())
    const next = await rig.engine([workflow])
    await expect(rig.until(next.result(run))).resolves.toEqual({ n: 4 })
  })

  test('a run that is asked to cancel while nobody works on it ends without its code, even unknown code', async () => {
    const rig = new Rig()
    const workflow = three(rig)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 1 }))
    const other = await rig.until(engine.start(workflow, { n: 2 }))
    rig.die()
    const bodies = rig.events.filter(({ type }) => type === 'step.started').length
    const idle = await rig.engine([], { hotRuns: 0 })
    expect(await rig.store.getRun({ space: 0, run: other.run })).toMatchObject({ status: 'running', lane: null })
    await rig.until(idle.postbox.ask(run, 'cancel'))
    await expect(rig.until(idle.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(rig.events.at(-1)).toMatchObject({ type: 'run.ended', run, status: 'cancelled' })
    await rig.until(idle.close())
    const next = await rig.engine([workflow])
    await expect(rig.until(next.result(other.run))).resolves.toEqual({ n: 5 })
    expect(rig.events.slice(0, -1).filter((event) => event.type === 'step.started' && event.run === run).length).toBeLessThanOrEqual(bodies)
    expect((await rig.details(other.run)).crashes).toBe(1)
  })

  test('a run whose workflow is unknown is parked and goes on when it is known again', async () => {
    const rig = new Rig()
    const workflow = three(rig)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 1 }))
    rig.die()
    const strange = await rig.engine([])
    await expect(rig.until(strange.result(run))).rejects.toMatchObject({ code: 'RUN_PARKED' })
    expect(rig.events.at(-1)).toMatchObject({ type: 'run.parked', run, error: { code: 'WORKFLOW_NOT_FOUND' } })
    rig.die()
    const next = await rig.engine([workflow])
    await expect(rig.until(next.result(run))).resolves.toEqual({ n: 4 })
  })
})

describe('ctx.loop', () => {
  function polling(rig: Rig, calls: string[] = [], more: { readonly max?: number; readonly onMax?: 'continue' } = {}) {
    const inc = counter(rig, calls)
    return defineWorkflow({
      name: 'polling', input: number,
      run: (ctx, input) => ctx.loop('poll', (c, iteration, last) => c.step(iteration === 0 ? 'first' : 'again', inc, last), { max: 5, initial: input, until: ({ n }) => n >= 3, delay: '10s', ...more }),
    })
  }

  test('repeats its body in a scope per turn, waits between turns, and gives what the last one gave', async () => {
    const rig = new Rig()
    const workflow = polling(rig)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ n: 3 })
    expect((await rig.details(run)).steps.map(({ path }) => path)).toEqual(['poll[0].first', 'poll[1].$delay', 'poll[1].again', 'poll[2].$delay', 'poll[2].again'])
  })

  test('throws at its bound, or gives what it has', async () => {
    const rig = new Rig()
    const [strict, lenient] = [polling(rig, [], { max: 2 }), { ...polling(rig, [], { max: 2, onMax: 'continue' }), version: 'lenient' }]
    const engine = await rig.engine([strict, lenient])
    const failed = await rig.until(engine.start(strict, { n: 0 }))
    await expect(rig.until(engine.result(failed.run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { code: 'LOOP_LIMIT', path: 'poll' } })
    const { run } = await rig.until(engine.start(lenient, { n: 0 }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ n: 2 })
  })

  test.each([[0], [1.5], [10_001], [undefined]])('refuses max: %s', async (max) => {
    const rig = new Rig()
    const workflow = polling(rig, [], { max: max as number })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, { n: 0 }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ cause: { code: 'DEFINITION_INVALID', path: 'poll.max' } })
  })
})
