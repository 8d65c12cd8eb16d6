// Replay: recorded answers in the order in which they were recorded, each checked against what the source asks for now.
// A difference means that the code is not the one that wrote the journal; it is named, and the run is parked.
import { errorData } from '../errors.ts'
import type { WumboError } from '../errors.ts'
import type { JournalRecord, Mark } from '../model/record.ts'
import type { Operation, Outcome } from '../workflow/contract.ts'
import { type AskedStep, differenceOf, mismatchError, neverAsked, notAsked } from './mismatch.ts'
import type { RecordedUpdate } from './function-updates.ts'
import { recordedFailure } from './recorded-failure.ts'
import type { ChildMark } from './child-marks.ts'
import type { Begun } from './doubt.ts'
import type { Undoing } from './saga.ts'

/** What is known of a run from before, without its records. */
export interface Known {
  /** The newest mark of each path that has no record. */
  readonly marks: ReadonlyMap<string, Mark>
  /** Steps without a record that were begun in probation, by path. */
  readonly tried: ReadonlyMap<string, Tries>
  /** When steps with a total timeout must have ended, by path. */
  readonly deadlines: ReadonlyMap<string, number>
  /** Completed steps of a history that was given up, by path. */
  readonly loose: ReadonlyMap<string, JournalRecord>
  /** Steps that can be undone, that began and have no record. */
  readonly begun: ReadonlyMap<string, Begun>
  /** The children that were started and not given up, by the path of the operation. */
  readonly children: ReadonlyMap<string, ChildMark>
  /** Any step that can be undone has begun. */
  readonly isCompensable: boolean
  /** In a fork: the last number of the records that it has from the other run. What those did is not the fork's to undo. */
  readonly inherited: number
}

/** A record and what it gave. */
export interface RecordedAnswer {
  readonly record: JournalRecord
  /** Of a page of results it is read when its turn comes: a run goes through one after the other, and has not asked for all of them at once either. */
  readonly output: unknown
}

/** An output that is read when its turn comes. */
export class LateOutput {
  readonly read: () => Promise<unknown>

  constructor(read: () => Promise<unknown>) {
    this.read = read
  }
}

/** What is known of a run from before. */
export interface History extends Known {
  /** The effective records of the generation, by seq, each with its decoded output. */
  readonly records: readonly RecordedAnswer[]
  /** The highest seq that counts for this generation. */
  readonly lastSeq: number
  /** What comes after the decision to undo the run, which is not among `records`; null without one. */
  readonly undoing: Undoing | null
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>()

/** Of a run that has just been started. */
export const NOTHING: Known = Object.freeze({ marks: NONE, tried: NONE, deadlines: NONE, loose: NONE, begun: NONE, children: NONE, isCompensable: false, inherited: 0 })

/** What is kept of a history while its run is in memory; the records are not. */
export function knownOf({ marks, tried, deadlines, loose, begun, children, isCompensable, inherited }: History): Known {
  return { marks, tried, deadlines, loose, begun, children, isCompensable, inherited }
}

/** How often a step was begun in probation, how many of these times the process died soon, and how many of those its run was alone in it. */
export interface Tries {
  readonly made: number
  readonly blame: number
  readonly alone: number
}

export type ReplayStep =
  | { readonly kind: 'answer'; readonly path: string; readonly outcome: Outcome }
  | { readonly kind: 'update'; readonly record: JournalRecord; readonly given: RecordedUpdate }
  | { readonly kind: 'mismatch'; readonly error: WumboError }
  /** The next answer is being read: ask again when it is there. */
  | { readonly kind: 'later'; readonly ready: Promise<void> }
  | { readonly kind: 'done' }

/** The recorded answers of a run, on their way back to its source. */
export class Replay {
  readonly #history: Pick<History, 'records' | 'loose'>
  readonly #asked = new Map<string, { readonly operation: Operation; readonly step: AskedStep | null }>()
  readonly #dropped = new Set<string>()
  /** Patches that have been asked for and are not answered. */
  readonly #patches = new Set<string>()
  #position = 0
  /** The output of the next answer, where it had to be read. */
  #late: { readonly ready: Promise<void>; value?: { readonly output: unknown } } | null = null

