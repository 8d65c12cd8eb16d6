// The connection of a lane. When it breaks a new one is opened, and before that is used for anything the lane makes sure that nothing of the old
// one can still take effect: it locks its row, which waits for the backend that may be at work yet, and raises its epoch, which
// refuses whatever comes late. Then it can be known whether the last flush was kept.
import type pg from 'pg'
import { LaneFencedError } from '../../errors.ts'
import { connect, destroy, transaction } from './connection.ts'
import type { Address } from './connection.ts'
import { isCollision, sqlState, storeFailure } from './failures.ts'
import { heldFrom } from './heartbeat.ts'
import { offsetOf } from './server-time.ts'
import { LANE_SQL } from './statements.ts'

/** How often something is tried that other transactions were in the way of. */
const COLLISION_ATTEMPTS = 5
const LOCK_NOT_AVAILABLE = '55P03'
const QUERY_CANCELED = '57014'
const RETRY_MS = 50
const MAX_RETRY_MS = 1000

/** A lane's row while somebody holds it. */
export interface Held {
  readonly epoch: number
  /** Until when the lease holds at least, by the monotonic clock. */
  readonly heldUntil: bigint
}

/** A backend of the server, so that one in doubt can be ended. */
interface Backend {
  readonly pid: number
  readonly began: string
}

/** What a lane's last flush left. */
export interface LastFlush {
  readonly number: number
  /** Text of JSON; null when no operation had an answer. */
  readonly answers: string | null
}

/** Who holds a lane: as it is stored, and the word by which the row knows this holder. */
export interface Holder {
  readonly lane: string
  readonly holder: string
}

/** What a lane is told of its connection. */
export interface ConnectionHearer {
  connected(is: boolean, why: string): void
  /** The lane has a new epoch and a fresh lease. */
  raised(held: Held): void
  /** The server's time less the monotonic clock, in milliseconds. */
  time(offsetMs: number): void
  /** Another has taken over while the connection was lost. */
  fenced(error: LaneFencedError): void
}

/** The connection of a lane, through all times that it is lost. */
export class LaneConnection {
  readonly #address: Address
  readonly #who: Holder
  readonly #hear: ConnectionHearer
  #client: pg.Client | null = null
  #backend: Backend | null = null
  #connecting: Promise<pg.Client> | null = null
  #over = false

  constructor(address: Address, who: Holder, hear: ConnectionHearer) {
    this.#address = address
    this.#who = who
    this.#hear = hear
  }

  /** The first connection; rejects when there is none to be had. `take` takes the lane in a transaction on it. */
  async open<T>(take: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await this.#connect()
    try {
      const taken = await retried(() => transaction(client, () => take(client)))
      this.#client = client
      return taken
    } catch (thrown) {
      destroy(client)
      throw storeFailure(thrown, `the lane ${this.#who.lane} could not be opened`)
    }
  }

  /** The connection, or null while it is lost. */
  get now(): pg.Client | null {
    return this.#client
  }

  /** The connection, as soon as there is one again. Rejects with LaneFencedError when another has taken over meanwhile. */
  ready(): Promise<pg.Client> {
    if (this.#client !== null) return Promise.resolve(this.#client)
    this.#connecting ??= this.#reconnect().finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  /** The connection is of no use any more. */
  lose(client: pg.Client, why: unknown): void {
    destroy(client)
    if (this.#client !== client) return
    this.#client = null
    if (this.#over) return
    this.#hear.connected(false, why instanceof Error ? why.message : String(why))
    // At once, so that it is known soon whether all is well again.
    this.ready().catch(() => undefined)
  }

  /** No connection from now on. */
  end(): void {
    this.#over = true
    const client = this.#client
    this.#client = null
    if (client !== null) destroy(client)
  }

  #connect(): Promise<pg.Client> {
    return connect(this.#address, (client, why) => this.lose(client, why))
  }

  async #reconnect(): Promise<pg.Client> {
    for (let wait = RETRY_MS; ; wait = Math.min(MAX_RETRY_MS, wait * 2)) {
      if (this.#over) throw new LaneFencedError(`the lane ${this.#who.lane} is over`)
      let client: pg.Client | null = null
      try {
        client = await this.#connect()
        const at = client
        const held = await retried(() => transaction(at, () => this.#settle(at)))
        if (this.#over) throw new LaneFencedError(`the lane ${this.#who.lane} is over`)
        this.#client = client
        this.#hear.raised(held)
        this.#hear.connected(true, '')
        return client
      } catch (thrown) {
        if (client !== null) destroy(client)
        if (thrown instanceof LaneFencedError) {
          this.#hear.fenced(thrown)
          throw thrown
        }
        const state = sqlState(thrown)
        if (state === LOCK_NOT_AVAILABLE || state === QUERY_CANCELED) await this.#endBackend().catch(() => undefined)
      }
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())))
    }
  }

  async #settle(client: pg.Client): Promise<Held> {
    const { lane, holder } = this.#who
    const { leaseMs } = this.#address
    await client.query(`set local lock_timeout = ${Math.max(100, Math.floor(leaseMs / 3))}`)
    const { rows } = await client.query<{ epoch: number; is_open: boolean; holder: string }>(LANE_SQL.lock, [lane])
    if (rows[0]?.is_open !== true || rows[0].holder !== holder) throw new LaneFencedError(`another process has taken over the lane ${lane}`)
    const sentAt = process.hrtime.bigint()
    const raised = await client.query<{ epoch: number }>(LANE_SQL.raise, [lane, leaseMs])
    const epoch = raised.rows[0]?.epoch ?? 0
    await client.query(LANE_SQL.keepRuns, [lane, epoch])
    await this.#remember(client)
    return { epoch, heldUntil: heldFrom(sentAt, leaseMs) }
  }

  /** Notes which backend serves the connection. */
  async #remember(client: pg.Client): Promise<void> {
    this.#backend = (await client.query<Backend>(LANE_SQL.backend)).rows[0] ?? null
  }

  /** Takes the lane for this holder, in the transaction that `open` has begun. */
  async take(client: pg.Client, worker: string | null): Promise<Held> {
    const sentAt = process.hrtime.bigint()
    const { rows } = await client.query<{ epoch: number; now: number }>(LANE_SQL.open, [this.#who.lane, this.#address.leaseMs, this.#who.holder, worker])
    // After a long absence what was known of the server's time may have drifted.
    if (rows[0] !== undefined) this.#hear.time(offsetOf(rows[0].now))
    await this.#remember(client)
    return { epoch: rows[0]?.epoch ?? 0, heldUntil: heldFrom(sentAt, this.#address.leaseMs) }
  }

  /** The backend of the lost connection still holds the lane's row: it is ended. */
  async #endBackend(): Promise<void> {
    const backend = this.#backend
    if (backend === null) return
    const client = await connect(this.#address, () => undefined)
    try {
      await client.query(LANE_SQL.endBackend, [backend.pid, backend.began])
    } finally {
      destroy(client)
    }
  }
}

/** Tries again what was taken back because other transactions were in the way. */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await work()
    } catch (thrown) {
      if (!isCollision(thrown) || attempts === COLLISION_ATTEMPTS) throw thrown
    }
  }
}
