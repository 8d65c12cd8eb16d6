// The graph interpreter: a source of operations that needs no replay of its own. It is a pure function of the run's input and of
// the answers in their order, so after a crash the recorded answers bring it back to where it was.
import { IllegalTransitionError, WumboError } from '../errors.ts'
import type { Cut, Operation, Outcome, Source, SourceHost } from './contract.ts'
import { GIVEN_UP, INLINE } from './closing-paths.ts'
import { NO_FRAME, type Frame } from './frame.ts'
import { runClosings, type Ended } from './interpreter-closings.ts'
import { runScope } from './interpreter-scope.ts'
import { endAll, outermostEnds, recordChoice, recordSkip, type Above, type ClosingInline, type Done, type Result, type RunCore, type ScopeSpot, type Wait } from './interpreter-run.ts'
import type { GraphPlan, ScopePlan } from './plan.ts'
import { withdrawnPath } from './waiting.ts'

/** Where a graph is interpreted that a function runs inline: what stands before its paths, and what its input was made of. */
export interface Inside {
  readonly prefix: string
  readonly reads: readonly string[]
}

/** Makes the interpreter of one run, or of a part of one; `cut` when its steps are to be given up. */
export function graphSource(plan: GraphPlan, onFailure: 'stop' | 'continue', cut: Cut | null = null, inside: Inside | null = null): Source {
  return new GraphSource(plan, { stops: onFailure === 'stop', cut, inside })
}

class GraphSource implements Source, RunCore {
  readonly synchronous = true
  readonly #plan: GraphPlan
  readonly #stops: boolean
  readonly #inside: Inside | null
  #cut: Cut | null
  readonly #waiting = new Map<string, (outcome: Outcome) => void>()
  readonly #waits = new Map<string, { readonly kind: Wait['kind']; readonly above: Above; readonly done: Done }>()
  /** Waits that were given up: their answers may still come, and change nothing. */
  readonly #givenUp = new Set<string>()
  #host: SourceHost | null = null
  #tasks: (() => void)[] = []
  /** Answers that came while another was being worked on. */
  #answers: (() => void)[] = []
  #working = false
  /** How the workflow ended; told to the host once every operation is answered. */
  #result: Result | null = null
  #over = false
  /** What the steps of the workflow see. */
  #frame: Frame = NO_FRAME
  #answered = 0
  /** Sub-workflows at work that do something at their end, in the order in which they began. */
  readonly #inlines = new Set<ClosingInline>()
  /** The steps have come to their end, or were given up: what is run at the end is at work. */
  #closing = false

  constructor(plan: GraphPlan, { stops, cut, inside }: { readonly stops: boolean; readonly cut: Cut | null; readonly inside: Inside | null }) {
    this.#plan = plan
    this.#stops = stops
    this.#cut = cut
    this.#inside = inside
  }

  /** At the end as much is done as can be, whatever fails of it. */
  get stopOnFailure(): boolean {
    return this.#stops && !this.#closing
  }

