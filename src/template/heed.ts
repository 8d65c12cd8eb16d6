// Waiting that ends with an abort: for executions whose caller, or whose cleanup, waits for that.
import type { TemplateContext } from './contract.ts'
import { isOwn } from './derived-context.ts'

/** True when the execution is to end with an abort, whatever its hooks do. */
export function heeds(context: TemplateContext): boolean {
  return isOwn(context) && context.heeds
}

/** What `pending` gives, or the reason of the abort when that comes first. */
export function untilAborted<T>(pending: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    const settle = (): void => signal.removeEventListener('abort', stop)
    pending.then(
      (value) => {
        settle()
        resolve(value)
      },
      (thrown: unknown) => {
        settle()
        reject(thrown)
      },
    )
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** Waits so many milliseconds; an abort ends the wait with its reason, and leaves no timer behind. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return untilAborted(waited, signal).finally(() => clearTimeout(timer))
}
