// A run as people look at it: its journal with values, attempts, what it waits for, how often it was reopened, and which
// value was written and read by whom. Reads only; works beside a process that owns the store.
import type { ErrorData } from '../errors.ts'
import { parentOf } from '../model/child.ts'
import type { ParentClose } from '../model/child.ts'
import { effectiveJournal } from '../model/record.ts'
import type { Level, RecordKind, RecordStatus } from '../model/record.ts'
import type { Payload } from '../model/payload.ts'
import { NEVER, isEnd } from '../model/run.ts'
import type { Generation, Mail, MailKind, RunStatus } from '../model/run.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import type { LoadedRun } from '../store/port.ts'
import { plainVersion } from '../template/signature.ts'
import { templatesOf } from '../workflow/canonical.ts'
import { idsOf, senderOf, startedChildren } from './child-marks.ts'
import { parseDefinition } from './definition-body.ts'
import { lineageOf } from './lineage.ts'
import { readReason } from './retry-reason.ts'
import { VERSION_PATH, type MigrationBody } from './migration.ts'
import { pendingOf, type PendingOperation } from './pending.ts'
import { openApprovals } from './open-approvals.ts'
import type { OpenApproval } from './open-approvals.ts'
import { openMail } from './outstanding-mail.ts'
import type { MailBody } from './run-inbox.ts'

/** A run as lists show it. Times are milliseconds since 1970. */
export interface RunSummary {
  readonly id: string
  readonly key: string | null
  readonly workflow: string
  readonly version: string
  readonly status: RunStatus
  readonly gen: number
  readonly createdAt: number
  readonly finishedAt: number | null
  readonly wakeAt: number | null
  readonly error: ErrorData | null
  /** What became of the steps that have a compensation: all undone, or not all and a person must see to it; null when nothing was to be undone. */
  readonly compensation: 'compensated' | 'compensation_failed' | null
  /** The run that this one was forked from, the generation of it, and the step from which it goes its own way; null when it is no fork. */
  readonly forkedFrom: { readonly run: string; readonly gen: number; readonly at: string } | null
  /** The run that started this one as its child, the generation of it, and where; null when none did. */
  readonly parent: { readonly run: string; readonly gen: number; readonly path: string } | null
}

/** Children that an operation of a run has started. */
export interface ChildSummary {
  readonly path: string
  /** The id of the child; null when there are many. */
  readonly run: string | null
  /** How many there are. */
  readonly count: number
  readonly parentClose: ParentClose
  /** Ends that the run has been told of. */
  readonly ended: number
}

/** One finished operation of a run. */
export interface StepSummary {
  readonly path: string
  readonly seq: number
  readonly gen: number
  readonly kind: RecordKind
  readonly status: RecordStatus
  readonly level: Level
  /** `name@version`; null for what is no template. */
  readonly template: string | null
  /** The attempt that gave the result; 0 when no body ran. */
  readonly attempt: number
  readonly startedAt: number
  readonly finishedAt: number
  /** Undefined when it was too long to be kept, or there was none. */
  readonly input: unknown
  readonly output: unknown
  readonly error: ErrorData | null
  readonly reads: readonly string[] | null
  /** Failed attempts before the result. */
  readonly failures: readonly { readonly attempt: number; readonly at: number; readonly error: ErrorData | null }[]
}

/** One thing that was sent to a run and not taken. */
export interface UnreadMail {
  readonly kind: MailKind
  /** Milliseconds since 1970. */
  readonly sentAt: number
  /** The signal with its key, or the path of the approval; null for the other kinds. */
  readonly address: string | null
  readonly payload: unknown
  /** Why a wait has set it aside; null when none has. */
  readonly refused: ErrorData | null
}

/** Everything that is known of a run. */
export interface RunDetails extends RunSummary {
  readonly input: unknown
  readonly output: unknown
  readonly form: 'function' | 'graph'
  /** The definition that a graph's run has: its model with pinned templates. Null for a function, whose definition is its code. */
  readonly definition: WorkflowModel | null
  /** `name@version` of the templates: those that a graph pinned, those that the journal of a function names so far. Sorted. */
  readonly templates: readonly string[]
  readonly crashes: number
  readonly steps: readonly StepSummary[]
  /** What has begun and not finished: timers, failed attempts that will be repeated. */
  readonly pending: readonly PendingOperation[]
  /** `from`: the step that somebody chose to begin anew with; null when the failure did. */
  readonly generations: readonly (Pick<Generation, 'gen' | 'baseSeq' | 'at' | 'by' | 'reason'> & { readonly from: string | null })[]
  /** Where its version was changed, or was asked to be and was not (`refused`); `at` is when it was asked for. */
  readonly migrations: readonly { readonly from: string; readonly to: string; readonly by: string; readonly reason: string; readonly at: number; readonly takenAt: number | null; readonly refused: ErrorData | null }[]
  /** What was sent and nothing has taken: signals that nobody has waited for yet, or ever. */
  readonly unreadMail: readonly UnreadMail[]
  /** What it has started as its children. */
  readonly children: readonly ChildSummary[]
  /** What somebody is to decide. */
  readonly approvals: readonly OpenApproval[]
}

