// Signals and moments on the engine: before the wait and after it, in order, bounded, refused, over deaths and out of memory; what nobody took.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

const anything = z.unknown()
const note = (seen: unknown[]) => defineTemplate({ name: 'note', version: '1.0.0', description: 'Notes.', input: anything, output: anything, execute: (value) => void seen.push(value) })

const three = defineWorkflow({
  name: 'three', input: anything,
  async run(ctx) {
    const got: unknown[] = []
    for (let i = 0; i < 3; i++) got.push(await ctx.signal('word'))
    return got
  },
})

describe('K9: signals', () => {
  test('one that comes before its wait is taken by it, and several in the order in which they were stored', async () => {
    const rig = new Rig()
    const slow = defineWorkflow({
      name: 'slow', input: anything,
      async run(ctx) {
        await ctx.sleep('first', '1h')
        return [await ctx.signal('word'), await ctx.signal('word'), await ctx.signal('word', { timeout: '1m' })]
      },
    })
    const engine = await rig.engine([slow])
    const { run } = await rig.until(engine.start(slow, {}))
    await rig.time.advance(60_000)
    await rig.until(engine.postbox.signal(run, 'word', 1))
    await rig.until(engine.postbox.signal(run, 'word', { two: new Date(2) }))
    await expect(rig.until(engine.result(run))).resolves.toEqual([1, { two: new Date(2) }, undefined])
    expect(await rig.details(run)).toMatchObject({ unreadMail: [], steps: [{}, { kind: 'signal', path: 'word', reads: ['$mail[1]'] }, { path: 'word#2', reads: ['$mail[2]'] }, { path: 'word#3', reads: [], output: undefined }] })
  })

  test('a run that waits leaves memory after a second, is claimed by its mail, and is not claimed again for mail that nobody waits for', async () => {
    const rig = new Rig()
    const engine = await rig.engine([three])
    const { run } = await rig.until(engine.start(three, {}))
    await rig.time.advance(1500)
    expect(engine.metrics().hotRuns).toBe(0)
    expect(await rig.details(run)).toMatchObject({ status: 'waiting', wakeAt: null, pending: [{ path: 'word', kind: 'wait', due: null }] })
    await rig.until(engine.postbox.signal(run, 'other', 0))
    await rig.time.advance(5000)
    expect(engine.metrics().hotRuns).toBe(0)
    const { flushes } = engine.metrics()
    await rig.time.advance(3_600_000)
    expect(engine.metrics().flushes).toBe(flushes)
    for (const word of ['a', 'b', 'c']) {
      await rig.until(engine.postbox.signal(run, 'word', word))
      await rig.time.advance(5000)
    }
    await expect(rig.until(engine.result(run))).resolves.toEqual(['a', 'b', 'c'])
    expect((await rig.details(run)).unreadMail).toMatchObject([{ kind: 'signal', address: 'other', payload: 0, refused: null }])
  })

  test('two at once, and a third whose id was stored before', async () => {
    const rig = new Rig()
    const engine = await rig.engine([three])
    const { run } = await rig.until(engine.start(three, {}))
    const send = (value: number, id: string) => engine.postbox.signal(run, 'word', value, { id })
    await rig.until(Promise.all([send(1, 'a'), send(2, 'b'), send(3, 'a')]))
    await rig.time.advance(10)
    await rig.until(Promise.all([send(4, 'b'), send(5, 'c')]))
    await expect(rig.until(engine.result(run))).resolves.toEqual([1, 2, 5])
    expect((await rig.details(run)).unreadMail).toEqual([])
    await expect(rig.until(send(6, 'd'))).rejects.toMatchObject({ code: 'RUN_FINISHED' })
    await expect(rig.until(engine.postbox.signal('019a0000-0000-7000-8000-000000000000', 'word', 1))).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
    await expect(engine.postbox.signal(run, 'a.b', 1)).rejects.toMatchObject({ code: 'SIGNAL_INVALID', path: 'name' })
    await expect(engine.postbox.signal(run, 'word', 1, { id: '' })).rejects.toMatchObject({ code: 'SIGNAL_INVALID', path: 'id' })
  })

  test('a death at any moment takes no signal away and gives none twice', async () => {
    for (let steps = 0; steps < 60; steps++) {
      const rig = new Rig()
      const first = await rig.engine([three])
      const { run } = await rig.until(first.start(three, {}))
      const sent = ['a', 'b', 'c'].map((word) => first.postbox.signal(run, 'word', word, { id: word }))
      for (const one of sent) one.catch(() => undefined)
      await rig.steps(steps)
      rig.die()
      const second = await rig.engine([three])
      for (const word of ['a', 'b', 'c']) await rig.until(second.postbox.signal(run, 'word', word, { id: word }).catch((error: unknown) => expect(error).toMatchObject({ code: 'RUN_FINISHED' })))
      await expect(rig.until(second.result(run))).resolves.toEqual(['a', 'b', 'c'])
      const details = await rig.details(run)
      expect(details.unreadMail).toEqual([])
      expect(details.steps.map(({ reads }) => reads)).toEqual([['$mail[1]'], ['$mail[2]'], ['$mail[3]']])
    }
  })

  test('waits are told apart by key, also when they are open side by side', async () => {
    const rig = new Rig()
    const keyed = defineWorkflow({
      name: 'keyed', input: anything,
      run: (ctx) => ctx.map('orders', ['x', 'y'], (c, order) => c.signal('paid', { key: order })),
    })
    const engine = await rig.engine([keyed])
    const { run } = await rig.until(engine.start(keyed, {}))
    await rig.until(engine.postbox.signal(run, 'paid', 'for y', { key: 'y' }))
    await rig.time.advance(3000)
    await rig.until(engine.postbox.signal(run, 'paid', 'for x', { key: 'x' }))
    await expect(rig.until(engine.result(run))).resolves.toEqual(['for x', 'for y'])
  })

  test.each([['sync', z.object({ n: z.number() })], ['async', z.object({ n: z.number() }).refine(async ({ n }) => Promise.resolve(n > 0))]] as const)('a payload that the %s schema refuses is set aside with the reason, and the wait goes on', async (_name, schema) => {
    const rig = new Rig()
    const typed = defineWorkflow({
      name: 'typed', input: anything,
      async run(ctx) {
        const first = await ctx.signal('count', { schema })
        return [first.n, await ctx.signal('count', { schema, timeout: '1h' })]
      },
    })
    const engine = await rig.engine([typed])
    const { run } = await rig.until(engine.start(typed, {}))
    for (const payload of ['wrong', { n: 7 }, { n: 'x' }]) await rig.until(engine.postbox.signal(run, 'count', payload))
    await expect(rig.until(engine.result(run))).resolves.toEqual([7, undefined])
    expect((await rig.details(run)).unreadMail).toMatchObject([
      { address: 'count', payload: 'wrong', refused: { code: 'SIGNAL_INVALID' } }, { address: 'count', payload: { n: 'x' }, refused: { code: 'SIGNAL_INVALID', path: 'payload.n' } },
    ])
  })

  test('the bound of a wait counts from its first moment, over deaths, and what came in time is taken though the time is over when the run is entered', async () => {
    const rig = new Rig()
    const bounded = defineWorkflow({ name: 'bounded', input: anything, async run(ctx) { return [await ctx.signal('never', { timeout: '1h' }), await ctx.now()] } })
    const first = await rig.engine([bounded])
    const begun = rig.time.now()
    const { run } = await rig.until(first.start(bounded, {}))
    const other = await rig.until(first.start(bounded, {}))
    await rig.time.advance(1_800_000)
    await rig.until(first.postbox.signal(other.run, 'never', 'in time'))
    rig.die()
    await rig.time.advance(3_600_000)
    const second = await rig.engine([bounded])
    const [gave, at] = (await rig.until(second.result(run))) as [unknown, number]
    expect(gave).toBeUndefined()
    expect(at - begun).toBeGreaterThanOrEqual(3_600_000)
    expect(((await rig.until(second.result(other.run))) as unknown[])[0]).toBe('in time')
  })

  test('large payloads go through a blob', async () => {
    const rig = new Rig()
    const engine = await rig.engine([three])
    const { run } = await rig.until(engine.start(three, {}))
    const large = 'x'.repeat(5000)
    for (const word of [large, 'b', 'c']) await rig.until(engine.postbox.signal(run, 'word', word))
    await expect(rig.until(engine.result(run))).resolves.toEqual([large, 'b', 'c'])
  })

  test('code that waits for another thing than the journal says is named', async () => {
    const rig = new Rig()
    const first = await rig.engine([three])
    const { run } = await rig.until(first.start(three, {}))
    await rig.until(first.postbox.signal(run, 'word', 1))
    await rig.time.advance(3000)
    rig.die()
    const changed = defineWorkflow({ name: 'three', input: anything, async run(ctx) { await ctx.sleep('word', 1); await ctx.signal('word') } })
    const second = await rig.engine([changed])
    await rig.until(second.postbox.signal(run, 'word', 2))
    await expect(rig.until(second.result(run))).rejects.toMatchObject({ code: 'RUN_PARKED', cause: { code: 'NON_DETERMINISM', path: 'word' } })
    await rig.time.advance(3000)
    const { flushes } = second.metrics()
    await rig.time.advance(3_600_000)
    expect(second.metrics().flushes).toBe(flushes)
    expect(await rig.details(run)).toMatchObject({ status: 'parked', unreadMail: [{ payload: 2 }] })
  })

  test('mail does not set a run free again that is set aside for killing its processes', async () => {
    const rig = new Rig()
    const calls: string[] = []
    const poison = defineTemplate({ name: 'poison', version: '1.0.0', description: 'Kills.', input: anything, output: anything, execute: () => (calls.push('drunk'), rig.wait(60_000)) })
    const deadly = defineWorkflow({ name: 'deadly', input: anything, run: (ctx) => ctx.step('drink', poison, 1) })
    const first = await rig.engine([deadly])
    const { run } = await rig.until(first.start(deadly, {}))
    for (let deaths = 0; deaths < 8 && (await rig.details(run)).status !== 'parked'; deaths++) {
      await rig.time.advance(100)
      rig.die()
      await rig.engine([deadly])
      await rig.time.advance(100)
    }
    expect(await rig.details(run)).toMatchObject({ status: 'parked', error: { code: 'RUN_QUARANTINED' } })
    rig.die()
    const last = await rig.engine([deadly])
    const before = calls.length
    await rig.until(last.postbox.signal(run, 'word', 1))
    await rig.time.advance(100)
    expect(await rig.details(run)).toMatchObject({ status: 'parked', error: { code: 'RUN_QUARANTINED' }, unreadMail: [{ address: 'word' }] })
    expect(calls.length).toBe(before)
    await rig.until(last.retry(run, { by: 'ada', reason: 'mended' }))
    await rig.time.advance(100)
    expect(calls.length).toBe(before + 1)
  })

  test('a run that ends or leaves while mail comes that nobody tells it of looks it up, and does not try for ever', async () => {
    const rig = new Rig()
    const napping = defineWorkflow({ name: 'napping', input: anything, async run(ctx) { await ctx.sleep('nap', 900); await ctx.sleep('night', '1h') } })
    const engine = await rig.engine([napping])
    const { run } = await rig.until(engine.start(napping, {}))
    await rig.time.advance(100)
    // As another process would: past this engine, which is not told.
    const { flusher } = engine
    await rig.until(new Promise<void>((sent) => flusher.add({ op: 'send', mail: { space: 0, run, id: 'x', kind: 'signal', body: 'j:{"address":"x","payload":1}', sentAt: 1 } }, null, 0, () => sent())))
    const { flushes } = engine.metrics()
    await rig.time.advance(2000)
    expect(engine.metrics().flushes - flushes).toBeLessThan(12)
    await expect(rig.until(engine.result(run))).resolves.toBeUndefined()
  })

  test('mail for a run whose workflow is unknown is kept, and does not have it claimed again and again', async () => {
    const rig = new Rig()
    const first = await rig.engine([three])
    const { run } = await rig.until(first.start(three, {}))
    await rig.time.advance(3000)
    rig.die()
    const second = await rig.engine([])
    await rig.until(second.postbox.signal(run, 'word', 1))
    await rig.time.advance(3000)
    const { flushes } = second.metrics()
    await rig.time.advance(3_600_000)
    expect(second.metrics().flushes).toBe(flushes)
    rig.die()
    const third = await rig.engine([three])
    for (const word of [2, 3]) await rig.until(third.postbox.signal(run, 'word', word))
    await expect(rig.until(third.result(run))).resolves.toEqual([1, 2, 3])
  })
})

