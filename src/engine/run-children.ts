// The children of one run in memory: which it has started and not seen to end, whose end has come, and the operations that wait for them. A start is
// noted before it is made, so that whoever ends the run knows whom to ask to end as well; made twice it is one start. The end of a child comes
// as mail; where none may come (the child ended while this run was itself ended, or belongs to the run that this one was forked from) the child is looked up.
import { RunNotFoundError, errorData } from '../errors.ts'
import { childId, parentOf } from '../model/child.ts'
import type { ParentClose } from '../model/child.ts'
import { isEnd } from '../model/run.ts'
import type { Mail, RunRow } from '../model/run.ts'
import { startedName } from '../workflow/children.ts'
import type { ChildStart } from '../workflow/contract.ts'
import { cancelChildren } from './child-close.ts'
import { childFailureData, endFrom } from './child-end.ts'
import type { ChildEnd } from './child-end.ts'
import { ChildFan } from './child-fan.ts'
import type { FanHost } from './child-fan.ts'
import { closeMark, idsOf, senderOf, startMark } from './child-marks.ts'
import type { ChildMark } from './child-marks.ts'
import { readPage } from './child-page.ts'
import { patiently } from './patient-read.ts'
import { recordChild, recordFailed, recordGiven } from './child-records.ts'
import type { ChildWait } from './child-wait.ts'
import type { RunHost } from './run-host.ts'
import type { ParentRun } from './parent-run.ts'

/** The children of one run. Made with the first of them, or with the first mail of one. */
export class RunChildren implements FanHost {
  readonly run: ParentRun
  readonly host: RunHost
  /** Mail of children that have ended, by child. */
  readonly ends = new Map<string, Mail>()
  /** Who is told of the end of a child. */
  readonly #told = new Map<string, (mail: Mail) => void>()
  /** Children under way that end with this run. */
  readonly #ending = new Set<string>()
  /** The operations that have started such children, by path. */
  readonly #marked = new Map<string, Pick<ChildMark, 'path' | 'gen' | 'count'>>()
  /** Starts under way: what ends with this run is asked to once it is there. */
  readonly #starting = new Set<Promise<unknown>>()
  #closing: Promise<void> | null = null

  constructor(run: ParentRun, host: RunHost) {
    this.run = run
    this.host = host
    for (const mark of run.known.children.values()) this.#note(mark)
  }

