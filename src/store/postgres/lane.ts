// The writing end of a PostgreSQL store: a connection of its own, one flush in flight, each one transaction and nearly always one round
// trip, and a lease that a heartbeat renews. A flush whose connection breaks goes on with the next one: whether it was kept is read from
// the note that each flush leaves. When the lease cannot be proven in time, or another has taken over, the lane is over.
import type pg from 'pg'
import { IllegalTransitionError, LaneFencedError, StoreClosedError } from '../../errors.ts'
import type { RunKey, RunKind } from '../../model/run.ts'
import { deferred } from '../../shared/deferred.ts'
import { parseJson } from '../../shared/parse-json.ts'
import type { FlushResult, Lane, LaneWatch, OpAnswer, StoreOp } from '../port.ts'
import { transaction } from './connection.ts'
import { fencedError, isFenced, isLost, isRowFailure, storeFailure } from './failures.ts'
import type { Heartbeat } from './heartbeat.ts'
import { startHeartbeat } from './lane-heartbeat.ts'
import type { LaneParts } from './lane-parts.ts'
import { LaneConnection, retried } from './lane-connection.ts'
import type { Held, LastFlush } from './lane-connection.ts'
import { Numbers } from './numbers.ts'
import { apply } from './operations.ts'
import { NameTakenError } from './lane-parts.ts'
import { doubtOf, plan, rowRefusal } from './plan.ts'
import type { Doubt, Part } from './plan.ts'
import { text } from './rows.ts'
import type { Row } from './rows.ts'
import { Segment } from './segment.ts'
import { FLUSH, FLUSH_PART, LANE_SQL, channelOf } from './statements.ts'

const NOBODY: LaneWatch = {
  onDue: () => undefined, onMail: () => undefined, onKinds: () => undefined, onUnserved: () => undefined, onConnected: () => undefined, onLost: () => undefined, onDrain: () => undefined,
}

/** How long closing waits for a connection that is lost, in milliseconds. */
const CLOSE_MS = 2000

/** One lane of a PostgreSQL store. */
export class PostgresLane implements Lane {
  readonly id: string
  readonly #parts: LaneParts
  readonly #watch: LaneWatch
  readonly #connection: LaneConnection
  #heartbeat: Heartbeat | null = null
  #epoch = 0
  #number = 0
  #spaces: Set<number> = new Set()
  readonly #numbers = new Numbers()
  /** The next flush, planned and encoded while another is in flight. */
  #prepared: { readonly ops: readonly StoreOp[]; readonly parts: readonly Part[] } | null = null
  #inFlight: Promise<unknown> | null = null
  #closing: Promise<void> | null = null
  #lost: LaneFencedError | null = null
  /** The connections that are lost at this moment. */
  readonly #away = new Set<'flush' | 'heartbeat'>()
  readonly #over = deferred<never>()

