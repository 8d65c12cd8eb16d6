// Runs a body again and again until a condition ends it, one turn after the other. Each turn has paths of its own: `poll[0]`,
// `poll[1]`; what the loop came to is recorded under its own path.
import { LoopLimitError, StepFailedError, type WumboError } from '../errors.ts'
import { evaluateCondition, type Expression } from './expression.ts'
import { readsOf, type Frame, type Reference } from './frame.ts'
import { runBody } from './interpreter-body.ts'
import { failDecision, recordChoice, type Done, type Result, type RunCore, type Spot } from './interpreter-run.ts'
import type { BodyPlan, LoopPlan } from './plan.ts'
import { sleepMs } from './sleep.ts'
import { taken } from './taken.ts'

/** Begins the turns; `done` gets the output of the last one. */
export function runLoop(core: RunCore, { loop, body }: { readonly loop: LoopPlan; readonly body: BodyPlan }, spot: Spot, done: Done): void {
  const initial = taken(() => loop.initial.evaluate(spot.frame))
  if ('error' in initial) failDecision(core, spot, { error: initial.error, references: loop.initial.references }, done)
  else new LoopRun({ core, loop, body, spot, done }, initial.value).begin()
}

interface LoopSetting {
  readonly core: RunCore
  readonly loop: LoopPlan
  readonly body: BodyPlan
  readonly spot: Spot
  readonly done: Done
}

class LoopRun {
  readonly #set: LoopSetting
  #last: unknown
  /** Turns that have ended. */
  #turns = 0

  constructor(set: LoopSetting, initial: unknown) {
    this.#set = set
    this.#last = initial
  }

  begin(): void {
    if (this.#holds(this.#set.loop.while, 0)) this.#turn()
  }

  /** Whether a condition holds; ends the loop when it does not, or fails. */
  #holds(condition: Expression | null, iteration: number, wanted = true): boolean {
    if (condition === null) return true
    const { core, spot, done } = this.#set
    const holds = taken(() => evaluateCondition(condition, this.#frame(iteration)))
    if ('error' in holds) failDecision(core, spot, { error: holds.error, references: this.#references }, done)
    else if (holds.value === wanted) return true
    else this.#finish({ iterations: this.#turns })
    return false
  }

  #turn(): void {
    const { core, body, spot } = this.#set
    const frame = this.#frame(this.#turns)
    runBody(core, body, { path: `${spot.path}[${this.#turns}]`, frame, above: spot.above }, (result) => this.#ended(result))
  }

  /** What a turn sees: what the turn before gave, and the turn's number. */
  #frame(iteration: number): Frame {
    const { frame, path } = this.#set.spot
    const reads = this.#turns === 0 ? readsOf(frame, this.#set.loop.initial.references) : [`${path}[${this.#turns - 1}]`]
    return { ...frame, items: [...frame.items, { item: this.#last, index: iteration, reads }] }
  }

  /** A turn whose body was skipped gives null. */
  #ended(result: Result): void {
    const { done, loop, spot } = this.#set
    if (result.status === 'halted') done(result)
    else if (result.status === 'failed') done({ status: 'failed', error: this.#error(result.error) })
    else {
      this.#last = result.status === 'completed' ? result.output : null
      this.#turns++
      if (!this.#holds(loop.until, this.#turns - 1, false) || !this.#holds(loop.while, this.#turns)) return
      if (this.#turns >= loop.max) this.#limit()
      else if (spot.above.halted) done({ status: 'halted' })
      else this.#set.core.later(() => this.#next()) // a body that ends at once must not pile up on the stack
    }
  }

  #next(): void {
    const { core, loop, spot, done } = this.#set
    const { delay } = loop
    if (spot.above.halted) {
      done({ status: 'halted' })
      return
    }
    if (delay === null) {
      this.#turn()
      return
    }
    const frame = this.#frame(this.#turns)
    const ms = taken(() => sleepMs(delay.duration, delay.path, frame))
    if ('error' in ms) {
      failDecision(core, spot, { error: ms.error, references: this.#references }, done)
      return
    }
    const timer = { kind: 'timer', path: `${spot.path}[${this.#turns}].$delay`, ms: ms.value, reads: readsOf(frame, delay.duration.references) } as const
    core.wait(timer, spot.above, (result) => {
      if (result.status === 'completed') this.#turn()
      else done(result)
    })
  }

  /** All turns are made. */
  #limit(): void {
    const { core, loop, spot, done } = this.#set
    if (loop.goesOn) {
      this.#finish({ iterations: this.#turns, limit: true })
      return
    }
    const error = new LoopLimitError(`the loop ${spot.path} has made ${this.#turns} ${this.#turns === 1 ? 'turn' : 'turns'}, and no condition has ended it`, { path: spot.path, details: { iterations: this.#turns } })
    failDecision(core, spot, { error, references: this.#references }, done)
  }

  #finish(output: { readonly iterations: number; readonly limit?: true }): void {
    const { core, spot, done } = this.#set
    recordChoice(core, spot.path, { output, reads: readsOf(spot.frame, this.#references) })
    done({ status: 'completed', output: this.#last })
  }

  /** What the loop as a whole has read, outside of its turns. */
  get #references(): readonly Reference[] {
    const { loop, spot } = this.#set
    const all = [loop.initial, loop.until, loop.while].flatMap((one) => one?.references ?? [])
    return all.filter((one) => !(one.kind === 'item' || one.kind === 'index') || one.depth < spot.frame.items.length)
  }

  #error(error: WumboError): StepFailedError {
    const { path } = this.#set.spot
    return new StepFailedError(`step ${path} failed: turn ${this.#turns}: ${error.message}`, { path: `${path}[${this.#turns}]`, cause: error, details: { iteration: this.#turns } })
  }
}