  begin(input: unknown, host: SourceHost): void {
    if (this.#host !== null) throw new IllegalTransitionError('a graph was begun twice')
    this.#host = host
    const done = (result: Result): void => this.#ended({ frame: this.#frame, outcome: result.status === 'completed' ? 'completed' : 'failed', result })
    this.#frame = runScope(this, this.#plan, { prefix: this.#inside?.prefix ?? '', path: null, frame: { input, ...(this.#inside === null ? {} : { inputReads: this.#inside.reads }), scopes: [], items: [] }, above: null }, done)
    this.#work()
  }

  #ended(ended: Ended): void {
    if (this.#closing) return
    this.#closing = true
    runClosings(this, this.#plan, this.#inside === null ? ended : { ...ended, prefix: `${this.#inside.prefix}${INLINE}.` }, (result) => void (this.#result = result))
  }

  deliver(path: string, outcome: Outcome): void {
    this.#answered++
    if (this.#givenUp.delete(path)) return
    const answered = this.#waiting.get(path)
    if (answered === undefined) throw new IllegalTransitionError(`an answer came for ${path}, which is not open`, { path })
    this.#waiting.delete(path)
    this.#answers.push(() => answered(outcome))
    this.#work()
  }

  open(operation: Operation, answered: (outcome: Outcome) => void): void {
    this.#waiting.set(operation.path, answered)
    this.#host?.open(operation)
  }

  wait(operation: Wait, above: Above, done: Done): void {
    const { kind } = operation
    this.#waits.set(operation.path, { kind, above, done })
    this.open(operation, (outcome) => {
      // Its answer was waiting its turn when it was given up.
      if (!this.#waits.delete(operation.path)) {
        this.#givenUp.delete(operation.path)
        return
      }
      done(outcome.status === 'completed' && kind === 'timer' ? { status: 'completed', output: null } : outcome) // whatever is recorded of a timer
    })
  }

  giveUp(path: string): void {
    const wait = this.#waits.get(path)
    this.#waits.delete(path)
    if (!this.#waiting.delete(path)) return // its answer has come and waits its turn
    this.#givenUp.add(path)
    this.#host?.drop(path)
    if (wait?.kind === 'approval') recordSkip(this, withdrawnPath(path), [])
  }

  doomed(): void {
    if (this.#waits.size > 0) this.later(() => this.#giveUpWaits())
  }

  scope(plan: ScopePlan, spot: ScopeSpot, done: Done, within: RunCore = this): Frame {
    return runScope(within, plan, spot, done)
  }

  entered(inline: ClosingInline): void {
    this.#inlines.add(inline)
  }

  left(inline: ClosingInline): void {
    this.#inlines.delete(inline)
  }

  later(task: () => void): void {
    this.#tasks.push(task)
  }

  #giveUpWaits(): void {
    for (const [path, { kind, above, done }] of this.#waits) {
      if (!above.halted) continue
      this.#waits.delete(path)
      this.#waiting.delete(path)
      this.#givenUp.add(path)
      if (kind !== 'timer') this.#host?.drop(path)
      if (kind === 'approval') recordSkip(this, withdrawnPath(path), [])
      done({ status: 'halted' })
    }
  }

  get #isCutDue(): boolean {
    return this.#cut !== null && !this.#closing && this.#answered >= this.#cut.after
  }

  /** Gives up the steps of the run; what is run at its end begins, of sub-workflows first: those inside of others before these. */
  #giveUp(): void {
    const { outcome = 'cancelled', error = null } = this.#cut ?? {}
    this.#cut = null
    // What a sub-workflow does at its end, as its steps are over, goes on.
    const closing = [...this.#inlines]
    const lost = [...this.#waiting.keys()].filter((path) => !closing.some((inline) => inline.isClosing(path)))
    this.#host?.giveUp?.(lost)
    const asked = lost.filter((path) => this.#waits.get(path)?.kind === 'approval')
    for (const path of lost) {
      this.#waiting.delete(path)
      this.#waits.delete(path)
    }
    // Where the steps were given up stands before all that follows from it: after a death they are given up in the same place.
    if (closing.length > 0 || asked.length > 0) recordChoice(this, GIVEN_UP, { output: { outcome }, reads: [] })
    for (const path of asked) recordSkip(this, withdrawnPath(path), [])
    const result: Result = error === null ? { status: 'completed', output: undefined } : { status: 'failed', error }
    endAll(outermostEnds(closing), { outcome, result }, () => this.#ended({ frame: this.#frame, outcome, result }))
  }

  /** Does what is to be done and all that follows from it before it takes the next answer: so it is after a crash as well. */
  #work(): void {
    if (this.#working) return
    this.#working = true
    try {
      for (;;) {
        const tasks = this.#tasks.length > 0 ? this.#tasks : this.#answers.splice(0, 1)
        if (tasks.length === 0) {
          if (this.#isCutDue) this.#giveUp()
          else break
        }
        if (tasks === this.#tasks) this.#tasks = []
        for (const task of tasks) task()
      }
    } finally {
      this.#working = false
    }
    this.#end()
  }

  #end(): void {
    if (this.#result === null || this.#over || this.#waiting.size > 0) return
    this.#over = true
    const result = this.#result
    if (result.status === 'completed') this.#host?.complete(result.output)
    else this.#host?.fail(result.status === 'failed' ? result.error : new WumboError(IllegalTransitionError.spec, 'a graph came to rest without an end'))
  }
}
