// Watches everything that a simulated cluster writes, as it is written, and holds it against what was promised: it keeps its own account of the
// leases and trusts nothing that the store or the engines conclude.
import type { RunKey } from '../model/run.ts'
import type { MemoryServer, ServerEvent } from '../store/memory/server.ts'
import type { Effect } from './world.ts'

/** By how much a process's clock may be wrong per millisecond. */
export const DRIFT = 0.001

/** So long nobody must have been able to run a workflow before its runs are parked, in milliseconds. */
export const UNSERVED_MS = 10_000

interface Lease {
  epoch: number
  open: boolean
  until: number
  heldSince: number
}

/** The account of one cluster. */
export class ClusterMonitor {
  readonly violations: string[] = []
  readonly #leases = new Map<string, Lease>()
  readonly #leaseMs: number
  readonly #now: () => number
  readonly #note: (what: string) => void
  #server: MemoryServer | null = null
  /** The lanes of the processes that have the code of a version. */
  #having: (workflow: string, version: string) => readonly string[] = () => []
  #upSince = 0
  /** When the faults ended; null while they go on. */
  calmAt: number | null = null
  takeovers = 0

  constructor(leaseMs: number, now: () => number, note: (what: string) => void) {
    this.#leaseMs = leaseMs
    this.#now = now
    this.#note = note
  }

  watch(server: MemoryServer, having: (workflow: string, version: string) => readonly string[]): void {
    this.#server = server
    this.#having = having
  }

  /** What the clocks' errors add up to in a lease time. */
  get #slack(): number {
    return Math.ceil(this.#leaseMs * DRIFT * 2) + 2
  }

  observe(event: ServerEvent): void {
    if (event.what === 'restarted') {
      this.#upSince = this.#now()
      return
    }
    this.#note(`${event.what}${event.lane}${event.epoch}`)
    if (event.what === 'wrote') this.#wrote(event)
    else if (event.what === 'taken') this.#taken(event)
    else this.#held(event)
  }

