// The test kit as users have it: virtual time, stubs, faults, crashes.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../src/template/define.ts'
import { createTestWumbo, recordRun, replayRun } from '../../src/testing/index.ts'
import type { TestOptions, TestWumbo } from '../../src/testing/index.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { booked, charge, order, price, reserve } from './shop.ts'

const DAY = 86_400_000
let opened: TestWumbo[] = []

async function testWumbo(options: TestOptions = {}): Promise<TestWumbo> {
  const t = await createTestWumbo({ workflows: [order, booked], ...options })
  opened.push(t)
  return t
}

afterEach(async () => {
  vi.useRealTimers()
  const all = opened
  opened = []
  for (const t of all) await t.close()
})

/** Waits for a test that has failed in a way that it expected. */
const drop = (t: TestWumbo): void => {
  opened = opened.filter((one) => one !== t)
}

describe('time', () => {
  test('a run that sleeps three days ends at once, three days later', async () => {
    const t = await testWumbo({ now: '2026-03-01T12:00:00Z' })
    t.stub(charge, () => ({ receipt: 'r1' }))
    const began = performance.now()
    const run = await t.run(order, { item: 'lamp' })
    expect(performance.now() - began).toBeLessThan(2000)
    expect(run).toMatchObject({ status: 'completed', output: { reservation: 'lamp-1', receipt: 'r1' }, error: null, durationMs: 3 * DAY })
    expect(new Date(t.now()).toISOString()).toBe('2026-03-04T12:00:00.000Z')
    expect(run.journal.rows.map(({ path, status }) => `${path} ${status}`)).toEqual(['reserve completed', 'price completed', 'charge completed', 'coolOff completed'])
  })

  test('fake timers of the runner do not matter', async () => {
    vi.useFakeTimers()
    const t = await testWumbo()
    t.stub(charge, () => ({ receipt: 'r1' }))
    expect((await t.run(order, { item: 'lamp' })).durationMs).toBe(3 * DAY)
    await t.close()
  })

  test('advance moves time so far and no further', async () => {
    const t = await testWumbo()
    t.stub(charge, () => ({ receipt: 'r1' }))
    const run = await t.start(order, { item: 'lamp' })
    await t.advance('2d 23h')
    expect(await run.status()).toBe('waiting')
    expect((await t.journal(run)).rows).toHaveLength(3)
    await t.advance('1h')
    expect(await run.status()).toBe('completed')
    expect((await run.end()).output).toEqual({ reservation: 'lamp-1', receipt: 'r1' })
  })

  test('waits between retries pass by themselves', async () => {
    const t = await testWumbo()
    const stub = t.stub(charge, (_input, { attempt }) => {
      if (attempt < 3) throw new Error('declined')
      return { receipt: `at ${attempt}` }
    })
    const run = await t.run(order, { item: 'lamp' })
    expect(run.output.receipt).toBe('at 3')
    expect(stub.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(run.durationMs).toBeGreaterThan(3 * DAY + 300_000)
  })

  test('stands still while a body does real work', async () => {
    const t = await testWumbo()
    const slow = defineTemplate({ name: 'slow', version: '1.0.0', description: 'Takes real time.', input: z.object({}), output: z.object({ at: z.number() }), timeout: '10ms', async execute(_input, { now }) {
      await new Promise((resolve) => setTimeout(resolve, 60))
      return { at: now() }
    } })
    const run = await t.run(defineWorkflow({ name: 'real', input: z.object({}), run: (ctx) => ctx.step('slow', slow, {}) }), {})
    expect(run.output.at).toBe(Date.UTC(2026, 0, 1))
  })

  test('a body that hangs runs into its timeout once the patience is over', async () => {
    const t = await testWumbo({ patience: 30 })
    t.stub(charge, (_input, { attempt }) => (attempt === 1 ? new Promise(() => undefined) : { receipt: 'r' }))
    const run = await t.run(order, { item: 'lamp' })
    expect(run.journal.rows.find(({ path }) => path === 'charge')).toMatchObject({ attempt: 2, failures: [{ error: { code: 'STEP_TIMEOUT' } }] })
  })

  test('a body may take virtual time, which costs none', async () => {
    const t = await testWumbo()
    t.stub(charge, async () => {
      await t.sleep('29s')
      return { receipt: 'slow' }
    })
    expect((await t.run(order, { item: 'lamp' })).durationMs).toBe(3 * DAY + 29_000)
    t.stub(charge, async (_input, { attempt }) => {
      await t.sleep(attempt === 1 ? '31s' : '1s')
      return { receipt: 'second' }
    })
    expect((await t.run(order, { item: 'lamp' })).output.receipt).toBe('second')
  })

  test('runs side by side share the time', async () => {
    const t = await testWumbo()
    t.stub(charge, async ({ cents }) => {
      await t.sleep(`${cents / 100}s`)
      return { receipt: `r${cents}` }
    })
    const runs = await Promise.all(['a', 'bb', 'ccc'].map((item) => t.run(order, { item })))
    expect(runs.map(({ output, durationMs }) => [output.receipt, durationMs])).toEqual([['r100', 3 * DAY + 1000], ['r200', 3 * DAY + 2000], ['r300', 3 * DAY + 3000]])
    await expect(t.sleep('1s')).rejects.toThrow('advance')
  })

  test('a run that waits for what time does not bring is told with its journal', async () => {
    const t = await testWumbo({ patience: 20 })
    const hangs = defineTemplate({ name: 'hangs', version: '1.0.0', description: 'Never ends.', input: z.object({}), output: z.object({}), execute: () => new Promise<Record<string, never>>(() => undefined) })
    const run = await t.start(defineWorkflow({ name: 'stuck', input: z.object({}), run: (ctx) => ctx.step('hangs', hangs, {}) }), {})
    await expect(run.end()).rejects.toThrow(/time does not bring: the body of hangs has not ended, and no timeout ends it[^]*Run .* of stuck: running/)
    const lost = await t.start(defineWorkflow({ name: 'lost', input: z.object({}), run: () => new Promise<void>(() => undefined) }), {})
    await expect(lost.end()).rejects.toThrow(/time does not bring: somebody is to act, or its code waits/)
  })

  test('what only a far time limit ends is waited for', async () => {
    const t = await testWumbo({ patience: 20 })
    const forever = () => new Promise<never>(() => undefined)
    t.stub(charge, forever)
    const pay = (timeout?: string) => defineWorkflow({ name: `w${timeout === undefined ? '' : '-limited'}`, input: z.object({}), timeout: timeout === undefined ? '90d' : '120d', run: (ctx) => ctx.step('charge', charge, { cents: 1 }, { timeout: timeout ?? '400d', retry: { maxAttempts: 1 } }) })
    const limited = pay('60d')
    expect((await t.run(limited, {})).error?.cause?.code).toBe('STEP_TIMEOUT')
    expect((await t.run(pay(), {})).error?.code).toBe('RUN_TIMEOUT')
    t.stub(charge, async () => {
      await t.sleep('50d')
      return { receipt: 'late' }
    })
    expect((await t.run(limited, {})).output).toEqual({ receipt: 'late' })
  })

  test('the same seed gives the same ids', async () => {
    const ids = await Promise.all([7, 7, 8].map(async (seed) => {
      const t = await testWumbo({ seed })
      t.stub(charge, () => ({ receipt: 'r' }))
      return (await t.run(order, { item: 'lamp' })).id
    }))
    expect(ids[0]).toBe(ids[1])
    expect(ids[0]).not.toBe(ids[2])
  })
})

describe('stubs', () => {
  test('get the input as it was sent, log their calls and can be taken back', async () => {
    const t = await testWumbo()
    const first = t.stub(reserve, ({ item }) => ({ reservation: `stub of ${item}` }))
    t.stub('charge', () => ({ receipt: 'by path' }))
    const run = await t.run(order, { item: 'lamp' })
    expect(run.output).toEqual({ reservation: 'stub of lamp', receipt: 'by path' })
    expect(first.calls).toEqual([{ input: { item: 'lamp' }, run: run.id, path: 'reserve', attempt: 1, idempotencyKey: `${run.id}.1.reserve`, at: Date.UTC(2026, 0, 1), output: { reservation: 'stub of lamp' }, error: undefined }])
    first.restore()
    expect((await t.run(order, { item: 'lamp' })).output.reservation).toBe('lamp-1')
    expect(first.calls).toHaveLength(1)
  })

  test('the newest that fits wins; a path may have a wildcard', async () => {
    const t = await testWumbo()
    const many = defineWorkflow({ name: 'many', input: z.object({}), run: (ctx) => ctx.map('items', ['a', 'b'], async (c, item) => (await c.step('reserve', reserve, { item })).reservation) })
    t.stub(reserve, () => ({ reservation: 'all' }))
    t.stub('items[1].*', () => ({ reservation: 'second' }))
    expect((await t.run(many, {})).output).toEqual(['all', 'second'])
  })

  test('of a pure step is called once, though pure steps are run twice and compared', async () => {
    const t = await testWumbo()
    t.stub(charge, () => ({ receipt: 'r' }))
    let next = 0
    const stub = t.stub(price, () => ({ cents: next++ }))
    expect((await t.run(order, { item: 'lamp' })).status).toBe('completed')
    expect(stub.calls).toHaveLength(1)
  })

  test('a pure template that is none is found out', async () => {
    const t = await testWumbo()
    let n = 0
    const impure = defineTemplate({ name: 'impure', version: '1.0.0', description: 'Counts.', pure: true, input: z.object({}), output: z.object({ n: z.number() }), execute: () => ({ n: n++ }) })
    const run = await t.run(defineWorkflow({ name: 'w', input: z.object({}), run: (ctx) => ctx.step('impure', impure, {}) }), {})
    expect(() => run.output).toThrow(/declared pure/)
  })

  test('must give what the template could give', async () => {
    const t = await testWumbo()
    t.stub('charge', () => ({ receipt: 7 }))
    const run = await t.run(order, { item: 'lamp' })
    expect(run).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('output.receipt') } })
    expect(() => run.output).toThrow(/the run has no output: it is failed[^]*# +path[^]*charge +step +failed/)
  })

  test('do not take what the template\'s schema refuses', async () => {
    const t = await testWumbo()
    const stub = t.stub(charge, () => ({ receipt: 'r' }))
    t.stub(price, () => ({ cents: 5 }))
    const run = await t.run(defineWorkflow({ name: 'w', input: z.object({}), run: (ctx) => ctx.step('charge', charge, { cents: 'many' } as never) }), {})
    expect(run.error?.cause?.code).toBe('INPUT_INVALID')
    expect(stub.calls).toEqual([])
  })

  test('stand in for transactions, whose database is not there', async () => {
    const t = await testWumbo()
    t.stub(charge, () => ({ receipt: 'r1' }))
    const without = await t.run(booked, { cents: 5 })
    expect(without.error).toMatchObject({ code: 'STEP_FAILED', cause: { code: 'TRANSACTION_UNSUPPORTED', remedy: expect.stringContaining('t.stub(book') } })
    const stub = t.stub('book', () => ({ entry: 17 }))
    expect((await t.run(booked, { cents: 5 })).output).toEqual({ entry: 17 })
    expect(stub.calls[0]?.input).toEqual({ receipt: 'r1' })
  })
})

