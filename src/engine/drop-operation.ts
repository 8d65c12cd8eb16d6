// One operation of a run that goes on is not waited for any more: a branch that has lost had opened it, or something has failed beside it.
import { AbortedError } from '../errors.ts'
import { ChildWait } from './child-wait.ts'
import { MailWait } from './mail-wait.ts'
import type { OpenOperations } from './open-operations.ts'
import type { RunChildren } from './run-children.ts'
import type { RunInbox } from './run-inbox.ts'
import type { RunReplay } from './run-replay.ts'

/** Where an operation may be known. */
export interface Known {
  readonly open: OpenOperations
  readonly replay: RunReplay | null
  readonly inbox: RunInbox | null
  /** Made when it is called for. */
  readonly children: () => RunChildren
}

/** Aborts it, and keeps it from being begun after a replay. Children that end with the run are asked to cancel. */
export function dropOperation(path: string, { open, replay, inbox, children }: Known): void {
  replay?.drop(path)
  const given = open.giveUp(path, new AbortedError(`${path} is not waited for any more`, { path }))
  if (given instanceof MailWait) inbox?.forget(given)
  else if (given instanceof ChildWait) children().giveUp(given)
}
