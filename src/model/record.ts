// The journal of a run: one record per finished operation, keyed by (space, run, gen, path), never altered.
// Marks are durable facts about an operation that has not finished: a timer's due time, a failed attempt.
import type { ErrorData } from '../errors.ts'
import type { Payload } from './payload.ts'
import type { Generation, RunKey } from './run.ts'

/**
 * What kind of operation a record answers. `value`: ctx.now, ctx.random, ctx.uuid; `choice`: a case of a switch; `signal`, `approval`: what came
 * from outside, or that nothing came in time; `request`: what an approval asks for, recorded when it opens; `child`: the end of a child run;
 * `spawn`: that one was started; `children`: the end of many; `page`: some of their results; `update`: somebody has changed the run's state, with
 * the name, the arguments and what came of it.
 */
export type RecordKind = 'step' | 'timer' | 'value' | 'choice' | 'signal' | 'approval' | 'request' | 'child' | 'spawn' | 'children' | 'page' | 'update' | 'event'

/** How the operation ended. `skipped`: a condition was false, or what it depends on failed or was skipped. */
export type RecordStatus = 'completed' | 'failed' | 'skipped'

/** How durable a step's result is before others see it. `transaction`: what the step writes and its record are one commit. */
export type Level = 'effect' | 'pure' | 'transaction'

/** One entry of the journal. */
export interface JournalRecord extends RunKey {
  readonly gen: number
  /** Scope + name + key, for example `orders[17].charge`, `poll#3`. */
  readonly path: string
  /** The completion order within the run, from 1, given by the owner; continues over generations. */
  readonly seq: number
  readonly kind: RecordKind
  readonly status: RecordStatus
  readonly level: Level
  /** Template name and version for a step; null for the other kinds. */
  readonly template: string | null
  readonly templateVersion: string | null
  /** Hash of the encoded input; null where there is none. */
  readonly inputHash: string | null
  /** The input as encoded, kept for inspection when it is small. */
  readonly input: Payload | null
  readonly output: Payload | null
  readonly error: ErrorData | null
  /** The attempt that gave the result, from 1; 0 when no body ran. */
  readonly attempt: number
  readonly startedAt: number
  readonly finishedAt: number
  /** Paths whose outputs this operation read, `$input` for the run's input, `$mail[3]` for the third mail of its inbox, `$run[ID]` for the result of a child; null when not known. */
  readonly reads: readonly string[] | null
}

/**
 * `timer`: waits until `due`; `retry`: attempt `attempt` failed, the next is due at `due`; `started`: the step began, and must have ended at `due`.
 * `compensable`: a step that can be undone began; without a record it is in doubt. `compensable exactly`: one of level `transaction`, which
 * without a record has not happened.
 * `clean-up`: the run has one, should it be cancelled; `cancelled`: it was, and its clean-up must have ended at `due`.
 * `child`: a child is started, which is cancelled when the run ends before it; `child abandoned`: one that is left to itself; `children`, `children abandoned`: the
 * same of `attempt` many; `child closed`: the run has ended, or continued as new, before its children.
 * `wait`: waits for mail, until `due` if that is not null; `refused`: mail number `attempt` was not what the wait takes, for the reason in `error`.
 */
export type MarkKind = 'timer' | 'retry' | 'started' | 'compensable' | 'compensable exactly' | 'tried' | 'tried alone' | 'survived' | 'wait' | 'refused' | 'clean-up' | 'cancelled' | 'child' | 'child abandoned' | 'children' | 'children abandoned' | 'child closed'

/** A durable fact about an operation that has not finished. Keyed by (space, run, gen, path, kind, attempt). */
export interface Mark extends RunKey {
  readonly gen: number
  readonly path: string
  readonly kind: MarkKind
  readonly attempt: number
  readonly at: number
  /** When the operation goes on or must have ended, milliseconds since 1970; null for neither. */
  readonly due: number | null
  readonly error: ErrorData | null
}

/**
 * The records that generation `gen` is built on, in order of `seq`: its own, and of each generation before it
 * those below the base that the later one was opened at. Records above a base are left out: they belong to a
 * history that was given up.
 */
export function effectiveJournal(records: readonly JournalRecord[], generations: readonly Generation[], gen: number): JournalRecord[] {
  return records.filter((record) => isEffective(record, generations, gen)).sort((a, b) => a.seq - b.seq)
}

/** True when a record counts for generation `gen`. */
export function isEffective(record: Pick<JournalRecord, 'gen' | 'seq'>, generations: readonly Generation[], gen: number): boolean {
  if (record.gen > gen) return false
  return generations.every((later) => later.gen <= record.gen || later.gen > gen || record.seq < later.baseSeq)
}

/** How a record names the mail that it took. */
export function mailRead(number: number): string {
  return `$mail[${number}]`
}

/** How a record names the child whose result it has. */
export function runRead(run: string): string {
  return `$run[${run}]`
}

/** The child whose result a record has; undefined for none. */
export function childOf({ reads }: Pick<JournalRecord, 'reads'>): string | undefined {
  return reads?.find((read) => read.startsWith('$run['))?.slice(5, -1)
}

/** True when what a record read is mail. */
export function isMailRead(read: string): boolean {
  return read.startsWith('$mail[')
}

/** The number of the mail that a record took; undefined when it took none. */
export function mailOf({ reads }: Pick<JournalRecord, 'reads'>): number | undefined {
  const found = reads?.find(isMailRead)
  return found === undefined ? undefined : Number(found.slice(6, -1))
}
