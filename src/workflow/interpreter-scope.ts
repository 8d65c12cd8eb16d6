// One scope of a run: the steps of the workflow, of a block, of a case, of one item. It counts for each step the dependencies that
// are not settled and begins the step when none is left, so a delivery costs no more than the edges it settles.
import type { WumboError } from '../errors.ts'
import { seenFrom, type Failure } from './failure.ts'
import { runBody } from './interpreter-body.ts'
import { runEach } from './interpreter-each.ts'
import { JoinRun } from './interpreter-join.ts'
import { handled } from './interpreter-handler.ts'
import { runLoop } from './interpreter-loop.ts'
import { failDecision, recordSkip, unmetPaths, type Above, type Done, type Result, type RunCore, type ScopeSpot, type Spot } from './interpreter-run.ts'
import { evaluateCondition } from './expression.ts'
import { COMPLETED, FAILED, pathOf, PENDING, readsOf, SKIPPED, type Frame, type Standing, type StepsFrame } from './frame.ts'
import type { NodePlan, ScopePlan } from './plan.ts'
import { taken } from './taken.ts'

/** How a step begins of which nothing more is said. */
const RUNS = { kind: 'run', late: false } as const

/** Begins a scope; `done` gets its output. Gives what its steps see. */
export function runScope(core: RunCore, plan: ScopePlan, spot: ScopeSpot, done: Done): Frame {
  const run = new ScopeRun(core, plan, spot, done)
  run.begin()
  return run.frame
}

class ScopeRun implements Above {
  readonly #core: RunCore
  readonly #plan: ScopePlan
  readonly #spot: ScopeSpot
  readonly #done: Done
  readonly frame: Frame
  readonly #standings: Standing[]
  readonly #outputs: unknown[]
  readonly #failures: (Failure | undefined)[]
  readonly #unmet: number[]
  readonly #joins: JoinRun | null
  /** Steps that are about to begin or have begun, and are not settled. */
  #busy = 0
  #doomed = false
  #failure: WumboError | null = null

