import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { AbortedError, DefinitionError, InputInvalidError, StepTimeoutError, TemplateFailedError } from '../errors.ts'
import { deferred } from '../shared/deferred.ts'
import { branch } from './compose-branch.ts'
import { mapEach } from './compose-map.ts'
import { parallel } from './compose-parallel.ts'
import { pipe } from './compose-pipe.ts'
import { named } from './composite.ts'
import { createContext } from './context.ts'
import type { MaybePromise, Template, TemplateContext } from './contract.ts'
import { defineTemplate } from './define.ts'
import { serviceToken, services } from './services.ts'

const Num = z.object({ n: z.number() })
interface Value { readonly n: number }
type Body = (value: Value, context: TemplateContext) => MaybePromise<Value>

const make = (name: string, execute: Body, more: { pure?: boolean; cleanup?: () => void } = {}): Template<Value, Value> =>
  defineTemplate({ name, version: '1.0.0', description: 'A test.', input: Num, output: Num, execute, ...more })
const add = (k: number, more: { pure?: boolean } = {}) => make(`add-${k}`, ({ n }) => ({ n: n + k }), more)
const late = (k: number) => make(`late-${Math.abs(k)}`, async ({ n }) => Promise.resolve({ n: n + k }))
const failing = (message: string) => make('failing', () => { throw new Error(message) })
const hanging = make('hanging', async () => new Promise<never>(() => undefined))

