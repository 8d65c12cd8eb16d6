// Runs what waits: opens a timer, or a wait for a signal or a decision, and hands on what comes.
import { ExpressionError, WaitTimeoutError, type WumboError } from '../errors.ts'
import type { MaybePromise } from '../template/contract.ts'
import type { Binding } from './binding.ts'
import { referencesOf } from './compile-wait.ts'
import { evaluateCondition } from './expression.ts'
import { shown } from './door.ts'
import { readsOf, type Frame } from './frame.ts'
import { failDecision, recordSkip, type Done, type RunCore, type Spot } from './interpreter-run.ts'
import type { SleepPlan, WaitPlan } from './plan.ts'
import { sleepMs, untilMs } from './sleep.ts'
import { taken } from './taken.ts'
import { requestPath, signalAddress, topicAddress, withdrawnPath, type ApprovalRequest, type Decision, type EventWait, type MailWait, type TopicEvent } from './waiting.ts'

/** Sleeps for a duration, or until a moment. */
export function runSleep(core: RunCore, { path, duration, isMoment }: SleepPlan, spot: Spot, done: Done): void {
  const time = taken(() => (isMoment ? untilMs(duration, path, spot.frame) : sleepMs(duration, path, spot.frame)))
  if ('error' in time) failDecision(core, spot, { error: time.error, references: duration.references }, done)
  else core.wait({ kind: 'timer', path: spot.path, ...(isMoment ? { ms: 0, until: time.value } : { ms: time.value }), reads: readsOf(spot.frame, duration.references) }, spot.above, done)
}

/** Waits for a signal or a decision. An approval is told first, so that people see it. */
export function runWait(core: RunCore, plan: WaitPlan, spot: Spot, done: Done): void {
  const references = referencesOf(plan)
  const asked = taken(() => askedOf(plan, spot))
  if ('error' in asked) {
    failDecision(core, spot, { error: asked.error, references }, done)
    return
  }
  const { request, wait } = asked.value
  const begin = (): void => core.wait({ path: spot.path, reads: readsOf(spot.frame, references), ...wait }, spot.above, done)
  if (request === null) {
    begin()
    return
  }
  core.open({ kind: 'request', path: requestPath(spot.path), request }, () => {
    if (!spot.above.halted) {
      begin()
      return
    }
    recordSkip(core, withdrawnPath(spot.path), [])
    done({ status: 'halted' })
  })
}

/** Throws ExpressionError for what expressions give wrongly. */
function askedOf(plan: WaitPlan, { path, frame }: Spot): { readonly request: ApprovalRequest | null; readonly wait: ({ readonly kind: 'signal' | 'approval' } & MailWait) | ({ readonly kind: 'event' } & EventWait) } {
  const timeoutMs = plan.timeout === null ? null : sleepMs(plan.timeout.duration, plan.timeout.path, frame)
  const late: Pick<MailWait, 'late'> = plan.timeout === null ? {} : { late: plan.fallback === null ? { error: () => timedOut(plan, path) } : { value: plan.fallback.evaluate(frame) } }
  const bound = { timeoutMs, ...late }
  if (plan.on === 'event') return { request: null, wait: { kind: 'event', ...bound, ...eventWait(plan, frame) } }
  if (plan.on === 'signal') return { request: null, wait: { kind: 'signal', ...bound, address: addressOf(plan, frame), check: payloadCheck(plan) } }
  const request = { title: valueOf(plan.title, `${plan.path}.title`, frame, TITLE) ?? plan.name, assignees: valueOf(plan.assignees, `${plan.path}.assignees`, frame, NAMES) ?? [], form: plan.schema }
  return { request, wait: { kind: 'approval', ...bound, address: path, check: decisionCheck(plan) } }
}

/** What an event must be: the condition sees it as its innermost item. */
function eventWait(plan: WaitPlan, frame: Frame): Omit<EventWait, 'timeoutMs' | 'late'> {
  const { name: topic, path, where, check, lookbackMs } = plan
  const given = valueOf(plan.key, `${path}.key`, frame, EVENT_KEY)
  const key = given === undefined ? null : String(given)
  // What carries nothing carries null: undefined is no value in expressions.
  const seen = (payload: unknown): TopicEvent => ({ ...(payload as TopicEvent), data: (payload as TopicEvent).data ?? null })
  return {
    topic, key, lookbackMs, address: topicAddress({ topic, key }),
    where: where === null ? null : (payload) => evaluateCondition(where, { ...frame, items: [...frame.items, { item: seen(payload), index: 0, reads: [] }] }),
    check: (payload) => {
      const event = seen(payload)
      if (check === null) return event
      const data = check(event.data)
      return data instanceof Promise ? data.then((found: unknown) => ({ ...event, data: found })) : { ...event, data }
    },
  }
}

function addressOf({ name, key, path }: WaitPlan, frame: Frame): string {
  const value = valueOf(key, `${path}.key`, frame, KEY)
  return signalAddress(name, value)
}

/** What a place takes, and how messages call it. */
interface Wanted<T> {
  readonly is: (value: unknown) => value is T
  readonly wanted: string
}

/** What a binding gives, if it is of the right kind. */
function valueOf<T>(binding: Binding | null, path: string, frame: Frame, { is, wanted }: Wanted<T>): T | undefined {
  if (binding === null) return undefined
  const value = binding.evaluate(frame)
  if (is(value)) return value
  throw new ExpressionError(`${path}: expected ${wanted}, got ${shown(value)}`, { path })
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText)
const isKey = (value: unknown): value is string | number => (isText(value) && value.length <= 200 && value.isWellFormed()) || typeof value === 'number'

const EVENT_KEY: Wanted<string | number> = { is: (value): value is string | number => isKey(value) && value !== '', wanted: 'a text of 1 to 200 characters or a number' }
const TITLE: Wanted<string> = { is: isText, wanted: 'a text' }
const NAMES: Wanted<readonly string[]> = { is: isTexts, wanted: 'a list of names' }
const KEY: Wanted<string | number> = { is: isKey, wanted: 'a text of at most 200 characters or a number' }

/** A signal that carries nothing gives null: undefined is no value in expressions. */
function payloadCheck({ check }: WaitPlan): (payload: unknown) => MaybePromise<unknown> {
  return (payload) => (check === null ? (payload ?? null) : check(payload ?? null))
}

function decisionCheck({ check }: WaitPlan): (payload: unknown) => MaybePromise<unknown> {
  return (payload) => {
    const { form, ...decision } = payload as Decision<unknown> // as the sender of decisions makes it
    const isFilled = decision.approved || form !== undefined
    return { ...decision, form: check === null || !isFilled ? (form ?? null) : check(form) }
  }
}

function timedOut({ on, name }: WaitPlan, path: string): WumboError {
  return new WaitTimeoutError(on === 'signal' || on === 'event' ? `no ${on} ${name} has come in time` : 'nobody has decided in time', { path })
}