  /** A body begins in the process that has this lane. */
  began(lane: string, effect: Effect): void {
    const lease = this.#leases.get(lane)
    const row = this.#server?.tables.find({ space: 0, run: effect.run })?.row
    if (lease === undefined || this.#now() > lease.until + this.#slack) this.#broken(`K6 ${effect.path} of ${effect.run} began in ${lane}, whose lease had ended at ${lease?.until ?? 0}`)
    else if (row !== undefined && !this.#having(row.workflow, row.version).includes(lane)) this.#broken(`K12 ${effect.path} of ${effect.run} began in ${lane}, which does not have version ${row.version}`)
    else if (row?.lane !== lane && this.#now() < lease.until - this.#slack) this.#broken(`K6 ${effect.path} of ${effect.run} began in ${lane}, but the run is owned by ${row?.lane ?? 'nobody'}`)
  }

  /** Lanes that nobody has taken over in time. */
  end(): void {
    for (const [lane, lease] of this.#leases) if (lease.open) this.#inTime(lane, lease)
  }

  /** Until when others have acted on what was at `at`, a lease that ended or a mail: faults hold it up, and whoever takes over holds its own lease first. */
  takenOverBy(at: number): number {
    return Math.max(at, (this.calmAt ?? at) + 2 * this.#leaseMs + 1500) + this.#leaseMs / 3 + this.#slack + 100
  }

  #held({ what, lane, epoch, until }: Extract<ServerEvent, { until: number }>): void {
    const before = this.#leases.get(lane)
    const isGap = before === undefined || what === 'opened' || before.until < this.#now()
    if (what !== 'opened' && before !== undefined && !before.open) this.#broken(`K6 ${lane} was ${what} after it had been taken over`)
    this.#leases.set(lane, { epoch, until, open: what !== 'closed', heldSince: isGap ? this.#now() : before.heldSince })
  }

  #taken({ lane, by, epoch }: Extract<ServerEvent, { what: 'taken' }>): void {
    this.takeovers++
    const lease = this.#leases.get(lane)
    const sweeper = this.#leases.get(by)
    if (lease === undefined || lease.until >= this.#now()) this.#broken(`K6 ${lane} was taken over by ${by} before its lease had ended`)
    if (sweeper === undefined || Math.max(sweeper.heldSince, this.#upSince) > this.#now() - this.#leaseMs) this.#broken(`K7 ${by} took ${lane} over before it had held its own lease for a lease time`)
    if (lease === undefined) return
    this.#inTime(lane, lease)
    this.#leases.set(lane, { ...lease, epoch, open: false })
  }

  /** Once all is calm, a lane that has lapsed is taken over at the next tick of somebody who may. */
  #inTime(lane: string, { until }: Lease): void {
    if (this.calmAt === null) return
    if (this.#now() > this.takenOverBy(until)) this.#broken(`K7 ${lane} lapsed at ${until} and was not taken over until ${this.#now()}`)
  }

  #wrote({ lane, epoch, ops, result }: Extract<ServerEvent, { what: 'wrote' }>): void {
    const lease = this.#leases.get(lane)
    if (lease === undefined || !lease.open || lease.epoch !== epoch) this.#broken(`K6 a flush of ${lane} under epoch ${epoch} was accepted; the epoch is ${lease?.epoch ?? 0}${lease?.open === true ? '' : ', and the lane is not open'}`)
    for (const [index, op] of ops.entries()) {
      if (op.op === 'record') {
        this.#inOrder(op.record)
        if (op.record.kind === 'timer') this.#notEarly(op.record)
      }
      if (op.op === 'release' && op.status === 'parked') this.#parked(op.run, op.error?.code)
      if (op.op === 'claim' && op.now > this.#now() + this.#slack) this.#broken(`K8 ${lane} claimed by a time that is ${op.now - this.#now()} ms ahead`)
      if (op.op === 'start' && result.answers.get(index)?.answer === undefined && lease?.open !== true) this.#broken(`K6 ${op.run.run} was started by ${lane}, which is over`)
    }
  }

  /** After each commit the journal is a prefix of the order of its records. */
  #inOrder({ space, run, gen }: RunKey & { readonly gen: number }): void {
    const journal = this.#server?.tables.find({ space, run })?.journal.values() ?? []
    const numbers = [...journal].filter((record) => record.gen === gen).map(({ seq }) => seq)
    // None: the run has continued as new by the same flush.
    if (gen === 1 && Math.max(0, ...numbers) !== numbers.length) this.#broken(`K3 the journal of ${run} has ${numbers.length} records, and one with number ${Math.max(...numbers)}`)
  }

  /** A run is parked for want of its code only when no worker that has it was there for some time; and never because it was replayed by another version. */
  #parked(key: RunKey, code: string | undefined): void {
    const row = this.#server?.tables.find(key)?.row
    if (row === undefined) return
    if (code === 'NON_DETERMINISM') this.#broken(`K12 ${key.run} was replayed by another version than its own, ${row.version}`)
    if (code !== 'WORKFLOW_NOT_FOUND') return
    const since = this.#now() - UNSERVED_MS
    const able = this.#having(row.workflow, row.version).find((lane) => {
      const lease = this.#leases.get(lane)
      return lease?.open === true && lease.until >= this.#now() && Math.max(lease.heldSince, this.#upSince) < since
    })
    if (able !== undefined) this.#broken(`K12 ${key.run} was parked for want of version ${row.version}, which ${able} has had for long`)
  }

  #notEarly({ space, run, path }: RunKey & { readonly path: string }): void {
    const marks = this.#server?.tables.find({ space, run })?.marks.values() ?? []
    const due = [...marks].find((mark) => mark.kind === 'timer' && mark.path === path)?.due ?? 0
    if (this.#now() < due - this.#slack) this.#broken(`K8 the timer ${path} of ${run} fired ${due - this.#now()} ms early`)
  }

  #broken(what: string): void {
    this.violations.push(`${what} (at ${this.#now()})`)
  }
}
