import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { AbortedError, IllegalTransitionError, OutputInvalidError, StepTimeoutError, TemplateFailedError } from '../errors.ts'
import { deferred } from '../shared/deferred.ts'
import { createContext } from './context.ts'
import type { ExecutionState, Logger, TemplateContext, TemplateHooks } from './contract.ts'
import { defineTemplate } from './define.ts'

interface Value { n: number }
type Hooks = TemplateHooks<Value, Value, undefined>

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const Num = z.object({ n: z.number() })
const template = (hooks: Partial<Hooks>) => defineTemplate({ name: 'sum', version: '1.0.0', description: 'A sum.', input: Num, output: Num, execute: ({ n }) => ({ n }), ...hooks })

describe('the order', () => {
  test('validate, preprocess, execute, postprocess, package, cleanup; each sees its state', async () => {
    const seen: string[] = []
    const note = (hook: string) => (value: Value, context: TemplateContext): Value => {
      seen.push(`${hook} ${value.n} ${context.state}`)
      return { n: value.n + 1 }
    }
    const sum = template({
      validate: (value, context) => void note('validate')(value, context),
      preprocess: note('preprocess'), execute: note('execute'), postprocess: note('postprocess'), package: note('package'),
      cleanup: (context) => void seen.push(`cleanup ${context.state}`),
    })
    expect(await sum({ n: 0 })).toEqual({ n: 4 })
    expect(seen).toEqual(['validate 0 validating', 'preprocess 0 preprocessing', 'execute 1 executing', 'postprocess 2 postprocessing', 'package 3 packaging', 'cleanup succeeded'])
  })

  test('is the same whichever hooks are asynchronous', async () => {
    const names = ['validate', 'preprocess', 'execute', 'postprocess', 'package', 'cleanup'] as const
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length }), async (asynchronous) => {
        const order: string[] = []
        const hooks = Object.fromEntries(names.map((name, at) => [name, (value: Value) => {
          order.push(name)
          const result = name === 'validate' || name === 'cleanup' ? undefined : { n: value.n + 1 }
          return asynchronous[at] === true ? Promise.resolve(result) : result
        }])) as unknown as Hooks
        const given = template(hooks).invoke({ n: 0 }, createContext())
        const waits = asynchronous.includes(true)
        expect(given instanceof Promise).toBe(waits)
        expect(await given).toEqual({ n: 4 })
        expect(order).toEqual(names)
      }),
    )
  })

  test('hooks are methods of their definition', async () => {
    const definition = {
      name: 'self', version: '1.0.0', description: 'Itself.', input: Num, output: Num,
      execute({ n }: Value): Value {
        return { n: n + (this as { readonly version: string }).version.length }
      },
    }
    expect(await defineTemplate(definition)({ n: 1 })).toEqual({ n: 6 })
  })
})

describe('failures', () => {
  test.each(['validate', 'preprocess', 'execute', 'postprocess', 'package'] as const)('a throw of %s fails the execution', async (hook) => {
    const context = createContext()
    const failing = template({ [hook]: () => { throw new Error('no') } })
    await expect(failing({ n: 1 }, { context })).rejects.toThrow(new TemplateFailedError('sum@1.0.0 failed: no'))
    expect(context.state).toBe('failed')
  })

  test('an output that the schema refuses fails the execution, and may be recovered', async () => {
    const wrong = { execute: () => ({ n: 'x' }) as unknown as Value }
    await expect(template(wrong)({ n: 1 })).rejects.toThrow(OutputInvalidError)
    expect(await template({ ...wrong, recover: () => ({ n: 0 }) })({ n: 1 })).toEqual({ n: 0 })
  })
})

