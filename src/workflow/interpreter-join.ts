// The edges of one scope of a run: which are taken, when they let a step begin, and which failures are answered by a step that reacts to
// them. It decides; the scope does. Like the scope it is a pure function of the answers in their order.
import type { WumboError } from '../errors.ts'
import { evaluateCondition } from './expression.ts'
import { COMPLETED, FAILED, PENDING, SKIPPED, type Frame, type Reference, type Standing } from './frame.ts'
import type { NodePlan } from './plan.ts'
import { isLate, type JoinEdge, type JoinPlan, type ScopeJoins } from './plan-join.ts'
import { taken } from './taken.ts'

/** What becomes of a step that is looked at. `late`: it begins because of a failure, or whatever happened. */
export type Entry =
  | { readonly kind: 'run'; readonly late: boolean }
  | { readonly kind: 'skip' }
  | { readonly kind: 'fail'; readonly error: WumboError; readonly references: readonly Reference[] }

/** Whether an edge is taken; `error` when its condition failed. */
type Taking = 'open' | 'taken' | 'not' | { readonly error: WumboError; readonly references: readonly Reference[] }

const WANTED: Readonly<Record<JoinEdge['on'], readonly Standing[]>> = { success: [COMPLETED], failure: [FAILED], skipped: [SKIPPED], always: [COMPLETED, FAILED, SKIPPED] }

/** A failure that a step may still answer. */
interface OpenFailure {
  readonly error: WumboError
  /** Steps that react to it and are not settled. */
  readonly left: Set<number>
}

export class JoinRun {
  readonly #joins: ScopeJoins
  readonly #frame: Frame
  readonly #standings: readonly Standing[]
  readonly #begun = new Set<number>()
  /** By step that has begun: the failures that let it in. */
  readonly #answers = new Map<number, readonly number[]>()
  readonly #open = new Map<number, OpenFailure>()

  constructor(joins: ScopeJoins, frame: Frame, standings: readonly Standing[]) {
    this.#joins = joins
    this.#frame = frame
    this.#standings = standings
  }

  get hasLate(): boolean {
    return this.#joins.hasLate
  }

  /** True once for a step whose edges let it be looked at: `left` of the steps that it waits for have not ended. */
  isReady(node: NodePlan, left: number): boolean {
    if (this.#begun.has(node.index)) return false
    const ready = left === 0 || (node.join?.rule === 'any' && this.#isOthersEnded(node, node.join) && node.join.edges.some((edge) => this.#taking(edge) === 'taken' || typeof this.#taking(edge) === 'object'))
    if (ready) this.#begun.add(node.index)
    return ready
  }

  /** What is read besides the edges has ended. */
  #isOthersEnded({ edges }: NodePlan, join: JoinPlan): boolean {
    return edges.every(({ from }) => this.#standings[from] !== PENDING || join.edges.some((edge) => edge.from === from))
  }

  /** Looks at the edges of a step that is about to begin. */
  enter({ index, join }: NodePlan): Entry {
    if (join === null) return { kind: 'run', late: false }
    const { rule, edges } = join
    if (rule === 'always') return { kind: 'run', late: true }
    if (rule === 'noneFailed') return edges.some(({ from }) => this.#standings[from] === FAILED) ? { kind: 'skip' } : { kind: 'run', late: false }
    const takings = edges.map((edge) => this.#taking(edge))
    const broken = takings.find((one) => typeof one === 'object')
    if (broken !== undefined) return { kind: 'fail', ...broken }
    const through = edges.filter((_, at) => takings[at] === 'taken')
    if (rule === 'all' ? through.length < edges.length : through.length === 0) return { kind: 'skip' }
    this.#answers.set(index, through.filter(({ on, from }) => on === 'failure' && this.#standings[from] === FAILED).map(({ from }) => from))
    return { kind: 'run', late: through.some(isLate) }
  }

  #taking(edge: JoinEdge): Taking {
    const standing = this.#standings[edge.from] ?? PENDING
    if (standing === PENDING) return 'open'
    if (!WANTED[edge.on].includes(standing)) return 'not'
    if (edge.isElse) return this.#choices(edge.from).every((other) => this.#taking(other) === 'not') ? 'taken' : 'not'
    const { condition } = edge
    if (condition === null) return 'taken'
    const holds = taken(() => evaluateCondition(condition, this.#frame))
    if ('error' in holds) return { error: holds.error, references: condition.references }
    return holds.value ? 'taken' : 'not'
  }

  #choices(from: number): readonly JoinEdge[] {
    return this.#joins.choices.get(from) ?? []
  }

  /** A step has failed. True when the failure counts at once: no step that reacts to it can still answer it. */
  failed(index: number, error: WumboError): boolean {
    const left = new Set((this.#joins.reactions.get(index) ?? []).filter((reaction) => this.#standings[reaction] === PENDING))
    if (left.size === 0) return true
    this.#open.set(index, { error, left })
    return false
  }

  /** True when a step's failure is for others to answer: it stops nothing yet. */
  isAnswerable(index: number): boolean {
    return this.#joins.reactions.has(index)
  }

  /** A step is settled. Gives the failures that count from now on, since nothing can answer them any more. */
  settled(index: number): readonly WumboError[] {
    const counted: WumboError[] = []
    for (const [source, failure] of this.#open) {
      if (!failure.left.delete(index)) continue
      if (this.#standings[index] === COMPLETED && this.#answers.get(index)?.includes(source) === true) this.#open.delete(source)
      else if (failure.left.size === 0) {
        this.#open.delete(source)
        counted.push(failure.error)
      }
    }
    return counted
  }
}
