// Compiles what waits: a sleep, for a duration or until a moment, a signal, an event, an approval.
import { EventInvalidError, SignalInvalidError, type FailureClass } from '../errors.ts'
import type { ApprovalModel, BoundedModel, EventModel, SignalModel, UntilModel } from '../model/waiting.ts'
import type { BodyModel } from '../model/workflow.ts'
import { parseDuration } from '../shared/duration.ts'
import { compileCheck } from '../template/validator.ts'
import { compileBinding, constantBinding, type Binding } from './binding.ts'
import { compileBare, usable, type Compilation, type Place } from './compilation.ts'
import { NO_FRAME, type Names, type Reference } from './frame.ts'
import { compileSchema } from './json-schema.ts'
import type { SleepPlan, WaitPlan } from './plan.ts'
import { SLEEP_REMEDY, sleepMs, UNTIL_REMEDY, untilMs } from './sleep.ts'
import { taken } from './taken.ts'

/** Compiles a sleep. */
export function compileSleep(given: NonNullable<BodyModel['sleep']>, { path, names }: Place, compilation: Compilation): SleepPlan | null {
  if (typeof given !== 'object') return compileDuration(given, { path, names }, compilation)
  const until = usable<UntilModel, 'until'>(given, 'until', { path }, compilation)
  return until === undefined ? null : compileUntil(until, { path: `${path}.until`, names }, compilation)
}

/** Compiles a duration, or a text whose expressions give one. */
export function compileDuration(given: string | number, { path, names }: Place, { problems }: Compilation): SleepPlan {
  const duration = compileBinding(given, { path, names, problems })
  if (duration.constant && duration.shape.kind !== 'wrong') {
    const wrong = taken(() => sleepMs(duration, path, NO_FRAME))
    if ('error' in wrong) problems.add('INVALID_DURATION', path, wrong.error.message.slice(path.length + 2), { remedy: SLEEP_REMEDY })
  }
  return { kind: 'sleep', path, text: given, duration, isMoment: false }
}

function compileUntil(given: string | number, { path, names }: Place, { problems }: Compilation): SleepPlan {
  const duration = compileBinding(given, { path, names, problems })
  if (duration.constant && duration.shape.kind !== 'wrong') {
    const wrong = taken(() => untilMs(duration, path, NO_FRAME))
    if ('error' in wrong) problems.add('INVALID_VALUE', path, wrong.error.message.slice(path.length + 2), { remedy: UNTIL_REMEDY })
  }
  return { kind: 'sleep', path, text: given, duration, isMoment: true }
}

/** Compiles a wait for a signal. */
export function compileSignal(model: SignalModel, place: Place, compilation: Compilation): WaitPlan {
  const name = usable(model, 'name', place, compilation) ?? ''
  const bound = (key: 'key'): Binding | null => bindingOf(usable(model, key, place, compilation), key, place, compilation)
  return { ...bounded(model, place, compilation), ...checked(model, { key: 'schema', owner: `the wait for signal ${name}`, what: 'payload' }, place, compilation), on: 'signal', name, key: bound('key'), title: null, assignees: null, where: null, lookbackMs: 0 }
}

/** What an event is called in `where`. */
export const EVENT_NAME = 'event'

/** Compiles a wait for an event. */
export function compileEvent(model: EventModel, place: Place, compilation: Compilation): WaitPlan {
  const { path, names } = place
  const name = usable(model, 'topic', place, compilation) ?? ''
  const key = bindingOf(usable(model, 'key', place, compilation), 'key', place, compilation)
  const inside: Names = { ...names, items: [...names.items, { item: EVENT_NAME, index: null }] }
  const where = compileBare(usable(model, 'where', place, compilation), { path: `${path}.where`, names: inside }, compilation)
  const lookback = usable(model, 'lookback', place, compilation)
  const schema = checked(model, { key: 'schema', owner: `the wait for event ${name}`, what: 'payload', failure: EventInvalidError }, place, compilation)
  return { ...bounded(model, place, compilation), ...schema, on: 'event', name, key, title: null, assignees: null, where, lookbackMs: lookback === undefined ? 0 : parseDuration(lookback) }
}

/** Compiles an approval. */
export function compileApproval(model: ApprovalModel, place: Place, compilation: Compilation): WaitPlan {
  const name = place.path.split('.').at(-2) ?? ''
  const bound = (key: 'title' | 'assignees'): Binding | null => bindingOf(usable(model, key, place, compilation), key, place, compilation)
  return { ...bounded(model, place, compilation), ...checked(model, { key: 'form', owner: `approval ${name}`, what: 'form' }, place, compilation), on: 'approval', name, key: null, title: bound('title'), assignees: bound('assignees'), where: null, lookbackMs: 0 }
}

function bindingOf(given: unknown, key: string, { path, names }: Place, { problems }: Compilation): Binding | null {
  return given === undefined ? null : compileBinding(given, { path: `${path}.${key}`, names, problems })
}

/** How long it waits, and what becomes of it then. */
function bounded(model: BoundedModel, place: Place, compilation: Compilation): Pick<WaitPlan, 'kind' | 'path' | 'timeout' | 'fallback'> {
  const { path, names } = place
  const { problems } = compilation
  const given = usable(model, 'timeout', place, compilation)
  const goesOn = model.onTimeout === 'continue'
  if (model.onTimeout !== undefined && !Object.hasOwn(model, 'timeout')) problems.add('MISPLACED_KEY', `${path}.onTimeout`, 'says what happens at a timeout, but there is none', { remedy: 'Add timeout, or leave out onTimeout.', on: 'key' })
  if (Object.hasOwn(model, 'fallback') && !goesOn) problems.add('MISPLACED_KEY', `${path}.fallback`, 'is what a wait goes on with, but it does not go on', { remedy: 'Say onTimeout: continue, or leave out fallback.', on: 'key' })
  return {
    kind: 'wait', path,
    timeout: given === undefined ? null : compileDuration(given, { path: `${path}.timeout`, names }, compilation),
    fallback: goesOn ? (bindingOf(model.fallback, 'fallback', place, compilation) ?? constantBinding(null)) : null,
  }
}

/** What comes, by its schema. */
function checked(model: SignalModel | EventModel | ApprovalModel, { key, owner, what, failure = SignalInvalidError }: { readonly key: 'schema' | 'form'; readonly owner: string; readonly what: 'payload' | 'form'; readonly failure?: FailureClass }, place: Place, compilation: Compilation): Pick<WaitPlan, 'schema' | 'check'> {
  const schema = usable(model as { readonly schema?: SignalModel['schema']; readonly form?: ApprovalModel['form'] }, key, place, compilation)
  const check = schema === undefined ? undefined : compileSchema(schema, `${place.path}.${key}`, compilation.problems)
  if (schema === undefined || check === undefined) return { schema: schema ?? null, check: null }
  const validate = (value: unknown): { readonly value: unknown } | { readonly issues: readonly { readonly path: readonly (string | number)[]; readonly message: string }[] } => {
    const found = check(value)
    return 'errors' in found ? { issues: found.errors } : { value: found.value }
  }
  return { schema, check: compileCheck({ '~standard': { version: 1, vendor: 'wumbo', validate } }, { owner, what, failure }) }
}

/** All that a wait reads. */
export function referencesOf({ key, title, assignees, timeout, fallback, where }: WaitPlan): readonly Reference[] {
  return [where, key, title, assignees, timeout?.duration ?? null, fallback].flatMap((binding) => binding?.references ?? [])
}