describe('faults', () => {
  test('an error at one attempt is retried', async () => {
    const t = await testWumbo()
    t.stub(charge, () => ({ receipt: 'r' }))
    const fault = t.fault(charge, { error: 'the bank is away' })
    const run = await t.run(order, { item: 'lamp' })
    expect(fault.fired).toBe(1)
    expect(run.journal.rows[2]).toMatchObject({ path: 'charge', attempt: 2, failures: [{ attempt: 1, error: { message: expect.stringContaining('the bank is away') } }] })
  })

  test('a timeout lasts as long as the step\'s limit', async () => {
    const t = await testWumbo()
    t.stub(charge, () => ({ receipt: 'r' }))
    t.fault('charge', { timeout: true, attempt: 'any', times: 3 })
    const run = await t.run(order, { item: 'lamp' })
    expect(run).toMatchObject({ status: 'failed', error: { code: 'STEP_FAILED', cause: { code: 'STEP_TIMEOUT' } } })
  })

  test('a timeout of a step without a limit is told', async () => {
    const t = await testWumbo()
    t.fault('reserve', { timeout: true })
    expect((await t.run(order, { item: 'lamp' })).error?.cause?.message).toContain('the step has none')
  })

  test.each([
    ['start', 1], ['before', 2], ['after', 1],
  ] as const)('a crash at %s runs the body %i time(s), under one idempotency key', async (crash, times) => {
    const t = await testWumbo()
    const stub = t.stub(charge, () => ({ receipt: 'r' }))
    t.fault(charge, { crash })
    const run = await t.run(order, { item: 'lamp' })
    expect(run.output).toEqual({ reservation: 'lamp-1', receipt: 'r' })
    expect(t.deaths).toBe(1)
    expect(stub.calls.map(({ attempt, idempotencyKey }) => `${attempt} ${idempotencyKey}`)).toEqual(Array.from({ length: times }, () => `1 ${run.id}.1.charge`))
    expect(await t.wumbo.runs.get(run.id)).toMatchObject({ status: 'completed' })
  })

  test('a crash while an asynchronous body runs, and one in a sleep', async () => {
    const t = await testWumbo()
    const stub = t.stub(charge, async () => {
      await t.sleep('5s')
      return { receipt: 'r' }
    })
    t.fault(charge, { crash: 'before' })
    const run = await t.start(order, { item: 'lamp' })
    await t.advance('1d')
    await t.crash()
    await t.advance('1d')
    expect((await run.end()).durationMs).toBe(3 * DAY + 10_000)
    expect(t.deaths).toBe(2)
    expect(stub.calls).toHaveLength(2)
  })

  test('a run that is being started when the process dies is started again by its id', async () => {
    const t = await testWumbo({ leftovers: 'allow' })
    t.stub(charge, () => ({ receipt: 'r' }))
    const lost = expect(t.start(order, { item: 'lamp' })).rejects.toThrow('start it with an id')
    const found = t.start(order, { item: 'desk' }, { id: 'order-17' })
    await Promise.resolve()
    await t.crash()
    await lost
    expect((await (await found).end()).output.reservation).toBe('desk-1')
    expect((await t.wumbo.runs.get('order-17')).status).toBe('completed')
  })

  test('a run that has failed can be retried and goes on to its end', async () => {
    const t = await testWumbo()
    const declined = t.stub(charge, () => {
      throw new Error('declined')
    })
    const run = await t.start(order, { item: 'lamp' })
    expect((await run.end()).status).toBe('failed')
    declined.restore()
    t.stub(charge, () => ({ receipt: 'second' }))
    await t.wumbo.runs.retry(run.id)
    expect((await run.end()).output.receipt).toBe('second')
    const recording = await recordRun(t.wumbo, run.id)
    expect(await replayRun(recording, order)).toEqual({ answers: 4, status: 'completed' })
  })

  test('a run that is cancelled ends so', async () => {
    const t = await testWumbo()
    t.stub(charge, () => ({ receipt: 'r' }))
    const run = await t.start(order, { item: 'lamp' })
    await t.advance('1d')
    await run.cancel()
    const ended = await run.end()
    expect(ended).toMatchObject({ status: 'cancelled', durationMs: DAY })
    expect(() => ended.output).toThrow(/it is cancelled/)
  })

  test('the next process knows a workflow that was only handed to run', async () => {
    const t = await createTestWumbo()
    t.stub(charge, () => ({ receipt: 'r' }))
    t.fault(charge, { crash: 'before' })
    expect((await t.run(order, { item: 'lamp' })).status).toBe('completed')
    await t.close()
  })

  test('what is no fault is refused by name', async () => {
    const t = await testWumbo()
    expect(() => t.fault('a', {} as never)).toThrow('expected exactly one of error, timeout and crash, got none')
    expect(() => t.fault('a', { error: 'x', crash: 'after' } as never)).toThrow('error and crash')
    expect(() => t.fault('a', { error: 'x', atempt: 2 } as never)).toThrow('Did you mean "attempt"?')
    expect(() => t.fault('a', { crash: 'later' as never })).toThrow('fault.crash')
    expect(() => t.fault('a', { error: 'x', attempt: 0 })).toThrow('fault.attempt')
    expect(() => t.fault('', { error: 'x' })).toThrow('target')
    await expect(createTestWumbo({ worflows: [] } as never)).rejects.toThrow('worflows')
    await expect(createTestWumbo({ now: 'yesterday' })).rejects.toThrow('now')
  })
})

describe('what is left behind', () => {
  test('is told on close: runs, faults and requests', async () => {
    const t = await testWumbo()
    drop(t)
    t.stub(charge, () => ({ receipt: 'r' }))
    t.fault('elsewhere', { error: 'x' })
    await t.start(order, { item: 'lamp' })
    await t.http.request({ url: 'http://nowhere.test/' }).catch(() => undefined)
    await expect(t.close()).rejects.toThrow(/run .* of order is (running|waiting)[^]*elsewhere, attempt 1 never came[^]*GET http:\/\/nowhere.test\//)
  })

  test('is not told when it is allowed, or after a first failure', async () => {
    const allowed = await testWumbo({ leftovers: 'allow' })
    allowed.stub(charge, () => ({ receipt: 'r' }))
    await allowed.start(order, { item: 'lamp' })
    await allowed.close()
  })
})
