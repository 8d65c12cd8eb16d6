// Runs a body for each item of a list, so many at a time. Results stand in the order of the items, whichever ends first.
import { StepFailedError, type WumboError } from '../errors.ts'
import { evaluateList } from './expression.ts'
import { readsOf } from './frame.ts'
import { runBody } from './interpreter-body.ts'
import { failDecision, recordChoice, type Above, type Done, type Result, type RunCore, type Spot } from './interpreter-run.ts'
import type { BodyPlan, EachPlan } from './plan.ts'
import { taken } from './taken.ts'

/** What is repeated, and whether a failed item keeps the others from running. */
export interface Repetition {
  readonly each: EachPlan
  readonly body: BodyPlan
  readonly continueOnError: boolean
}

/** Begins the items; `done` gets the list of their outputs. An item whose body was skipped stands there as null. */
export function runEach(core: RunCore, repetition: Repetition, spot: Spot, done: Done): void {
  const { list } = repetition.each
  const items = taken(() => evaluateList(list, spot.frame))
  if ('error' in items) {
    failDecision(core, spot, { error: items.error, references: list.references }, done)
    return
  }
  const reads = readsOf(spot.frame, list.references)
  recordChoice(core, spot.path, { output: { items: items.value.length }, reads })
  new EachRun({ core, repetition, spot, done }, items.value, reads).begin()
}

interface EachSetting {
  readonly core: RunCore
  readonly repetition: Repetition
  readonly spot: Spot
  readonly done: Done
}

/** An item that failed. */
interface Failure {
  readonly index: number
  readonly error: WumboError
}

class EachRun implements Above {
  readonly #set: EachSetting
  readonly #items: readonly unknown[]
  readonly #reads: readonly string[]
  readonly #results: unknown[] = []
  readonly #failures: Failure[] = []
  #next = 0
  #active = 0
  /** No further item begins. */
  #closed = false
  /** An item was given up: there is no list of results. */
  #isHalted = false
  #filling = false

  constructor(set: EachSetting, items: readonly unknown[], reads: readonly string[]) {
    this.#set = set
    this.#items = items
    this.#reads = reads
  }

  /** Items see this above them: those that have begun go on when another fails. */
  get halted(): boolean {
    return this.#set.spot.above.halted
  }

  doom(): void {
    if (this.#set.repetition.continueOnError) return
    this.#closed = true
    this.#set.spot.above.doom()
  }

  begin(): void {
    this.#fill()
  }

  /** Begins items while there is room; ends when none is at work and none may begin. */
  #fill(): void {
    if (this.#filling) return
    this.#filling = true
    const { concurrency } = this.#set.repetition.each
    while (this.#more && this.#active < concurrency) this.#start(this.#next++)
    this.#filling = false
    if (this.#active === 0) this.#finish()
  }

  get #more(): boolean {
    return this.#next < this.#items.length && !this.#closed && !this.halted
  }

  #start(index: number): void {
    const { core, repetition, spot } = this.#set
    this.#active++
    const frame = { ...spot.frame, items: [...spot.frame.items, { item: this.#items[index], index, reads: this.#reads }] }
    runBody(core, repetition.body, { path: `${spot.path}[${index}]`, frame, above: this }, (result) => this.#ended(index, result))
  }

  #ended(index: number, result: Result): void {
    this.#active--
    if (result.status === 'completed') this.#results[index] = result.output
    else if (result.status === 'skipped') this.#results[index] = null
    else if (result.status === 'failed') this.#failed({ index, error: result.error })
    else this.#isHalted = true
    this.#fill()
  }

  #failed(failure: Failure): void {
    this.#failures.push(failure)
    if (this.#set.repetition.continueOnError) return
    this.#closed = true
    if (!this.#set.core.stopOnFailure) return
    this.#set.spot.above.doom()
    this.#set.core.doomed()
  }

  #finish(): void {
    const { done, spot } = this.#set
    const [first] = this.#failures
    if (first !== undefined) done({ status: 'failed', error: this.#error(spot.path, first) })
    else if (this.#isHalted || this.#next < this.#items.length) done({ status: 'halted' })
    else done({ status: 'completed', output: this.#results })
  }

  #error(path: string, { index, error }: Failure): StepFailedError {
    const count = this.#failures.length
    const several = count > 1 ? ` and ${count - 1} more` : ''
    return new StepFailedError(`step ${path} failed: item ${index}${several} of ${this.#items.length}: ${error.message}`, {
      path: `${path}[${index}]`, cause: error, details: { item: index, failed: this.#failures.slice(0, 100).map((failure) => failure.index) },
    })
  }
}
