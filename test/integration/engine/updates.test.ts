// Updates: validated before anything is stored, taken in order at rest, recorded where they took effect, and done again on each replay.
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Engine } from '../../../src/engine/engine.ts'
import { queryRun } from '../../../src/engine/query.ts'
import { updateRun } from '../../../src/engine/updating.ts'
import type { UpdateSendOptions } from '../../../src/engine/updating.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { workflow } from '../../../src/workflow/builder.ts'
import { Rig } from './rig.ts'

const echo = defineTemplate({ name: 'echo', version: '1.0.0', description: 'Gives its input.', input: z.unknown(), output: z.unknown(), execute: (value) => value })

/** A basket: lines are added until it is closed by a signal; every line is then a step. */
const basket = defineWorkflow({
  name: 'basket', input: z.unknown(),
  async run(ctx) {
    const lines: string[] = []
    let isOpen = true
    ctx.setQuery('lines', () => lines)
    ctx.setUpdate('add', { schema: z.string().trim().min(1), validate: (line) => isOpen && !lines.includes(line) }, (line) => {
      if (line === 'bad') {
        lines.push('half')
        throw new TypeError('bad line')
      }
      return lines.push(line)
    })
    ctx.setUpdate('later', {}, async () => Promise.resolve(1))
    ctx.setUpdate('asking', {}, () => void ctx.step('hidden', echo, 1))
    ctx.setUpdate('slow', { schema: z.string().refine(async () => Promise.resolve(true)) }, (line) => lines.push(line))
    ctx.setUpdate('big', {}, () => 'x'.repeat(5000))
    await ctx.step('first', echo, 1)
    ctx.setUpdate('late', {}, () => 'late')
    await ctx.signal('close')
    isOpen = false
    const before = await ctx.step('lines', echo, [...lines])
    await ctx.sleep('night', '1d')
    return { before, lines }
  },
})

function sending(rig: Rig, engine: Engine): (run: string, name: string, args?: unknown, options?: UpdateSendOptions) => Promise<unknown> {
  return (run, name, args, options) => rig.until(updateRun(engine.deps, engine, run, { name, args, ...options }))
}

test('changes the state, gives what the handler gives, and stands in the journal', async () => {
  const rig = new Rig()
  const engine = await rig.engine([basket])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(basket, {}))
  expect(await send(run, 'add', ' tea ')).toBe(1)
  expect(await send(run, 'add', 'milk')).toBe(2)
  expect(await send(run, 'slow', 'rum')).toBe(3)
  expect(await rig.until(queryRun(engine.deps, run, 'lines', null))).toEqual(['tea', 'milk', 'rum'])
  const { steps } = await rig.details(run)
  expect(steps.filter(({ kind }) => kind === 'update').map(({ output, reads, status }) => [output, reads, status])).toEqual([
    [{ name: 'add', args: 'tea', value: 1 }, ['$mail[1]'], 'completed'], [{ name: 'add', args: 'milk', value: 2 }, ['$mail[2]'], 'completed'], [{ name: 'slow', args: 'rum', value: 3 }, ['$mail[3]'], 'completed'],
  ])
  await rig.until(engine.postbox.signal(run, 'close', 1))
  expect(await rig.until(engine.result(run))).toEqual({ before: ['tea', 'milk', 'rum'], lines: ['tea', 'milk', 'rum'] })
  await expect(send(run, 'add', 'x')).rejects.toMatchObject({ code: 'RUN_FINISHED' })
})

