// What a run waits for by the clock, made durable before the waiting begins: timers, and the bound of a step over all its
// attempts. After a crash the mark of the earlier process counts, so that nothing begins its wait anew.
import type { Mark } from '../model/record.ts'
import type { RunHost } from './run-host.ts'
import { recordValue } from './run-records.ts'
import type { RecordsHost } from './run-records.ts'
import type { Tries } from './replay.ts'
import type { StepRun } from './step-run.ts'
import type { TimerWait } from './timer-wait.ts'

/** The run, as its waits need it. */
export interface WaitingRun extends RecordsHost {
  /** The newest mark of each path that has no record. */
  readonly marks: ReadonlyMap<string, Mark>
  /** When steps with a total timeout must have ended, as earlier processes recorded it. */
  readonly deadlines: ReadonlyMap<string, number>
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

/** Begins a step; one with a total timeout begins once its bound is durable. */
export function beginStep(run: WaitingRun, host: RunHost, step: StepRun): void {
  if (run.trial !== null && !step.isTried) {
    noteTry(run, host, { step, trial: run.trial })
    return
  }
  const total = step.totalTimeout
  const known = run.deadlines.get(step.path)
  if (total === null || known !== undefined) {
    if (known !== undefined) step.limit(known)
    step.begin(run.marks.get(step.path))
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
  const mark = run.marks.get(timer.path)
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
