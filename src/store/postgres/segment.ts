// A segment of a flush: operations that one call of wumbo_flush_v2 carries out, as columns over all rows of a kind. The function works
// kind by kind, not in the order of the operations, so a segment takes an operation only when that makes no difference: per run,
// a start comes before all else, mail before its reading, and an end or release after all else.
import type { JournalRecord, Mark } from '../../model/record.ts'
import type { NewMail, RunKey } from '../../model/run.ts'
import type { ClaimedRun, OpAnswer, StoreOp } from '../port.ts'
import { textArray, wholeArray } from './arrays.ts'
import { recordChecksum } from './checksum.ts'
import { FLUSH_COLUMNS } from './statements.ts'
import type { FlushColumn } from './statements.ts'
import { restored, stored, storedError, storedOrNull, whole, wholeOrNull } from './text.ts'
import type { KindIds } from './kinds.ts'
import type { RunNumbers } from './numbers.ts'
import { textOrNull, text } from './rows.ts'
import type { Row } from './rows.ts'

/** What a lane knows of rows that are there, so that they need not be made. */
export interface Known {
  readonly knownSpaces: ReadonlySet<number>
  readonly kinds: KindIds
  readonly numbers: RunNumbers
}

/** The operations that a segment can take. */
export type SegmentOp = Extract<StoreOp, { op: 'start' | 'record' | 'mark' | 'wake' | 'release' | 'finish' | 'send' | 'consume' | 'claim' }>
type OpOf<Name extends SegmentOp['op']> = Extract<SegmentOp, { op: Name }>

/** A run in a segment. */
interface SegmentRun {
  /** Its position: from 1 for one that the segment starts, from −1 down for the others, whose place is behind all those. */
  readonly at: number
  /** Where its wake time stands among the segment's, if it is set. */
  wake: number | null
  isChecked: boolean
  isLocked: boolean
  /** The numbers of mail read so far; null for none. */
  consumed: Set<number> | null
  hasLeft: boolean
  /** It is told of an end, which comes after all else. */
  isTold: boolean
}

/** The columns that name a run by its position. */
const POSITIONS: ReadonlySet<FlushColumn> = new Set<FlushColumn>([
  'owned', 'locked', 'record_run', 'mark_run', 'wake_run', 'send_run', 'consume_run', 'release_run', 'finish_run', 'tell_run',
])

/** One segment, while it is filled and when its answers come. */
export class Segment {
  /** How many operations it holds. */
  size = 0
  #encoded: readonly Buffer[] | null = null
  /** Runs that the lane owns by it, once the flush is kept. */
  readonly taken: { readonly key: RunKey; readonly no: number }[] = []
  /** The index of the first of them in the flush. */
  readonly first: number
  readonly #columns = Object.fromEntries(Object.keys(FLUSH_COLUMNS).map((name) => [name, []])) as unknown as Columns
  readonly #runs = new Map<string, SegmentRun>()
  readonly #keys = new Set<string>()
  readonly #indexes = { start: [] as number[], send: [] as number[], release: [] as number[], finish: [] as number[] }
  readonly #knownSpaces: ReadonlySet<number>
  readonly #kinds: KindIds
  readonly #numbers: RunNumbers
  /** The runs that it starts, with their numbers. */
  readonly #started: { readonly key: RunKey; readonly no: number; readonly isFree: boolean }[] = []
  readonly #newSpaces = new Set<number>()
  #claim: { readonly index: number; readonly limit: number; readonly now: number; readonly kinds: readonly number[] | null } | null = null
  #others = 0

  constructor(first: number, { knownSpaces, kinds, numbers }: Known) {
    this.first = first
    this.#knownSpaces = knownSpaces
    this.#kinds = kinds
    this.#numbers = numbers
  }

  /** Spaces that it gives a row. */
  get newSpaces(): ReadonlySet<number> {
    return this.#newSpaces
  }