test('stores nothing that is refused, and says why', async () => {
  const rig = new Rig()
  const graph = workflow('graph', { input: z.object({}) }).signal('go', { name: 'go' }).build()
  const engine = await rig.engine([basket, graph])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(basket, {}))
  await send(run, 'add', 'tea')
  const before = (await rig.store.load({ space: 0, run }))?.mail.length
  await expect(send(run, 'add', 7)).rejects.toMatchObject({ code: 'UPDATE_REFUSED', path: 'args' })
  await expect(send(run, 'add', 'tea')).rejects.toMatchObject({ code: 'UPDATE_REFUSED', path: 'add' })
  await expect(send(run, 'nothing')).rejects.toMatchObject({ code: 'UPDATE_NOT_FOUND', message: expect.stringContaining('add, later') as string })
  await expect(send(run, 'add', 'x'.repeat(3000))).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
  await expect(send(run, 'add', 'x', { id: '' })).rejects.toMatchObject({ code: 'SIGNAL_INVALID' })
  await expect(send('019a0000-0000-7000-8000-000000000000', 'add')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
  const other = await rig.until(engine.start(graph, {}))
  await expect(send(other.run, 'add')).rejects.toMatchObject({ code: 'UPDATE_NOT_FOUND' })
  expect((await rig.store.load({ space: 0, run }))?.mail.length).toBe(before)
})

test('a handler that fails, promises or asks for steps is recorded as failed, and its effect is the same on replay', async () => {
  const rig = new Rig()
  const engine = await rig.engine([basket])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(basket, {}))
  await expect(send(run, 'add', 'bad')).rejects.toMatchObject({ code: 'UPDATE_FAILED', message: expect.stringContaining('bad line') as string })
  await expect(send(run, 'later')).rejects.toMatchObject({ code: 'UPDATE_FAILED', cause: { code: 'DEFINITION_INVALID' } })
  await expect(send(run, 'asking')).rejects.toMatchObject({ code: 'UPDATE_FAILED', message: expect.stringContaining('step hidden') as string })
  await expect(send(run, 'big')).rejects.toMatchObject({ code: 'UPDATE_FAILED', cause: { code: 'PAYLOAD_TOO_LARGE' } })
  expect(await send(run, 'add', 'tea')).toBe(2)
  rig.die()
  const next = await rig.engine([basket])
  await rig.until(next.postbox.signal(run, 'close', 1))
  expect(await rig.until(next.result(run))).toMatchObject({ lines: ['half', 'tea'] })
})

test('the same id is done once, and each sender has the same answer, also after the end', async () => {
  const rig = new Rig()
  const engine = await rig.engine([basket])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(basket, {}))
  expect(await rig.until(Promise.all([send(run, 'add', 'tea', { id: 'a' }), send(run, 'add', 'tea', { id: 'a' })]))).toEqual([1, 1])
  expect(await send(run, 'add', 'rum', { id: 'a' })).toBe(1)
  await rig.until(engine.postbox.signal(run, 'close', 1))
  await rig.until(engine.result(run))
  expect(await send(run, 'add', 'tea', { id: 'a' })).toBe(1)
})

test('two at once are done in order, and the later one is validated against what the first has made of the state', async () => {
  const rig = new Rig()
  const engine = await rig.engine([basket])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(basket, {}))
  const both = await rig.until(Promise.allSettled([send(run, 'add', 'tea', { id: 'a' }), send(run, 'add', 'tea', { id: 'b' })]))
  expect(both).toMatchObject([{ status: 'fulfilled', value: 1 }, { status: 'rejected', reason: { code: 'UPDATE_REFUSED' } }])
  await expect(send(run, 'add', 'tea', { id: 'b' })).rejects.toMatchObject({ code: 'UPDATE_REFUSED' })
  await rig.until(engine.postbox.signal(run, 'close', 1))
  expect(await rig.until(engine.result(run))).toMatchObject({ lines: ['tea'] })
})

test('wakes a run that has left memory, and one that is paused stays so', async () => {
  const rig = new Rig()
  const engine = await rig.engine([basket])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(basket, {}))
  await rig.time.advance(3000)
  expect(engine.metrics().hotRuns).toBe(0)
  expect(await send(run, 'add', 'tea')).toBe(1)
  await rig.until(engine.postbox.ask(run, 'pause'))
  await rig.time.advance(3000)
  expect((await rig.details(run)).status).toBe('paused')
  expect(await send(run, 'add', 'rum')).toBe(2)
  await rig.time.advance(3000)
  expect((await rig.details(run)).status).toBe('paused')
  await rig.until(engine.postbox.signal(run, 'close', 1))
  await rig.time.advance(3000)
  expect((await rig.details(run)).steps.map(({ path }) => path)).not.toContain('lines')
  await rig.until(engine.postbox.ask(run, 'resume'))
  expect(await rig.until(engine.result(run))).toMatchObject({ before: ['tea', 'rum'] })
})