describe('K8: ctx.sleepUntil', () => {
  test('waits until the moment, over deaths, and is over at once when it is past', async () => {
    const rig = new Rig()
    const seen: unknown[] = []
    const until = defineWorkflow({
      name: 'until', input: z.object({ at: z.string() }),
      async run(ctx, { at }) {
        await ctx.sleepUntil('past', 0)
        await ctx.step('a', note(seen), 'a')
        await ctx.sleepUntil('then', at)
        return ctx.now()
      },
    })
    const first = await rig.engine([until])
    const at = new Date(rig.time.now() + 86_400_000).toISOString()
    const { run } = await rig.until(first.start(until, { at }))
    await rig.time.advance(5000)
    rig.die()
    const second = await rig.engine([until])
    const ended = (await rig.until(second.result(run))) as number
    expect(ended).toBeGreaterThanOrEqual(Date.parse(at))
    expect(ended).toBeLessThan(Date.parse(at) + 1000)
    expect(seen).toEqual(['a'])
  })

  test.each([[new Date(Number.NaN)], ['tomorrow'], ['2030-01-01T00:00'], [Number.NaN]])('refuses %s', async (time) => {
    const rig = new Rig()
    const wrong = defineWorkflow({ name: 'wrong', input: anything, run: (ctx) => ctx.sleepUntil('then', time) })
    const engine = await rig.engine([wrong])
    const { run } = await rig.until(engine.start(wrong, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { code: 'DEFINITION_INVALID', path: 'then.time' } })
  })
})
