// A store whose lanes are changed: what a test of the simulation plants.
import type { Lane, Store } from '../../src/store/port.ts'

/** The store with lanes that are changed. */
export function withLane(store: Store, change: (lane: Lane) => Partial<Lane>): Store {
  return {
    ...store,
    openLane: async (options) => {
      const lane = await store.openLane(options)
      const changed = change(lane)
      return new Proxy(lane, {
        get: (target, property) => {
          const value: unknown = property in changed ? Reflect.get(changed, property) : Reflect.get(target, property, target)
          return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
        },
      })
    },
  }
}