test('is refused before its handler is set', async () => {
  const rig = new Rig()
  const slow = defineWorkflow({
    name: 'slow', input: z.unknown(),
    async run(ctx) {
      await ctx.signal('on')
      ctx.setUpdate('add', {}, (n) => n)
      await ctx.signal('off')
    },
  })
  const engine = await rig.engine([slow])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(slow, {}))
  await expect(send(run, 'add', 1)).rejects.toMatchObject({ code: 'UPDATE_NOT_FOUND' })
  await rig.until(engine.postbox.update(run, 'update:early', { address: 'add', payload: 5 }))
  await rig.until(engine.postbox.signal(run, 'on', null))
  expect(await send(run, 'add', 5, { id: 'early' })).toBe(5)
})

test('no update gets lost or done twice, wherever the process dies', async () => {
  for (let died = 0; died < 60; died += 1) {
    const rig = new Rig()
    const engine = await rig.engine([basket])
    const { run } = await rig.until(engine.start(basket, {}))
    const first = updateRun(engine.deps, engine, run, { name: 'add', args: 'tea', id: 'a' })
    const second = updateRun(engine.deps, engine, run, { name: 'add', args: 'rum', id: 'b' })
    first.catch(() => undefined)
    second.catch(() => undefined)
    await rig.steps(died)
    rig.die()
    const next = await rig.engine([basket])
    const send = sending(rig, next)
    const a = await send(run, 'add', 'tea', { id: 'a' })
    const b = await send(run, 'add', 'rum', { id: 'b' })
    expect([a, b].sort()).toEqual([1, 2])
    await rig.until(next.postbox.signal(run, 'close', 1))
    const { before, lines } = (await rig.until(next.result(run))) as { before: string[]; lines: string[] }
    expect(lines.indexOf('tea') + 1).toBe(a)
    expect([before, lines.length]).toEqual([lines, 2])
  }
})

test('a clean-up and an undoing take none, and the sender is told', async () => {
  const rig = new Rig()
  const held = defineWorkflow({
    name: 'held', input: z.unknown(), cleanUpTimeout: '1h',
    async run(ctx) {
      ctx.setUpdate('add', {}, (n) => n)
      await ctx.signal('never')
    },
    async cleanUp(ctx) {
      await ctx.sleep('moment', '10m')
    },
  })
  const engine = await rig.engine([held])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(held, {}))
  expect(await send(run, 'add', 1)).toBe(1)
  await rig.until(engine.postbox.ask(run, 'cancel'))
  await rig.time.advance(100)
  await expect(send(run, 'add', 2)).rejects.toMatchObject({ code: 'UPDATE_REFUSED' })
  await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
})

test('code that takes a recorded update no more parks the run', async () => {
  const rig = new Rig()
  const make = (takes: boolean) => defineWorkflow({
    name: 'changing', version: '1', input: z.unknown(),
    async run(ctx) {
      if (takes) ctx.setUpdate('add', {}, (n) => n)
      return ctx.signal('end')
    },
  })
  const engine = await rig.engine([make(true)])
  const { run } = await rig.until(engine.start(make(true), {}))
  expect(await sending(rig, engine)(run, 'add', 1)).toBe(1)
  rig.die()
  const next = await rig.engine([make(false)])
  await rig.time.advance(5000)
  await expect(rig.until(next.result(run))).rejects.toMatchObject({ code: 'RUN_PARKED', cause: { code: 'NON_DETERMINISM' } })
  await expect(sending(rig, next)(run, 'add', 2)).rejects.toMatchObject({ code: 'RUN_PARKED' })
})