/** How the parts of a run are read. */
export interface RunReads {
  /** The value of a payload. */
  readonly read: (payload: Payload | null) => Promise<unknown>
  /** The definition under a hash, as it is stored. */
  readonly definition: (hash: string) => Promise<string | undefined>
}

/** Builds the details of a loaded run. */
export async function runDetails(loaded: LoadedRun, { read, definition: stored }: RunReads): Promise<RunDetails> {
  const { run, marks, mail, generations } = loaded
  const effective = effectiveJournal(loaded.journal, generations, run.gen)
  const steps: StepSummary[] = []
  for (const record of effective) {
    const failures = marks.filter((mark) => mark.kind === 'retry' && mark.path === record.path && mark.gen === record.gen)
    steps.push({
      path: record.path, seq: record.seq, gen: record.gen, kind: record.kind, status: record.status, level: record.level,
      template: record.template === null ? null : `${record.template}@${plainVersion(record.templateVersion ?? '?')}`,
      attempt: record.attempt, startedAt: record.startedAt, finishedAt: record.finishedAt,
      input: await read(record.input), output: await read(record.output), error: record.error, reads: record.reads,
      failures: failures.map(({ attempt, at, error }) => ({ attempt, at, error })),
    })
  }
  const body = await stored(run.version)
  const definition = body === undefined ? null : parseDefinition(body, run.version)
  return {
    ...runSummary(run), input: await read(run.input), output: await read(run.output),
    form: definition === null ? 'function' : 'graph', definition,
    templates: definition === null ? [...new Set(steps.flatMap(({ kind, template }) => (kind === 'step' ? (template ?? []) : [])))].sort() : templatesOf(definition),
    crashes: run.crashes, steps,
    // Of a run that has ended nothing is pending.
    pending: isEnd(run.status) ? [] : pendingOf({ marks, gen: run.gen }, steps),
    generations: generations.map(({ gen, baseSeq, at, by, reason }) => ({ gen, baseSeq, at, by, ...readReason(reason) })),
    unreadMail: await Promise.all(openMail(mail, { marks, gen: run.gen, records: effective }, false).filter(({ kind }) => kind !== 'migrate' && !(kind === 'cancel' && run.status === 'cancelled')).map((one) => unreadMail(one, marks, read))),
    migrations: await Promise.all(mail.filter(({ kind }) => kind === 'migrate').map((one) => migrationOf(one, marks, read))),
    children: childrenOf(loaded),
    approvals: isEnd(run.status) ? [] : await openApprovals(loaded, read),
  }
}

async function unreadMail({ kind, sentAt, body, number }: Mail, marks: LoadedRun['marks'], read: RunReads['read']): Promise<UnreadMail> {
  const { address = null, payload } = body === null ? {} : ((await read(body)) as Partial<MailBody>) // as postbox.ts makes it
  return { kind, sentAt, address, payload, refused: marks.findLast((mark) => mark.kind === 'refused' && mark.attempt === number)?.error ?? null }
}

async function migrationOf({ body, number, sentAt, consumedAt }: Mail, marks: LoadedRun['marks'], read: RunReads['read']): Promise<RunDetails['migrations'][number]> {
  const { from, to, by, reason } = (await read(body)) as MigrationBody // as the postbox makes it
  return { from, to, by, reason, at: sentAt, takenAt: consumedAt, refused: marks.find(({ kind, path, attempt }) => kind === 'refused' && path === VERSION_PATH && attempt === number)?.error ?? null }
}

/** The short form of a run. */
export function runSummary(run: LoadedRun['run']): RunSummary {
  const lineage = lineageOf(run)
  const forkedFrom = lineage === null ? null : { run: lineage.run, gen: lineage.gen, at: lineage.at }
  const { run: id, workflow, version, status, gen, createdAt, finishedAt, wakeAt, error } = run
  const link = parentOf(run)
  const parent = link === null ? null : { run: link.run, gen: link.gen, path: link.path }
  return { id, key: lineage === null && link === null ? run.key : null, forkedFrom, parent, workflow, version, status, gen, createdAt, finishedAt, wakeAt: wakeAt === NEVER ? null : wakeAt, error, compensation: compensationOf(run) }
}

function childrenOf(loaded: LoadedRun): readonly ChildSummary[] {
  const ended = new Set(loaded.mail.flatMap((mail) => senderOf(mail) ?? []))
  return [...startedChildren(loaded).values()].map((mark) => {
    const ids = idsOf(loaded.run.run, mark)
    return { path: mark.path, run: mark.count === null ? (ids[0] ?? null) : null, count: ids.length, parentClose: mark.close, ended: ids.filter((id) => ended.has(id)).length }
  })
}

function compensationOf({ status, error }: Pick<LoadedRun['run'], 'status' | 'error'>): RunSummary['compensation'] {
  if (error === null) return null
  if (error.code === 'COMPENSATION_FAILED') return 'compensation_failed'
  const undone = error.details?.['compensated']
  return isEnd(status) && Array.isArray(undone) && undone.length > 0 ? 'compensated' : null
}
