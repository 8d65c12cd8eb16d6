// One attempt of a step of level `transaction`. What its body writes and its record are one commit, so the record is made before the
// commit, under the next number of the journal, which is kept free for it; it is answered after the commit, and never written again.
import { LaneFencedError, StoreFailedError, StoreRowError, TransactionUnsupportedError, errorFromData } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import type { SqliteMeans } from '../model/transaction.ts'
import { defaultCodec } from '../shared/codec.ts'
import { parseDuration } from '../shared/duration.ts'
import { TransactionInDoubt } from '../store/transactions-port.ts'
import type { FlushedTransactions, OpenTransaction, OpenTransactions } from '../store/transactions-port.ts'
import { settlePayload } from './payloads.ts'
import { lost } from './run-exit.ts'
import type { Departure, RunHost } from './run-host.ts'
import { recordCommitted, stepRecord } from './run-records.ts'
import type { RecordsHost } from './run-records.ts'
import type { StepContext } from './step-context.ts'
import type { StepRun } from './step-run.ts'

/** The run, as its transactions need it. */
export interface TransactingRun extends RecordsHost {
  leave(departure: Departure): void
}

interface Attempt {
  readonly run: TransactingRun
  readonly host: RunHost
  readonly step: StepRun
  readonly context: StepContext
}

/** How long a body in the writer thread may run unless its step says otherwise, in milliseconds: all other writes wait for it. */
const FLUSHED_TIMEOUT_MS = 1000

/** Runs the attempt in the way of the store. Never rejects. */
export async function transact(attempt: Attempt, input: unknown): Promise<void> {
  const { template } = attempt.step.operation
  const { transactions } = attempt.host.deps.store
  const means = template.transaction
  if (means?.store === 'sqlite' && transactions?.way === 'flushed') await transactInFlush(attempt, input, { transactions, means })
  else if (means?.store === 'postgres' && transactions?.way === 'open') await transactOpen(attempt, input, transactions)
  else attempt.step.threw(new TransactionUnsupportedError(`${attempt.step.path}: the store has no transactions for ${template.meta.name}`, { path: attempt.step.path }), attempt.context)
}

/** The time limit of one attempt, in milliseconds; null without one. */
function timeoutOf({ operation, path }: StepRun): number | null {
  const timeout = operation.options.timeout ?? operation.template.defaults.timeout
  return timeout === undefined ? null : parseDuration(timeout, `${path}.timeout`)
}

/** The body runs here, in a transaction that is open; then comes the record, then the commit. A lost connection is no failure of the attempt. */
async function transactOpen(attempt: Attempt, input: unknown, transactions: OpenTransactions): Promise<void> {
  const { run, host, step, context } = attempt
  let open: OpenTransaction
  try {
    open = await transactions.begin({ timeoutMs: timeoutOf(step), signal: context.signal })
  } catch (thrown) {
    if (thrown instanceof StoreFailedError) step.again(context, null)
    else step.threw(thrown, context)
    return
  }
  try {
    context.tx = open.handle
    const { value, payload } = defaultCodec.snapshot(await step.operation.template.invoke(input, context))
    const output = await settlePayload(payload, host.payloads)
    if (!step.seal(context)) {
      await open.rollback()
      return
    }
    await reserved(run)
    const record = await commit(attempt, open, output)
    recordCommitted(run, step, record, value)
  } catch (thrown) {
    await open.rollback()
    if (thrown instanceof Reserved) giveBack(attempt, thrown.cause, open.lost)
    else if (open.lost) step.again(context, thrown)
    else step.threw(thrown, context)
  }
}

/** A failure while the journal is kept for the attempt. */
class Reserved extends Error {}

/** Resolves once the next seq is kept for the attempt, and all before it is durable. */
function reserved(run: TransactingRun): Promise<void> {
  return new Promise((resolve, reject) => {
    run.journal.reserve(() => {
      run.journal.whenDurable((error) => (error === undefined ? resolve() : reject(new Reserved('not durable', { cause: error }))))
    })
  })
}

async function commit({ run, host, step }: Attempt, open: OpenTransaction, output: string): Promise<JournalRecord> {
  try {
    const { lane } = host.flusher
    if (lane === null) throw new LaneFencedError('there is no lane any more')
    const record = completed(run, host, { step, output })
    await open.commit(lane, record)
    return record
  } catch (cause) {
    throw new Reserved('not committed', { cause })
  }
}

/** The body goes with the next flush, together with its record. */
async function transactInFlush(attempt: Attempt, input: unknown, { transactions, means }: { readonly transactions: FlushedTransactions; readonly means: SqliteMeans }): Promise<void> {
  const { run, host, step, context } = attempt
  let payload: string
  try {
    payload = defaultCodec.snapshot(input, { name: 'input' }).payload
    await transactions.prepare(means)
  } catch (thrown) {
    step.threw(thrown, context)
    return
  }
  if (!step.seal(context)) return
  await new Promise<void>((done) => {
    run.journal.reserve(() => {
      if (!run.live) {
        run.journal.free(null, done)
        return
      }
      const record = completed(run, host, { step, output: null })
      const op = { op: 'transact', record, means, input: payload, idempotencyKey: context.idempotencyKey, timeoutMs: timeoutOf(step) ?? FLUSHED_TIMEOUT_MS } as const
      host.flusher.add(op, record.run, 200 + payload.length, (answer, error) => {
        if (error !== undefined) breakRun(run, error)
        else if (answer?.answer === 'transacted') recordCommitted(run, step, { ...record, output: answer.output }, defaultCodec.decode(answer.output))
        else giveBack(attempt, answer?.answer === 'failed' ? errorFromData(answer.error) : new StoreFailedError('the store did not answer a transaction'))
        done()
      })
    })
  })
}

/** Nothing was committed: the attempt has failed or is begun again, or the run is not this process's to write. */
function giveBack({ run, step, context }: Attempt, thrown: unknown, wasLost = false): void {
  if (thrown instanceof TransactionInDoubt || thrown instanceof LaneFencedError || thrown instanceof StoreRowError) {
    // Whoever owns the run next reads what is there. Until then nothing may follow.
    run.leave(lost(thrown))
    run.journal.free(null, () => undefined)
  } else {
    run.journal.free(null, () => (wasLost ? step.again(context, thrown) : step.threw(thrown, context)))
  }
}

function breakRun(run: TransactingRun, thrown: unknown): void {
  run.broken(thrown)
  run.journal.free(null, () => undefined)
}

function completed(run: TransactingRun, host: RunHost, { step, output }: { readonly step: StepRun; readonly output: string | null }): JournalRecord {
  const { attempt, startedAt } = step
  return stepRecord(run, host, step, { status: 'completed', output, error: null, attempt, startedAt, finishedAt: host.deps.clock.now() })
}
