// Puts the operations of a flush into a batch for the writer thread. What no store takes (broken text, fractions, errors
// that JSON cannot say) is refused here, before anything is sent.
import { StoreRowError } from '../../errors.ts'
import type { ErrorData } from '../../errors.ts'
import type { WorkflowChange } from '../../model/definition.ts'
import type { Generation, NewMail, RunKey } from '../../model/run.ts'
import type { EventOp } from '../events-port.ts'
import type { StoreOp } from '../port.ts'
import type { TransactOp } from '../transactions-port.ts'
import type { WorkflowOp } from '../workflows-port.ts'
import { putRecord } from './checksum.ts'
import { BatchWriter, OP } from './wire.ts'
import type { Batch } from './wire.ts'

/** Cells that most operations fit in. */
const USUAL_CELLS = 18

/** Packs operations in their order. Throws StoreRowError with the index of the first that cannot be stored. */
export function pack(ops: readonly StoreOp[]): Batch {
  const to = new BatchWriter(ops.length * USUAL_CELLS)
  let index = 0
  try {
    for (const op of ops) {
      put(to, op)
      index++
    }
  } catch (thrown) {
    throw refusal(thrown, ops, index)
  }
  const batch = to.finish()
  // Plain ASCII holds no surrogates; else each text is looked at, as two broken ones side by side may look whole.
  if (Buffer.byteLength(batch.text) !== batch.text.length) checkTexts(ops)
  return batch
}

function put(to: BatchWriter, op: StoreOp): void {
  to.code(OP[op.op])
  switch (op.op) {
    case 'record':
      putRecord(to, op.record, jsonOrNull(op.record.error), op.record.reads === null ? null : JSON.stringify(op.record.reads))
      return
    case 'start':
      putStart(to, op)
      return
    case 'finish':
      putKey(to, op.run)
      to.text(op.status)
      to.textOrNull(op.output)
      to.textOrNull(jsonOrNull(op.error))
      to.whole(op.finishedAt)
      to.whole(op.inboxSeen)
      to.code(op.tell === undefined ? 0 : 1)
      if (op.tell !== undefined) putMail(to, op.tell)
      return
    case 'mark': {
      const { mark } = op
      putKey(to, mark)
      to.whole(mark.gen)
      to.text(mark.path)
      to.text(mark.kind)
      to.whole(mark.attempt)
      to.whole(mark.at)
      to.wholeOrNull(mark.due)
      to.textOrNull(jsonOrNull(mark.error))
      return
    }
    case 'wake':
      putKey(to, op.run)
      to.wholeOrNull(op.wakeAt)
      return
    case 'release':
      putKey(to, op.run)
      to.text(op.status)
      to.wholeOrNull(op.wakeAt)
      to.textOrNull(jsonOrNull(op.error))
      to.whole(op.inboxSeen)
      return
    default:
      putRare(to, op)
      return
  }
}

function putStart(to: BatchWriter, { run, key, isFree, once }: Extract<StoreOp, { op: 'start' }>): void {
  putKey(to, run)
  to.code(once === true ? 1 : 0)
  to.code(isFree === true ? 1 : 0)
  to.text(run.workflow)
  to.text(run.version)
  to.text(run.queue)
  to.text(run.input)
  to.whole(run.createdAt)
  to.wholeOrNull(run.deadline)
  to.textOrNull(run.key)
  to.textOrNull(key === null ? null : key.key)
  if (key === null) return
  to.text(key.hash)
  to.whole(key.expiresAt)
}

function putMail(to: BatchWriter, mail: NewMail): void {
  putKey(to, mail)
  to.text(mail.id)
  to.text(mail.kind)
  to.textOrNull(mail.body)
  to.whole(mail.sentAt)
}

function putGeneration(to: BatchWriter, generation: Generation): void {
  putKey(to, generation)
  to.whole(generation.gen)
  to.whole(generation.baseSeq)
  to.whole(generation.at)
  to.text(generation.by)
  to.text(generation.reason)
}

function putNumbers(to: BatchWriter, numbers: readonly number[]): void {
  to.code(numbers.length)
  for (const number of numbers) to.whole(number)
}

