// collect: one template over many items where a failing item does not end the others; results and failures are gathered.
import type { WumboError } from '../errors.ts'
import { concurrencyOf, type MapOptions } from './compose-map.ts'
import type { CallOptions, ExecutionResult, Template } from './contract.ts'
import { childContext } from './derived-context.ts'
import { runPool } from './pool.ts'

/** An item that failed. */
export interface ItemFailure<I> {
  readonly index: number
  readonly input: I
  readonly error: WumboError
}

/** What became of many items. */
export interface Collected<I, O> {
  /** One per item, in their order. */
  readonly results: readonly ExecutionResult<O>[]
  /** The data of those that succeeded, in their order. */
  readonly data: readonly O[]
  readonly failures: readonly ItemFailure<I>[]
  /** True when none failed. */
  readonly success: boolean
}

/**
 * Runs a template for each item and gathers results and failures; never throws for a failing item. After an abort the items
 * that are left fail with ABORTED.
 * @example
 * const { data, failures } = await collect(scoreLead, leads, { concurrency: 20 })
 * for (const { index, error } of failures) console.warn(`lead ${index}: ${error.message}`)
 */
export async function collect<I, O>(template: Template<I, O>, items: readonly NoInfer<I>[], options: CallOptions & MapOptions = {}): Promise<Collected<I, O>> {
  const { concurrency: _, context, ...rest } = options
  const call = (index: number): CallOptions => (context === undefined ? rest : { ...rest, context: childContext(context, { label: index, silent: true }) })
  const results: ExecutionResult<O>[] = []
  await runPool({ count: items.length, concurrency: concurrencyOf(options, 'collect') }, async (index) => {
    results[index] = await template.execute(items[index] as I, { ...call(index), failSilently: true })
  })
  const failures = results.flatMap((result, index) => (result.success ? [] : [{ index, input: items[index] as I, error: result.error }]))
  return { results, failures, data: results.flatMap((result) => (result.success ? [result.data] : [])), success: failures.length === 0 }
}