describe('pipe', () => {
  test('hands each output to the next, without a promise as long as all are synchronous', async () => {
    expect(pipe(add(1), add(2), add(3)).invoke({ n: 0 }, createContext())).toEqual({ n: 6 })
    expect(await pipe(add(1), late(2), add(3))({ n: 0 })).toEqual({ n: 6 })
  })

  test('gives what its children give one after the other, whichever are asynchronous', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.boolean()), { minLength: 1, maxLength: 8 }), async (children) => {
        const [first, ...rest] = children.map(([k, asynchronous]) => (asynchronous ? late(k) : add(k)))
        if (first === undefined) return
        const sum = children.reduce((total, [k]) => total + k, 0)
        expect(await pipe(first, ...rest)({ n: 0 })).toEqual({ n: sum })
      }),
    )
  })

  test('publishes the input of the first and the output of the last', () => {
    const whole = pipe(defineTemplate({ name: 'parse', version: '1.0.0', description: 'P.', input: z.string(), output: Num, execute: (text) => ({ n: Number(text) }) }), add(1))
    expect(whole.schemas).toEqual({ input: { type: 'string' }, output: add(1).schemas.output, config: null })
    expect(whole.meta).toMatchObject({ name: 'pipe.parse.add-1', kind: 'composition', description: 'parse, then add-1.' })
  })

  test('is pure when all children are', () => {
    expect(pipe(add(1, { pure: true }), add(2, { pure: true })).level).toBe('pure')
    expect(pipe(add(1, { pure: true }), add(2)).level).toBe('effect')
  })

  test('has another version when a child has', () => {
    const version = (v: string) => pipe(defineTemplate({ name: 'a', version: v, description: 'A.', input: Num, output: Num, execute: (value) => value })).meta.version
    expect(version('1.0.0')).toBe(version('1.0.0'))
    expect(version('1.0.0')).not.toBe(version('1.0.1'))
  })

  test('checks the input of each child', async () => {
    const small = defineTemplate({ name: 'small', version: '1.0.0', description: 'S.', input: z.object({ n: z.number().max(3) }), output: Num, execute: (value) => value })
    await expect(pipe(add(5), small)({ n: 0 })).rejects.toThrow(/^small@1\.0\.0 refused its input: input\.n/)
  })

  test('hands the context of its caller to the children, each with a place of its own', async () => {
    const Name = serviceToken<string>('name')
    const seen: unknown[] = []
    const look = make('look', (value, context) => {
      seen.push([context.services.get(Name), context.idempotencyKey, context.state])
      context.progress(0.5)
      return value
    })
    const onProgress = vi.fn()
    const context = createContext({ idempotencyKey: 'k', services: services().provide(Name, 'ada'), onProgress })
    await pipe(look, look)({ n: 1 }, { context })
    expect(seen).toEqual([['ada', 'k/look', 'executing'], ['ada', 'k/look#2', 'executing']])
    expect(onProgress.mock.calls.map(([fraction]) => fraction as number)).toEqual([0.25, 0.75])
  })

  test('starts no child after an abort', async () => {
    const gate = deferred<Value>()
    const after = vi.fn((value: Value) => value)
    const controller = new AbortController()
    const whole = pipe(make('slow', async () => gate.promise), make('after', after))
    const running = whole({ n: 1 }, { signal: controller.signal })
    controller.abort(new StepTimeoutError('too long'))
    gate.resolve({ n: 1 })
    await expect(running).rejects.toThrow(StepTimeoutError)
    await Promise.resolve()
    expect(after).not.toHaveBeenCalled()
  })

  test('starts no child after a timeout of the engine, whose children do not end with it', async () => {
    const gate = deferred<Value>()
    const after = vi.fn((value: Value) => value)
    const controller = new AbortController()
    const engine = createContext()
    const foreign: TemplateContext = {
      executionId: 'e', state: 'created', signal: controller.signal, log: engine.log, services: engine.services, attempt: 1,
      idempotencyKey: 'k', run: { id: 'r', path: 'p' }, progress: () => undefined, heartbeat: () => undefined, now: () => 0,
    }
    const running = Promise.resolve(pipe(make('slow', async () => gate.promise), make('after', after)).invoke({ n: 1 }, foreign))
    controller.abort(new StepTimeoutError('too long'))
    gate.resolve({ n: 1 })
    await expect(running).rejects.toThrow(StepTimeoutError)
    expect(after).not.toHaveBeenCalled()
  })

  test('runs the cleanup of the child that failed', async () => {
    const cleanup = vi.fn()
    await expect(pipe(add(1), make('bad', () => { throw new Error('no') }, { cleanup }))({ n: 1 })).rejects.toThrow('bad@1.0.0 failed: no')
    expect(cleanup).toHaveBeenCalledOnce()
  })

  test('an aborted composition ends when its children have cleaned up', async () => {
    const gate = deferred<undefined>()
    const order: string[] = []
    let started = deferred<undefined>()
    const child = defineTemplate({
      name: 'child', version: '1.0.0', description: 'C.', input: Num, output: Num,
      execute: async () => {
        started.resolve(undefined)
        return new Promise<never>(() => undefined)
      },
      cleanup: async () => gate.promise.then(() => void order.push('cleaned')),
    })
    for (const whole of [pipe(add(1), child), parallel({ a: child, b: child }, { merge: 'first' }), branch(async () => Promise.resolve(true), child, child)]) {
      order.length = 0
      started = deferred<undefined>()
      const context = createContext()
      const running = whole({ n: 1 }, { context }).catch(() => order.push('ended'))
      await started.promise
      context.abort(new StepTimeoutError('too long'))
      gate.resolve(undefined)
      await running
      expect(order.at(-1)).toBe('ended')
      expect(order).toContain('cleaned')
    }
  })

  test('refuses what can never fit', () => {
    const text = defineTemplate({ name: 'text', version: '1.0.0', description: 'T.', input: z.object({ text: z.string() }), output: Num, execute: () => ({ n: 1 }) })
    expect(() => pipe(add(1), text as never)).toThrow('pipe: text@1.0.0 cannot take what add-1@1.0.0 gives: text: expected a property that is required, got no such property')
    expect(() => (pipe as () => unknown)()).toThrow(DefinitionError)
  })

  test('can be named for the registry, with defaults of its own', async () => {
    const whole = named(pipe(add(1), add(2)), { name: 'sum', version: '2.0.0', description: 'Sums.', retry: { maxAttempts: 3 } })
    expect(whole.meta).toEqual({ name: 'sum', version: '2.0.0', description: 'Sums.' })
    expect(whole.defaults).toEqual({ retry: { maxAttempts: 3 } })
    expect(await whole({ n: 0 })).toEqual({ n: 3 })
    expect(() => named(add(1), { name: 'Sum', version: '1.0.0', description: 'S.' })).toThrow(DefinitionError)
    expect(() => named(add(1), { name: 'sum', version: '1.0.0', description: 'S.', retries: 3 } as never)).toThrow('retries: there is no such key')
  })
})

