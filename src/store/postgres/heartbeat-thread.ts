// The heartbeat thread of a lane. Every third of a lease it runs one statement, wumbo_tick_v1, on a connection of its own. It also listens for
// hints of other workers, and sends this one's, a few milliseconds apart at the most often: a notification in
// each flush would make all commits of a server wait for each other. Hints may be lost; the tick finds everything.
import { parentPort, workerData } from 'node:worker_threads'
import type pg from 'pg'
import { StoreClosedError, WumboError } from '../../errors.ts'
import { parseJson } from '../../shared/parse-json.ts'
import { connect, destroy } from './connection.ts'
import type { Address } from './connection.ts'
import { isFenced, isLost } from './failures.ts'
import { alone } from './pooled.ts'
import { offsetOf } from './server-time.ts'
import { heldFrom } from './heartbeat.ts'
import { SHARED } from './heartbeat-wire.ts'
import type { FromHeartbeat, HeartbeatData, Hint, ToHeartbeat } from './heartbeat-wire.ts'
import { LANE_SQL, channelOf, tickSql } from './statements.ts'

/** Ticks in a lease time. */
const TICKS = 3
/** Without hints of others, due runs are looked for so often, in milliseconds. */
const POLL_MS = 2000
/** The shortest time between two hints that are sent. */
const NOTIFY_MS = 8
/** Between two ticks that hints of others ask for. */
const HINTED_MS = 25
/** How soon a lost connection is opened again, at first and at the latest, as parts of the lease. */
const FIRST_RETRY = 1 / 40
const LAST_RETRY = 1 / 8
const NS_PER_MS = 1_000_000n
const FORGET_EVERY_MS = 3_600_000

interface Ticked {
  readonly now_ms: number
  readonly draining: boolean
  readonly last_kind: number
  readonly due_in_ms: number | null
  readonly lapse_in_ms: number | null
  /** JSON of [space, run, number of the last mail]. */
  readonly mail: string | null
  readonly unserved: readonly (string | number)[]
}

class Beating {
  readonly #data: HeartbeatData
  readonly #address: Address
  readonly #shared: BigInt64Array
  readonly #say: (said: FromHeartbeat) => void
  readonly #channel: string
  #client: pg.Client | null = null
  #kinds: readonly number[] = []
  #lastKind = -1
  #timer: NodeJS.Timeout | null = null
  #timerAt = Number.POSITIVE_INFINITY
  #dueTimer: NodeJS.Timeout | null = null
  #ticking = false
  #retryMs: number
  #connected = true
  #over = false
  #hints = new Set<Hint>()
  #notifying = false
  #forgotAt = performance.now()
  #drainIsTold = false

  constructor(data: HeartbeatData, say: (said: FromHeartbeat) => void) {
    this.#data = data
    this.#address = { url: data.url, schema: data.schema, pooled: data.pooled, leaseMs: data.leaseMs }
    this.#shared = new BigInt64Array(data.shared)
    this.#say = say
    this.#retryMs = data.leaseMs * FIRST_RETRY
    this.#channel = channelOf(data.schema)
    this.#tickIn(0)
  }

  hear(said: ToHeartbeat): void {
    if (said.say === 'serve') {
      this.#kinds = said.kinds
      this.#tickIn(0)
    } else if (said.say === 'notify') {
      this.#hints.add(said.of)
      void this.#notify()
    } else void this.#stop()
  }

