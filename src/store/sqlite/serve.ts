// The other end of `thread.ts`: answers calls, one at a time, in the order in which they come; only one that has to wait for something
// outside the database is answered later.
import type { MessagePort } from 'node:worker_threads'
import type { Calls } from './calls.ts'
import { failureToWire } from './failures.ts'
import type { Call, Reply } from './thread.ts'

/** What answers each call. What uses SQLite is synchronous: a thread that waits for it has nothing else to do. */
export type Handlers<Known extends Calls<Known>> = { readonly [Name in keyof Known]: (given: Known[Name]['in']) => Known[Name]['out'] | Promise<Known[Name]['out']> }

/** Answers the calls that come to `port`; `after` runs when the answer is on its way. */
export function serve<Known extends Calls<Known>>(port: MessagePort, handlers: Handlers<Known>, after: () => void = () => undefined): void {
  port.on('message', ({ id, name, given }: Call) => {
    const reply = answer(id, name, given)
    if (reply instanceof Promise) void reply.then((late) => port.postMessage(late))
    else port.postMessage(reply)
    after()
  })

  function answer(id: number, name: string, given: unknown): Reply | Promise<Reply> {
    try {
      if (!Object.hasOwn(handlers, name)) throw new Error(`the thread knows no call ${name}`)
      // The caller's types name the same calls with the same values: see Thread.call.
      const value: unknown = handlers[name as keyof Known](given)
      if (!(value instanceof Promise)) return { id, value }
      return value.then((late: unknown) => ({ id, value: late }), (thrown: unknown) => ({ id, error: failureToWire(thrown) }))
    } catch (thrown) {
      return { id, error: failureToWire(thrown) }
    }
  }
}
