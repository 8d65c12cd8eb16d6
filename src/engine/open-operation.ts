// What an operation is while it is open in a run: something that computes or waits, or null for what is about to be answered.
import type { Clock } from '../shared/clock.ts'
import type { Operation } from '../workflow/contract.ts'
import { ChildWait } from './child-wait.ts'
import { MailWait } from './mail-wait.ts'
import type { Open } from './open-operations.ts'
import { StepRun } from './step-run.ts'
import type { StepHost } from './step-host.ts'
import { TimerWait } from './timer-wait.ts'

/** Opens an operation; nothing of it begins yet. */
export function openOperation(operation: Operation, steps: StepHost<StepRun>, clock: Clock): Open {
  switch (operation.kind) {
    case 'step':
      return new StepRun(operation, steps)
    case 'timer':
      return new TimerWait(operation, clock)
    case 'signal':
    case 'approval':
    case 'event':
      return new MailWait(operation, clock)
    case 'child':
    case 'spawn':
    case 'children':
    case 'page':
      return new ChildWait(operation, clock)
    case 'decision':
    case 'request':
    case 'value':
      return null
  }
}
