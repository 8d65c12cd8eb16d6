// What a start is given besides its input, checked at the door: the caller's own id and the queue.
import { InputInvalidError, KeyReusedError, StoreFailedError } from '../errors.ts'
import type { LaneFencedError } from '../errors.ts'
import { isParentKey } from '../model/child.ts'
import { isQueue, QUEUE_WANTED } from '../model/children.ts'
import { DEFAULT_QUEUE } from '../model/run.ts'
import { defaultCodec } from '../shared/codec.ts'
import { isLineageKey } from './lineage.ts'
import { hashText } from '../shared/hash.ts'

/** The name of a queue. */
export function checkQueue(queue: string = DEFAULT_QUEUE): string {
  if (isQueue(queue)) return queue
  throw new InputInvalidError(`queue: ${QUEUE_WANTED}, got ${JSON.stringify(queue)}`, { path: 'queue' })
}

/** A worker that takes runs of other queues only leaves this one to them; one that takes none works on what it starts. */
export function takesQueue(queues: readonly string[] | null, queue: string): boolean {
  return queues === null || queues.length === 0 || queues.includes(queue)
}

/** The caller's own id for a run. */
export function checkKey(key: string): string {
  if (typeof key === 'string' && key.length > 0 && key.length <= 500 && !isLineageKey(key) && !isParentKey(key)) return key
  if (typeof key === 'string' && isLineageKey(key)) throw new InputInvalidError('id: expected text that does not begin with "$fork ", which stands for forks', { path: 'id' })
  if (typeof key === 'string' && isParentKey(key)) throw new InputInvalidError('id: expected text that does not begin with "$child ", which stands for child runs', { path: 'id' })
  throw new InputInvalidError(`id: expected text of 1 to 500 characters, got ${typeof key === 'string' ? `${key.length} characters` : typeof key}`, { path: 'id' })
}

/** What a key is bound to: the workflow and the input of its first start. */
export function keyHash(workflow: string, input: unknown): string {
  return hashText(`${workflow}\n${defaultCodec.snapshot(input).payload}`)
}

export function keyReused(key: string, run: string): KeyReusedError {
  return new KeyReusedError(`the id ${JSON.stringify(key)} stands for run ${run}, which was started with another workflow or input`, { details: { run } })
}

/** The store went away before it could answer. */
export function startInDoubt(cause: LaneFencedError): StoreFailedError {
  return new StoreFailedError('the store was lost before it could tell whether the run was started', { cause, remedy: 'Start it again with the same id: it gives the same run.', retryAfter: 1000 })
}