  /** The period of ticks; shorter where no hints come. */
  get #periodMs(): number {
    const beat = this.#data.leaseMs / TICKS
    return this.#data.pooled ? Math.min(beat, POLL_MS) : beat
  }

  #tickIn(ms: number): void {
    const at = performance.now() + ms
    if (this.#over || at >= this.#timerAt) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY
      void this.#tick()
    }, ms)
  }

  async #tick(): Promise<void> {
    if (this.#over) return
    if (this.#ticking) {
      this.#tickIn(HINTED_MS)
      return
    }
    this.#ticking = true
    try {
      const now = process.hrtime.bigint()
      if (now > Atomics.load(this.#shared, SHARED.heldUntil)) this.#lapse('the lease could not be renewed in time')
      else if (now - Atomics.load(this.#shared, SHARED.turnedAt) > BigInt(this.#data.leaseMs) * NS_PER_MS) {
        // Whoever owns runs and does not turn keeps them from everybody.
        this.#tickIn(this.#data.leaseMs / (TICKS * 4))
      } else await this.#renew()
    } catch (thrown) {
      if (isFenced(thrown)) {
        this.#over = true
        this.#say({ say: 'fenced', why: String(thrown) })
      } else this.#failed(thrown)
    } finally {
      this.#ticking = false
    }
  }

  async #renew(): Promise<void> {
    const client = await this.#connection()
    const sentAt = process.hrtime.bigint()
    const { lane, holder, leaseMs, unservedMs } = this.#data
    const { rows: [row] } = await alone<Ticked>(client, tickSql(this.#address.schema), [lane, holder, leaseMs, this.#kinds, unservedMs])
    if (row === undefined || this.#over) return
    Atomics.store(this.#shared, SHARED.heldUntil, heldFrom(sentAt, this.#data.leaseMs))
    this.#say({ say: 'time', offsetMs: offsetOf(row.now_ms) })
    this.#setConnected(true, '')
    this.#retryMs = this.#data.leaseMs * FIRST_RETRY
    this.#tell(row)
    // Each worker a little off, so that not all come at once when a lease lapses.
    const jitter = Math.random() * Math.min(100, this.#periodMs / 10)
    this.#tickIn(Math.min(this.#periodMs - jitter, row.lapse_in_ms === null ? Number.POSITIVE_INFINITY : Math.max(1, row.lapse_in_ms) + jitter))
    if (performance.now() - this.#forgotAt > FORGET_EVERY_MS) {
      this.#forgotAt = performance.now()
      await client.query(LANE_SQL.forget)
    }
  }

  #tell(row: Ticked): void {
    if (row.draining && !this.#drainIsTold) {
      this.#drainIsTold = true
      this.#say({ say: 'drain' })
    }
    if (row.mail !== null) this.#say({ say: 'mail', runs: parseJson(row.mail) as [number, string, number][] })
    if (row.last_kind !== this.#lastKind) {
      this.#lastKind = row.last_kind
      this.#say({ say: 'kinds' })
    }
    if (row.unserved.length > 0) this.#say({ say: 'unserved', kinds: row.unserved.map(Number) })
    if (this.#dueTimer !== null) clearTimeout(this.#dueTimer)
    this.#dueTimer = null
    if (row.due_in_ms !== null && row.due_in_ms < this.#periodMs * 2) this.#dueTimer = setTimeout(() => this.#say({ say: 'due' }), Math.max(0, row.due_in_ms))
  }

  async #connection(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client
    const client = await connect(this.#address, (broken, why) => {
      if (this.#client !== broken) return
      this.#client = null
      this.#failed(why)
    })
    const own = (client as unknown as { readonly processID: number | null }).processID // the types of the driver leave it out
    client.on('notification', ({ payload, processId }) => {
      if (processId !== own) this.#onHint(payload)
    })
    if (!this.#data.pooled && !this.#over) await client.query(`listen ${this.#channel}`)
    if (this.#over) {
      destroy(client)
      throw new StoreClosedError('the heartbeat has stopped')
    }
    this.#client = client
    void this.#notify()
    return client
  }

  /** A connection that broke, or a server that is not there: tries again soon, until the lease runs out. */
  #failed(thrown: unknown): void {
    if (this.#over) return
    const client = this.#client
    if (client !== null && (isLost(thrown) || thrown instanceof WumboError)) {
      this.#client = null
      destroy(client)
    }
    this.#setConnected(false, thrown instanceof Error ? thrown.message : String(thrown))
    const left = Number((Atomics.load(this.#shared, SHARED.heldUntil) - process.hrtime.bigint()) / NS_PER_MS)
    this.#tickIn(Math.min(this.#retryMs * (0.5 + Math.random()), Math.max(0, left) + 1))
    this.#retryMs = Math.min(this.#data.leaseMs * LAST_RETRY, this.#retryMs * 2)
  }

  #setConnected(is: boolean, why: string): void {
    if (is === this.#connected) return
    this.#connected = is
    this.#say({ say: 'connected', is, why })
  }

  #lapse(why: string): void {
    this.#over = true
    this.#say({ say: 'lapsed', why })
  }

  #onHint(payload: string | undefined): void {
    if (payload === 'due') this.#say({ say: 'due' })
    else this.#tickIn(HINTED_MS * Math.random())
  }

  async #notify(): Promise<void> {
    if (this.#notifying || this.#data.pooled) return
    this.#notifying = true
    while (this.#hints.size > 0 && this.#client !== null && !this.#over) {
      const hints = [...this.#hints]
      this.#hints.clear()
      await this.#client.query(`select ${hints.map((_, index) => `pg_notify($1, $${index + 2})`).join(', ')}`, [this.#channel, ...hints]).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, NOTIFY_MS))
    }
    this.#notifying = false
  }

  async #stop(): Promise<void> {
    this.#over = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#dueTimer !== null) clearTimeout(this.#dueTimer)
    const client = this.#client
    this.#client = null
    if (client !== null) destroy(client)
    this.#say({ say: 'stopped' })
    parentPort?.close()
  }
}

const port = parentPort
if (port !== null) {
  const beating = new Beating(workerData as HeartbeatData, (said) => port.postMessage(said))
  port.on('message', (said: ToHeartbeat) => beating.hear(said))
}
