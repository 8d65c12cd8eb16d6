// A run: one durable execution of a workflow. Its states, what may follow which, and what the store keeps of it.
// No I/O and no clock: whoever changes a run hands in the time.
import type { ErrorData } from '../errors.ts'
import { IllegalTransitionError } from '../errors.ts'
import type { Payload } from './payload.ts'

/**
 * States of a run that still lives. `waiting`: out of memory until its wake time, or until mail comes; `paused`: somebody has paused it, and
 * nothing of it is at work; `parked`: it cannot go on until a person acts.
 */
export type LiveStatus = 'running' | 'waiting' | 'paused' | 'parked'

/** States in which a run has ended. Only an explicit retry, which raises the generation, leaves them. */
export type EndStatus = 'completed' | 'failed' | 'cancelled'

/** The state of a run. */
export type RunStatus = LiveStatus | EndStatus

/** What each state may become. An end becomes `running` only by an explicit, recorded retry. */
export const RUN_TRANSITIONS: Readonly<Record<RunStatus, readonly RunStatus[]>> = {
  running: ['waiting', 'paused', 'parked', 'completed', 'failed', 'cancelled'],
  waiting: ['running', 'cancelled', 'parked'],
  paused: ['running', 'cancelled', 'parked'],
  parked: ['running', 'cancelled'],
  completed: [],
  failed: ['running'],
  cancelled: ['running'],
}

/** True for the states in which a run has ended. */
export function isEnd(status: RunStatus): status is EndStatus {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

/** Checks one step of the state machine; an illegal one is a defect of the caller. */
export function checkRunTransition(from: RunStatus, to: RunStatus): void {
  if (!RUN_TRANSITIONS[from].includes(to)) {
    throw new IllegalTransitionError(`a run cannot go from ${from} to ${to}; from ${from} it may go to ${RUN_TRANSITIONS[from].join(', ') || 'nothing'}`)
  }
}

/** The tenant or project of a run, part of every key. 0 is the default space. */
export type Space = number

/** The default space. */
export const DEFAULT_SPACE: Space = 0

/** The queue of runs that were given none. */
export const DEFAULT_QUEUE = 'default'

/** What workers choose runs by: the queue, and the code that a run needs. */
export interface RunKind {
  readonly queue: string
  readonly workflow: string
  readonly version: string
}

/** What names a run in the store. */
export interface RunKey {
  readonly space: Space
  /** UUIDv7 made by the engine. A user's own id is a key, never a run id. */
  readonly run: string
}

/** A run as it is inserted: everything that is fixed at its start. */
export interface NewRun extends RunKey {
  readonly workflow: string
  /** The version of the workflow: declared by a function, the content hash of a graph. A migration changes it, and nothing else does. */
  readonly version: string
  /** The queue that workers take the run from. */
  readonly queue: string
  readonly input: Payload
  readonly createdAt: number
  /** When the run must have ended, milliseconds since 1970; null without a run timeout. */
  readonly deadline: number | null
  /** The user's id of the run, if one was given. */
  readonly key: string | null
}

/** A run as the store shows it. */
export interface RunRow extends NewRun {
  /** Rises with each explicit retry, and when the run continues as new. The first is 1. */
  readonly gen: number
  readonly status: RunStatus
  readonly output: Payload | null
  readonly error: ErrorData | null
  readonly finishedAt: number | null
  /** When a waiting run is to be woken, milliseconds since 1970. */
  readonly wakeAt: number | null
  /** The lane that owns the run now, and the epoch under which it took it; null when nobody does. */
  readonly lane: string | null
  readonly epoch: number | null
  /** How many inbox rows the run was ever sent. */
  readonly inboxCount: number
  /** How often a lane that owned the run died since the run was last released in order. */
  readonly crashes: number
}

/** One explicit retry of a finished run, recorded so that nothing is reopened silently; or one continuation as new. */
export interface Generation extends RunKey {
  readonly gen: number
  /** The journal entries of earlier generations that this one builds on: those with a lower seq. 0 when it has continued as new. */
  readonly baseSeq: number
  readonly at: number
  /** Who asked, as told by the caller. */
  readonly by: string
  readonly reason: string
}

/**
 * The kinds of mail that a run can get from someone who does not own it. `resume` ends a pause, and lets a parked run try again; `unpark` is
 * sent by a process that finds the reason gone for which a run is parked; `child` tells a parent of the end of a child. `taken`: it was taken before
 * the run continued as new. `event` is one that was published under a topic that the run listens to. `migrate` asks for the run to go on with another version of its workflow, `update` for a change of its state.
 */
export type MailKind = 'cancel' | 'pause' | 'resume' | 'unpark' | 'signal' | 'approval' | 'child' | 'taken' | 'migrate' | 'update' | 'event'

/** The wake time of a run that waits for mail alone: the last moment that a date can name. */
export const NEVER = 8_640_000_000_000_000

/** One row of a run's inbox, as it is sent. */
export interface NewMail extends RunKey {
  readonly id: string
  readonly kind: MailKind
  readonly body: Payload | null
  readonly sentAt: number
}

/**
 * One row of a run's inbox. `number` counts from 1 per run, in the order of arrival. `consumedAt`: when the owner of the run took it in. A
 * signal that was taken in waits for whoever asks for it; the record that it answers names its number.
 */
export interface Mail extends NewMail {
  readonly number: number
  readonly consumedAt: number | null
}
