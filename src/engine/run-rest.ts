// Whether a run that is in memory may leave it: nothing computes, nothing waits for delivery, and the next thing to happen is far.
import { NEVER } from '../model/run.ts'
import type { Clock } from '../shared/clock.ts'
import type { OpenOperations } from './open-operations.ts'
import type { EngineLimits } from './ports.ts'
import type { RunInbox } from './run-inbox.ts'
import type { RunPause } from './run-pause.ts'

/** What is looked at. */
export interface Resting {
  readonly open: OpenOperations
  readonly inbox: RunInbox | null
  readonly pause: RunPause
  /** When it must have ended; infinite without a bound. */
  readonly deadline: number
}

/** How a run may leave memory now, and when it is to be claimed again; null when it has to stay. */
export function restOf({ open, inbox, pause, deadline }: Resting, clock: Clock, limits: EngineLimits): { readonly status: 'waiting' | 'paused'; readonly wakeAt: number | null } | null {
  if (open.size === 0 || !open.isDelivered || !open.isUngated || inbox?.isBusy === true) return null
  const due = open.nextDue(deadline, pause.isOn)
  if (due === null) return null
  if (pause.isOn && Number.isFinite(limits.releaseAfterMs)) return { status: 'paused', wakeAt: null }
  return due - clock.now() > limits.releaseAfterMs ? { status: 'waiting', wakeAt: Math.min(due, NEVER) } : null
}
