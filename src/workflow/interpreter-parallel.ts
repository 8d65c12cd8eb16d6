// Runs branches side by side, so many at a time, and makes one output of theirs. As soon as it is settled what comes out, the branches that
// are still at work are cut off. Which one was first is decided by the order of the answers, so it is the same after a crash.
import { BranchesFailedError, ExpressionError, StepFailedError, errorData, type WumboError } from '../errors.ts'
import { readsOf, type Frame, type Reference } from './frame.ts'
import { BranchCore } from './interpreter-branch.ts'
import { endAll, failDecision, recordChoice, recordSkip, unmetPaths, type Above, type Done, type Result, type RunCore, type Spot } from './interpreter-run.ts'
import type { BodyPlan, BranchPlan, ParallelPlan } from './plan.ts'
import { taken } from './taken.ts'

/** How a sub-workflow ends in a branch that is given up. */
const GIVEN_UP = { outcome: 'cancelled', result: { status: 'completed', output: undefined } } as const

/** Runs the body of a branch. */
export type RunBranch = (core: RunCore, body: BodyPlan, spot: Spot, done: Done) => void

interface ParallelSetting {
  readonly core: RunCore
  readonly plan: ParallelPlan
  readonly spot: Spot
  readonly run: RunBranch
  readonly done: Done
}

/** Begins the branches; `done` gets what they are merged to. */
export function runParallel(setting: ParallelSetting): void {
  new ParallelRun(setting).fill()
}

class ParallelRun {
  readonly #set: ParallelSetting
  readonly #cores: (BranchCore | undefined)[] = []
  /** Outputs of the branches that have completed, by place. */
  readonly #outputs = new Map<number, unknown>()
  readonly #failures = new Map<number, WumboError>()
  #next = 0
  #active = 0
  #isHalted = false
  #isOver = false
  #isFilling = false

  constructor(setting: ParallelSetting) {
    this.#set = setting
  }