function putRare(to: BatchWriter, op: Extract<StoreOp, { op: 'send' | 'consume' | 'reopen' | 'continue' | 'migrate' | 'claim' | 'definition' | 'prune' }> | TransactOp | WorkflowOp | EventOp): void {
  switch (op.op) {
    case 'send':
      putMail(to, op.mail)
      return
    case 'consume':
      putKey(to, op.run)
      to.whole(op.at)
      putNumbers(to, op.numbers)
      return
    case 'reopen':
      putGeneration(to, op.generation)
      return
    case 'continue':
      putGeneration(to, op.generation)
      to.text(op.input)
      putNumbers(to, op.drop)
      putNumbers(to, op.blank)
      return
    case 'migrate':
      putKey(to, op.run)
      to.text(op.to.version)
      to.whole(op.mail)
      to.whole(op.at)
      return
    case 'claim':
      to.whole(op.limit)
      to.whole(op.now)
      to.textOrNull(op.kinds === null ? null : JSON.stringify(op.kinds.map(({ queue, workflow, version }) => [queue, workflow, version])))
      return
    case 'definition':
      to.text(op.hash)
      to.text(op.workflow)
      to.text(op.body)
      to.whole(op.at)
      return
    case 'prune':
      to.whole(op.space)
      to.whole(op.before)
      to.whole(op.limit)
      return
    case 'transact':
      to.text(op.means.module)
      to.text(op.means.export)
      to.text(op.input)
      to.text(op.idempotencyKey)
      to.whole(op.timeoutMs)
      putRecord(to, op.record, null, op.record.reads === null ? null : JSON.stringify(op.record.reads))
      return
    case 'publish':
    case 'listen':
    case 'unlisten':
    case 'pruneEvents':
      putEvent(to, op)
      return
    default:
      putWorkflow(to, op)
      return
  }
}

function putEvent(to: BatchWriter, op: EventOp): void {
  switch (op.op) {
    case 'publish': {
      const { space, topic, id, key, body, at } = op.event
      to.whole(space)
      to.text(topic)
      to.text(id)
      to.textOrNull(key)
      to.text(body)
      to.whole(at)
      return
    }
    case 'listen':
    case 'unlisten':
      putKey(to, op.run)
      to.text(op.topic)
      to.textOrNull(op.key)
      if (op.op === 'unlisten') return
      to.whole(op.since)
      to.whole(op.limit)
      return
    case 'pruneEvents':
      to.whole(op.space)
      to.whole(op.before)
      to.whole(op.limit)
      return
  }
}

function putWorkflow(to: BatchWriter, op: WorkflowOp): void {
  switch (op.op) {
    case 'saveWorkflow':
      putChange(to, op)
      to.text(op.hash)
      to.text(op.format)
      to.text(op.body)
      to.text(op.source)
      return
    case 'useWorkflowVersion':
      putChange(to, op)
      to.text(op.hash)
      return
    case 'chooseWorkflowVersion':
      putChange(to, op)
      to.textOrNull(op.version)
      return
    case 'setWorkflowStatus':
      putChange(to, op)
      to.text(op.status)
      return
    case 'deleteWorkflow':
      to.whole(op.space)
      to.text(op.name)
      return
  }
}

function putChange(to: BatchWriter, { space, name, at, by }: WorkflowChange): void {
  to.whole(space)
  to.text(name)
  to.whole(at)
  to.text(by)
}

function putKey(to: BatchWriter, key: RunKey): void {
  to.whole(key.space)
  to.text(key.run)
}

function jsonOrNull(error: ErrorData | null): string | null {
  return error === null ? null : JSON.stringify(error)
}

/** Refuses texts with lone surrogates: UTF-8 cannot carry them, so SQLite would change them silently. */
function checkTexts(ops: readonly StoreOp[]): void {
  for (const [index, op] of ops.entries()) {
    const broken = brokenText(op)
    if (broken !== undefined) throw refusal(new StoreRowError(`expected well-formed text, got ${JSON.stringify(broken).slice(0, 80)}`), ops, index)
  }
}

function brokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : value
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, part] of Object.entries(value)) {
    // These two are stored as JSON, which writes lone surrogates as escapes.
    const broken = name === 'error' || name === 'reads' ? undefined : brokenText(part)
    if (broken !== undefined) return broken
  }
  return undefined
}

function refusal(thrown: unknown, ops: readonly StoreOp[], index: number): StoreRowError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new StoreRowError(`operation ${index} (${ops[index]?.op ?? 'none'}): ${reason}`, { cause: thrown, details: { index } })
}
