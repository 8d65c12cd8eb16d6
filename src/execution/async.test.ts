// The async strategy: what is answered without waiting, the bound, the order, aborts in the queue, modules, shutdown.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { AbortedError, ConfigInvalidError, DefinitionError } from '../errors.ts'
import type { Cancel } from '../shared/clock.ts'
import { deferred, type Deferred } from '../shared/deferred.ts'
import { asyncStrategy } from './async.ts'
import type { Abort, Handler } from './contract.ts'
import { syncStrategy } from './sync.ts'

const abort = (): Abort => ({ signal: new AbortController().signal })
const inline = (run: (payload: never, abort: Abort) => unknown, name = 'test'): Handler => ({ kind: 'inline', name, run })

/** A handler whose executions wait until they are told to end. */
function gate(): { handler: Handler; begun: number[]; open: Map<number, Deferred<unknown>> } {
  const begun: number[] = []
  const open = new Map<number, Deferred<unknown>>()
  const handler = inline((payload: number) => {
    begun.push(payload)
    const end = deferred<unknown>()
    open.set(payload, end)
    return end.promise
  })
  return { handler, begun, open }
}

/** A clock whose timers fire when told. */
function manualClock(): { timer(ms: number, fire: () => void): Cancel; fire(): void; due: number[] } {
  const timers = new Set<() => void>()
  const due: number[] = []
  return {
    due,
    timer(ms, fire) {
      due.push(ms)
      timers.add(fire)
      return () => timers.delete(fire)
    },
    fire: () => timers.forEach((fire) => fire()),
  }
}

describe('a slot that is free', () => {
  it('answers a synchronous handler without a promise, and throws what it throws', () => {
    const strategy = asyncStrategy()
    expect(strategy.execute(inline((n: number) => n + 1), 1, abort())).toBe(2)
    const wrong = new Error('no')
    expect(() => strategy.execute(inline(() => { throw wrong }), 1, abort())).toThrow(wrong)
    expect(strategy.metrics()).toEqual({ total: 2, failed: 1, active: 0, queueDepth: 0 })
  })

  it('never touches the signal of a handler that does not', () => {
    const lazy = { get signal(): AbortSignal { throw new Error('read') } }
    expect(asyncStrategy().execute(inline(() => 'done'), 1, lazy)).toBe('done')
  })

  it('gives a promise for an asynchronous handler, also for a foreign thenable', async () => {
    const strategy = asyncStrategy()
    const thenable = { then: (resolve: (value: string) => void) => { resolve('foreign') } }
    expect(await strategy.execute(inline(() => Promise.resolve('own')), 1, abort())).toBe('own')
    const pending = strategy.execute(inline(() => thenable), 1, abort())
    expect(pending).toBeInstanceOf(Promise)
    expect(await pending).toBe('foreign')
    await expect(strategy.execute(inline(() => Promise.reject(new Error('no'))), 1, abort())).rejects.toThrow('no')
    expect(strategy.metrics()).toMatchObject({ total: 3, failed: 1, active: 0 })
  })

  it('hands the abort signal to the handler', () => {
    const given = abort()
    expect(asyncStrategy().execute(inline((_: never, { signal }) => signal), 1, given)).toBe(given.signal)
  })
})

describe('a full strategy', () => {
  it('begins no more than its concurrency and takes the rest in the order of arrival', async () => {
    const strategy = asyncStrategy({ concurrency: 2 })
    const { handler, begun, open } = gate()
    const results = [1, 2, 3, 4, 5].map((n) => strategy.execute(handler, n, abort()))
    expect(begun).toEqual([1, 2])
    expect(strategy.metrics()).toMatchObject({ active: 2, queueDepth: 3 })
    open.get(2)!.resolve('b')
    await results[1]
    expect(begun).toEqual([1, 2, 3])
    open.get(1)!.reject(new Error('a'))
    await expect(results[0]).rejects.toThrow('a')
    expect(begun).toEqual([1, 2, 3, 4])
    for (const n of [3, 4]) open.get(n)!.resolve(n)
    expect(await Promise.all([results[2], results[3]])).toEqual([3, 4])
    open.get(5)!.resolve(5)
    expect(await results[4]).toBe(5)
    expect(strategy.metrics()).toEqual({ total: 5, failed: 1, active: 0, queueDepth: 0 })
  })

  it('does not let a newcomer pass those who wait, and settles synchronous handlers in order', async () => {
    const strategy = asyncStrategy({ concurrency: 1 })
    const { handler, open } = gate()
    const order: number[] = []
    const first = strategy.execute(handler, 0, abort())
    const waiting = Array.from({ length: 5000 }, (_, n) => strategy.execute(inline(() => order.push(n)), n, abort()))
    const failing = strategy.execute(inline(() => { throw new Error('no') }), 0, abort()) as Promise<unknown>
    const refused = expect(failing).rejects.toThrow('no')
    open.get(0)!.resolve(0)
    await Promise.all([first, ...waiting])
    await refused
    expect(order).toEqual(Array.from({ length: 5000 }, (_, n) => n))
    expect(strategy.metrics()).toMatchObject({ active: 0, queueDepth: 0, total: 5002, failed: 1 })
  })

  it('drops what is aborted while it waits, and never begins it', async () => {
    const strategy = asyncStrategy({ concurrency: 1 })
    const { handler, begun, open } = gate()
    const controller = new AbortController()
    const first = strategy.execute(handler, 1, abort())
    const second = strategy.execute(handler, 2, controller) as Promise<unknown>
    const third = strategy.execute(handler, 3, abort())
    controller.abort(new AbortedError('cancelled'))
    await expect(second).rejects.toThrow('cancelled')
    await expect(strategy.execute(handler, 4, controller)).rejects.toThrow('cancelled')
    expect(strategy.metrics().queueDepth).toBe(1)
    open.get(1)!.resolve(1)
    await first
    open.get(3)!.resolve(3)
    expect(await third).toBe(3)
    expect(begun).toEqual([1, 3])
  })

  it('refuses a concurrency under one', () => {
    expect(() => asyncStrategy({ concurrency: 0 })).toThrow(ConfigInvalidError)
    expect(() => asyncStrategy({ concurrency: Number.NaN })).toThrow(ConfigInvalidError)
  })
})

