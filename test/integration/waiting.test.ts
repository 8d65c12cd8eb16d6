// Waiting as users hold it, on each store: signals before and after the wait, decisions, pauses, restarts, another process that sends.
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow, text, workflow } from '../../src/index.ts'
import type { Wumbo } from '../../src/index.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'
import { inMemory, onFile, onServer, until } from '../fixtures/places.ts'
import type { Place } from '../fixtures/places.ts'
import { describePostgres } from './store/postgres-server.ts'

const words = defineWorkflow({
  name: 'words', input: z.object({ count: z.int() }),
  async run(ctx, { count }) {
    const got: string[] = []
    for (let i = 0; i < count; i++) got.push(await ctx.signal('word', { schema: z.string() }))
    return { got, late: await ctx.signal('late', { timeout: 20 }) }
  },
})
const spend = defineWorkflow({
  name: 'spend', input: z.object({}),
  run: (ctx) => ctx.approval('manager', { title: 'Spend it?', form: z.object({ limit: z.int() }) }),
})
const one = defineTemplate({ name: 'one', version: '1.0.0', description: 'Gives its input.', input: z.number(), output: z.number(), execute: (n) => n })
const counting = defineWorkflow({
  name: 'counting', input: z.object({}),
  async run(ctx) {
    await ctx.signal('go')
    let sum = 0
    for (let n = 1; n <= 3; n++) sum += await ctx.step('add', one, n)
    return sum
  },
})
const held = defineWorkflow({
  name: 'held', input: z.object({}),
  async run(ctx) {
    const n = await ctx.step('take', one, 7)
    ctx.setQuery('taken', () => n)
    await ctx.signal('never')
  },
  async cleanUp(ctx, _input, results) {
    await ctx.sleep('moment', 400)
    await ctx.step('give-back', one, results.get('take') as number)
  },
})
const desk = workflow('desk', { input: z.object({ order: z.string(), notBefore: z.string() }) })
  .sleep('embargo', { until: ({ input }) => input.notBefore })
  .signal('paid', { needs: 'embargo', name: 'paid', key: ({ input }) => input.order, schema: z.object({ amount: z.number() }) })
  .approval('release', { title: ({ steps }) => text`Release it for ${steps.paid.amount}?`, assignees: ['ada'], form: z.object({ carrier: z.enum(['post', 'bike']) }) })
  .signal('late', { needs: 'release', name: 'late', timeout: 20, onTimeout: 'continue', fallback: 'never' })
  .output(({ steps }) => ({ amount: steps.paid.amount, by: steps.release.by, form: steps.release.form, late: steps.late }))
  .build()
const basket = defineWorkflow({
  name: 'basket', input: z.object({}),
  async run(ctx) {
    const lines: string[] = []
    ctx.setUpdate('add', { schema: z.string(), validate: (line) => !lines.includes(line) }, (line) => lines.push(line))
    await ctx.signal('close')
    return ctx.step('count', one, lines.length)
  },
})
const workflows = [words, spend, counting, held, desk, basket]

async function open(place: Place, options: Parameters<typeof createWumbo>[0] = {}): Promise<Wumbo> {
  const wumbo = await createWumbo({ store: await place(), workflows, limits: { releaseAfterMs: 30 }, ...options })
  onTestFinished(() => wumbo.close())
  return wumbo
}