  /** Begins branches while there is room; merges when all have ended. */
  fill(): void {
    if (this.#isFilling) return
    this.#isFilling = true
    const { plan, spot } = this.#set
    while (!this.#isOver && this.#next < plan.branches.length && this.#active < plan.concurrency && !spot.above.halted) this.#start(this.#next++)
    this.#isFilling = false
    if (this.#active === 0 && !this.#isOver) this.#allEnded()
  }

  #start(index: number): void {
    const { core, plan, spot, run } = this.#set
    const branch = plan.branches[index] as BranchPlan
    const path = `${spot.path}.${branch.name}`
    this.#active++
    const unmet = unmetPaths(spot.frame, branch.requires)
    if (unmet.length > 0) {
      recordSkip(core, path, unmet)
      this.#ended(index, { status: 'skipped' })
      return
    }
    const own = new BranchCore(core)
    this.#cores[index] = own
    run(own, branch.body, { ...spot, path, above: this.#above }, (result) => this.#ended(index, result))
  }

  /** A failure inside of a branch stops nothing around it: the merging tells what it comes to. */
  get #above(): Above {
    const { above } = this.#set.spot
    return {
      get halted() {
        return above.halted
      },
      doom: () => undefined,
    }
  }

  #ended(index: number, result: Result): void {
    if (this.#isOver) return
    this.#active--
    this.#cores[index] = undefined
    const branch = this.#set.plan.branches[index] as BranchPlan
    if (result.status === 'completed') this.#completed(index, branch, result.output)
    else if (result.status === 'failed' && !branch.continueOnError) this.#failed(index, branch, result.error)
    else this.#isHalted ||= result.status === 'halted'
    if (!this.#isOver) this.fill()
  }

  #completed(index: number, { name }: BranchPlan, output: unknown): void {
    const { kind } = this.#set.plan.merge
    this.#outputs.set(index, output)
    if (kind === 'any' || kind === 'first') this.#won(name, { status: 'completed', output })
  }

  #failed(index: number, branch: BranchPlan, error: WumboError): void {
    const { merge } = this.#set.plan
    this.#failures.set(index, error)
    if (merge.kind === 'any') return
    const result: Result = { status: 'failed', error: this.#branchFailed(branch, error) }
    if (merge.kind === 'first') this.#won(branch.name, result)
    else this.#finish(result)
  }

  /** The first that counts has ended; recorded so that people see which. */
  #won(branch: string, result: Result): void {
    const { core, spot } = this.#set
    recordChoice(core, spot.path, { output: { branch }, reads: [`${spot.path}.${branch}`] })
    this.#finish(result)
  }

  #finish(result: Result): void {
    this.#isOver = true
    const ends = this.#cores.flatMap((core) => core?.cut() ?? [])
    endAll(ends, GIVEN_UP, () => this.#set.done(result))
  }

  #allEnded(): void {
    const { plan, spot, core, done } = this.#set
    this.#isOver = true
    if (this.#isHalted || this.#next < plan.branches.length) done({ status: 'halted' })
    else if (plan.merge.kind === 'any' || plan.merge.kind === 'first') {
      if (this.#failures.size > 0) this.#fail(this.#noneSucceeded(), [])
      else {
        recordSkip(core, spot.path, this.#paths)
        done({ status: 'skipped' })
      }
    } else this.#merge()
  }

  #merge(): void {
    const { plan, spot, done, core } = this.#set
    const { merge } = plan
    if (merge.kind === 'weighted') {
      if (this.#outputs.size === 0) {
        recordSkip(core, spot.path, this.#paths)
        done({ status: 'skipped' })
        return
      }
      const average = taken(() => this.#average(merge.weights))
      if ('error' in average) this.#fail(average.error, [])
      else done({ status: 'completed', output: average.value })
    } else if (merge.kind === 'output') {
      const value = taken(() => merge.output.evaluate(this.#frame))
      if ('error' in value) this.#fail(value.error, merge.output.references)
      else done({ status: 'completed', output: value.value })
    } else done({ status: 'completed', output: Object.fromEntries(plan.branches.map(({ name }, index) => [name, this.#outputs.get(index) ?? null])) })
  }

  /** Over the branches that have completed. */
  #average(weights: readonly number[]): number {
    let [sum, total] = [0, 0]
    for (const [index, output] of this.#outputs) {
      if (typeof output !== 'number') throw new ExpressionError(`${this.#set.plan.branches[index]?.path ?? ''}: expected a number to weigh, got ${output === null ? 'null' : `a ${typeof output}`}`, { path: this.#set.spot.path, remedy: 'Let the branch be a block whose output is a number.' })
      const weight = weights[index] ?? 0
      total += weight
      sum += weight * output
    }
    return sum / total
  }

  /** What the merging sees: the outputs by the names of the branches, those that have none left out. */
  get #frame(): Frame {
    const { plan, spot } = this.#set
    const item = Object.fromEntries(plan.branches.flatMap(({ name }, index) => (this.#outputs.has(index) ? [[name, this.#outputs.get(index)]] : [])))
    return { ...spot.frame, items: [...spot.frame.items, { item, index: 0, reads: this.#paths }] }
  }

  #fail(error: WumboError, references: readonly Reference[]): void {
    const { core, spot, done } = this.#set
    const reads = [...new Set([...this.#paths, ...readsOf(this.#frame, references)])]
    failDecision(core, { ...spot, frame: { ...spot.frame, items: [...spot.frame.items, { item: null, index: 0, reads }] } }, { error, references: [{ kind: 'item', name: '', depth: spot.frame.items.length }] }, done)
  }

  get #paths(): readonly string[] {
    const { plan, spot } = this.#set
    return plan.branches.map(({ name }) => `${spot.path}.${name}`)
  }

  #branchFailed({ name }: BranchPlan, error: WumboError): StepFailedError {
    const { path } = this.#set.spot
    return new StepFailedError(`step ${path} failed: branch ${name}: ${error.message}`, { path: `${path}.${name}`, cause: error, details: { branch: name } })
  }

  #noneSucceeded(): BranchesFailedError {
    const { plan, spot } = this.#set
    const told = [...this.#failures].sort(([a], [b]) => a - b).map(([index, error]) => [plan.branches[index]?.name ?? '', errorData(error)] as const)
    return new BranchesFailedError(`no branch of ${spot.path} succeeded: ${told.map(([name, { message }]) => `${name}: ${message}`).join('; ')}`, {
      path: spot.path, details: { branches: Object.fromEntries(told.map(([name, { code, message }]) => [name, { code, message }])) },
    })
  }
}
