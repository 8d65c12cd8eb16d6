// Reading from a shared store that may be away for a moment: nothing is known by that of what was asked for, so it is asked again.
import { StoreFailedError } from '../errors.ts'
import type { EngineDeps } from './ports.ts'

/** A store that cannot be read is asked again after this time, in milliseconds. */
const AGAIN_MS = 500

/** What the work gives; a shared store that is away is asked again, for as long as the answer is wanted. */
export async function patiently<T>({ store, clock }: Pick<EngineDeps, 'store' | 'clock'>, work: () => Promise<T>, isWanted: () => boolean): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (thrown) {
      if (!store.isShared || !(thrown instanceof StoreFailedError) || !isWanted()) throw thrown
      await new Promise<void>((resolve) => clock.timer(AGAIN_MS, resolve))
    }
  }
}
