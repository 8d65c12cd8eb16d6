// Compiles what repeats a body: `forEach` and `loop`. What their values are called inside is said here as well.
import { DEFAULT_CONCURRENCY, DEFAULT_ITEM, DEFAULT_LAST, type StepModel } from '../model/workflow.ts'
import { compileBinding, constantBinding } from './binding.ts'
import { compileBare, usable, type Compilation, type Place } from './compilation.ts'
import { compileDuration } from './compile-wait.ts'
import { POISONED } from './names-taken.ts'
import type { ItemNames, Names } from './frame.ts'
import type { EachPlan, LoopPlan } from './plan.ts'
import { Uses } from './uses.ts'

/** Words that the language of expressions keeps for itself. */
const RESERVED = new Set(['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'])
/** How a step is repeated, the names that its body sees, and the steps that the repeating uses. */
export interface Repeated {
  readonly each: EachPlan | null
  readonly loop: LoopPlan | null
  readonly names: Names
  readonly uses: Uses
}

/** Compiles the repeating of a step. */
export function compileRepeating(step: StepModel, place: Place, compilation: Compilation): Repeated {
  const uses = new Uses()
  const [looped, eachwise] = [Object.hasOwn(step, 'loop'), Object.hasOwn(step, 'forEach')]
  if (looped && eachwise) compilation.problems.add('MISPLACED_KEY', `${place.path}.loop`, 'a step has either forEach or loop', { remedy: 'Put one of them around a block: forEach, and below its steps a step with loop.', on: 'key' })
  const each = compileEach(step, place, compilation)
  if (each !== null) uses.read(each.list.references)
  if (eachwise) return { each, loop: null, names: within(place.names, { item: each?.as ?? DEFAULT_ITEM, index: 'index' }), uses }
  if (!looped) return { each: null, loop: null, names: place.names, uses }
  return compileLoop(step, place, uses, compilation)
}

function compileEach(step: StepModel, place: Place, compilation: Compilation): EachPlan | null {
  const { path, names } = place
  const { problems } = compilation
  const as = usable(step, 'as', place, compilation)
  if (!Object.hasOwn(step, 'forEach')) {
    const remedy = Object.hasOwn(step, 'loop') ? 'Write loop: { as: … }, or leave out as.' : 'Add forEach, or leave out as.'
    if (as !== undefined) problems.add('MISPLACED_KEY', `${path}.as`, 'names an item, but there is no forEach', { remedy, on: 'key' })
    if (step.concurrency !== undefined) problems.add('MISPLACED_KEY', `${path}.concurrency`, 'bounds a forEach, but there is none', { remedy: 'Add forEach, or leave out concurrency.', on: 'key' })
    return null
  }
  checkName(as, `${path}.as`, ['index'], compilation)
  const list = compileBare(usable(step, 'forEach', place, compilation), { path: `${path}.forEach`, names }, compilation)
  return list === null ? null : { list, as: as ?? DEFAULT_ITEM, concurrency: usable(step, 'concurrency', place, compilation) ?? DEFAULT_CONCURRENCY }
}

function compileLoop(step: StepModel, place: Place, uses: Uses, compilation: Compilation): Repeated {
  const { names } = place
  const { problems } = compilation
  const path = `${place.path}.loop`
  const model = usable(step, 'loop', place, compilation)
  const as = (model === undefined ? undefined : usable(model, 'as', { path }, compilation)) ?? DEFAULT_LAST
  const inner = within(names, { item: as, index: 'iteration' })
  if (model === undefined) return { each: null, loop: null, names: inner, uses }
  checkName(as, `${path}.as`, ['iteration'], compilation)
  if (!Object.hasOwn(model, 'until') && !Object.hasOwn(model, 'while')) problems.add('MISSING_KEY', path, 'expected until or while: what ends the loop', { remedy: `Write for example until: ${as}.done. To repeat a fixed number of times, write until: iteration == 2 and max: 3.`, on: 'key' })
  const condition = (key: 'until' | 'while'): LoopPlan['until'] => {
    const compiled = compileBare(usable(model, key, { path }, compilation), { path: `${path}.${key}`, names: inner }, compilation)
    if (compiled !== null) uses.read(compiled.references)
    return compiled
  }
  const initial = model.initial === undefined ? constantBinding(null) : compileBinding(model.initial, { path: `${path}.initial`, names, problems })
  uses.read(initial.references)
  const given = usable(model, 'delay', { path }, compilation)
  const delay = given === undefined ? null : compileDuration(given, { path: `${path}.delay`, names: inner }, compilation)
  if (delay !== null) uses.read(delay.duration.references)
  const loop: LoopPlan = { max: usable(model, 'max', { path }, compilation) ?? 1, until: condition('until'), while: condition('while'), delay, initial, as, goesOn: model.onMax === 'continue' }
  return { each: null, loop, names: inner, uses }
}

function within(names: Names, item: ItemNames): Names {
  return { ...names, items: [...names.items, item] }
}

function checkName(as: string | undefined, path: string, besides: readonly string[], { problems }: Compilation): void {
  if (as === undefined || !(RESERVED.has(as) || POISONED.has(as) || ['input', 'steps', ...besides].includes(as))) return
  problems.add('INVALID_NAME', path, `the name ${as} is taken`, { remedy: 'Choose another, for example one, order or row.' })
}