  private constructor(parts: LaneParts, id: string) {
    this.id = id
    this.#parts = parts
    this.#watch = parts.options.watch ?? NOBODY
    this.#over.promise.catch(() => undefined)
    this.#connection = new LaneConnection(parts.address, parts, {
      connected: (is, why) => this.#reached('flush', is, why),
      raised: (held) => this.#raised(held),
      fenced: (error) => this.#lose(error),
      time: (offsetMs) => parts.time.learn(offsetMs),
    })
  }

  /** Takes the lane over: raises its epoch, and frees what it still owns. Their `crashes` rise when somebody else had it. */
  static async open(parts: LaneParts, id: string): Promise<PostgresLane> {
    const lane = new PostgresLane(parts, id)
    const held = await lane.#connection.open((client) => lane.#takeOver(client))
    lane.#epoch = held.epoch
    lane.#heartbeat = startHeartbeat(parts, held, { watch: { ...lane.#watch, onConnected: (is, why) => lane.#reached('heartbeat', is, why) }, lost: (error) => lane.#lose(error) })
    return lane
  }

  get epoch(): number {
    return this.#epoch
  }

  holds(): boolean {
    return this.#lost === null && this.#heartbeat?.holds() === true
  }

  serve(kinds: readonly RunKind[]): void {
    this.#heartbeat?.serve(kinds.map((kind) => this.#parts.kinds.idOf(kind)).filter((id) => id > 0))
  }

  async owned(): Promise<readonly RunKey[]> {
    const client = await this.#parts.pool.query<Row>(LANE_SQL.owned, [this.#parts.lane])
    return client.rows.map((row) => ({ space: row['space'] as number, run: text(row, 'run') }))
  }

  prepare(ops: readonly StoreOp[]): void {
    const { kinds } = this.#parts
    this.#prepared = null
    if (!kinds.covers(ops) || !this.#numbers.covers(ops)) return
    try {
      const parts = plan(ops, { knownSpaces: this.#spaces, kinds, numbers: this.#numbers, doubt: null })
      for (const part of parts) if (part instanceof Segment) part.encode()
      this.#prepared = { ops, parts }
    } catch {
      // The flush says what is wrong.
    }
  }

  async flush(ops: readonly StoreOp[]): Promise<FlushResult> {
    if (this.#closing !== null) throw new StoreClosedError('the lane is closed')
    if (this.#lost !== null) throw this.#lost
    if (this.#inFlight !== null) throw new IllegalTransitionError('a lane has one flush in flight: wait for it before the next')
    const flight = Promise.race([this.#flush(ops, null, ++this.#number), this.#over.promise])
    this.#inFlight = flight
    try {
      const result = await flight
      this.#hint(ops, result)
      return result
    } finally {
      this.#inFlight = null
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #takeOver(client: pg.Client): Promise<Held> {
    const { lane, before, options, kinds } = this.#parts
    await client.query(LANE_SQL.add, [lane])
    const { rows: [row] } = await client.query<{ epoch: number; is_open: boolean }>(LANE_SQL.lock, [lane])
    // Two processes under one name would take the lane from each other for ever: who lost it goes on under another.
    if (before !== null && row?.is_open === true && row.epoch !== before) throw new NameTakenError(`the lane ${this.id} is another's now`)
    const held = await this.#connection.take(client, options.worker === undefined ? null : JSON.stringify(options.worker))
    await client.query(LANE_SQL.free, [lane, row?.epoch === before ? 0 : 1])
    await client.query(LANE_SQL.firstFlush, [lane])
    const { rows } = await client.query<{ id: number }>(LANE_SQL.spaces)
    this.#spaces = new Set(rows.map(({ id }) => id))
    await kinds.refresh(client)
    return held
  }

  /** When a row is refused among others, all is done again with its part cut smaller: only so it is known which operation is at fault. */
  async #flush(ops: readonly StoreOp[], known: Doubt | null, number: number): Promise<FlushResult> {
    const { kinds } = this.#parts
    for (let sent: readonly Part[] | null = null; ;) {
      // Nothing is awaited that need not be: whoever waits for the flush before is told only once this one is on its way.
      const client = this.#connection.now ?? (await this.#connection.ready())
      let parts: readonly Part[] = []
      const progress = { done: 0 }
      try {
        const kept: FlushResult | null = sent === null ? null : await this.#readBack(client, sent, number)
        if (kept !== null) return this.#kept(ops, sent ?? [], kept)
        parts = this.#takePrepared(ops, known) ?? []
        if (parts.length === 0 && !kinds.covers(ops) && (await kinds.prepare(client, ops))) this.#heartbeat?.notify('kinds')
        if (parts.length === 0 && !this.#numbers.covers(ops)) await this.#numbers.reserve(client, ops)
        if (parts.length === 0) parts = plan(ops, { knownSpaces: this.#spaces, kinds, numbers: this.#numbers, doubt: known })
        sent = parts
        for (const part of parts) if (part instanceof Segment) this.#numbers.expect(part.starting)
        const answers = await retried(() => this.#carryOut(client, parts, { progress, number }))
        return this.#kept(ops, parts, resultOf(answers))
      } catch (thrown) {
        // What was made ready counted on this flush.
        this.#numbers.met([])
        this.#prepared = null
        if (isLost(thrown)) {
          this.#connection.lose(client, thrown)
          continue
        }
        if (isFenced(thrown)) this.#lose(fencedError(thrown))
        const part = parts[progress.done]
        if (part === undefined || !isRowFailure(thrown)) throw storeFailure(thrown, 'the flush failed')
        if (part.size === 1) throw rowRefusal(thrown, part.first, ops[part.first])
        return this.#flush(ops, doubtOf(part), number)
      }
    }
  }

  #takePrepared(ops: readonly StoreOp[], known: Doubt | null): readonly Part[] | null {
    const prepared = this.#prepared
    this.#prepared = null
    return prepared?.ops === ops && known === null ? prepared.parts : null
  }

  /** What the lane knows by a flush that was kept. */
  #kept(ops: readonly StoreOp[], parts: readonly Part[], result: FlushResult): FlushResult {
    const segments = parts.filter((part) => part instanceof Segment)
    for (const { newSpaces } of segments) for (const space of newSpaces) this.#spaces.add(space)
    const taken = segments.flatMap((segment) => segment.taken)
    if (!this.#numbers.met(taken)) this.#prepared = null
    this.#numbers.settle(ops, taken, result)
    return result
  }

  async #carryOut(client: pg.Client, parts: readonly Part[], { progress, number }: { progress: { done: number }; number: number }): Promise<Map<number, OpAnswer>> {
    const answers = new Map<number, OpAnswer>()
    progress.done = 0
    const { lane } = this.#parts
    const [only] = parts
    if (parts.length === 1 && only instanceof Segment) {
      const { rows } = await client.query<Row>({ ...FLUSH, values: [...only.parameters(lane, this.#epoch), number] })
      only.answer(rows, answers)
      return answers
    }
    await transaction(client, async () => {
      await this.#prove(client)
      for (const part of parts) {
        if (part instanceof Segment) {
          const { rows } = await client.query<Row>({ ...FLUSH_PART, values: part.parameters(lane, this.#epoch) })
          part.answer(rows, answers)
        } else {
          const answer = await apply({ client, lane, epoch: this.#epoch }, part.op)
          if (answer !== undefined) answers.set(part.first, answer)
        }
        progress.done++
      }
      await client.query(LANE_SQL.noteFlush, [lane, number, answers.size === 0 ? null : JSON.stringify([...answers])])
    })
    return answers
  }

  /** The answers of a flush whose connection broke, if it was kept; null when it was not. */
  async #readBack(client: pg.Client, parts: readonly Part[], number: number): Promise<FlushResult | null> {
    const { rows: [last] } = await client.query<LastFlush>(LANE_SQL.readFlush, [this.#parts.lane])
    if (last?.number !== number) return null
    const [only] = parts
    if (parts.length !== 1 || !(only instanceof Segment)) return resultOf(new Map(parseJson(last.answers ?? '[]') as [number, OpAnswer][]))
    const answers = new Map<number, OpAnswer>()
    only.answer(parseJson(last.answers ?? '[]') as Row[], answers)
    return resultOf(answers)
  }

  async #prove(client: pg.Client): Promise<void> {
    const { rows } = await client.query(LANE_SQL.prove, [this.#parts.lane, this.#epoch])
    if (rows.length === 0) throw new LaneFencedError(`another process has taken over: the lane ${this.id} has another epoch than ${this.#epoch}`)
  }

  /** Others may be waiting for what this flush made durable: runs that this lane does not keep, and mail. */
  #hint(ops: readonly StoreOp[], { answers }: FlushResult): void {
    let isDue = false
    let isMail = false
    for (const [index, op] of ops.entries()) {
      if (op.op === 'start') isDue ||= op.isFree === true && !answers.has(index)
      else if (op.op === 'release') isDue ||= op.status === 'waiting' && op.wakeAt === null && !answers.has(index)
      else if (op.op === 'finish') {
        if (op.tell === undefined || answers.has(index)) continue
        isMail = true
        isDue = true
      } else if (op.op === 'publish') {
        const answer = answers.get(index)
        if (answer?.answer !== 'published' || answer.runs === 0) continue
        isMail = true
        isDue = true
      } else if (op.op === 'send') {
        const answer = answers.get(index)
        if (answer?.answer !== 'sent') continue
        if (answer.owned) isMail = true
        else isDue = true
      }
    }
    if (isDue) this.#heartbeat?.notify('due')
    if (isMail) this.#heartbeat?.notify('mail')
  }

  #raised(held: Held): void {
    this.#epoch = held.epoch
    this.#heartbeat?.prolong(held.heldUntil)
  }

  /** The two connections break and come back one by one; the lane is connected with both. */
  #reached(by: 'flush' | 'heartbeat', is: boolean, why: string): void {
    const before = this.#away.size
    if (is) this.#away.delete(by)
    else this.#away.add(by)
    if ((before > 0) !== (this.#away.size > 0) && this.#closing === null && this.#lost === null) this.#watch.onConnected(is, why)
  }

  /** The lane is over, and not by its own will. */
  #lose(error: LaneFencedError): void {
    if (this.#lost !== null || this.#closing !== null) return
    this.#lost = error
    this.#over.reject(error)
    this.#connection.end()
    void this.#heartbeat?.stop()
    this.#parts.ended()
    this.#watch.onLost(error)
  }

  async #close(): Promise<void> {
    await this.#inFlight?.catch(() => undefined)
    if (this.#lost !== null) return
    try {
      const client = await Promise.race([this.#connection.ready(), new Promise<null>((resolve) => setTimeout(resolve, CLOSE_MS, null))])
      if (client === null) throw new StoreClosedError('the connection is lost; what the lane owns is taken over when its lease has run out')
      await retried(() => transaction(client, () => this.#giveUp(client)))
    } catch (thrown) {
      if (!isFenced(thrown)) throw storeFailure(thrown, `the lane ${this.id} could not be closed in order`)
    } finally {
      this.#connection.end()
      await this.#heartbeat?.stop()
      this.#parts.ended()
    }
  }

  async #giveUp(client: pg.Client): Promise<void> {
    const { lane, holder } = this.#parts
    const { rows } = await client.query<{ holder: string }>(LANE_SQL.lock, [lane])
    if (rows[0]?.holder !== holder) return
    await client.query(LANE_SQL.free, [lane, 0])
    await client.query(LANE_SQL.close, [lane, this.#epoch])
    // A process that only starts a run is gone before its heartbeat could have hinted at it.
    await client.query(LANE_SQL.hint, [channelOf(this.#parts.address.schema)])
  }
}

/** Answers in the order of their operations. */
function resultOf(answers: Map<number, OpAnswer>): FlushResult {
  return { answers: answers.size < 2 ? answers : new Map([...answers].sort(([a], [b]) => a - b)) }
}