  constructor(core: RunCore, plan: ScopePlan, spot: ScopeSpot, done: Done) {
    this.#core = core
    this.#plan = plan
    this.#spot = spot
    this.#done = done
    this.#standings = plan.nodes.map(() => PENDING)
    this.#outputs = plan.nodes.map(() => undefined)
    this.#failures = plan.nodes.map(() => undefined)
    this.#unmet = plan.nodes.map((node) => node.edges.length)
    const own: StepsFrame = { prefix: spot.prefix, ids: plan.ids, standings: this.#standings, outputs: this.#outputs, failures: this.#failures }
    this.frame = { ...spot.frame, scopes: [...spot.frame.scopes, own] }
    this.#joins = plan.joins === null ? null : new JoinRun(plan.joins, this.frame, this.#standings)
  }

  get halted(): boolean {
    return this.#doomed || this.#spot.above?.halted === true
  }

  doom(): void {
    this.#doomed = true
    this.#spot.above?.doom()
  }

  begin(): void {
    for (const node of this.#plan.nodes) if (node.edges.length === 0) this.#soon(node)
  }

  #soon(node: NodePlan): void {
    this.#busy++
    this.#core.later(() => this.#start(node))
  }

  #start(node: NodePlan): void {
    // A failure may have come to count since it was about to begin.
    if (this.halted && this.#joins?.hasLate !== true) {
      this.#settle(node, { status: 'halted' })
      return
    }
    const frame = this.frame
    const path = this.#spot.prefix + node.id
    const entry = this.#joins?.enter(node) ?? RUNS
    const unmet = unmetPaths(frame, node.requires)
    const late = entry.kind === 'run' && entry.late
    if (unmet.length > 0 || entry.kind === 'skip' || (this.#joins?.hasLate === true && !late && this.halted)) {
      this.#skip(node, unmet.length > 0 ? unmet : node.edges.map(({ from }) => pathOf(frame, this.#plan.depth, from)))
      return
    }
    const spot: Spot = { path, frame, above: this.#aboveOf(node, late) }
    const done = handled(this.#core, node.handler, spot, (result) => this.#settle(node, result))
    if (entry.kind === 'fail') {
      failDecision(this.#core, spot, entry, done)
      return
    }
    if (node.condition !== null) {
      const { condition } = node
      const { references } = condition
      const holds = taken(() => evaluateCondition(condition, frame))
      if ('error' in holds) {
        failDecision(this.#core, spot, { error: holds.error, references }, done)
        return
      }
      if (!holds.value) {
        this.#skip(node, readsOf(frame, references))
        return
      }
    }
    if (node.loop !== null) runLoop(this.#core, { loop: node.loop, body: node.body }, spot, done)
    else if (node.each === null) runBody(this.#core, node.body, spot, done)
    else runEach(this.#core, { each: node.each, body: node.body, continueOnError: node.continueOnError }, spot, done)
  }

  /** What a step's body sees above it: this scope, unless the step's failures are tolerated, handled, or answered by others. A step that begins late is not given up. */
  #aboveOf(node: NodePlan, late: boolean): Above {
    const shields = node.continueOnError || node.handler !== null || this.#joins?.isAnswerable(node.index) === true
    if (!shields && !late) return this
    const halted = (): boolean => !late && this.halted
    return {
      get halted() {
        return halted()
      },
      doom: () => {
        if (!shields) this.doom()
      },
    }
  }

  #skip(node: NodePlan, reads: readonly string[]): void {
    recordSkip(this.#core, this.#spot.prefix + node.id, reads)
    this.#settle(node, { status: 'skipped' })
  }

  #settle(node: NodePlan, result: Result): void {
    this.#busy--
    const { index } = node
    // What was given up counts as skipped where steps may begin late: they wait for its end.
    if (result.status !== 'halted' || this.#joins?.hasLate === true) {
      this.#standings[index] = result.status === 'completed' ? COMPLETED : result.status === 'failed' ? FAILED : SKIPPED
      if (result.status === 'completed') this.#outputs[index] = result.output
      if (result.status === 'failed') this.#failures[index] = seenFrom(result.error, this.#spot.prefix + node.id)
      if (result.status === 'failed' && !node.continueOnError && this.#joins?.failed(index, result.error) !== false) this.#fail(result.error)
      for (const error of this.#joins?.settled(index) ?? []) this.#fail(error)
      for (const dependent of node.dependents) this.#met(dependent)
    }
    this.#rest()
  }

  #fail(error: WumboError): void {
    this.#failure ??= error
    if (!this.#core.stopOnFailure) return
    this.doom()
    this.#core.doomed()
  }

  #met(index: number): void {
    const left = (this.#unmet[index] ?? 0) - 1
    this.#unmet[index] = left
    const node = this.#plan.nodes[index]
    if (node === undefined || (this.halted && this.#joins?.hasLate !== true)) return
    if (this.#joins === null ? left === 0 : this.#joins.isReady(node, left)) this.#soon(node)
  }

  /** Ends the scope when nothing of it is at work: all is settled then, or nothing more may begin. */
  #rest(): void {
    if (this.#busy > 0) return
    if (this.#failure !== null) this.#done({ status: 'failed', error: this.#failure })
    else if (this.halted) this.#done({ status: 'halted' })
    else this.#finish()
  }

  #finish(): void {
    const { output } = this.#plan
    if (output === null) {
      this.#done({ status: 'completed', output: this.#leaves() })
      return
    }
    const value = taken(() => output.evaluate(this.frame))
    if (!('error' in value)) this.#done({ status: 'completed', output: value.value })
    else if (this.#spot.path === null || this.#spot.above === null) this.#done({ status: 'failed', error: value.error })
    else failDecision(this.#core, { path: this.#spot.path, frame: this.frame, above: this.#spot.above }, { error: value.error, references: output.references }, this.#done)
  }

  /** The outputs, by id, of the steps that no other depends on; those that were skipped or failed are left out. */
  #leaves(): Record<string, unknown> {
    const outputs: Record<string, unknown> = {}
    for (const index of this.#plan.leaves) if (this.#standings[index] === COMPLETED) outputs[this.#plan.ids[index] ?? ''] = this.#outputs[index]
    return outputs
  }
}
