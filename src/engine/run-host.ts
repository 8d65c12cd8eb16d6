// What a run in memory may use of its engine. The engine implements it once and hands it to every run.
import type { ErrorData, WumboError } from '../errors.ts'
import type { RunEvent } from '../model/event.ts'
import type { Payload } from '../model/payload.ts'
import { NEVER, isEnd } from '../model/run.ts'
import type { EndStatus, MailKind, RunKey } from '../model/run.ts'
import type { EngineDeps } from './ports.ts'
import type { Flusher } from './flush.ts'
import type { ChildToStart } from './child-start.ts'
import type { PayloadHost } from './payloads.ts'
import type { Turns } from './turns.ts'
import type { UpdateWaiters } from './update-waiters.ts'

/** How a run left this process's memory. `lost`: the lane is gone, or the run belongs to someone else. */
export type Departure =
  | { readonly how: 'ended'; readonly status: EndStatus; readonly output: unknown; readonly error: ErrorData | null }
  | { readonly how: 'waiting'; readonly wakeAt: number | null }
  /** It is cancelled and comes back for its clean-up; this process still owns it. */
  | { readonly how: 'cleaning' }
  /** It is looked at whether it goes on with another version; this process still owns it. */
  | { readonly how: 'moving' }
  /** It has continued as new and comes back at once; this process still owns it. */
  | { readonly how: 'continued' }
  | { readonly how: 'parked'; readonly error: ErrorData }
  | { readonly how: 'lost'; readonly error: WumboError }

/** An event without what every event of a run has. */
export type EventBody = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'run' | 'workflow' | 'at'> : never) : never

/** What is told of a departure; null for nothing. */
export function departureEvent(departure: Departure): EventBody | null {
  switch (departure.how) {
    case 'ended':
      return isEnd(departure.status) ? { type: 'run.ended', status: departure.status, error: departure.error } : null
    case 'parked':
      return { type: 'run.parked', error: departure.error }
    case 'waiting':
      return { type: 'run.waiting', wakeAt: departure.wakeAt === NEVER ? null : departure.wakeAt }
    case 'cleaning':
    case 'moving':
    case 'continued':
    case 'lost':
      return null
  }
}

/** The engine as its runs see it. Runs are named by id. */
export interface RunHost {
  readonly deps: EngineDeps
  /** Who waits for what comes of updates. */
  readonly updates: Pick<UpdateWaiters, 'tell'>
  readonly flusher: Flusher
  readonly turns: Turns
  readonly payloads: PayloadHost
  emit(event: RunEvent): void
  /** A value that is recorded: the time, a random number, a UUID. */
  value(of: 'now' | 'random' | 'uuid'): number | string
  readPayload(payload: Payload | null): Promise<unknown>
  /** True while it is proven that this process owns its runs. */
  holds(): boolean
  /** Calls once that is proven again; never when the runs are lost. */
  whenHeld(call: () => void): void
  /** False once the store can no longer be written. */
  usable(): boolean
  /** A body begins: should the process stop turning, this is where to look. */
  began(run: string, path: string): void
  /** A body's result came after its attempt had been given up. */
  late(run: string, path: string): void
  /** Starts a child run, unless it was started before. */
  startChild(child: ChildToStart): Promise<'new' | 'known'>
  /** Mail is stored for a run: whoever has it is to read it. `isOwned`: somebody has it, as far as is known. */
  sent(run: RunKey, isOwned: boolean, kind: MailKind): void
  departed(run: string, departure: Departure): void
}