describe('parallel', () => {
  test('gives all outputs by name', async () => {
    const both = parallel({ one: add(1), two: late(2) })
    expect(await both({ n: 0 })).toEqual({ one: { n: 1 }, two: { n: 2 } })
    expect(both.schemas.output).toMatchObject({ type: 'object', required: ['one', 'two'], additionalProperties: false })
    expect(parallel({ one: add(1), two: add(2) }).invoke([{ n: 0 }, { n: 0 }], createContext())).toEqual({ one: { n: 1 }, two: { n: 2 } })
  })

  test('an input that one refuses leaves no check of another unattended', async () => {
    const later = defineTemplate({ name: 'later', version: '1.0.0', description: 'L.', input: Num.refine(async () => Promise.reject(new Error('gone'))), output: Num, execute: (value) => value })
    const strict = defineTemplate({ name: 'strict', version: '1.0.0', description: 'S.', input: z.object({ n: z.number().max(1) }), output: Num, execute: (value) => value })
    await expect(parallel({ later, strict })({ n: 2 })).rejects.toThrow('strict@1.0.0 refused its input')
  })

  test('a failure aborts the others, and is thrown once all have ended', async () => {
    const ended: string[] = []
    const slow = make('slow', async (_value, { signal }) => new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))), { cleanup: () => void ended.push('slow') })
    await expect(parallel({ slow, bad: make('bad', async () => Promise.reject(new Error('no'))) })({ n: 0 })).rejects.toThrow('bad@1.0.0 failed: no')
    expect(ended).toEqual(['slow'])
  })

  test('ends with its failure even where another does not heed the abort', async () => {
    await expect(parallel({ hanging, bad: make('bad', async () => Promise.reject(new Error('no'))) })({ n: 0 })).rejects.toThrow('bad@1.0.0 failed: no')
  })

  test('first gives the first success and aborts the others', async () => {
    const race = parallel({ bad: failing('no'), hanging, good: late(1) }, { merge: 'first' })
    expect(await race({ n: 0 })).toEqual({ n: 1 })
    expect(parallel({ a: add(1, { pure: true }) }, { merge: 'first' }).level).toBe('effect')
  })

  test('first fails when all have failed, and tells each failure', async () => {
    const race = parallel({ a: failing('no'), b: failing('never') }, { merge: 'first' })
    const error = await race({ n: 0 }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TemplateFailedError)
    expect(error).toMatchObject({ message: 'all 2 templates of the parallel failed: a: failing@1.0.0 failed: no; b: failing@1.0.0 failed: never', details: { failures: [{ template: 'a' }, { template: 'b' }] } })
  })

  test('first fails with the abort when it is aborted', async () => {
    const controller = new AbortController()
    const running = parallel({ hanging, other: hanging }, { merge: 'first' })({ n: 0 }, { signal: controller.signal })
    controller.abort(new AbortedError('enough'))
    await expect(running).rejects.toThrow('enough')
  })

  test('weighted-average weighs numbers', async () => {
    const size = (name: string, k: number) => defineTemplate({ name, version: '1.0.0', description: 'S.', input: Num, output: z.number(), execute: ({ n }) => n * k })
    const mean = parallel({ a: size('a', 1), b: size('b', 4) }, { merge: 'weighted-average', weights: { a: 2, b: 1 } })
    expect(await mean({ n: 3 })).toBe(6)
    expect(mean.schemas.output).toEqual({ type: 'number' })
    expect(() => parallel({ a: size('a', 1) }, { merge: 'weighted-average', weights: { a: 0 } })).toThrow('expected at least one above 0')
    expect(() => parallel({ a: size('a', 1) }, { merge: 'weighted-average', weights: { a: 1, c: 1 } as never })).toThrow('weights.c: there is no template of this name')
  })

  test('a function merges, and its result is checked', async () => {
    const both = { one: add(1), two: late(2) }
    expect(await parallel(both, { merge: ({ one, two }) => ({ n: one.n * two.n }), output: Num })({ n: 1 })).toEqual({ n: 6 })
    expect(await parallel(both, { merge: async ({ one }) => Promise.resolve(one), output: Num })({ n: 1 })).toEqual({ n: 2 })
    await expect(parallel(both, { merge: () => ({ n: 'x' }) as never, output: Num })({ n: 1 })).rejects.toThrow('parallel refused its output')
    expect(() => parallel(both, { merge: 'median' } as never)).toThrow('merge: expected "all"')
    expect(() => parallel({})).toThrow(DefinitionError)
  })
})

