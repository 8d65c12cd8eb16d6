// One lane of a shared memory store, which does what a lane of the PostgreSQL store does: a flush whose answer was lost is looked for under a
// raised epoch, and sent again only when it was not kept; a lane whose lease cannot be proven is over.
import { IllegalTransitionError, LaneFencedError, StoreClosedError } from '../../errors.ts'
import type { RunKey, RunKind } from '../../model/run.ts'
import type { Clock } from '../../shared/clock.ts'
import { deferred } from '../../shared/deferred.ts'
import type { FlushResult, Lane, LaneOptions, LaneWatch, StoreOp } from '../port.ts'
import { LaneBeat } from './lane-beat.ts'
import { LinkLostError, atOnce } from './link.ts'
import type { Link } from './link.ts'
import type { MemoryServer } from './server.ts'

const NOBODY: LaneWatch = {
  onDue: () => undefined, onMail: () => undefined, onKinds: () => undefined, onUnserved: () => undefined, onConnected: () => undefined, onLost: () => undefined, onDrain: () => undefined,
}
const RETRY_MS = 50
const CLOSE_MS = 2000

/** What a lane is opened with. */
export interface SharedLaneParts {
  readonly server: MemoryServer
  readonly link: Link
  readonly clock: Clock
  readonly id: string
  readonly options: LaneOptions
  /** The epoch that this process had the lane under before; null when it had not. */
  readonly before: number | null
  learn(now: number): void
  ended(lane: SharedLane): void
}

/** One lane of a shared memory store. */
export class SharedLane implements Lane {
  readonly id: string
  readonly #parts: SharedLaneParts
  readonly #holder: string
  readonly #watch: LaneWatch
  readonly #beat: LaneBeat
  readonly #over = deferred<never>()
  #epoch: number
  #number = 0
  #inFlight: Promise<unknown> | null = null
  #closing: Promise<void> | null = null
  #lost: LaneFencedError | null = null
  #connected = true

  private constructor(parts: SharedLaneParts, held: { readonly holder: string; readonly epoch: number; readonly heldUntil: number }) {
    this.id = parts.id
    this.#parts = parts
    this.#holder = held.holder
    this.#epoch = held.epoch
    this.#watch = parts.options.watch ?? NOBODY
    this.#over.promise.catch(() => undefined)
    const { server, link, clock } = parts
    this.#beat = new LaneBeat({ server, link, clock, lane: parts.id, holder: held.holder, watch: this.#watch, lost: (error) => this.#lose(error), learn: (now) => parts.learn(now) }, held.heldUntil)
  }

  static async open(parts: SharedLaneParts): Promise<SharedLane> {
    const { server, link, clock, id, before, options } = parts
    const holder = server.newName('holder')
    // Of two who open a lane the one that is told late must not come after the other: its transaction would have held the lane, or been taken back.
    const seen = await link.call(() => atOnce(() => server.epochOf(id)))
    const heldUntil = clock.monotonic() + server.leaseMs
    const { epoch, now } = await link.call(() => atOnce(() => ({ epoch: server.open(id, holder, { seen, before, worker: options.worker ?? null }), now: server.now() })))
    // The process may have been without the store for long, and its clock may have run ahead: nothing may be claimed by that.
    parts.learn(now)
    return new SharedLane(parts, { holder, epoch, heldUntil })
  }

  get epoch(): number {
    return this.#epoch
  }

  holds(): boolean {
    return this.#lost === null && this.#closing === null && this.#beat.holds()
  }

  serve(kinds: readonly RunKind[]): void {
    this.#beat.serve(kinds)
  }

  owned(): Promise<readonly RunKey[]> {
    return this.#parts.link.call(() => atOnce(() => this.#parts.server.ownedBy(this.id)))
  }

  async flush(ops: readonly StoreOp[]): Promise<FlushResult> {
    if (this.#closing !== null) throw new StoreClosedError('the lane is closed')
    if (this.#lost !== null) throw this.#lost
    if (this.#inFlight !== null) throw new IllegalTransitionError('a lane has one flush in flight: wait for it before the next')
    const flight = Promise.race([this.#flush(ops, ++this.#number), this.#over.promise])
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

  async #flush(ops: readonly StoreOp[], number: number): Promise<FlushResult> {
    const { server, link } = this.#parts
    for (let sent = false; ; sent = true) {
      try {
        if (sent) {
          await this.#reconnect()
          const kept = await link.call(() => atOnce(() => server.keptFlush(this.id, number)))
          if (kept !== null) return kept
        }
        const epoch = this.#epoch
        return await link.call(() => server.flush({ lane: this.id, epoch, number, ops }))
      } catch (thrown) {
        if (thrown instanceof LaneFencedError) this.#lose(thrown)
        if (!(thrown instanceof LinkLostError)) throw thrown
        this.#reached(false, thrown.message)
      }
    }
  }

  /** The epoch is raised first: what the lost message may still do must not count. */
  async #reconnect(): Promise<void> {
    const { server, link, clock } = this.#parts
    for (let wait = RETRY_MS; this.#lost === null; wait *= 2) {
      try {
        const heldUntil = clock.monotonic() + server.leaseMs
        this.#epoch = (await link.call(() => atOnce(() => server.raise(this.id, this.#holder)))).epoch
        this.#beat.prolong(heldUntil)
        this.#reached(true, '')
        return
      } catch (thrown) {
        if (!(thrown instanceof LinkLostError)) throw thrown
        await new Promise<void>((resolve) => clock.timer(Math.min(1000, wait), resolve))
      }
    }
    throw this.#lost
  }

  #reached(is: boolean, why: string): void {
    if (is === this.#connected) return
    this.#connected = is
    if (this.#closing === null && this.#lost === null) this.#watch.onConnected(is, why)
  }

  /** Others may be waiting for what this flush made durable: runs that this lane does not keep, and mail. */
  #hint(ops: readonly StoreOp[], { answers }: FlushResult): void {
    const { server } = this.#parts
    for (const [index, op] of ops.entries()) {
      const answer = answers.get(index)
      if (op.op === 'release' && op.status === 'waiting' && op.wakeAt === null && answer === undefined) server.notify(this.id, 'due')
      if (op.op === 'finish' && op.tell !== undefined && answer === undefined) for (const hint of ['mail', 'due'] as const) server.notify(this.id, hint)
      if (op.op === 'send' && answer?.answer === 'sent') server.notify(this.id, answer.owned ? 'mail' : 'due')
    }
  }

  #lose(error: LaneFencedError): void {
    if (this.#lost !== null || this.#closing !== null) return
    this.#lost = error
    this.#over.reject(error)
    this.#beat.stop()
    this.#parts.ended(this)
    this.#watch.onLost(error)
  }

  async #close(): Promise<void> {
    await this.#inFlight?.catch(() => undefined)
    const { server, link, clock } = this.#parts
    try {
      if (this.#lost !== null) return
      const late = new Promise<void>((_resolve, reject) => clock.timer(CLOSE_MS, () => reject(new StoreClosedError('the connection is lost; what the lane owns is taken over when its lease has run out'))))
      late.catch(() => undefined)
      await Promise.race([late, link.call(() => atOnce(() => server.close(this.id, this.#holder)))])
      server.notify(this.id, 'due')
    } finally {
      this.#beat.stop()
      this.#parts.ended(this)
    }
  }
}
