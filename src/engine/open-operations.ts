// The operations that a run has under way: those without an answer, by path; steps among them that wait until what came before them is
// durable; and answers that wait for delivery. One object for all of it, since every run has one.
import type { WumboError } from '../errors.ts'
import { SmallMap } from '../shared/small-map.ts'
import type { Outcome } from '../workflow/contract.ts'
import type { ChildWait } from './child-wait.ts'
import type { MailWait } from './mail-wait.ts'
import { StepRun } from './step-run.ts'
import type { TimerWait } from './timer-wait.ts'

/** An operation that is not answered; null for one that only needs its record. */
export type Open = StepRun | TimerWait | MailWait | ChildWait | null

interface Answer {
  readonly path: string
  readonly outcome: Outcome
  next: Answer | null
}

/** The open operations of one run. */
export class OpenOperations extends SmallMap<Open> {
  /** Answers that wait for delivery, oldest first; chains, since there is nearly always one. */
  #answers: Answer | null = null
  #lastAnswer: Answer | null = null
  /** Steps that wait until what came before them is durable. */
  #gated: StepRun | null = null
  #lastGated: StepRun | null = null

  /** Nothing waits for delivery. */
  get isDelivered(): boolean {
    return this.#answers === null
  }

  /** No step waits for durability. */
  get isUngated(): boolean {
    return this.#gated === null
  }

  /** Queues an answer; answers stand in the order of the journal. */
  queue(path: string, outcome: Outcome): void {
    const answer: Answer = { path, outcome, next: null }
    if (this.#answers === null) this.#answers = answer
    else if (this.#lastAnswer !== null) this.#lastAnswer.next = answer
    this.#lastAnswer = answer
  }

  /** The next answer to deliver; null when there is none. */
  nextAnswer(): { readonly path: string; readonly outcome: Outcome } | null {
    const answer = this.#answers
    if (answer !== null) this.#answers = answer.next
    return answer
  }

  /** Gates rise with time: the first of the chain is the first to open. */
  gate(step: StepRun): void {
    if (this.#gated === null) this.#gated = step
    else if (this.#lastGated !== null) this.#lastGated.nextGated = step
    this.#lastGated = step
  }

  /** The next step whose gate is open, now that all up to `durableSeq` is durable; null when there is none. */
  nextUngated(durableSeq: number): StepRun | null {
    const step = this.#gated
    if (step === null || step.gate > durableSeq) return null
    this.#gated = step.nextGated
    step.nextGated = null
    return step
  }

  #forget(): void {
    this.#gated = null
    this.#answers = null
  }

  /** Steps whose bodies run at this moment. */
  get computing(): number {
    let count = 0
    for (const open of this.values()) if (open instanceof StepRun && open.computing) count++
    return count
  }

  /** True while a step is at work. */
  get isAtWork(): boolean {
    for (const open of this.values()) if (open instanceof StepRun && open.isAtWork) return true
    return false
  }

  /** Resets the heartbeat of one attempt, or of all steps. */
  beat(path?: string, attempt?: number): void {
    for (const open of path === undefined ? this.values() : [this.get(path)]) if (open instanceof StepRun) open.beat(attempt)
  }

  /** When the next thing happens by itself, at the latest at `latest`; null while something computes, or may be answered soon. */
  nextDue(latest: number, isPaused: boolean): number | null {
    let next = latest
    for (const open of this.values()) {
      const due = open?.wakeAt(isPaused) ?? null
      if (due === null) return null
      next = Math.min(next, due)
    }
    return next
  }

  /** Gives one operation up; gives what it was. */
  giveUp(path: string, reason: WumboError): Open | undefined {
    const open = this.get(path)
    if (open instanceof StepRun) open.giveUp(reason)
    else open?.abort()
    this.delete(path)
    return open
  }

  /** Gives all of it up. */
  abort(reason: WumboError): void {
    for (const open of this.values()) open?.abort(reason)
    this.clear()
    this.#forget()
  }

  /** Gives up all but the steps that are at work and for which `isKept`; gives their number. */
  abortOthers(reason: WumboError, isKept: (step: StepRun) => boolean): number {
    const kept: StepRun[] = []
    for (const open of this.values()) {
      if (open instanceof StepRun && open.isAtWork && isKept(open)) kept.push(open)
      else open?.abort(reason)
    }
    this.clear()
    this.#forget()
    for (const step of kept) this.set(step.path, step)
    return kept.length
  }
}