const cases = (place: () => Promise<Place>): void => {
  test('updates are validated, done once and in order, and are there after a restart and during a pause', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(basket, {})
    expect(await run.update('add', 'tea', { id: 'a' })).toBe(1)
    await expect(run.update('add', 'tea')).rejects.toMatchObject({ code: 'UPDATE_REFUSED' })
    await until(first, run.id, 'waiting')
    expect(await run.update('add', 'milk')).toBe(2)
    await first.close()
    const second = await open(at)
    const again = await second.runs.handle<number>(run.id)
    const raced = await Promise.allSettled([again.update('add', 'rum', { id: 'b' }), again.update('add', 'rum', { id: 'b' }), again.update('add', 'tea', { id: 'a' }), again.update('add', 7)])
    expect(raced).toMatchObject([{ value: 3 }, { value: 3 }, { value: 1 }, { reason: { code: 'UPDATE_REFUSED' } }])
    await again.pause()
    await until(second, run.id, 'paused')
    expect(await again.update('add', 'jam')).toBe(4)
    await again.resume()
    await again.signal('close')
    expect(await again.result()).toBe(4)
    await expect(again.update('add', 'x')).rejects.toMatchObject({ code: 'RUN_FINISHED' })
    expect(await again.update('add', 'rum', { id: 'b' })).toBe(3)
    const { steps } = await second.runs.get(run.id)
    expect(steps.filter(({ kind }) => kind === 'update').map(({ output }) => (output as { args: string }).args)).toEqual(['tea', 'milk', 'rum', 'jam'])
    await expect(collect(second.verify())).resolves.toEqual([])
  })

  test('K9: signals are taken once and in order, before the wait, out of memory and after a restart', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(words, { count: 4 })
    await Promise.all([run.signal('word', 'a', { id: '1' }), run.signal('word', 'b', { id: '2' }), run.signal('word', 'a', { id: '1' })])
    await until(first, run.id, 'waiting')
    await first.close()
    const second = await open(at)
    const again = await second.runs.handle<{ got: string[] }>(run.id)
    await again.signal('word', 7)
    await again.signal('other', 1)
    await again.signal('word', 'c')
    await until(second, run.id, 'waiting')
    await again.signal('word', 'd')
    expect(await again.result()).toEqual({ got: ['a', 'b', 'c', 'd'] })
    const details = await second.runs.get(run.id)
    expect(details.unreadMail).toMatchObject([{ address: 'word', payload: 7, refused: { code: 'SIGNAL_INVALID' } }, { address: 'other', payload: 1, refused: null }])
    expect(details.steps.map(({ kind, reads }) => `${kind} ${reads?.join() ?? ''}`)).toEqual(['signal $mail[1]', 'signal $mail[2]', 'signal $mail[5]', 'signal $mail[6]', 'signal '])
    await expect(again.signal('word', 'e')).rejects.toMatchObject({ code: 'RUN_FINISHED' })
    await expect(collect(second.verify())).resolves.toEqual([])
  })

  test('an approval is shown, survives a restart, and is decided once', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(spend, {})
    await until(first, run.id, 'waiting')
    await first.close()
    const second = await open(at)
    expect((await second.runs.get(run.id)).approvals).toMatchObject([{ path: 'manager', title: 'Spend it?', form: { type: 'object' }, due: null }])
    await expect(second.runs.decide(run.id, 'manager', { approved: true, by: 'ada', form: { limit: 'x' } })).rejects.toMatchObject({ code: 'SIGNAL_INVALID', path: 'form.limit' })
    const before = Date.now()
    await second.runs.decide(run.id, 'manager', { approved: true, by: 'ada', form: { limit: 3 } })
    const decision = (await (await second.runs.handle(run.id)).result()) as { at: number }
    expect(decision).toMatchObject({ approved: true, by: 'ada', form: { limit: 3 }, comment: null })
    expect(Math.abs(decision.at - before)).toBeLessThan(60_000)
  })

  test('a graph waits for a moment, a signal by its key, a decision and in vain, over a restart', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(desk, { order: 'A/7', notBefore: '2020-01-01T00:00:00Z' })
    await run.signal('paid', { amount: 1 })
    await run.signal('paid', { amount: 'much' }, { key: 'A/7' })
    await until(first, run.id, 'waiting')
    await first.close()
    const second = await open(at)
    await (await second.runs.handle(run.id)).signal('paid', { amount: 12 }, { key: 'A/7' })
    await expect.poll(async () => (await second.runs.get(run.id)).approvals, { timeout: 10_000, interval: 10 }).toMatchObject([{ path: 'release', title: 'Release it for 12?', assignees: ['ada'], form: { type: 'object' }, due: null }])
    await expect(second.runs.decide(run.id, 'release', { approved: true, by: 'ada', form: { carrier: 'boat' } })).rejects.toMatchObject({ code: 'SIGNAL_INVALID' })
    await second.runs.decide(run.id, 'release', { approved: true, by: 'ada', form: { carrier: 'bike' } })
    expect(await (await second.runs.handle(run.id)).result()).toEqual({ amount: 12, by: 'ada', form: { carrier: 'bike' }, late: 'never' })
    expect((await second.runs.get(run.id)).unreadMail).toMatchObject([{ address: 'paid', payload: { amount: 1 }, refused: null }, { address: 'paid[A%2F7]', refused: { code: 'SIGNAL_INVALID' } }])
    await expect(collect(second.verify())).resolves.toEqual([])
  })

  test('a paused run begins no step over a restart, takes its signal, and goes on when it is resumed', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(counting, {})
    await run.pause()
    await until(first, run.id, 'paused')
    await run.signal('go')
    await expect.poll(async () => (await first.runs.get(run.id)).steps.length, { timeout: 10_000, interval: 10 }).toBe(1)
    await until(first, run.id, 'paused')
    await first.close()
    const second = await open(at)
    expect((await second.runs.list({ status: ['paused'] })).runs.map(({ id }) => id)).toEqual([run.id])
    expect((await second.runs.get(run.id)).steps.map(({ kind }) => kind)).toEqual(['signal'])
    await second.runs.resume(run.id)
    expect(await (await second.runs.handle(run.id)).result()).toBe(6)
    await expect(collect(second.verify())).resolves.toEqual([])
  })

  test('a cancel cleans up with what was taken, over a restart, and the run is asked at any time', async () => {
    const at = await place()
    const first = await open(at)
    const run = await first.start(held, {})
    await until(first, run.id, 'waiting')
    expect(await run.query('taken')).toBe(7)
    await run.cancel()
    await expect.poll(async () => (await first.runs.get(run.id)).pending.map(({ path }) => path), { timeout: 10_000, interval: 5 }).toContain('$cancel.moment')
    await first.close()
    const second = await open(at)
    await expect((await second.runs.handle(run.id)).result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect((await second.runs.get(run.id)).steps.map(({ path, output }) => [path, output])).toEqual([['take', 7], ['$cancel.moment', undefined], ['$cancel.give-back', 7]])
    expect(await second.runs.query(run.id, 'taken')).toBe(7)
    await expect(collect(second.verify())).resolves.toEqual([])
  })

  test('a paused run is cancelled', async () => {
    const wumbo = await open(await place())
    const run = await wumbo.start(counting, {})
    await run.pause()
    await until(wumbo, run.id, 'paused')
    await run.cancel()
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
  })
}

describe('memory', () => cases(inMemory))
describe('sqlite', () => cases(onFile))
describePostgres('postgres', () => {
  cases(onServer)

  test('K9: one process sends while another works on the run', async () => {
    const at = await onServer()
    const sender = await open(at, { queues: [], workflows: [] })
    const worker = await open(at)
    const run = await worker.start(words, { count: 20 })
    for (let n = 0; n < 20; n++) {
      await sender.runs.signal(run.id, 'word', String(n))
      if (n % 7 === 6) await until(worker, run.id, 'waiting')
    }
    expect(await run.result()).toEqual({ got: Array.from({ length: 20 }, (_, n) => String(n)) })
  })
})

