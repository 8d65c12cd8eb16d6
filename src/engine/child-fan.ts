// Many children of one operation: so many are under way at a time, and what is kept of each is that it has ended. Their results stay with them. One note
// stands for all of them and one record for all of their ends; what lies between is told by the mail alone.
import { ChildFailedError, DefinitionError, WumboError, errorData } from '../errors.ts'
import type { ErrorData } from '../errors.ts'
import { childId } from '../model/child.ts'
import type { Mail } from '../model/run.ts'
import { childPath, startedName } from '../workflow/children.ts'
import type { ChildrenEnd } from '../workflow/children.ts'
import type { ChildStart } from '../workflow/contract.ts'
import type { ChildEnd } from './child-end.ts'
import { patiently } from './patient-read.ts'
import { recordFailed, recordGiven } from './child-records.ts'
import type { ChildOperation, ChildWait } from './child-wait.ts'
import type { ParentRun } from './parent-run.ts'
import type { RunHost } from './run-host.ts'
import type { RunRow } from '../model/run.ts'

/** The children of the run, as many of them need it. */
export interface FanHost {
  readonly run: ParentRun
  readonly host: RunHost
  readonly ends: ReadonlyMap<string, Mail>
  note(path: string, of: { readonly close: ChildStart['close']; readonly count: number | null }, then: (gen: number, isKnown: boolean) => void): void
  begin(id: string, link: { readonly gen: number; readonly path: string }, start: ChildStart): Promise<'new' | 'known'>
  /** A child was started for an operation that has been given up meanwhile. */
  orphaned(id: string): void
  whenEnded(child: string, call: (mail: Mail) => void): void
  look(child: string): Promise<RunRow | null | undefined>
  read(mail: Mail): Promise<ChildEnd>
  stay(wait: ChildWait, times?: number): void
  unlessPaused(wait: ChildWait, work: () => void): void
}

/** Once all are under way the run stays in memory for so much longer than a single wait would: each end wakes it. */
const PATIENCE = 10

/** The children of one operation. */
export class ChildFan {
  readonly #children: FanHost
  readonly #wait: ChildWait
  readonly #operation: Extract<ChildOperation, { kind: 'children' }>
  #gen = 0
  #isKnown = false
  #next = 0
  #open = 0
  #completed = 0
  #failed = 0
  #filling = false
  /** Children whose start is not durable yet. */
  #starting = 0
  /** A child that has not completed, for messages. */
  #firstFailed = ''

  constructor(children: FanHost, wait: ChildWait, operation: Extract<ChildOperation, { kind: 'children' }>) {
    this.#children = children
    this.#wait = wait
    this.#operation = operation
  }