describe('branch', () => {
  const follow = branch(({ n }: Value) => n > 0, add(100), late(-100))

  test('runs the one that the condition chooses', async () => {
    expect(await follow({ n: 1 })).toEqual({ n: 101 })
    expect(await follow({ n: 0 })).toEqual({ n: -100 })
    expect(await branch(async () => Promise.resolve(true), add(1), add(2))({ n: 0 })).toEqual({ n: 1 })
    expect(follow.schemas.output).toHaveProperty('anyOf')
  })

  test('checks the input by the chosen one only', async () => {
    const big = defineTemplate({ name: 'big', version: '1.0.0', description: 'B.', input: z.object({ n: z.number().min(10) }), output: Num, execute: (value) => value })
    const either = branch(({ n }) => n >= 10, big, add(0))
    expect(await either({ n: 3 })).toEqual({ n: 3 })
    await expect(branch(() => true, big, add(0))({ n: 3 })).rejects.toThrow(InputInvalidError)
  })

  test('a condition that throws, or gives no boolean, fails the branch', async () => {
    await expect(branch(() => { throw new Error('no') }, add(1), add(2))({ n: 0 })).rejects.toThrow(TemplateFailedError)
    await expect(branch(() => 1 as never, add(1), add(2))({ n: 0 })).rejects.toThrow('the condition gave 1, not true or false')
  })
})

describe('mapEach', () => {
  const list = (length: number): Value[] => Array.from({ length }, (_, n) => ({ n }))

  test('gives the outputs in the order of the items, without a promise where none is needed', async () => {
    expect(mapEach(add(1)).invoke(list(3), createContext())).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(await mapEach(late(1))(list(25))).toEqual(list(25).map(({ n }) => ({ n: n + 1 })))
    expect(await mapEach(add(1))([])).toEqual([])
    expect(mapEach(add(1)).schemas.input).toEqual({ type: 'array', items: add(1).schemas.input })
  })

  test('works on at most as many at a time as it may, and on as many as it may', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 12 }), async (concurrency, count) => {
        let active = 0
        let most = 0
        const busy = make('busy', async (value) => {
          most = Math.max(most, ++active)
          await Promise.resolve()
          active--
          return value
        })
        expect(await mapEach(busy, { concurrency })(list(count))).toHaveLength(count)
        expect(most).toBe(Math.min(concurrency, count))
      }),
    )
  })

  test('names the item whose input is refused', async () => {
    const error = await mapEach(add(1))([{ n: 1 }, { n: 'x' } as never]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(InputInvalidError)
    expect(error).toMatchObject({ path: 'input[1].n' })
    await expect(mapEach(add(1))(7 as never)).rejects.toThrow('expected a list, got 7')
  })

  test('names the item that failed, starts no further one, and ends the others', async () => {
    const started: number[] = []
    const cleanup = vi.fn()
    const third = make('third', async ({ n }) => {
      started.push(n)
      if (n === 2) throw new Error('no')
      return new Promise<never>(() => undefined)
    }, { cleanup })
    const error = await mapEach(third, { concurrency: 3 })(list(10)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TEMPLATE_FAILED', path: '[2]', message: 'item [2]: third@1.0.0 failed: no', details: { index: 2 } })
    expect(started).toEqual([0, 1, 2])
    expect(cleanup).toHaveBeenCalledTimes(3)
  })

  test('tells the progress of the list', async () => {
    const onProgress = vi.fn()
    await mapEach(late(1), { concurrency: 1 })(list(4), { context: createContext({ onProgress }) })
    expect(onProgress.mock.calls.map(([fraction]) => fraction as number)).toEqual([0.25, 0.5, 0.75, 1])
  })

  test('gives each item an idempotency key of its own', async () => {
    const keys: (string | undefined)[] = []
    await mapEach(make('look', (value, { idempotencyKey }) => { keys.push(idempotencyKey); return value }))(list(2), { context: createContext({ idempotencyKey: 'k' }) })
    expect(keys).toEqual(['k/[0]', 'k/[1]'])
  })

  test('refuses a wrong concurrency', () => {
    expect(() => mapEach(add(1), { concurrency: 0 })).toThrow('concurrency: expected a whole number from 1, got 0')
  })
})
