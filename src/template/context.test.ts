import { describe, expect, test, vi } from 'vitest'
import { createContext } from './context.ts'
import { childContext, enrich } from './derived-context.ts'
import { serviceToken, services } from './services.ts'

const Mailer = serviceToken<{ readonly name: string }>('mailer')

describe('a context', () => {
  test('has defaults for everything', () => {
    const context = createContext()
    expect(context).toMatchObject({ state: 'created', attempt: 1, run: undefined, recovered: false })
    expect(context.idempotencyKey).toBeUndefined()
    expect(context.executionId).toMatch(/^[0-9a-f-]{36}$/)
    expect(context.executionId).toBe(context.executionId)
    expect(context.services.has(Mailer)).toBe(false)
    expect(context.signal.aborted).toBe(false)
  })

  test('makes no abort controller before its signal is read', () => {
    const made = vi.spyOn(globalThis, 'AbortController')
    const context = createContext()
    expect(made).not.toHaveBeenCalled()
    expect(context.signal).toBe(context.signal)
    expect(made).toHaveBeenCalledTimes(1)
  })

  test('aborts by itself and with the signal it was given, also before its own is read', () => {
    const controller = new AbortController()
    const context = createContext({ signal: controller.signal })
    controller.abort('outer')
    expect(context.signal.reason).toBe('outer')
    const other = createContext()
    other.abort('inner')
    expect(other.signal.reason).toBe('inner')
  })

  test('tells time by the clock it is given', () => {
    const clock = { now: () => 17, monotonic: () => 4, timer: () => () => undefined, defer: () => undefined }
    expect(createContext({ clock }).now()).toBe(17)
    expect(childContext(createContext({ clock }), { label: 'a' }).monotonic()).toBe(4)
  })

  test('keeps progress between 0 and 1', () => {
    const onProgress = vi.fn()
    createContext({ onProgress }).progress(1.5, 'done')
    expect(onProgress).toHaveBeenCalledWith(1, 'done')
  })
})

describe('a child context', () => {
  test('hands on log, services, signal and attempt, with a state and ids of its own', () => {
    const parent = createContext({ executionId: 'e', idempotencyKey: 'k', attempt: 3, services: services().provide(Mailer, { name: 'smtp' }) })
    parent.state = 'executing'
    const child = childContext(parent, { label: 'charge' })
    expect(child).toMatchObject({ state: 'created', executionId: 'e/charge', idempotencyKey: 'k/charge', attempt: 3 })
    expect(child.services.get(Mailer).name).toBe('smtp')
    expect(child.signal).toBe(parent.signal)
    expect(child.log).toBe(parent.log)
  })

  test('reports its progress as its part of that of its caller', () => {
    const onProgress = vi.fn()
    const child = childContext(createContext({ onProgress }), { label: 'a', span: [0.5, 0.75] })
    child.progress(0.5, 'half')
    expect(onProgress).toHaveBeenCalledWith(0.625, 'half')
  })

  test('only shows that the work goes on where its caller tells the progress', () => {
    const [onProgress, onHeartbeat] = [vi.fn(), vi.fn()]
    childContext(createContext({ onProgress, onHeartbeat }), { label: 'a', silent: true }).progress(0.5)
    expect(onProgress).not.toHaveBeenCalled()
    expect(onHeartbeat).toHaveBeenCalledOnce()
  })
})

describe('enrichment', () => {
  test('adds fields that children see too, and keeps the execution', () => {
    const context = createContext({ executionId: 'e' })
    const enriched = context.with({ tenant: 'acme' }).with({ depth: 2 })
    expect(enriched).toMatchObject({ tenant: 'acme', depth: 2, executionId: 'e' })
    enriched.state = 'executing'
    expect(context.state).toBe('executing')
    expect(childContext(enriched, { label: 'a' })).toMatchObject({ tenant: 'acme', depth: 2, state: 'created' })
  })

  test('refuses a field of the context itself', () => {
    const [signal, state]: object[] = [{ signal: 1 }, { state: 1 }]
    expect(() => enrich(createContext(), signal ?? {})).toThrow('"signal" is a field of the context itself')
    expect(() => enrich(createContext(), state ?? {})).toThrow('"state" is a field of the context itself')
  })
})
