// The macros of expressions: loops over the items of a list or the keys of an object. Each item is paid for before the body runs.
import type { Budget } from './expression-budget.ts'
import { keysOf } from './expression-operators.ts'
import { CelError, isObject, nameOf } from './expression-values.ts'

/** What an expression runs against. */
export interface Env {
  readonly context: Readonly<Record<string, unknown>>
  /** The values of the variables of macros. Each macro has its own place, so loops within loops do not meet. */
  readonly slots: unknown[]
  readonly budget: Budget
}

/** A part of an expression, made ready. */
export type Run = (env: Env) => unknown

/** The parts of one macro. */
export interface MacroParts {
  readonly list: Run
  /** Where the item goes. */
  readonly slot: number
  readonly body: Run
  /** Of `map` with a condition: the body behind the condition. */
  readonly more: Run | undefined
  /** What one item costs. */
  readonly weight: number
}

/** How each macro goes over its items. */
export const MACRO_LOOPS: ReadonlyMap<string, (parts: MacroParts) => Run> = new Map([
  ['all', (parts: MacroParts) => quantifier('all', parts, false)],
  ['exists', (parts: MacroParts) => quantifier('exists', parts, true)],
  ['exists_one', existsOne],
  ['filter', filter],
  ['map', map],
])

function itemsOf(value: unknown, name: string, budget: Budget): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (isObject(value)) return keysOf(value, budget)
  throw new CelError(`${name} goes over a list or the keys of an object, got ${nameOf(value)}`)
}

function truth(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value
  throw new CelError(`${name} needs true or false for each item, got ${nameOf(value)}`, 'Compare it with something: x > 0, x != null, size(x) > 0.')
}

/** `all` and `exists`: an item that decides does, even when the body fails for others. */
function quantifier(name: string, { list, slot, body, weight }: MacroParts, decisive: boolean): Run {
  return (env) => {
    let failure: CelError | undefined
    for (const item of itemsOf(list(env), name, env.budget)) {
      env.budget.spend(weight)
      env.slots[slot] = item
      try {
        if (truth(body(env), name) === decisive) return decisive
      } catch (thrown) {
        const swallowed = env.budget.swallow(thrown) // each one is paid for, not only the first
        failure ??= swallowed
      }
    }
    if (failure !== undefined) throw failure
    return !decisive
  }
}

function existsOne({ list, slot, body, weight }: MacroParts): Run {
  return (env) => {
    let found = 0
    for (const item of itemsOf(list(env), 'exists_one', env.budget)) {
      env.budget.spend(weight)
      env.slots[slot] = item
      if (truth(body(env), 'exists_one')) found++
    }
    return found === 1
  }
}

function filter({ list, slot, body, weight }: MacroParts): Run {
  return (env) => {
    const made: unknown[] = []
    for (const item of itemsOf(list(env), 'filter', env.budget)) {
      env.budget.spend(weight)
      env.slots[slot] = item
      if (truth(body(env), 'filter')) made.push(item)
    }
    return made
  }
}

function map({ list, slot, body, more, weight }: MacroParts): Run {
  return (env) => {
    const made: unknown[] = []
    for (const item of itemsOf(list(env), 'map', env.budget)) {
      env.budget.spend(weight)
      env.slots[slot] = item
      if (more === undefined) made.push(body(env))
      else if (truth(body(env), 'map')) made.push(more(env))
    }
    return made
  }
}
