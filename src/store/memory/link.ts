// The way between a process and a memory store that many processes share. It is where a simulation loses messages, holds them back, or takes
// the store away; without one every message arrives in the next turn of the event loop.
import { StoreFailedError } from '../../errors.ts'

/** Work at the store. Where it yields, the work of others may come in between, as between the statements of a transaction. */
export type StoreWork<T> = Generator<void, T, void>

/** The message or its answer was lost: nobody here knows whether the work took effect. */
export class LinkLostError extends StoreFailedError {}

/** The way from one process to the store and back. */
export interface Link {
  /** Carries the work out at the store and brings the answer, or what it threw. Rejects with LinkLostError when either way is cut. */
  call<T>(work: () => StoreWork<T>): Promise<T>
  /** Brings what another process wants this one to know; it may be lost, and come twice. */
  hint(hear: () => void): void
}

/** A way on which nothing is lost. */
export const directLink: Link = {
  async call(work) {
    await new Promise((resolve) => setImmediate(resolve))
    const steps = work()
    for (;;) {
      const step = steps.next()
      if (step.done === true) return step.value
    }
  },
  hint: (hear) => {
    setImmediate(hear)
  },
}

/** Work that is one statement. */
export function* atOnce<T>(work: () => T): StoreWork<T> {
  return work()
}
