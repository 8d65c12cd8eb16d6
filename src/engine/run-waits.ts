// What a run waits for by the clock, made durable before the waiting begins: timers, and the bound of a step over all its
// attempts. After a crash the mark of the earlier process counts, so that nothing begins its wait anew.
import { errorData } from '../errors.ts'
import { isUnchanged } from '../template/signature.ts'
import type { RunHost } from './run-host.ts'
import { recordReused, recordValue } from './run-records.ts'
import type { RecordsHost } from './run-records.ts'
import type { Known, Tries } from './replay.ts'
import type { StepHost } from './step-host.ts'
import type { StepRun } from './step-run.ts'
import type { TimerWait } from './timer-wait.ts'

/** The run, as its waits need it. */
export interface WaitingRun extends RecordsHost {
  /** What earlier processes have recorded: marks, and the bounds of steps. */
  readonly known: Pick<Known, 'marks' | 'deadlines' | 'loose'>
  /** While the run is in probation. */
  readonly trial: Trial | null
  considerLeavingSoon(): void
}

/** A run's probation: what was tried before, and the way out. */
export interface Trial {
  readonly tried: ReadonlyMap<string, Tries>
  /** No other run is in probation beside it. */
  readonly isAlone: boolean
  discharge(): void
}

/** A step that lives so long after it was begun is not what kills its process, in milliseconds. */
const SURVIVED_MS = 5000

/** Notes that a step begins, before its body does: should the process die, it is known which steps were at work. */
function noteTry(run: WaitingRun, host: RunHost, { step, trial }: { step: StepRun; trial: Trial }): void {
  const { clock } = host.deps
  const attempt = (trial.tried.get(step.path)?.made ?? 0) + 1
  step.isTried = true
  run.journal.mark({ path: step.path, kind: trial.isAlone ? 'tried alone' : 'tried', attempt, at: clock.now(), due: null, error: null }, (_answer, error) => {
    if (error !== undefined) run.broken(error)
    else if (run.live) {
      clock.timer(SURVIVED_MS, () => {
        if (run.live && step.computing) run.journal.mark({ path: step.path, kind: 'survived', attempt, at: clock.now(), due: null, error: null }, () => undefined)
      })
      beginStep(run, host, step)
    }
  })
}

/** Notes that a step begins that can be undone: whatever happens from now on, it is known that it may have been done. */
function noteBegin(run: WaitingRun, host: RunHost, step: StepRun): void {
  const kind = step.level === 'transaction' ? 'compensable exactly' : 'compensable'
  run.journal.mark({ path: step.path, kind, attempt: 1, at: host.deps.clock.now(), due: null, error: null }, (_answer, error) => {
    if (error !== undefined) run.broken(error)
    else if (run.live) {
      step.needsNote = false
      beginStep(run, host, step)
    }
  })
}

/** Looks at a step before it begins. False when it is answered, or about to be, without its body: by a bad option, or by an earlier result that still holds. */
export function admitStep(run: WaitingRun, host: RunHost, step: StepRun, steps: Pick<StepHost<StepRun>, 'onFailure'>): boolean {
  try {
    step.checkOptions()
    if (step.inputHash === '') step.encodeInput()
  } catch (thrown) {
    steps.onFailure(step, errorData(thrown))
    return false
  }
  const loose = run.known.loose.get(step.path)
  if (loose !== undefined && isUnchanged(loose, step.operation.template) && loose.inputHash === step.inputHash) {
    recordReused(run, host, step, loose)
    return false
  }
  step.gate = run.journal.effectSeq
  return true
}

/** Begins a step; one with a total timeout begins once its bound is durable. */
export function beginStep(run: WaitingRun, host: RunHost, step: StepRun): void {
  if (step.isClosed) return
  if (run.trial !== null && !step.isTried) {
    noteTry(run, host, { step, trial: run.trial })
    return
  }
  if (step.needsNote) {
    noteBegin(run, host, step)
    return
  }
  const total = step.totalTimeout
  const known = run.known.deadlines.get(step.path)
  if (total === null || known !== undefined) {
    if (known !== undefined) step.limit(known)
    step.begin(run.known.marks.get(step.path))
    return
  }
  const at = host.deps.clock.now()
  run.journal.mark({ path: step.path, kind: 'started', attempt: 1, at, due: at + total, error: null }, (_answer, error) => {
    if (error !== undefined) run.broken(error)
    else if (run.live) {
      step.limit(at + total)
      step.begin(undefined)
    }
  })
}

/** Arms a timer once its due time is durable. */
export function startTimer(run: WaitingRun, host: RunHost, timer: TimerWait): void {
  const fire = (startedAt: number) => (): void => recordValue(run, host, { path: timer.path, kind: 'timer', value: undefined, startedAt, reads: timer.reads })
  const mark = run.known.marks.get(timer.path)
  if (mark?.kind === 'timer' && mark.due !== null) {
    timer.arm(mark.due, fire(mark.at))
    return
  }
  const at = host.deps.clock.now()
  const due = timer.until ?? at + timer.ms
  run.journal.mark({ path: timer.path, kind: 'timer', attempt: 1, at, due, error: null }, (_answer, error) => {
    if (error !== undefined) run.broken(error)
    else if (run.live) {
      timer.arm(due, fire(at))
      run.considerLeavingSoon()
    }
  })
}
