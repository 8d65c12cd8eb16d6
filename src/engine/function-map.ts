// `ctx.map` of a durable function: a body for each item, so many at a time, each in a scope of its own.
import type { MaybePromise } from '../template/contract.ts'
import { results } from './contest.ts'
import { itemPrefixes, mapWidth } from './scope.ts'

/** What a map may say besides. */
export interface MapOptions<T> {
  readonly concurrency?: number
  readonly key?: (item: T, index: number) => string | number
}

/** Where a map runs. */
export interface MapHost<T, R> {
  /** Claims the path of the map, and gives it back. */
  readonly open: () => string
  readonly close: () => void
  readonly body: (prefix: string, item: T, index: number) => MaybePromise<R>
}

/** Runs the body for each item; results in the order of the items. Once one has failed no further one begins. */
export async function runMap<T, R>(name: string, items: readonly T[], options: MapOptions<T>, { open, close, body }: MapHost<T, R>): Promise<R[]> {
  const concurrency = mapWidth(name, items, options)
  const base = open()
  const prefixes = itemPrefixes(base, items.map((item: T, index) => options.key?.(item, index) ?? index))
  const settled = new Array<PromiseSettledResult<R>>(items.length)
  let next = 0
  let failed = false
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++
      try {
        settled[index] = { status: 'fulfilled', value: await body(prefixes[index] ?? '', items[index] as T, index) }
      } catch (reason) {
        failed = true
        settled[index] = { status: 'rejected', reason }
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker))
    return results(settled)
  } finally {
    close()
  }
}
