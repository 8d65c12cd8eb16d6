// Observers, middlewares and bridges: who is told what, who may change what, and that the work's outcome survives them all.
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { DefinitionError, HttpFailedError } from '../../errors.ts'
import { defineTemplate } from '../define.ts'
import { decorate } from './decorate.ts'
import { withMiddleware } from './middleware.ts'
import { withBridge, withObserver } from './observe.ts'

const Input = z.object({ n: z.number() })
const fails = (): never => { throw new HttpFailedError('503') }
const quiet = () => {
  const error = vi.fn()
  return { error, options: { log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error } } }
}

function counting(execute: (n: number, calls: number) => number) {
  let calls = 0
  return defineTemplate({
    name: 'counting', version: '1.0.0', description: 'Counts.', input: Input, output: z.number(),
    execute: ({ n }, context) => {
      context.progress(0.5, 'half')
      return execute(n, ++calls)
    },
  })
}

describe('T8: observers', () => {
  test('are told of start, progress, retries and the end', async () => {
    const told: unknown[] = []
    const observer = {
      onStart: ({ input, template }: { input: { n: number }; template: string }) => told.push(['start', template, input.n]), onProgress: ({ fraction, message }: { fraction: number; message: string | undefined }) => told.push(['progress', fraction, message]),
      onRetry: ({ attempt, error }: { attempt: number; error: Error }) => told.push(['retry', attempt, error.message]), onComplete: ({ data, attempts }: { data: number; attempts: number }) => told.push(['complete', data, attempts]),
      onError: ({ error, attempts }: { error: { code: string }; attempts: number }) => told.push(['error', error.code, attempts]),
    }
    const watched = decorate(counting((n, calls) => (calls === 1 || n < 0 ? fails() : n)), { observe: observer, retry: { maxAttempts: 2, initialDelay: 0 } })
    const { options } = quiet()
    expect(await watched.execute({ n: 7 }, options)).toMatchObject({ data: 7, attempts: 2 })
    expect(told).toEqual([['start', 'counting', 7], ['progress', 0.5, 'half'], ['retry', 1, '503'], ['progress', 0.5, 'half'], ['complete', 7, 2]])
    told.length = 0
    await expect(watched({ n: -1 }, options)).rejects.toBeInstanceOf(HttpFailedError)
    expect(told.at(-1)).toEqual(['error', 'HTTP_FAILED', 2])
  })

  test('cannot change the outcome: what they throw, now or later, is logged', async () => {
    const { error, options } = quiet()
    const rude = decorate(counting((n) => n), withObserver({ onStart: fails, onProgress: fails, onComplete: () => Promise.reject(new Error('later')) }))
    expect(await rude({ n: 3 }, options)).toBe(3)
    await vi.waitFor(() => expect(error).toHaveBeenCalledTimes(3))
    expect(() => withObserver({})).toThrow(DefinitionError)
  })

  test('a bridge starts another template beside it, with what its event says, and its failure changes nothing', async () => {
    const seen: number[] = []
    const other = defineTemplate({ name: 'other', version: '1.0.0', description: 'Notes.', input: z.object({ of: z.number() }), output: z.null(), execute: ({ of }) => {
      seen.push(of)
      if (of === 2) fails()
      return null
    } })
    const ended = vi.fn()
    const { options } = quiet()
    const bridged = decorate(counting((n) => n), withBridge<{ n: number }, number, { of: number }>({ to: other, input: ({ data, input }) => (data === 0 ? undefined : { of: (data ?? 0) + input.n }), ended }))
    expect(await Promise.all([bridged({ n: 0 }, options), bridged({ n: 1 }, options), bridged({ n: 4 }, options)])).toEqual([0, 1, 4])
    await vi.waitFor(() => expect(ended).toHaveBeenCalledTimes(2))
    expect(seen).toEqual([2, 8])
    expect(ended.mock.calls.map(([outcome]) => (outcome as { error: { code: string } | null }).error?.code ?? null).sort()).toEqual(['HTTP_FAILED', null].sort())
  })
})

describe('A10: middlewares', () => {
  test('before in their order, after and onError in the reverse one; they may change what goes in and comes out', async () => {
    const order: string[] = []
    const part = (name: string) => ({
      name, before: ({ n }: { n: number }) => (order.push(`before ${name}`), { n: n + 1 }), after: (output: number) => (order.push(`after ${name}`), output * 10), onError: () => void order.push(`error ${name}`),
    })
    const between = decorate(counting((n) => (n > 100 ? fails() : n)), { middleware: [part('a'), part('b')] })
    expect(await between({ n: 1 })).toBe(300)
    expect(order).toEqual(['before a', 'before b', 'after b', 'after a'])
    order.length = 0
    await expect(between({ n: 200 }, quiet().options)).rejects.toBeInstanceOf(HttpFailedError)
    expect(order).toEqual(['before a', 'before b', 'error b', 'error a'])
    expect(await decorate(counting(fails), withMiddleware({ onError: async (error: { code: string }) => Promise.resolve(error.code.length) }))({ n: 1 }, quiet().options)).toBe(11)
  })

  test('a throw before refuses; a throw after the work never turns success into failure, nor one failure into another', async () => {
    const { error, options } = quiet()
    const calls: number[] = []
    const work = counting((n) => (calls.push(n), n < 0 ? fails() : n))
    await expect(decorate(work, { middleware: { before: () => { throw new RangeError('not today') } } })({ n: 1 }, options)).rejects.toMatchObject({ cause: { message: 'not today' } })
    expect(calls).toEqual([])
    const rude = decorate(work, { middleware: { name: 'rude', after: fails, onError: () => Promise.reject(new Error('other')) } })
    expect(await rude({ n: 5 }, options)).toBe(5)
    await expect(rude({ n: -1 }, options)).rejects.toBeInstanceOf(HttpFailedError)
    expect(error.mock.calls.map(([message]) => message as string)).toEqual(['rude: after threw; the outcome stays as it is', 'rude: onError threw; the outcome stays as it is'])
    for (const wrong of [() => withMiddleware(), () => withMiddleware({ befor: fails } as never), () => withMiddleware({ after: 7 } as never)]) expect(wrong).toThrow(DefinitionError)
  })
})