  #note(mark: ChildMark): void {
    if (mark.close !== 'cancel' || mark.isClosed) return
    this.#marked.set(mark.path, mark)
    for (const id of idsOf(this.run.row.run, mark)) this.#ending.add(id)
  }

  /** Takes in that a child has ended. */
  take(mail: Mail): void {
    const child = senderOf(mail)
    if (child === undefined) return
    const { space, run } = this.run.row
    if (mail.consumedAt === null) this.host.flusher.add({ op: 'consume', run: { space, run }, numbers: [mail.number], at: this.host.deps.clock.now() }, run, 0, null)
    if (this.ends.has(child)) return
    this.ends.set(child, mail)
    this.#ending.delete(child)
    const tell = this.#told.get(child)
    this.#told.delete(child)
    tell?.(mail)
  }

  /** Begins an operation. */
  open(wait: ChildWait): void {
    const { operation } = wait
    wait.since = this.host.deps.clock.now()
    this.stay(wait)
    if (operation.kind === 'page') this.#quietly(this.#read(wait, () => readPage(this.host, this.run.row, operation)).then((page) => recordGiven(this.run, this.host, wait, page)), wait)
    else if (operation.kind === 'children') new ChildFan(this, wait, operation).begin()
    else if (operation.kind === 'child' && operation.run !== null) this.#join(wait, operation.run, operation.start)
    else if (operation.start !== null) this.#start(wait, operation.path, operation.start)
  }

  /** Keeps the run in memory while an end may come soon. */
  stay(wait: ChildWait, times = 1): void {
    wait.stay(this.host.deps.limits.releaseAfterMs * times, () => this.run.considerLeavingSoon())
  }

  /** Does it once the run is no longer paused. */
  unlessPaused(wait: ChildWait, work: () => void): void {
    const { pause } = this.run
    if (!pause.isOn) {
      work()
      return
    }
    wait.isHeld = true
    pause.whenOver(() => {
      wait.isHeld = false
      if (this.run.live && !wait.isGivenUp) this.unlessPaused(wait, work)
    })
    this.run.considerLeavingSoon()
  }

  /** Notes that children are about to be started, unless that is noted; then calls with the generation that their ids follow from. */
  note(path: string, { close, count }: { readonly close: ParentClose; readonly count: number | null }, then: (gen: number, isKnown: boolean) => void): void {
    const known = this.run.known.children.get(path)
    // A death between their closing and the end of the run leaves them closed, and the run on its way to that end once more.
    if (known?.isAnswered === false && (!known.isClosed || known.gen === this.run.row.gen)) {
      then(known.gen, true)
      return
    }
    const { gen } = this.run.row
    this.run.journal.mark(startMark(path, { close, count, at: this.host.deps.clock.now() }), (_answer, error) => {
      if (error !== undefined) this.run.broken(error)
      else if (this.run.live) {
        if (close === 'cancel') this.#marked.set(path, { path, gen, count })
        then(gen, false)
      }
    })
  }

  /** Starts a child that is noted; it may have been started before. */
  async begin(id: string, link: { readonly gen: number; readonly path: string }, start: ChildStart): Promise<'new' | 'known'> {
    const { row } = this.run
    if (start.close === 'cancel') this.#ending.add(id)
    const child = { id, link: { run: row.run, ...link, close: start.close }, start, queue: start.queue ?? row.queue }
    const starting = patiently(this.host.deps, () => this.host.startChild(child), () => this.run.live)
    this.#starting.add(starting)
    try {
      return await starting
    } finally {
      this.#starting.delete(starting)
    }
  }

  /** Nobody waits for the children of an operation any more: those that end with this run are asked to. One whose start is under way is asked once it is there. */
  giveUp({ path, operation }: ChildWait): void {
    const mark = operation.kind === 'page' ? undefined : this.#marked.get(path)
    if (mark !== undefined) this.#askToCancel(idsOf(this.run.row.run, mark))
  }

  #askToCancel(ids: readonly string[]): void {
    const living = ids.filter((id) => this.#ending.has(id) && !this.ends.has(id))
    if (living.length > 0) this.#quietly(patiently(this.host.deps, () => cancelChildren(living, this.run.row, this.host), () => this.run.live))
  }

  /** A child was started for an operation that has been given up meanwhile. A run that leaves memory gives nothing up: it comes back to its children. */
  orphaned(id: string): void {
    if (this.run.live) this.#askToCancel([id])
  }

  /** Calls with the mail of a child once that has come; at once when it has. */
  whenEnded(child: string, call: (mail: Mail) => void): void {
    const mail = this.ends.get(child)
    if (mail === undefined) this.#told.set(child, call)
    else call(mail)
  }

  /** How a child ended that nobody need tell of: read from itself. Null while it lives, undefined when there is none. */
  async look(child: string): Promise<RunRow | null | undefined> {
    const row = await patiently(this.host.deps, () => this.#row(child), () => this.run.live)
    return row === undefined ? undefined : isEnd(row.status) ? row : null
  }

  #row(child: string): Promise<RunRow | undefined> {
    return this.host.deps.store.getRun({ space: this.run.row.space, run: child })
  }

  #read<T>(wait: ChildWait, work: () => Promise<T>): Promise<T> {
    return patiently(this.host.deps, work, () => this.run.live && !wait.isGivenUp)
  }

  /** What the mail of a child says. */
  async read(mail: Mail): Promise<ChildEnd> {
    return endFrom(await patiently(this.host.deps, () => this.host.readPayload(mail.body), () => this.run.live))
  }

  #start(wait: ChildWait, path: string, start: ChildStart): void {
    this.unlessPaused(wait, () => this.note(path, { close: start.close, count: null }, (gen, isKnown) => {
      if (wait.isGivenUp) return
      const id = childId({ run: this.run.row.run, gen, path })
      if (wait.operation.kind === 'child' && this.ends.has(id)) {
        this.#await(wait, id, start)
        return
      }
      this.begin(id, { gen, path }, start).then(
        (how) => {
          if (wait.isGivenUp) this.orphaned(id)
          if (!this.run.live || wait.isGivenUp) return
          if (wait.operation.kind === 'spawn') recordGiven(this.run, this.host, wait, id)
          else if (how === 'known' || isKnown) this.#quietly(this.#look(wait, id, start), wait)
          else this.#await(wait, id, start)
        },
        (thrown: unknown) => this.#refused(wait, thrown),
      )
    }))
  }

  /** Waits for a child that has been started before: this run's own, or that of the run that it was forked from. */
  #join(wait: ChildWait, child: string, start: ChildStart | null): void {
    if (this.ends.has(child) || this.#ending.has(child)) this.#await(wait, child, start)
    else this.#quietly(this.#look(wait, child, start), wait)
  }

  /** A child of which no end has come is looked up. One that will never tell this run, since it was given up or is another's, is started anew. */
  async #look(wait: ChildWait, child: string, start: ChildStart | null): Promise<void> {
    const row = await this.#read(wait, () => this.#row(child))
    if (!this.run.live || wait.isGivenUp) return
    const link = row === undefined ? null : parentOf(row)
    const tells = link?.run === this.run.row.run && (link.close === 'abandon' || link.gen === this.run.row.gen || this.#ending.has(child))
    if (this.ends.has(child)) this.#await(wait, child, start)
    else if (row !== undefined && isEnd(row.status) && (tells || row.status === 'completed' || start === null)) await this.#settle(wait, child, { end: { status: row.status, error: row.error }, mail: null, workflow: row.workflow })
    else if (!tells && start !== null) this.#start(wait, wait.path, start)
    else this.#await(wait, child, start)
  }

  #await(wait: ChildWait, child: string, start: ChildStart | null): void {
    wait.isBusy = false
    this.whenEnded(child, (mail) => {
      wait.isBusy = true
      const settle = async (): Promise<void> => this.#settle(wait, child, { end: await this.read(mail), mail: mail.number, workflow: start === null ? '' : startedName(start.workflow) })
      this.#quietly(settle(), wait)
    })
    this.run.considerLeavingSoon()
  }

  async #settle(wait: ChildWait, child: string, { end, mail, workflow }: { readonly end: ChildEnd; readonly mail: number | null; readonly workflow: string }): Promise<void> {
    const row = await this.#read(wait, () => this.#row(child))
    const name = row?.workflow ?? workflow
    const isThere = end.status === 'completed' && row?.status === 'completed'
    const value = isThere ? await this.#read(wait, () => this.host.readPayload(row.output)) : undefined
    const seen: ChildEnd = end.status === 'completed' && !isThere ? { status: 'failed', error: errorData(new RunNotFoundError(`run ${child} is gone`)) } : end
    const error = isThere ? null : childFailureData(wait.path, { run: child, workflow: name, end: seen })
    recordChild(this.run, this.host, wait, { child, version: row?.version ?? null, mail, output: isThere ? row.output : null, value, error })
  }

  /** A child that cannot be started: the operation fails. */
  #refused(wait: ChildWait, thrown: unknown): void {
    if (!this.run.live || wait.isGivenUp) return
    if (!this.host.usable()) this.run.broken(thrown)
    else recordFailed(this.run, this.host, wait, errorData(thrown))
  }

  /** A read that was given up with its wait may have failed: nobody waits for it. */
  #quietly(work: Promise<void>, wait?: ChildWait): void {
    work.catch((thrown: unknown) => wait?.isGivenUp === true ? undefined : this.run.broken(thrown))
  }

  /** The run ends, or gives its children up: asks those that end with it to, then calls. */
  close(then: () => void): void {
    if (this.#closing === null && this.#marked.size === 0) {
      then()
      return
    }
    this.#closing ??= this.#close()
    this.#closing.then(() => (this.run.journal.isClosed ? undefined : then()), (thrown: unknown) => this.host.deps.log.error('children could not be asked to cancel', { run: this.run.row.run, error: errorData(thrown).message }))
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#starting)
    await patiently(this.host.deps, () => cancelChildren([...this.#ending], this.run.row, this.host), () => this.host.usable() && !this.run.journal.isClosed)
    if (this.run.journal.isClosed) return
    const at = this.host.deps.clock.now()
    for (const path of this.#marked.keys()) this.run.journal.mark(closeMark(path, at), () => undefined)
  }
}