  begin(): void {
    const { inputs, close, path } = this.#operation
    if (inputs.length === 0) {
      this.#end()
      return
    }
    this.#children.unlessPaused(this.#wait, () => {
      this.#checked().then(
        () => {
          if (this.#isOver()) return
          this.#children.note(path, { close, count: inputs.length }, (gen, isKnown) => {
            this.#gen = gen
            this.#isKnown = isKnown
            this.#fill()
          })
        },
        (thrown: unknown) => this.#refused(thrown),
      )
    })
  }

  /** All inputs are checked before any child is started: either all of them are, or none. */
  async #checked(): Promise<void> {
    const { workflow, inputs, path } = this.#operation
    const { deps } = this.#children.host
    const found = await patiently(deps, async () => deps.workflows.child(workflow), () => !this.#isOver())
    for (const [index, input] of inputs.entries()) {
      try {
        const checked = found.check(input)
        if (checked instanceof Promise) await checked
      } catch (thrown) {
        throw new DefinitionError(`input ${index} of ${path} is not what ${found.name} takes: ${errorData(thrown).message}`, { path: childPath(path, index), cause: thrown })
      }
    }
  }

  #fill(): void {
    const { inputs, concurrency } = this.#operation
    while (this.#next < inputs.length && this.#open < concurrency && !this.#isOver()) this.#start(this.#next++)
    this.#rest()
  }

  #start(index: number): void {
    const { workflow, inputs, close, queue, path } = this.#operation
    const own = childPath(path, index)
    const id = childId({ run: this.#children.run.row.run, gen: this.#gen, path: own })
    this.#open++
    const ended = this.#children.ends.get(id)
    if (ended !== undefined) {
      this.#ended(id, ended)
      return
    }
    this.#starting++
    this.#wait.isHeld = false
    this.#children.begin(id, { gen: this.#gen, path: own }, { workflow, input: inputs[index], close, queue }).then(
      (how) => {
        this.#started()
        if (this.#wait.isGivenUp) this.#children.orphaned(id)
        if (this.#isOver()) return
        if (how === 'known' && this.#isKnown) this.#lookUp(id)
        else this.#children.whenEnded(id, (mail) => this.#ended(id, mail))
      },
      (thrown: unknown) => this.#refused(thrown),
    )
  }

  /** Once all that were begun are there, a run that is paused has nothing to stay in memory for. */
  #started(): void {
    if (--this.#starting > 0) return
    this.#wait.isHeld = true
    if (this.#children.run.pause.isOn) this.#children.run.considerLeavingSoon()
  }

  /** A child of an earlier process may have ended while this run could not be told. */
  #lookUp(id: string): void {
    let isTold = false
    this.#children.whenEnded(id, (mail) => {
      if (!isTold) this.#ended(id, mail)
      isTold = true
    })
    this.#children.look(id).then(
      (row) => {
        if (row == null || isTold || this.#isOver()) return
        isTold = true
        this.#count(id, row.status === 'completed')
      },
      (thrown: unknown) => (this.#isOver() ? undefined : this.#children.run.broken(thrown)),
    )
  }

  /** A child that has completed tells so without a body. */
  #ended(id: string, mail: Mail): void {
    if (!this.#isOver()) this.#count(id, mail.body === null)
  }

  #count(id: string, isCompleted: boolean): void {
    this.#open--
    if (isCompleted) this.#completed++
    else if (this.#failed++ === 0) this.#firstFailed = id
    if (this.#completed + this.#failed === this.#operation.inputs.length) this.#end()
    else if (this.#next < this.#operation.inputs.length) this.#goOn()
    else this.#rest()
  }

  /** Once for all ends that came together. */
  #goOn(): void {
    if (this.#filling) return
    this.#filling = true
    this.#children.host.deps.clock.defer(() => {
      this.#filling = false
      if (!this.#isOver()) this.#children.unlessPaused(this.#wait, () => this.#fill())
    })
  }

  #rest(): void {
    if (this.#next < this.#operation.inputs.length) return
    this.#wait.isBusy = false
    this.#children.stay(this.#wait, PATIENCE)
  }

  #isOver(): boolean {
    return !this.#children.run.live || this.#wait.isGivenUp
  }

  #end(): void {
    const { run, host } = this.#children
    if (this.#operation.mustComplete === true && this.#failed > 0) {
      recordFailed(run, host, this.#wait, this.#failure())
      return
    }
    const end: ChildrenEnd = { count: this.#operation.inputs.length, completed: this.#completed, failed: this.#failed, run: run.row.run, gen: this.#gen }
    recordGiven(run, host, this.#wait, end)
  }

  #refused(thrown: unknown): void {
    const { run, host } = this.#children
    if (this.#isOver()) return
    if (!host.usable() || !(thrown instanceof WumboError)) run.broken(thrown)
    else recordFailed(run, host, this.#wait, errorData(thrown))
  }

  /** All have ended, and some of them have not completed. */
  #failure(): ErrorData {
    const { path, workflow, inputs: { length: count } } = this.#operation
    const name = startedName(workflow)
    return errorData(new ChildFailedError(`${this.#failed} of ${count} children ${name} of ${path} have not completed`, {
      path, details: { workflow: name, count, completed: this.#completed, failed: this.#failed, run: this.#firstFailed },
      remedy: `See wumbo runs show ${this.#firstFailed}. Handle the failure in the parent, or retry the parent, which starts the children anew.`,
    }))
  }
}