test('a retry from an earlier step does again what was done after it, and a fork has what was done before', async () => {
  const rig = new Rig()
  const engine = await rig.engine([basket])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(basket, {}))
  expect(await send(run, 'add', 'tea')).toBe(1)
  await rig.until(engine.postbox.signal(run, 'close', 1))
  await rig.time.advance(1000)
  const fork = await rig.until(engine.fork(run, { at: 'night' }))
  await rig.time.advance(1000)
  expect(await rig.until(queryRun(engine.deps, fork, 'lines', null))).toEqual(['tea'])
  await rig.until(engine.postbox.ask(run, 'cancel'))
  await rig.time.advance(1000)
  expect(await rig.until(engine.result(fork))).toMatchObject({ lines: ['tea'] })
  await rig.until(engine.retry(run, { by: 'test', reason: '', from: 'first' }))
  await rig.time.advance(1000)
  expect(await rig.until(queryRun(engine.deps, run, 'lines', null))).toEqual(['tea'])
})

test('an update that was stored before a signal is taken before it, and the journal has the order of the effects', async () => {
  const rig = new Rig()
  const engine = await rig.engine([basket])
  const { run } = await rig.until(engine.start(basket, {}))
  await rig.time.advance(3000)
  await Promise.all([rig.until(engine.postbox.update(run, 'update:a', { address: 'add', payload: 'tea' })), rig.until(engine.postbox.signal(run, 'close', 1))])
  await rig.time.advance(3000)
  const sent = await rig.until(Promise.allSettled([updateRun(engine.deps, engine, run, { name: 'add', args: 'tea', id: 'a' })]))
  const asked = await rig.until(queryRun(engine.deps, run, 'lines', null))
  const { steps } = await rig.details(run)
  expect(steps.find(({ path }) => path === 'lines')?.output).toEqual(asked)
  expect(asked).toEqual(['tea'])
  expect(sent).toMatchObject([{ status: 'fulfilled', value: 1 }])
})

test('a run that continues as new takes what was not taken, does nothing twice, and keeps no answers', async () => {
  const rig = new Rig()
  const turning = defineWorkflow({
    name: 'turning', input: z.object({ sum: z.number() }),
    async run(ctx, { sum }) {
      let now = sum
      ctx.setUpdate('add', {}, (n) => (now += n as number))
      ctx.setQuery('sum', () => now)
      await ctx.signal('turn')
      return ctx.continueAsNew({ sum: now })
    },
  })
  const engine = await rig.engine([turning])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(turning, { sum: 0 }))
  expect(await send(run, 'add', 2, { id: 'a' })).toBe(2)
  await rig.until(engine.postbox.signal(run, 'turn', null))
  await rig.time.advance(100)
  await expect(send(run, 'add', 2, { id: 'a' })).rejects.toMatchObject({ code: 'UPDATE_FAILED' })
  expect(await send(run, 'add', 3, { id: 'b' })).toBe(5)
  expect(await rig.until(queryRun(engine.deps, run, 'sum', null))).toBe(5)
})

test('an undoing takes none: the sender is told, and the run ends as it would have', async () => {
  const rig = new Rig()
  const undo = defineTemplate({ name: 'undo', version: '1.0.0', description: 'Undoes.', input: z.unknown(), output: z.null(), async execute() { await rig.wait(60_000); return null } })
  const undone = defineWorkflow({
    name: 'undone', input: z.unknown(),
    async run(ctx) {
      const got: unknown[] = []
      ctx.setUpdate('add', {}, (n) => got.push(n))
      await ctx.step('begin', echo, 1, { compensate: undo })
      await ctx.signal('go')
      throw new Error('lost')
    },
  })
  const engine = await rig.engine([undone])
  const send = sending(rig, engine)
  const { run } = await rig.until(engine.start(undone, {}))
  expect(await send(run, 'add', 1)).toBe(1)
  await rig.until(engine.postbox.signal(run, 'go', null))
  await rig.time.advance(1000)
  await expect(send(run, 'add', 2)).rejects.toMatchObject({ code: 'UPDATE_REFUSED', message: expect.stringContaining('undone') as string })
  const late = updateRun(engine.deps, engine, run, { name: 'add', args: 3, id: 'late' })
  await expect(rig.until(late)).rejects.toMatchObject({ code: 'UPDATE_REFUSED' })
  await rig.until(engine.postbox.update(run, 'update:under', { address: 'add', payload: 4 }))
  await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
  await expect(send(run, 'add', 4, { id: 'under' })).rejects.toMatchObject({ code: 'RUN_FINISHED' })
  expect((await rig.details(run)).unreadMail).toMatchObject([{ kind: 'update', address: 'add', payload: 4 }])
})

