// What a branch of a `parallel` sees as the run: it can be cut off. From then on nothing of it begins, what it has open is given up, and answers
// that come all the same are for nobody. What its sub-workflows do at their end is done all the same.
import type { Operation, Outcome } from './contract.ts'
import type { Frame } from './frame.ts'
import { outermostEnds, recordSkip, type Above, type ClosingInline, type Done, type RunCore, type ScopeSpot, type Wait } from './interpreter-run.ts'
import type { ScopePlan } from './plan.ts'
import { requestedBy, withdrawnPath } from './waiting.ts'

export class BranchCore implements RunCore {
  readonly #core: RunCore
  readonly #open = new Map<string, Operation['kind']>()
  readonly #inlines = new Set<ClosingInline>()
  /** What goes on after the cut: it belongs to what a sub-workflow does at its end. */
  readonly #kept = new Set<string>()
  #isCut = false

  constructor(core: RunCore) {
    this.#core = core
  }

  get stopOnFailure(): boolean {
    return this.#core.stopOnFailure
  }

  open(operation: Operation, answered: (outcome: Outcome) => void): void {
    if (this.#isCut) return
    const { path, kind } = operation
    this.#open.set(path, kind)
    this.#core.open(operation, (outcome) => {
      if (this.#isCut && kind === 'request' && !this.#kept.has(path)) recordSkip(this.#core, withdrawnPath(requestedBy(path)), [])
      this.#ended(path, () => answered(outcome))
    })
  }

  wait(operation: Wait, above: Above, done: Done): void {
    if (this.#isCut) return
    this.#open.set(operation.path, operation.kind)
    this.#core.wait(operation, above, (result) => this.#ended(operation.path, () => done(result)))
  }

  #ended(path: string, goOn: () => void): void {
    this.#open.delete(path)
    if (!this.#isCut || this.#kept.delete(path)) goOn()
  }

  doomed(): void {
    if (!this.#isCut) this.#core.doomed()
  }

  giveUp(path: string): void {
    this.#open.delete(path)
    this.#core.giveUp(path)
  }

  scope(plan: ScopePlan, spot: ScopeSpot, done: Done, within: RunCore = this): Frame {
    return this.#core.scope(plan, spot, done, within)
  }

  entered(inline: ClosingInline): void {
    this.#inlines.add(inline)
    this.#core.entered(inline)
  }

  left(inline: ClosingInline): void {
    this.#inlines.delete(inline)
    this.#core.left(inline)
  }

  later(task: () => void): void {
    this.#core.later(() => {
      if (!this.#isCut) task()
    })
  }

  /** Cuts the branch off; gives its sub-workflows that do something at their end, which they have not done yet. */
  cut(): readonly ClosingInline[] {
    this.#isCut = true
    const ends = outermostEnds(this.#inlines)
    for (const [path, kind] of [...this.#open]) {
      if (ends.some((inline) => inline.isClosing(path))) this.#kept.add(path)
      else if (kind !== 'request') this.giveUp(path) // what people are asked is told at once and can only be taken back
    }
    for (const inline of ends) inline.moveTo(this.#core)
    return ends
  }
}