describe('a handler named by module', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wumbo-handlers-'))
  const file = join(folder, 'handlers.mjs')
  writeFileSync(file, 'export const calls = []\nexport function double(n, { signal }) { calls.push(n); return signal.aborted ? 0 : n * 2 }\n')
  afterEach(() => rmSync(join(folder, 'broken.mjs'), { force: true }))

  it('is loaded once, by path or file URL, and then answers without a promise', async () => {
    const loads: string[] = []
    const strategy = asyncStrategy({ load: (specifier) => (loads.push(specifier), import(specifier)) })
    const byPath: Handler = { kind: 'module', name: 'double', module: file, export: 'double' }
    const byUrl: Handler = { ...byPath, module: pathToFileURL(file).href }
    expect(await strategy.execute(byPath, 2, abort())).toBe(4)
    expect(strategy.execute(byPath, 3, abort())).toBe(6)
    expect(await strategy.execute(byUrl, 4, abort())).toBe(8)
    expect(loads).toEqual([pathToFileURL(file).href, pathToFileURL(file).href])
  })

  it('says which module is missing or broken, which export is missing, and which there are', async () => {
    const strategy = asyncStrategy()
    const handler: Handler = { kind: 'module', name: 'double', module: join(folder, 'nowhere.mjs'), export: 'double' }
    await expect(strategy.execute(handler, 1, abort())).rejects.toThrow(DefinitionError)
    await expect(strategy.execute({ ...handler, module: file, export: 'triple' }, 1, abort())).rejects.toMatchObject({
      code: 'DEFINITION_INVALID', message: expect.stringContaining('to export a function named "triple", got no such export'), remedy: expect.stringContaining('double'),
    })
    await expect(strategy.execute({ ...handler, module: file, export: 'calls' }, 1, abort())).rejects.toThrow('got one of type object')
    await expect(strategy.execute({ ...handler, module: file, export: 'toString' }, 1, abort())).rejects.toThrow(DefinitionError)
    writeFileSync(join(folder, 'broken.mjs'), 'throw new Error("at load")')
    await expect(strategy.execute({ ...handler, module: join(folder, 'broken.mjs') }, 1, abort())).rejects.toMatchObject({ cause: { message: 'at load' } })
    expect(strategy.metrics()).toMatchObject({ total: 5, failed: 5, active: 0 })
  })
})

describe('shutdown', () => {
  it('refuses new work and what waits, and ends when what runs has ended', async () => {
    const clock = manualClock()
    const strategy = asyncStrategy({ concurrency: 1, clock })
    const { handler, begun, open } = gate()
    const running = strategy.execute(handler, 1, abort())
    const waiting = expect(strategy.execute(handler, 2, abort())).rejects.toThrow(AbortedError)
    const closing = strategy.shutdown(500)
    expect(clock.due).toEqual([500])
    await waiting
    expect(() => strategy.execute(handler, 3, abort())).toThrow(/the process is stopping/)
    open.get(1)!.resolve('done')
    expect(await running).toBe('done')
    expect(await closing).toBe(0)
    expect(await strategy.shutdown(0)).toBe(0)
    expect(begun).toEqual([1])
  })

  it('gives up at the deadline and says how many still run', async () => {
    const clock = manualClock()
    const strategy = asyncStrategy({ clock })
    const { handler, open } = gate()
    const running = [1, 2, 3].map((n) => strategy.execute(handler, n, abort()))
    const closing = strategy.shutdown(10)
    open.get(1)!.resolve(1)
    await running[0]
    clock.fire()
    expect(await closing).toBe(2)
  })
})

describe('the sync strategy', () => {
  it('runs at once, without a bound', () => {
    const strategy = syncStrategy()
    const { handler, begun } = gate()
    for (let n = 0; n < 3000; n++) void strategy.execute(handler, n, abort())
    expect(begun.length).toBe(3000)
    expect(strategy.execute(inline(() => 1), 0, abort())).toBe(1)
    expect(strategy).toMatchObject({ name: 'sync' })
    expect(strategy.metrics()).toEqual({ total: 3001, failed: 0, active: 3000, queueDepth: 0 })
  })
})
