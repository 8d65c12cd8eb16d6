// One transaction on the memory store's tables: all operations of a flush, or none.
import { StoreFailedError, StoreRowError, type WumboError } from '../../errors.ts'
import type { FlushResult, OpAnswer, StoreOp } from '../port.ts'
import { apply } from './operations.ts'
import type { Owner } from './operations.ts'
import type { Tables } from './tables.ts'

/** Applies the operations in their order. Throws StoreRowError, which names the one at fault, and then nothing has changed. */
export function commit(tables: Tables, owner: Owner, ops: readonly StoreOp[]): FlushResult {
  const answers = new Map<number, OpAnswer>()
  let index = 0
  try {
    tables.transaction(() => {
      for (const op of ops) {
        const answer = apply(tables, owner, op)
        if (answer !== undefined) answers.set(index, answer)
        index++
      }
    })
  } catch (thrown) {
    throw atIndex(thrown, index, ops[index])
  }
  return { answers }
}

/** Names the operation at fault. */
function atIndex(thrown: unknown, index: number, op: StoreOp | undefined): WumboError {
  if (!(thrown instanceof StoreRowError)) return new StoreFailedError(`the flush failed: ${String(thrown)}`, { cause: thrown })
  return new StoreRowError(`operation ${index} (${op?.op ?? 'none'}): ${thrown.message}`, {
    cause: thrown.cause, details: { index }, ...(thrown.path === undefined ? {} : { path: thrown.path }),
  })
}
