// What a case of the store's conformance is given, and what it is.
import type { Store } from '../../store/port.ts'

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
