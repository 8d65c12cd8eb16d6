// Runs another graph as a part of this one. Its steps see its own input and each other; for the graph around, it is one step: a failure inside of it
// counts there once it has come to its end, and what it does at its end has been done.
import type { Operation, Outcome } from './contract.ts'
import { FINALLY, INLINE, ON_ERROR } from './closing-paths.ts'
import { readsOf, type Frame } from './frame.ts'
import { runClosings, type Ended } from './interpreter-closings.ts'
import { failDecision, type Above, type ClosingInline, type Done, type Result, type RunCore, type ScopeSpot, type Spot, type Wait } from './interpreter-run.ts'
import type { InlinePlan, ScopePlan, SubWorkflow } from './plan.ts'
import { taken } from './taken.ts'

/** Begins the other graph; `done` gets its output. */
export function runInline(core: RunCore, { workflow, input }: InlinePlan, spot: Spot, done: Done): void {
  const given = taken(() => workflow.check(input.evaluate(spot.frame)))
  if ('error' in given) failDecision(core, spot, { error: given.error, references: input.references }, done)
  else new InlineRun(core, workflow, spot, done).begin({ input: given.value, inputReads: readsOf(spot.frame, input.references), scopes: [], items: [] })
}

/** One graph that is run as a part of another. */
class InlineRun implements ClosingInline {
  readonly #core: SubCore
  readonly #workflow: SubWorkflow
  readonly #spot: Spot
  #done: Done
  #frame: Frame | null = null
  #isClosing = false
  #isOver = false

  constructor(core: RunCore, workflow: SubWorkflow, spot: Spot, done: Done) {
    this.#core = new SubCore(core, () => !this.#isClosing && workflow.onFailure === 'stop')
    this.#workflow = workflow
    this.#spot = spot
    this.#done = done
  }

  begin(frame: Frame): void {
    const { path, above } = this.#spot
    const { plan } = this.#workflow
    if (this.#closes) this.#core.entered(this)
    // What fails inside of it stops nothing around it.
    const shield: Above = {
      get halted() {
        return above.halted
      },
      doom: () => undefined,
    }
    this.#frame = this.#core.scope(plan, { prefix: `${path}.`, path, frame, above: shield }, (result) => this.#close(endOf(result)))
  }

  get path(): string {
    return this.#spot.path
  }

  isClosing(path: string): boolean {
    return this.#isClosing && (path.startsWith(`${this.#closingPrefix}${ON_ERROR}.`) || path.startsWith(`${this.#closingPrefix}${FINALLY}.`))
  }

  moveTo(core: RunCore): void {
    this.#core.moveTo(core, this.#isClosing)
  }

  /** Its steps were given up: it does what it does at its end, unless that is under way, and then calls. */
  giveUp(end: Pick<Ended, 'outcome' | 'result'>, then: () => void): void {
    if (this.#isOver) {
      then()
      return
    }
    this.#done = then
    if (!this.#isClosing) this.#close(end)
  }

  leave(): void {
    this.#done = () => undefined
  }

  get #closes(): boolean {
    const { onError, final } = this.#workflow.plan
    return onError !== null || final !== null
  }

  get #closingPrefix(): string {
    return `${this.#spot.path}.${INLINE}.`
  }

  #close(end: Pick<Ended, 'outcome' | 'result'>): void {
    if (!this.#closes || this.#frame === null) {
      this.#done(end.result)
      return
    }
    this.#isClosing = true
    runClosings(this.#core, this.#workflow.plan, { ...end, frame: this.#frame, prefix: this.#closingPrefix }, (result) => {
      this.#isOver = true
      this.#core.left(this)
      this.#done(result)
    })
  }
}

/** How its steps have ended; to be given up since something around has failed is to be cancelled. */
function endOf(result: Result): Pick<Ended, 'outcome' | 'result'> {
  return { outcome: result.status === 'completed' || result.status === 'failed' ? result.status : 'cancelled', result }
}

/** The run as the steps of a sub-workflow see it: what a failure stops among them is said by their own workflow. */
class SubCore implements RunCore {
  #core: RunCore
  readonly #stops: () => boolean
  /** What was put off and has not been done. */
  readonly #tasks = new Set<() => void>()

  constructor(core: RunCore, stops: () => boolean) {
    this.#core = core
    this.#stops = stops
  }

  get stopOnFailure(): boolean {
    return this.#stops()
  }

  open(operation: Operation, answered: (outcome: Outcome) => void): void {
    this.#core.open(operation, answered)
  }

  wait(operation: Wait, above: Above, done: Done): void {
    this.#core.wait(operation, above, done)
  }

  doomed(): void {
    this.#core.doomed()
  }

  giveUp(path: string): void {
    this.#core.giveUp(path)
  }

  scope(plan: ScopePlan, spot: ScopeSpot, done: Done, within: RunCore = this): Frame {
    return this.#core.scope(plan, spot, done, within)
  }

  later(task: () => void): void {
    this.#tasks.add(task)
    this.#put(task)
  }

  #put(task: () => void): void {
    this.#core.later(() => {
      if (this.#tasks.delete(task)) task()
    })
  }

  /** What was put off is done there, if it is to be done at all. */
  moveTo(core: RunCore, goesOn: boolean): void {
    this.#core = core
    if (!goesOn) this.#tasks.clear()
    for (const task of this.#tasks) this.#put(task)
  }

  entered(inline: ClosingInline): void {
    this.#core.entered(inline)
  }

  left(inline: ClosingInline): void {
    this.#core.left(inline)
  }
}
