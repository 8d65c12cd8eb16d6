// What every store must do, sentence by sentence of the port, as a list of cases. It takes a factory and belongs to no test
// runner: hand each case to yours. A store that passes may stand under the engine.
import type { Store } from '../store/port.ts'
import { blobCases } from './store-cases/blobs.ts'
import { claimCases } from './store-cases/claim.ts'
import { exitCases } from './store-cases/exit.ts'
import { inboxCases } from './store-cases/inbox.ts'
import { journalCases } from './store-cases/journal.ts'
import { laneCases } from './store-cases/lane.ts'
import { pruneCases } from './store-cases/prune.ts'
import { readCases } from './store-cases/reads.ts'
import { reopenCases } from './store-cases/reopen.ts'
import { startCases } from './store-cases/start.ts'
import { valueCases } from './store-cases/values.ts'

/** An empty store, and the means to look at it as the next owner does. */
export interface StoreUnderTest {
  readonly store: Store
  /** The same data for the next owner, whose lane is to be opened, while the one before still believes that it lives. */
  readonly nextOwner: () => Promise<Store>
  /** Ends what was opened and deletes what was written. Called once, whatever has failed before. */
  readonly dispose: () => Promise<void>
}

/** Makes an empty store. */
export type StoreFactory = () => Promise<StoreUnderTest>

/** One case: a sentence, and the work that proves it. Rejects when the store does otherwise. */
export interface StoreCase {
  readonly name: string
  readonly run: (subject: StoreUnderTest) => Promise<void>
}

/** Every case, ready to run on a store of its own. */
export function storeConformance(factory: StoreFactory): readonly { readonly name: string; run(): Promise<void> }[] {
  const cases = [
    ...startCases, ...journalCases, ...exitCases, ...inboxCases, ...reopenCases, ...claimCases, ...pruneCases, ...laneCases, ...readCases,
    ...valueCases, ...blobCases,
  ]
  return cases.map(({ name, run }) => ({
    name,
    async run() {
      const subject = await factory()
      try {
        await run(subject)
      } finally {
        await subject.dispose()
      }
    },
  }))
}