  constructor(history: Pick<History, 'records' | 'loose'>) {
    this.#history = history
  }

  get records(): History['records'] {
    return this.#history.records
  }

  get length(): number {
    return this.#history.records.length
  }

  get loose(): ReadonlyMap<string, JournalRecord> {
    return this.#history.loose
  }

  /** Operations that have been asked for, are waited for and have no record, in the order in which they were asked for. */
  get unanswered(): readonly Operation[] {
    return [...this.#asked.values()].map(({ operation }) => operation).filter(({ path }) => !this.#dropped.has(path))
  }

  /** Nobody waits for an operation any more: it is not begun. Its record may still come. */
  drop(path: string): void {
    this.#dropped.add(path)
  }

  asked(operation: Operation, step: AskedStep | null): void {
    if (operation.kind === 'value' && operation.of === 'patch') this.#patches.add(operation.path)
    this.#asked.set(operation.path, { operation, step })
  }

  /** True when an answer is recorded for the path. */
  hasRecorded(path: string): boolean {
    return this.#history.records.some(({ record }) => record.path === path)
  }

  /** What was asked for is not wanted any more. */
  giveUp(paths: readonly string[]): void {
    for (const path of paths) this.#forget(path)
  }

  /** The next answer. Call it only when the source is at rest. */
  next(): ReplayStep {
    const entry = this.#history.records[this.#position]
    if (entry === undefined) return { kind: 'done' }
    const unpatched = this.#unpatched()
    if (unpatched !== undefined) return unpatched
    const { record, output } = entry
    if (record.kind === 'update') {
      this.#position++
      return { kind: 'update', record, given: output as RecordedUpdate } // as run-updates.ts records it
    }
    const asked = this.#asked.get(record.path)
    if (asked === undefined) return { kind: 'mismatch', error: notAsked(record, this.unanswered) }
    const difference = differenceOf(record, asked.operation, asked.step, output)
    if (difference !== null) return { kind: 'mismatch', error: mismatchError(record, difference) }
    const value = output instanceof LateOutput ? this.#lateOutput(output) : { output }
    if ('ready' in value) return { kind: 'later', ready: value.ready }
    this.#late = null
    this.#position++
    this.#forget(record.path)
    return { kind: 'answer', path: record.path, outcome: outcomeOf(record, value.output) }
  }

  /** What has been read of it; or when it will have been. */
  #lateOutput({ read }: LateOutput): { readonly output: unknown } | { readonly ready: Promise<void> } {
    if (this.#late === null) {
      const late: { ready: Promise<void>; value?: { readonly output: unknown } } = { ready: read().then((output) => void (late.value = { output })) }
      this.#late = late
    }
    return this.#late.value ?? { ready: this.#late.ready }
  }

  /** A mismatch when the source ends before it has asked for all that is recorded; null when all was asked for, whether or not it waited for the answers. */
  unasked(): WumboError | null {
    const entry = this.#history.records.slice(this.#position).find(({ record }) => !this.#asked.has(record.path))
    return entry === undefined ? null : neverAsked(entry.record)
  }

  /** A patch that is asked for before the last record, and that nothing is recorded of: the code without it had gone past. Not recorded, since each replay finds the same. */
  #unpatched(): ReplayStep | undefined {
    for (const path of this.#patches) {
      if (this.hasRecorded(path)) continue
      this.#forget(path)
      return { kind: 'answer', path, outcome: { status: 'completed', output: false } }
    }
    return undefined
  }

  #forget(path: string): void {
    this.#asked.delete(path)
    this.#patches.delete(path)
  }
}

function outcomeOf(record: JournalRecord, output: unknown): Outcome {
  switch (record.status) {
    case 'completed':
      return { status: 'completed', output }
    case 'skipped':
      return { status: 'skipped' }
    case 'failed':
      return { status: 'failed', error: recordedFailure(record.path, record.error ?? errorData(undefined)) }
  }
}
