// The undoing of a run as a source of operations: first the steps in doubt are settled, all at once; then what was done is undone, one step
// after another, the last one first. Like any source it is a pure function of what is recorded, so that a crash at any point goes on
// where it was.
import { CompensationFailedError } from '../errors.ts'
import type { ErrorData, WumboError } from '../errors.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { CompletedStep, UnknownStep } from '../template/contract.ts'
import { COMPENSATION_RETRY } from '../template/compensation.ts'
import type { Operation, Outcome, Source } from '../workflow/contract.ts'
import { isInDoubt } from './doubt.ts'
import type { Saga, Undoable } from './saga.ts'
import type { StepRun } from './step-run.ts'
import { STUCK, compensationPath, settlingPath } from './undo-paths.ts'

/** What the undoing does to its run. */
export interface UndoingHost {
  open(operation: Operation): void
  /** All is undone: these steps, in this order. */
  undone(paths: readonly string[]): void
  /** It cannot go on without a person. */
  stuck(error: WumboError): void
}

/** What the undoing starts from. */
export interface UndoingPlan {
  readonly saga: Saga
  /** Steps that are to be settled first. */
  readonly doubts: readonly string[]
  readonly gen: number
}

interface Done {
  readonly step: Undoable
  readonly output: unknown
  readonly outcome: 'completed' | 'unknown'
}

/** Drives the undoing of one run. */
export class CompensationSource implements Source {
  readonly synchronous = true
  readonly #plan: UndoingPlan
  readonly #host: UndoingHost
  /** What is still to be undone; the last one comes first. */
  readonly #done: Done[] = []
  readonly #undone: string[] = []
  readonly #settling = new Map<string, Undoable>()
  readonly #unsettled: string[] = []
  #cause: WumboError | undefined
  #failure: WumboError | null = null
  #stopped = false

  constructor(plan: UndoingPlan, host: UndoingHost) {
    this.#plan = plan
    this.#host = host
  }

  begin(): void {
    const { saga, doubts } = this.#plan
    for (const step of saga.completed) this.#done.push({ step, output: step.output, outcome: 'completed' })
    for (const path of doubts) {
      const step = saga.get(path)
      if (step === undefined) {
        this.#stuck(`step ${path} began, and the code does not ask for it any more: nobody knows how to settle and undo it`)
        return
      }
      if (step.compensation.onUnknown === 'compensate') this.#done.push({ step, output: null, outcome: 'unknown' })
      else this.#settling.set(settlingPath(path), step)
    }
    if (this.#settling.size === 0) this.#next()
    else for (const [path, step] of [...this.#settling]) if (this.#failure === null) this.#settle(path, step)
  }

  deliver(path: string, outcome: Outcome): void {
    if (this.#stopped) return
    if (this.#failure !== null) {
      this.#stopped = true
      this.#host.stuck(this.#failure)
      return
    }
    const settled = this.#settling.get(path)
    if (settled !== undefined) this.#settled(path, settled, outcome)
    else if (outcome.status === 'failed') {
      const { path: undoes } = this.#done.at(-1)?.step.step ?? { path }
      this.#stuck(`step ${undoes} could not be undone: ${outcome.error.message}`, outcome.error)
    } else {
      const undone = this.#done.pop()
      if (undone !== undefined) this.#undone.push(undone.step.step.path)
      this.#next()
    }
  }

  abandon(): void {
    this.#stopped = true
  }

  #settle(path: string, { step }: Undoable): void {
    const { template, options, reads } = step.operation
    let input: unknown
    try {
      input = inputOf(step)
    } catch (cause) {
      this.#stuck(`the input of step ${step.path} cannot be stored any more: ${(cause as Error).message}`, cause)
      return
    }
    const retry = options.retry ?? template.defaults.retry ?? COMPENSATION_RETRY
    const { totalTimeout, key, ...kept } = options
    this.#host.open({
      kind: 'step', path, template, input, reads, options: { ...kept, retry, compensate: false },
      key: { gen: step.keyGen ?? this.#plan.gen, path: step.path },
    })
  }

  #settled(path: string, step: Undoable, outcome: Outcome): void {
    this.#settling.delete(path)
    if (outcome.status === 'completed') this.#done.push({ step, output: outcome.output, outcome: 'completed' })
    else if (outcome.status === 'failed' && isInDoubt((outcome.error.cause as WumboError | undefined)?.toJSON())) {
      this.#unsettled.push(step.step.path)
      this.#cause ??= outcome.error
    }
    if (this.#settling.size > 0) return
    if (this.#unsettled.length === 0) this.#next()
    else this.#stuck(`it could not be found out whether step ${this.#unsettled.join(', ')} was done`, this.#cause)
  }

  /** Undoes the last of what is left. */
  #next(): void {
    const done = this.#done.at(-1)
    if (done === undefined) {
      this.#host.undone(this.#undone)
      return
    }
    const { step, compensation } = done.step
    const { template, retry, timeout, prepare } = compensation
    let input: unknown
    try {
      const told = { input: inputOf(step), output: done.output, outcome: done.outcome } as CompletedStep<unknown, unknown> | UnknownStep<unknown>
      input = prepare === undefined ? told : prepare(told)
    } catch (cause) {
      this.#stuck(`the input of the compensation of step ${step.path} could not be made: ${(cause as Error).message}`, cause)
      return
    }
    this.#host.open({
      kind: 'step', path: compensationPath(step.path), template, input, reads: [step.path],
      options: { retry, compensate: false, ...(timeout === undefined ? {} : { timeout }), ...(template.level === 'pure' ? { level: 'effect' as const } : {}) },
    })
  }

  /** Records that it cannot go on, so that it is known whatever becomes of the process, and tells so. */
  #stuck(message: string, cause?: unknown): void {
    this.#failure = compensationFailed(message, { cause, left: [...this.#unsettled, ...this.#done.map(({ step }) => step.step.path).reverse()], undone: this.#undone })
    this.#host.open({ kind: 'decision', path: STUCK, status: 'failed', output: undefined, error: this.#failure, reads: null })
  }
}

/** The failure of an undoing: which steps are not undone, in the order in which they would be, and which are. */
export function compensationFailed(message: string, { cause, left, undone }: { readonly cause?: unknown; readonly left: readonly string[]; readonly undone: readonly string[] }): WumboError {
  return new CompensationFailedError(message, { ...(cause === undefined ? {} : { cause }), ...(left[0] === undefined ? {} : { path: left[0] }), details: { notUndone: left, undone } })
}

/** How the failure of a run whose steps were undone tells of it. */
export function withUndone(error: ErrorData, undone: readonly string[]): ErrorData {
  return { ...error, details: { ...error.details, compensated: undone } }
}

/** The input of a step as it was sent, also when no attempt of it was begun by this process. */
function inputOf(step: StepRun): unknown {
  if (step.inputHash === '') step.encodeInput()
  return defaultCodec.decode(step.inputPayload)
}
