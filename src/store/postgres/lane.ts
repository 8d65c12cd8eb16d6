// The writing end of a PostgreSQL store: a connection of its own, one flush in flight, each one transaction and nearly always one round
// trip. Many lanes write to one store; whoever opens a lane under the same name raises its epoch and so fences the one before.
import type pg from 'pg'
import { IllegalTransitionError, LaneFencedError, StoreClosedError, StoreFailedError } from '../../errors.ts'
import type { FlushResult, Lane, OpAnswer, StoreOp } from '../port.ts'
import { connect, transaction } from './connection.ts'
import type { Address } from './connection.ts'
import { isCollision, isLost, isRowFailure, storeFailure } from './failures.ts'
import { apply } from './operations.ts'
import { doubtOf, plan, rowRefusal } from './plan.ts'
import type { Doubt, Part } from './plan.ts'
import type { Row } from './rows.ts'
import { Segment } from './segment.ts'
import { FLUSH, LANE_SQL } from './statements.ts'
import { stored } from './text.ts'

/** How often a flush is tried that other transactions were in the way of. */
const COLLISION_ATTEMPTS = 5

/** One lane of a PostgreSQL store. */
export class PostgresLane implements Lane {
  readonly id: string
  readonly #ended: () => void
  #client: pg.Client | null = null
  /** Set once the caller was told that the connection is gone. */
  #lossIsTold = false
  #epoch = 0
  #spaces: Set<number> = new Set()
  #inFlight: Promise<unknown> | null = null
  #closing: Promise<void> | null = null

  private constructor(id: string, ended: () => void) {
    this.id = id
    this.#ended = ended
  }

  /** Takes the lane `id` over: raises its epoch, and frees what it still owns, whose `crashes` rise. `ended` is called when it is closed. */
  static async open(address: Address, id: string, ended: () => void): Promise<PostgresLane> {
    const lane = new PostgresLane(id, ended)
    const client = await connect(address, () => {
      lane.#client = null
    })
    try {
      await retried(() => transaction(client, () => lane.#takeOver(client)))
      lane.#client = client
      return lane
    } catch (thrown) {
      await client.end().catch(() => undefined)
      throw storeFailure(thrown, `the lane ${id} could not be opened`)
    }
  }

  get epoch(): number {
    return this.#epoch
  }

  async flush(ops: readonly StoreOp[]): Promise<FlushResult> {
    if (this.#closing !== null) throw new StoreClosedError('the lane is closed')
    if (this.#inFlight !== null) throw new IllegalTransitionError('a lane has one flush in flight: wait for it before the next')
    const flight = this.#flush(ops, null)
    this.#inFlight = flight
    try {
      return await flight
    } finally {
      this.#inFlight = null
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #takeOver(client: pg.Client): Promise<void> {
    const id = stored(this.id)
    await client.query(LANE_SQL.add, [id])
    await client.query(LANE_SQL.lock, [id])
    const raised = await client.query<{ epoch: number }>(LANE_SQL.raise, [id])
    this.#epoch = raised.rows[0]?.epoch ?? 0
    await client.query(LANE_SQL.lockRuns, [id])
    await client.query(LANE_SQL.freeRuns, [id, 1])
    const { rows } = await client.query<{ id: number }>(LANE_SQL.spaces)
    this.#spaces = new Set(rows.map((row) => row.id))
  }

  /** When a row is refused among others, all is done again with its part cut smaller: only so it is known which operation is at fault. */
  async #flush(ops: readonly StoreOp[], known: Doubt | null): Promise<FlushResult> {
    const client = this.#connection()
    const parts = plan(ops, { knownSpaces: this.#spaces, doubt: known })
    let doubt: Doubt
    const progress = { done: 0 }
    try {
      const answers = await retried(() => this.#carryOut(client, parts, progress))
      for (const part of parts) if (part instanceof Segment) for (const space of part.newSpaces) this.#spaces.add(space)
      return { answers: new Map([...answers].sort(([a], [b]) => a - b)) }
    } catch (thrown) {
      if (isLost(thrown)) throw this.#lose(client, thrown)
      const part = parts[progress.done]
      if (part === undefined || !isRowFailure(thrown)) throw storeFailure(thrown, 'the flush failed')
      if (part.size === 1) throw rowRefusal(thrown, part.first, ops[part.first])
      doubt = doubtOf(part)
    }
    return this.#flush(ops, doubt)
  }

  async #carryOut(client: pg.Client, parts: readonly Part[], progress: { done: number }): Promise<Map<number, OpAnswer>> {
    const answers = new Map<number, OpAnswer>()
    progress.done = 0
    const [only] = parts
    if (parts.length === 1 && only instanceof Segment) {
      await this.#call(client, only, answers)
      return answers
    }
    await transaction(client, async () => {
      await this.#prove(client)
      for (const part of parts) {
        if (part instanceof Segment) await this.#call(client, part, answers)
        else {
          const answer = await apply({ client, lane: stored(this.id), epoch: this.#epoch }, part.op)
          if (answer !== undefined) answers.set(part.first, answer)
        }
        progress.done++
      }
    })
    return answers
  }

  async #call(client: pg.Client, segment: Segment, answers: Map<number, OpAnswer>): Promise<void> {
    const { rows } = await client.query<Row>({ ...FLUSH, values: segment.parameters(stored(this.id), this.#epoch) })
    segment.answer(rows, answers)
  }

  async #prove(client: pg.Client): Promise<void> {
    const { rows } = await client.query(LANE_SQL.prove, [stored(this.id), this.#epoch])
    if (rows.length === 0) throw new LaneFencedError(`another process has taken over: the lane ${this.id} has another epoch than ${this.#epoch}`)
  }

  #connection(): pg.Client {
    if (this.#client !== null) return this.#client
    if (this.#lossIsTold) throw new StoreClosedError('the lane is closed: its connection was lost')
    this.#lossIsTold = true
    throw new StoreFailedError('the connection was lost; nothing of this flush was sent', { retryable: false })
  }

  /** What was sent may have been committed or not. Only the next owner, which reads everything anew, can know. */
  #lose(client: pg.Client, cause: unknown): StoreFailedError {
    this.#client = null
    this.#lossIsTold = true
    client.end().catch(() => undefined)
    return new StoreFailedError(`the connection was lost, and it is not known whether the flush was kept: ${String(cause)}`, { cause, retryable: false })
  }

  async #close(): Promise<void> {
    await this.#inFlight?.catch(() => undefined)
    const client = this.#client
    try {
      if (client !== null) await retried(() => transaction(client, () => this.#giveUp(client)))
    } catch (thrown) {
      throw storeFailure(thrown, `the lane ${this.id} could not be closed in order`)
    } finally {
      this.#client = null
      await client?.end().catch(() => undefined)
      this.#ended()
    }
  }

  async #giveUp(client: pg.Client): Promise<void> {
    const id = stored(this.id)
    const { rows } = await client.query<{ epoch: number }>(LANE_SQL.lock, [id])
    if (rows[0]?.epoch !== this.#epoch) return
    await client.query(LANE_SQL.lockRuns, [id])
    await client.query(LANE_SQL.freeRuns, [id, 0])
    await client.query(LANE_SQL.close, [id, this.#epoch])
  }
}

/** Tries again what was taken back because other transactions were in the way. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await work()
    } catch (thrown) {
      if (!isCollision(thrown) || attempts === COLLISION_ATTEMPTS) throw thrown
    }
  }
}