describe('recover', () => {
  const broken = { execute: (): Value => { throw new Error('no') } }

  test('sees the failure and the input, in a state of its own', async () => {
    const context = createContext()
    const states: ExecutionState[] = []
    const sum = template({ ...broken, recover: (error, input, given) => { states.push(given.state); return { n: error.message.length + input.n } } })
    expect(await sum({ n: 1 }, { context })).toEqual({ n: 'sum@1.0.0 failed: no'.length + 1 })
    expect(states).toEqual(['recovering'])
    expect(context.recovered).toBe(true)
    expect(context.state).toBe('succeeded')
  })

  test('lets the failure stand by giving nothing, now or later', async () => {
    await expect(template({ ...broken, recover: () => undefined })({ n: 1 })).rejects.toThrow('failed: no')
    await expect(template({ ...broken, recover: async () => Promise.resolve(undefined) })({ n: 1 })).rejects.toThrow('failed: no')
  })

  test('may put another failure in its place', async () => {
    await expect(template({ ...broken, recover: () => { throw new Error('worse') } })({ n: 1 })).rejects.toThrow('failed: worse')
    await expect(template({ ...broken, recover: async () => Promise.reject(new Error('worse')) })({ n: 1 })).rejects.toThrow('failed: worse')
  })

  test('must keep to the output schema', async () => {
    await expect(template({ ...broken, recover: () => ({ n: 'x' }) as unknown as Value })({ n: 1 })).rejects.toThrow(OutputInvalidError)
  })

  test('is not asked for a defect of Wumbo itself', async () => {
    const recover = vi.fn(() => ({ n: 0 }))
    await expect(template({ execute: () => { throw new IllegalTransitionError('ours') }, recover })({ n: 1 })).rejects.toThrow('ours')
    expect(recover).not.toHaveBeenCalled()
  })

  test('is not asked after an abort', async () => {
    const recover = vi.fn(() => ({ n: 0 }))
    const controller = new AbortController()
    const sum = template({ execute: () => { controller.abort(); throw new Error('no') }, recover })
    await expect(sum({ n: 1 }, { signal: controller.signal })).rejects.toThrow(AbortedError)
    expect(recover).not.toHaveBeenCalled()
  })
})

/** The ways in which an execution may end, each with the state that cleanup must see. */
const ENDINGS: readonly { name: string; hooks: Partial<Hooks>; state: ExecutionState; abort?: boolean }[] = [
  { name: 'success', hooks: {}, state: 'succeeded' },
  { name: 'later success', hooks: { execute: async (value) => Promise.resolve(value) }, state: 'succeeded' },
  { name: 'a throw of validate', hooks: { validate: () => { throw new Error('no') } }, state: 'failed' },
  { name: 'a throw of execute', hooks: { execute: () => { throw new Error('no') } }, state: 'failed' },
  { name: 'a rejection of execute', hooks: { execute: async () => Promise.reject(new Error('no')) }, state: 'failed' },
  { name: 'a wrong output', hooks: { execute: () => ({ n: 'x' }) as unknown as Value }, state: 'failed' },
  { name: 'a recovery', hooks: { execute: () => { throw new Error('no') }, recover: () => ({ n: 0 }) }, state: 'succeeded' },
  { name: 'a later recovery', hooks: { execute: () => { throw new Error('no') }, recover: async () => Promise.resolve({ n: 0 }) }, state: 'succeeded' },
  { name: 'a recovery that gives nothing', hooks: { execute: () => { throw new Error('no') }, recover: () => undefined }, state: 'failed' },
  { name: 'a recovery that throws', hooks: { execute: () => { throw new Error('no') }, recover: () => { throw new Error('worse') } }, state: 'failed' },
  { name: 'an abort that execute heeds', hooks: { execute: async (_value, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))) }, state: 'aborted', abort: true },
  { name: 'an abort that execute does not heed', hooks: { execute: async () => new Promise<never>(() => undefined) }, state: 'aborted', abort: true },
  { name: 'an abort that recover does not heed', hooks: { execute: () => { throw new Error('no') }, recover: async () => new Promise<never>(() => undefined) }, state: 'aborted', abort: true },
]

/** Ends an execution in one of the ways and tells which states cleanup saw. */
async function cleanups(make: typeof template, ending: (typeof ENDINGS)[number], context = createContext({ log: silent })): Promise<ExecutionState[]> {
  const seen: ExecutionState[] = []
  const running = make({ ...ending.hooks, cleanup: (given) => void seen.push(given.state) })({ n: 1 }, { context })
  if (ending.abort === true) context.abort(new StepTimeoutError('too long'))
  await running.catch(() => undefined)
  return seen
}

