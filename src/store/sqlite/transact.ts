// Carries out a transaction step inside a flush, in the writer thread: its body under a savepoint and a time limit, then its record. What
// the body throws takes back what the body did, and nothing else.
import { Script } from 'node:vm'
import { DefinitionError, StepTimeoutError, StoreFailedError, TransactionRefusedError, errorData } from '../../errors.ts'
import type { JournalRecord } from '../../model/record.ts'
import { defaultCodec } from '../../shared/codec.ts'
import { parseJson } from '../../shared/parse-json.ts'
import { isThenable } from '../../shared/thenable.ts'
import type { OpAnswer } from '../port.ts'
import type { LoadedBody } from './bodies.ts'
import { SORTS, putRecord } from './checksum.ts'
import { isDamage, isRefused, resultCode } from './failures.ts'
import type { FlushState } from './flush-state.ts'
import { SAVEPOINT, openFacade } from './transaction-facade.ts'
import { BatchReader, BatchWriter } from './wire.ts'

/** UTF-16 units of an encoded output, at most: it stands in the row, since a file beside the database could not be part of the commit. */
const MAX_OUTPUT = 2 ** 20

/** SQLite's code for a failed read or write of the file. */
const IOERR = 10

/** Where the script below finds what it is to run. */
const SLOT = Symbol.for('wumbo.transaction')
/** Only what a script calls can be stopped: V8 ends it when its time is over, even in an endless loop. Made when it is first needed. */
let script: Script | undefined

/** Inserts a record that comes from a batch. */
type Insert = (state: FlushState, from: BatchReader) => unknown

interface Call {
  readonly body: LoadedBody
  readonly input: string
  readonly idempotencyKey: string
  readonly timeoutMs: number
  readonly record: JournalRecord
}

/** Reads the operation and carries it out. */
export function transact(state: FlushState, from: BatchReader, insert: Insert): OpAnswer {
  const { database } = state
  const module = from.text()
  const name = from.text()
  const input = from.text()
  const idempotencyKey = from.text()
  const timeoutMs = from.whole()
  const ahead = new BatchReader(from.batch)
  ahead.cell = from.cell
  ahead.unit = from.unit
  state.ownedRun(ahead)
  const record = readRecord(from)
  const body = state.bodies.find(module, name)
  if (body === undefined || database === null) return { answer: 'failed', error: errorData(new StoreFailedError(`the body ${name} of ${module} is not loaded`)) }

  database.exec(`savepoint ${SAVEPOINT}`)
  const facade = openFacade(database)
  let output: string
  try {
    output = inTime({ body, input, idempotencyKey, timeoutMs, record }, facade.handle)
    facade.close()
    if (database.isTransaction) database.exec(`release ${SAVEPOINT}`)
  } catch (thrown) {
    facade.close()
    if (!database.isTransaction || isDamage(thrown) || resultCode(thrown) === IOERR) throw thrown
    database.exec(`rollback to ${SAVEPOINT}; release ${SAVEPOINT}`)
    return { answer: 'failed', error: errorData(named(thrown, record.path)) }
  }
  if (!database.isTransaction) throw new StoreFailedError(`${record.path}: SQLite has taken the flush back while the transaction step ran`)
  const to = new BatchWriter(32)
  putRecord(to, { ...record, output }, null, record.reads === null ? null : JSON.stringify(record.reads))
  insert(state, new BatchReader(to.finish()))
  return { answer: 'transacted', output }
}

/** Runs the body and encodes what it gives. Throws StepTimeoutError when it takes too long. */
function inTime({ body, input, idempotencyKey, timeoutMs, record }: Call, db: object): string {
  const { run, path, attempt, startedAt } = record
  const context = {
    db, run: { id: run, path }, attempt, idempotencyKey, executionId: `${idempotencyKey}.${attempt}`, state: 'created', signal: NEVER, now: () => startedAt,
  }
  const slots = globalThis as { [SLOT]?: () => string }
  slots[SLOT] = () => {
    const given = body.invoke(defaultCodec.decode(input), context)
    if (isThenable(given)) {
      given.then(undefined, () => undefined)
      throw new DefinitionError(`${path}: expected a synchronous body, got a promise: a transaction step on SQLite cannot wait`, { path, remedy: 'Make execute synchronous; wait in a step before or after.' })
    }
    return defaultCodec.snapshot(given, { name: 'output', maxSize: MAX_OUTPUT }).payload
  }
  try {
    script ??= new Script(`globalThis[Symbol.for('wumbo.transaction')]()`, { filename: 'wumbo-transaction.js' })
    return script.runInThisContext({ timeout: timeoutMs, displayErrors: false }) as string
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw thrown
    throw new StepTimeoutError(`attempt ${attempt} of ${path} did not end within ${timeoutMs} ms in the writer thread, and was stopped`, {
      path, remedy: 'Do less in one transaction, or raise the timeout of the step: all other writes wait for it.',
    })
  } finally {
    delete slots[SLOT]
  }
}

const NEVER = Object.freeze({ aborted: false })

/** What SQLite's authorizer denied, by our name. */
function named(thrown: unknown, path: string): unknown {
  for (let at = thrown; at instanceof Error; at = at.cause) {
    if (at instanceof TransactionRefusedError) return at
    if (isRefused(at)) return new TransactionRefusedError(`${path}: SQLite was told to refuse a statement: ${at.message}`, { path, cause: thrown })
  }
  return thrown
}

/** Reads a record in the order of `putRecord`; it has neither output nor error yet. */
function readRecord(from: BatchReader): JournalRecord {
  const [space, run, gen, path, seq] = [from.whole(), from.text(), from.whole(), from.text(), from.whole()]
  const sort = SORTS[from.whole()]
  if (sort === undefined) throw new Error('the batch is broken: there is no such kind of record')
  const [template, templateVersion, inputHash, input] = [from.textOrNull(), from.textOrNull(), from.textOrNull(), from.textOrNull()]
  from.textOrNull()
  from.textOrNull()
  const [attempt, startedAt, finishedAt, reads] = [from.whole(), from.whole(), from.whole(), from.textOrNull()]
  return {
    space, run, gen, path, seq, ...sort, template, templateVersion, inputHash, input, output: null, error: null, attempt, startedAt, finishedAt,
    reads: reads === null ? null : (parseJson(reads) as readonly string[]),
  }
}
