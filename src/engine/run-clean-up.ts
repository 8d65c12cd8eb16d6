// What becomes of one run that is cancelled or has reached its timeout, and how it ends when the clean-up that it was entered for has.
import { RunTimeoutError, WumboError, errorData, errorFromData } from '../errors.ts'
import type { EndStatus, RunRow } from '../model/run.ts'
import { withAnother } from '../workflow/failure.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { isClosing } from '../workflow/closing-paths.ts'
import { cancelled, cancelledLate, type CleanUp, type Cleaning } from './clean-up.ts'
import type { RunExit } from './run-exit.ts'
import type { RunPause } from './run-pause.ts'
import type { RunUndo } from './run-undo.ts'

/** How a run is to end. */
export interface RunEnding {
  readonly status: EndStatus
  readonly output: unknown
  readonly error: unknown
  /** The mail that made it end. */
  readonly consumed?: number
}

/** The run, as its clean-up needs it. */
export interface CleanedRun {
  readonly row: RunRow
  readonly live: boolean
  readonly cleanUp: CleanUp | null
  readonly undo: RunUndo | null
  readonly pause: RunPause
  readonly exit: Pick<RunExit, 'read' | 'cleanUp'>
  end(ending: RunEnding): void
  /** Gives up all that is open. */
  stopAll(reason: () => WumboError): void
  /** Does with the children that are still at work what each is declared to, then calls. */
  closeChildren(then: () => void): void
}

/** Somebody has asked to cancel the run, by this mail. */
export function cancel(run: CleanedRun, mail: number): void {
  const { cleanUp, undo, exit } = run
  if (undo !== null && (undo.isActive || undo.isAwaited)) undo.read(mail)
  else if (cleanUp?.when === 'now') exit.read(mail)
  else if (cleanUp?.onCancel === true) {
    run.stopAll(() => cancelled())
    const { timeoutMs } = cleanUp
    run.closeChildren(() => exit.cleanUp({ timeoutMs, mail }))
  } else run.end({ status: 'cancelled', output: undefined, error: cancelled(), consumed: mail })
}

/** The run has reached its deadline, or that of its clean-up. */
export function timedOut(run: CleanedRun): void {
  const { cleanUp, row } = run
  if (!run.live) return
  if (cleanUp?.when === 'now') {
    run.end(endingOf(cleanUp, { status: 'failed', output: undefined, error: late(cleanUp) }))
    return
  }
  if (run.pause.isOn) {
    // Also a run that has left memory looks at it when it is resumed.
    run.pause.whenOver(() => timedOut(run))
    return
  }
  const error = new RunTimeoutError(`the run did not end within its timeout of ${(row.deadline ?? row.createdAt) - row.createdAt} ms`)
  if (cleanUp?.onTimeout === true) {
    run.stopAll(() => error)
    const { timeoutMs } = cleanUp
    run.closeChildren(() => run.exit.cleanUp({ timeoutMs, reason: errorData(error) }))
  } else run.end({ status: 'failed', output: undefined, error })
}

/** How a run ends when what it was entered for has ended so: a clean-up changes nothing of what it was entered after. */
export function endingOf(cleanUp: CleanUp | null, ending: RunEnding, form: AnyWorkflow['form'] = 'function'): RunEnding {
  if (cleanUp?.when !== 'now') return ending
  const { reason } = cleanUp
  const failure = ending.status === 'failed' ? ending.error : undefined
  // Of a graph only what is done at its end is entered after a cancel: another failure was there before.
  const isOlder = form === 'graph' && failure instanceof WumboError && !isClosing(failure.path ?? '')
  if (reason === null) return { status: 'cancelled', output: undefined, error: isOlder ? cancelledLate(failure) : cancelled(failure) }
  // A graph gives the failure back that it was entered after, with what came up since.
  return { status: 'failed', output: undefined, error: failure instanceof WumboError ? failure : errorFromData(reason) }
}

/** What a clean-up ends with that takes longer than it may. */
function late({ reason }: Cleaning): WumboError {
  const error = new RunTimeoutError('it took longer than it may')
  return reason === null ? error : withAnother(errorFromData(reason), 'finally', error)
}