describe('cleanup', () => {
  test.each(ENDINGS)('runs once after $name and sees how it ended', async (ending) => {
    expect(await cleanups(template, ending)).toEqual([ending.state])
  })

  test('the check above catches a lifecycle that forgets cleanup after a failure, or runs it twice', async () => {
    const forgetful: typeof template = (hooks) => {
      const { cleanup, execute, ...rest } = hooks
      return template({ ...rest, execute: async (value, context, config) => {
        const result = await (execute ?? ((given: Value) => given))(value, context, config)
        await cleanup?.({ ...context, state: 'succeeded' }, config)
        return result
      } })
    }
    const twice: typeof template = (hooks) => template({ ...hooks, cleanup: (context, config) => {
      void hooks.cleanup?.(context, config)
      void hooks.cleanup?.(context, config)
    } })
    const failing = ENDINGS.find(({ name }) => name === 'a throw of execute')
    if (failing === undefined) throw new Error('the ending is gone')
    expect(await cleanups(forgetful, failing)).not.toEqual(['failed'])
    expect(await cleanups(twice, failing)).not.toEqual(['failed'])
  })

  test('runs on a timeout of the engine too, whose context nobody here made', async () => {
    const controller = new AbortController()
    const seen: ExecutionState[] = []
    const foreign: TemplateContext = {
      executionId: 'e', state: 'created', signal: controller.signal, log: silent, services: { get: () => { throw new Error('none') }, has: () => false },
      attempt: 1, idempotencyKey: 'k', run: { id: 'r', path: 'p' }, progress: () => undefined, heartbeat: () => undefined, now: () => 0,
    }
    const hanging = template({ execute: async () => new Promise<never>(() => undefined), cleanup: ({ state }) => void seen.push(state) })
    const running = Promise.resolve(hanging.invoke({ n: 1 }, foreign))
    controller.abort(new StepTimeoutError('too long'))
    await expect(running).rejects.toThrow(StepTimeoutError)
    expect(seen).toEqual(['aborted'])
  })

  test('a throw is logged and changes no outcome', async () => {
    const error = vi.fn()
    const context = createContext({ log: { ...silent, error } })
    expect(await template({ cleanup: () => { throw new Error('lost') } })({ n: 1 }, { context })).toEqual({ n: 1 })
    expect(error).toHaveBeenCalledWith(expect.stringContaining('the cleanup of sum threw'), expect.anything())
    const later = createContext({ log: { ...silent, error } })
    expect(await template({ cleanup: async () => Promise.reject(new Error('lost')) })({ n: 1 }, { context: later })).toEqual({ n: 1 })
    expect(error).toHaveBeenCalledTimes(2)
  })

  test('is awaited before the result is given', async () => {
    const gate = deferred<undefined>()
    let done = false
    const sum = template({ cleanup: async () => gate.promise })({ n: 1 })
    void sum.then(() => (done = true))
    await Promise.resolve()
    expect(done).toBe(false)
    gate.resolve(undefined)
    expect(await sum).toEqual({ n: 1 })
  })
})

describe('an abort', () => {
  test('before the start runs no hook', async () => {
    const execute = vi.fn(({ n }: Value) => ({ n }))
    const cleanup = vi.fn()
    await expect(template({ execute, cleanup })({ n: 1 }, { signal: AbortSignal.abort('enough') })).rejects.toThrow('sum@1.0.0 was aborted: enough')
    expect(execute).not.toHaveBeenCalled()
    expect(cleanup).not.toHaveBeenCalled()
  })

  test('ends the wait for hooks that do not heed it, with the reason', async () => {
    const controller = new AbortController()
    const running = template({ execute: async () => new Promise<never>(() => undefined) })({ n: 1 }, { signal: controller.signal })
    const reason = new StepTimeoutError('too long')
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
  })

  test('starts no further hook when one that was given up comes back', async () => {
    const gate = deferred<Value>()
    const execute = vi.fn(({ n }: Value) => ({ n }))
    const context = createContext()
    const running = template({ preprocess: async () => gate.promise, execute, cleanup: () => undefined })({ n: 1 }, { context })
    context.abort(new StepTimeoutError('too long'))
    await expect(running).rejects.toThrow(StepTimeoutError)
    gate.resolve({ n: 2 })
    await gate.promise
    await Promise.resolve()
    expect(execute).not.toHaveBeenCalled()
  })
})

test('a context that is in use gives a context of its own to each further execution', async () => {
  const keys: (string | undefined)[] = []
  const inner = template({ execute: (value, context) => { keys.push(context.idempotencyKey); return value } })
  const outer = defineTemplate({
    name: 'outer', version: '1.0.0', description: 'Calls another.', input: Num, output: Num,
    execute: async (value, context) => {
      await inner(value, { context })
      expect(context.state).toBe('executing')
      return inner(value, { context })
    },
  })
  await outer({ n: 1 }, { context: createContext({ idempotencyKey: 'run.0.step' }) })
  expect(keys).toEqual(['run.0.step/sum', 'run.0.step/sum#2'])
})