  /** True when the operation, coming after those that are here, means the same in this segment as in the next. */
  takes(op: SegmentOp): boolean {
    if (this.#claim !== null) return false
    if (op.op === 'claim') return true
    const run = this.#runs.get(idOf(keyOf(op)))
    if (op.op === 'start') return run === undefined && (op.key === null || !this.#keys.has(idOf({ space: op.run.space, run: op.key.key })))
    if (run === undefined) return true
    if (run.isTold && (op.op === 'send' || op.op === 'release' || op.op === 'finish')) return false
    return !run.hasLeft && (op.op !== 'send' || run.consumed === null)
  }

  /** Adds an operation that it takes. Throws StoreRowError when no store takes it; the segment is of no use then. */
  add(op: SegmentOp, index: number): void {
    this.size++
    switch (op.op) {
      case 'start': this.#start(op, index); return
      case 'record': this.#record(op.record); return
      case 'mark': this.#mark(op.mark); return
      case 'wake': this.#wake(op); return
      case 'release': this.#release(op, index); return
      case 'finish': this.#finish(op, index); return
      case 'send': this.#send(op.mail, index); return
      case 'consume': this.#consume(op); return
      case 'claim': this.#claim = { index, limit: Math.max(0, whole(op.limit)), now: whole(op.now), kinds: op.kinds?.map((kind) => this.#kinds.idOf(kind)) ?? null }
    }
  }

  /** Encodes what it holds. Nothing may be added any more. */
  encode(): void {
    this.#encoded ??= this.#encode()
  }

  /** The parameters of the call. */
  parameters(lane: string, epoch: number): unknown[] {
    const claimed = this.#claim?.kinds
    return [lane, epoch, this.#claim?.limit ?? null, this.#claim?.now ?? null, claimed == null ? null : wholeArray(claimed), ...(this.#encoded ?? this.#encode())]
  }

  #encode(): readonly Buffer[] {
    const columns = this.#columns
    columns.new_space = [...this.#newSpaces]
    const starts = columns.start_run.length
    return Object.entries(FLUSH_COLUMNS).map(([name, type]) => {
      const column = name as FlushColumn // the entries are those of FLUSH_COLUMNS
      if (type === 'text') return textArray(columns[column] as (string | null)[])
      const values = columns[column] as (number | null)[]
      return wholeArray(POSITIONS.has(column) ? values.map((at) => (at !== null && at < 0 ? starts - at : at)) : values)
    })
  }

  /** The runs that it starts and the lane is to own. */
  get starting(): readonly { readonly key: RunKey; readonly no: number }[] {
    return this.#started.filter(({ isFree }) => !isFree)
  }

  /** Puts the rows that the call gave back among the answers of the flush. */
  answer(rows: readonly Row[], answers: Map<number, OpAnswer>): void {
    const claimed: ClaimedRun[] = []
    const existing = new Set<number>()
    for (const row of rows) {
      const kind = row['answer'] as AnswerKind // what wumbo_flush_v2 says
      const item = row['item'] as number
      if (kind === 'claimed') claimed.push(this.#claimed(row))
      else answers.set(this.#indexes[LISTS[kind]][item - 1] ?? -1, answerOf(kind, row))
      if (kind === 'exists') existing.add(item)
    }
    for (const [index, { key, no, isFree }] of this.#started.entries()) if (!isFree && !existing.has(index + 1)) this.taken.push({ key, no })
    if (this.#claim !== null) answers.set(this.#claim.index, { answer: 'claimed', runs: claimed })
  }

  #claimed(row: Row): ClaimedRun {
    const key: RunKey = { space: row['item'] as number, run: text(row, 'text_a') }
    this.taken.push({ key, no: row['no'] as number })
    if (row['workflow'] === null) return key
    return {
      ...key,
      fresh: {
        ...key, workflow: text(row, 'workflow'), version: text(row, 'version'), queue: text(row, 'queue'), input: text(row, 'input'),
        createdAt: row['created_at'] as number, deadline: row['deadline'] as number | null, key: textOrNull(row, 'key'),
      },
    }
  }

  #start({ run, key, isFree, once }: OpOf<'start'>, index: number): void {
    const columns = this.#columns
    const no = this.#numbers.next()
    columns.start_no.push(no)
    columns.start_free.push(isFree === true ? 1 : 0)
    columns.start_once.push(once === true ? 1 : 0)
    this.#started.push({ key: run, no, isFree: isFree === true })
    const at = columns.start_run.push(stored(run.run))
    columns.start_space.push(whole(run.space))
    columns.start_workflow.push(stored(run.workflow))
    columns.start_version.push(stored(run.version))
    columns.start_queue.push(stored(run.queue))
    columns.start_kind.push(this.#kinds.idOf(run))
    columns.start_input.push(stored(run.input))
    columns.start_created.push(whole(run.createdAt))
    columns.start_deadline.push(wholeOrNull(run.deadline))
    columns.start_key.push(storedOrNull(run.key))
    if (key !== null) {
      columns.key_start.push(at)
      columns.key_space.push(run.space)
      columns.key_key.push(stored(key.key))
      columns.key_run.push(stored(run.run))
      columns.key_hash.push(stored(key.hash))
      columns.key_created.push(run.createdAt)
      columns.key_expires.push(whole(key.expiresAt))
      this.#keys.add(idOf({ space: run.space, run: key.key }))
    }
    if (!this.#knownSpaces.has(run.space)) this.#newSpaces.add(run.space)
    this.#runs.set(idOf(run), { at, wake: null, isChecked: false, isLocked: true, consumed: null, hasLeft: false, isTold: false })
    this.#indexes.start.push(index)
  }

  #record(record: JournalRecord): void {
    const columns = this.#columns
    const error = storedError(record.error)
    const reads = record.reads === null ? null : JSON.stringify(record.reads)
    columns.record_run.push(this.#owned(record).at)
    columns.record_gen.push(whole(record.gen))
    columns.record_path.push(stored(record.path))
    columns.record_seq.push(whole(record.seq))
    columns.record_kind.push(record.kind)
    columns.record_status.push(record.status)
    columns.record_level.push(record.level)
    columns.record_template.push(storedOrNull(record.template))
    columns.record_template_version.push(storedOrNull(record.templateVersion))
    columns.record_input_hash.push(storedOrNull(record.inputHash))
    columns.record_input.push(storedOrNull(record.input))
    columns.record_output.push(storedOrNull(record.output))
    columns.record_error.push(error)
    columns.record_attempt.push(whole(record.attempt))
    columns.record_started.push(whole(record.startedAt))
    columns.record_finished.push(whole(record.finishedAt))
    columns.record_reads.push(reads)
    columns.record_checksum.push(recordChecksum(record, error, reads))
  }

  #mark(mark: Mark): void {
    const columns = this.#columns
    columns.mark_run.push(this.#owned(mark).at)
    columns.mark_gen.push(whole(mark.gen))
    columns.mark_path.push(stored(mark.path))
    columns.mark_kind.push(mark.kind)
    columns.mark_attempt.push(whole(mark.attempt))
    columns.mark_at.push(whole(mark.at))
    columns.mark_due.push(wholeOrNull(mark.due))
    columns.mark_error.push(storedError(mark.error))
  }

  /** Of several wake times of a run the last one counts. */
  #wake(op: OpOf<'wake'>): void {
    const { wake_run: runs, wake_at: times } = this.#columns
    const run = this.#locked(this.#owned(op.run))
    const at = wholeOrNull(op.wakeAt)
    if (run.wake === null) {
      run.wake = runs.push(run.at) - 1
      times.push(at)
    } else {
      times[run.wake] = at
    }
  }

  #release(op: OpOf<'release'>, index: number): void {
    const columns = this.#columns
    columns.release_run.push(this.#leaving(op.run).at)
    columns.release_status.push(op.status)
    columns.release_wake.push(wholeOrNull(op.wakeAt))
    columns.release_error.push(storedError(op.error))
    columns.release_seen.push(whole(op.inboxSeen))
    this.#indexes.release.push(index)
  }

  #finish(op: OpOf<'finish'>, index: number): void {
    const columns = this.#columns
    columns.finish_run.push(this.#leaving(op.run).at)
    columns.finish_status.push(op.status)
    columns.finish_output.push(storedOrNull(op.output))
    columns.finish_error.push(storedError(op.error))
    columns.finish_at.push(whole(op.finishedAt))
    columns.finish_seen.push(whole(op.inboxSeen))
    const position = this.#indexes.finish.push(index)
    if (op.tell !== undefined) this.#tell(op.tell, position)
  }

  #tell(mail: NewMail, position: number): void {
    const columns = this.#columns
    const run = this.#locked(this.#run(mail))
    run.isTold = true
    columns.tell_finish.push(position)
    columns.tell_run.push(run.at)
    columns.tell_mail.push(stored(mail.id))
    columns.tell_kind.push(mail.kind)
    columns.tell_body.push(storedOrNull(mail.body))
    columns.tell_at.push(whole(mail.sentAt))
  }

  #send(mail: NewMail, index: number): void {
    const columns = this.#columns
    columns.send_run.push(this.#locked(this.#run(mail)).at)
    columns.send_mail.push(stored(mail.id))
    columns.send_kind.push(mail.kind)
    columns.send_body.push(storedOrNull(mail.body))
    columns.send_at.push(whole(mail.sentAt))
    this.#indexes.send.push(index)
  }

  /** Mail keeps the time of its first reading. */
  #consume(op: OpOf<'consume'>): void {
    const columns = this.#columns
    const run = this.#locked(this.#owned(op.run))
    const at = whole(op.at)
    run.consumed ??= new Set()
    for (const number of op.numbers) {
      if (run.consumed.has(whole(number))) continue
      run.consumed.add(number)
      columns.consume_run.push(run.at)
      columns.consume_number.push(number)
      columns.consume_at.push(at)
    }
  }

  #run(key: RunKey): SegmentRun {
    const id = idOf(key)
    const known = this.#runs.get(id)
    if (known !== undefined) return known
    const no = this.#numbers.of(key)
    this.#columns.run_no.push(no ?? null)
    this.#columns.run_space.push(no === undefined ? whole(key.space) : null)
    this.#columns.run_run.push(no === undefined ? stored(key.run) : null)
    const run: SegmentRun = { at: -++this.#others, wake: null, isChecked: false, isLocked: false, consumed: null, hasLeft: false, isTold: false }
    this.#runs.set(id, run)
    return run
  }

  /** A run that the lane must own. */
  #owned(key: RunKey): SegmentRun {
    const run = this.#run(key)
    if (!run.isChecked) this.#columns.owned.push(run.at)
    run.isChecked = true
    return run
  }

  /** A run whose row changes. */
  #locked(run: SegmentRun): SegmentRun {
    if (!run.isLocked) this.#columns.locked.push(run.at)
    run.isLocked = true
    return run
  }

  #leaving(key: RunKey): SegmentRun {
    const run = this.#locked(this.#run(key))
    run.hasLeft = true
    return run
  }
}

type Columns = { [Name in FlushColumn]: ((typeof FLUSH_COLUMNS)[Name] extends 'text' ? string | null : number | null)[] }

type AnswerKind = 'exists' | 'missing' | 'finished' | 'sent' | 'sent owned' | 'release lost' | 'release mail' | 'finish lost' | 'finish mail' | 'claimed'

/** Which operations the position in an answer counts. */
const LISTS = {
  exists: 'start', missing: 'send', finished: 'send', sent: 'send', 'sent owned': 'send', 'release lost': 'release', 'release mail': 'release', 'finish lost': 'finish',
  'finish mail': 'finish',
} as const

function answerOf(kind: keyof typeof LISTS, row: Row): OpAnswer {
  switch (kind) {
    case 'exists': return { answer: 'exists', run: restored(row['text_a'] as string), hash: restored(row['text_b'] as string) }
    case 'missing': case 'finished': return { answer: kind }
    case 'sent': case 'sent owned': return { answer: 'sent', owned: kind === 'sent owned' }
    case 'release lost': case 'finish lost': return { answer: 'lost' }
    case 'release mail': case 'finish mail': return { answer: 'mail' }
  }
}

function keyOf(op: Exclude<SegmentOp, { op: 'claim' }>): RunKey {
  switch (op.op) {
    case 'record': return op.record
    case 'mark': return op.mark
    case 'send': return op.mail
    default: return op.run
  }
}

function idOf({ space, run }: RunKey): string {
  return `${space}/${run}`
}
