// A store as one process sees it that may die: from then on none of its calls is answered. It counts the calls, so that a death can be
// put before or after each of them; what was called before the death is done.
import type { Store, StoreOp } from '../store/port.ts'

/** The life of the process that calls. */
export interface Mortality {
  isAlive(): boolean
  /** The call with this number, from 1, is about to be made. */
  before?(call: number, what: string): void
  /** It was made, and its answer is on its way. */
  after?(call: number, what: string): void
}

const NEVER = new Promise<never>(() => undefined)

/** The store for one process. */
export function mortalStore(store: Store, life: Mortality): Store {
  let calls = 0
  const wrap = <T extends object>(target: T, methods: readonly string[]): T =>
    new Proxy(target, {
      get: (inner, property) => {
        const value: unknown = Reflect.get(inner, property)
        if (typeof value !== 'function') return property === 'blobs' ? wrap(value as object, ['put', 'get']) : value
        const method = (value as (...args: unknown[]) => unknown).bind(inner)
        // What the dead would close is others' by now.
        if (property === 'close') return async (): Promise<unknown> => (life.isAlive() ? method() : NEVER)
        if (typeof property !== 'string' || !methods.includes(property)) return method
        return async (...args: unknown[]): Promise<unknown> => {
          if (!life.isAlive()) return NEVER
          const call = ++calls
          const what = property === 'flush' ? `flush of ${flushed(args[0] as readonly StoreOp[])}` : property
          life.before?.(call, what)
          if (!life.isAlive()) return NEVER
          let result: unknown
          try {
            result = await method(...args)
          } catch (thrown) {
            if (life.isAlive()) throw thrown
          }
          if (!life.isAlive()) return NEVER
          life.after?.(call, what)
          if (!life.isAlive()) return NEVER
          return property === 'openLane' ? wrap(result as object, ['flush']) : result
        }
      },
    })
  return wrap(store, ['openLane', 'load', 'mail', 'getRun', 'findKey', 'nextWake'])
}

/** What a flush writes, in words. */
function flushed(ops: readonly StoreOp[]): string {
  const words = ops.map((op) => (op.op === 'record' ? `record ${op.record.path}` : op.op === 'mark' ? `${op.mark.kind} mark ${op.mark.path}` : op.op))
  return words.length > 4 ? `${words.slice(0, 4).join(', ')} and ${words.length - 4} more` : words.join(', ')
}
