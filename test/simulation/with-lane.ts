// A store whose lanes are changed: what a test of the simulation plants.
import type { Lane, Store } from '../../src/store/port.ts'
import { changed } from '../fixtures/changed.ts'

/** The store with lanes that are changed. */
export function withLane(store: Store, change: (lane: Lane) => Partial<Lane>): Store {
  return {
    ...store,
    openLane: async (options) => {
      const lane = await store.openLane(options)
      return changed(lane, change(lane))
    },
  }
}
