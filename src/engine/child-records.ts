// The records of what a run does with children: that one was started, how one or all ended, and pages of results.
import type { ErrorData } from '../errors.ts'
import { mailRead, runRead } from '../model/record.ts'
import type { JournalRecord } from '../model/record.ts'
import type { Payload } from '../model/payload.ts'
import { defaultCodec } from '../shared/codec.ts'
import { startedName } from '../workflow/children.ts'
import type { ChildOperation, ChildWait } from './child-wait.ts'
import { settlePayload } from './payloads.ts'
import { recordedFailure } from './recorded-failure.ts'
import { plainRecord } from './run-records.ts'
import type { RecordsHost } from './run-records.ts'
import type { RunHost } from './run-host.ts'

/** What came of a child. */
export interface ChildOutcome {
  /** The child; null when there is none, since it could not be started. */
  readonly child: string | null
  /** The version of its workflow, when it is known. */
  readonly version: string | null
  /** The number of the mail that told of the end; null when it was read from the child. */
  readonly mail: number | null
  readonly output: Payload | null
  readonly value: unknown
  /** Null when it has completed. */
  readonly error: ErrorData | null
}

/** Records the end of a child and answers with it. */
export function recordChild(run: RecordsHost, host: RunHost, wait: ChildWait, outcome: ChildOutcome): void {
  const { child, version, mail, output, value, error } = outcome
  append({ run, host, wait }, {
    status: error === null ? 'completed' : 'failed', output, error, templateVersion: version,
    reads: [...(wait.operation.kind === 'page' ? [] : (wait.operation.reads ?? [])), ...(child === null ? [] : [runRead(child)]), ...(mail === null ? [] : [mailRead(mail)])],
  }, () => run.answer(wait.path, error === null ? { status: 'completed', output: value } : { status: 'failed', error: recordedFailure(wait.path, error) }))
}

/** Records that an operation has failed, without a child of which that could be said, and answers with it. */
export function recordFailed(run: RecordsHost, host: RunHost, wait: ChildWait, error: ErrorData): void {
  recordChild(run, host, wait, { child: null, version: null, mail: null, output: null, value: undefined, error })
}

/** Records what an operation gave that is no child's own output, and answers with it. */
export function recordGiven(run: RecordsHost, host: RunHost, wait: ChildWait, given: unknown): void {
  const { payload, value } = defaultCodec.snapshot(given)
  const reads = wait.operation.kind === 'page' ? null : wait.operation.reads
  const settled = settlePayload(payload, host.payloads)
  const go = (output: Payload): void => append({ run, host, wait }, { status: 'completed', output, error: null, templateVersion: null, reads }, () => run.answer(wait.path, { status: 'completed', output: value }))
  if (typeof settled === 'string') go(settled)
  else settled.then(go, (thrown: unknown) => run.broken(thrown))
}

interface Recorder {
  readonly run: RecordsHost
  readonly host: RunHost
  readonly wait: ChildWait
}

type Facts = Pick<JournalRecord, 'status' | 'output' | 'error' | 'templateVersion' | 'reads'>

function append({ run, host, wait }: Recorder, facts: Facts, answer: () => void): void {
  run.journal.whenFree(() => {
    if (!run.live || wait.isGivenUp) return
    wait.abort()
    const { kind, path } = wait.operation
    const { templateVersion, ...plain } = facts
    const record = plainRecord(run, host, { path, kind, level: kind === 'page' ? 'pure' : 'effect', ...plain })
    run.journal.append({ ...record, template: nameOf(wait.operation), templateVersion, startedAt: wait.since })
    answer()
  })
}

function nameOf(operation: ChildOperation): string | null {
  if (operation.kind === 'page') return null
  if (operation.kind === 'children') return startedName(operation.workflow)
  return operation.start === null ? null : startedName(operation.start.workflow)
}