test('an answer that does not come in time is waited for again under the same id', async () => {
  const rig = new Rig()
  const engine = await rig.engine([basket])
  const { run } = await rig.until(engine.start(basket, {}))
  await rig.time.advance(3000)
  await rig.until(engine.close())
  const idle = await rig.engine([basket], { hotRuns: 0 })
  await expect(sending(rig, idle)(run, 'add', 'tea', { id: 'a', timeout: 200 })).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })
  await rig.until(idle.close())
  const next = await rig.engine([basket])
  expect(await sending(rig, next)(run, 'add', 'tea', { id: 'a' })).toBe(1)
})

test('an update is never taken in the turn of an answer: wherever it comes in, replay sees what the steps saw', async () => {
  const seeing = defineWorkflow({
    name: 'seeing', input: z.unknown(),
    async run(ctx) {
      const got: unknown[] = []
      ctx.setUpdate('add', {}, (n) => got.push(n))
      ctx.setQuery('got', () => got)
      for (let n = 0; n < 8; n++) {
        await ctx.signal('go')
        for (let i = 0; i < 5; i++) await ctx.step('see', echo, [...got], { level: 'pure' })
      }
      return ctx.signal('end')
    },
  })
  for (let after = 0; after < 40; after++) {
    const rig = new Rig()
    const engine = await rig.engine([seeing])
    const { run } = await rig.until(engine.start(seeing, {}))
    await rig.steps(after)
    for (const n of [1, 2, 3]) {
      void engine.postbox.signal(run, 'go', n)
      void engine.postbox.update(run, `update:${n}`, { address: 'add', payload: n })
    }
    await rig.time.advance(100)
    expect(await rig.until(queryRun(engine.deps, run, 'got', null)), `after ${after} steps`).toEqual([1, 2, 3])
  }
})

test('is taken between steps that are answered at once, however many there are, and stands where it took effect', async () => {
  const rig = new Rig(undefined, { isPrompt: true })
  const pure = defineTemplate({ name: 'pure', version: '1.0.0', description: 'Gives its input.', pure: true, input: z.unknown(), output: z.unknown(), execute: (value) => value })
  const busy = defineWorkflow({
    name: 'busy', input: z.unknown(),
    async run(ctx) {
      let stopped: number | null = null
      let turn = 0
      ctx.setUpdate('stop', {}, () => (stopped = turn))
      ctx.setQuery('stopped', () => stopped)
      while (stopped === null && turn < 3000) {
        await ctx.step('work', pure, turn++)
        if (turn % 3 === 0) await ctx.now()
        if (turn % 5 === 0) await ctx.all({ a: (c) => c.step('one', pure, 1), b: (c) => c.random() })
      }
      return { stopped, turn }
    },
  })
  const engine = await rig.engine([busy])
  const { run } = await rig.until(engine.start(busy, {}))
  await rig.steps(20)
  const told = await sending(rig, engine)(run, 'stop')
  const result = await rig.until(engine.result(run)) as { readonly stopped: number; readonly turn: number }
  expect(result).toEqual({ stopped: told, turn: told })
  expect(result.turn).toBeLessThan(3000)
  expect(await rig.until(queryRun(engine.deps, run, 'stopped', null)), 'the same on replay').toBe(told)
})
