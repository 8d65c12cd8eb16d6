// What one evaluation may use. Every loop over data in the evaluator pays here before it runs, so an expression ends after a
// bounded time whatever the data: at a million plain steps a second, all of it is gone in less than 100 ms.
import { CelError } from './expression-values.ts'

/** Characters of an expression. It is written by hand; what is longer belongs into a template. */
export const MAX_EXPRESSION_LENGTH = 4096
/** Nodes of an expression's tree: half of what the length allows, more than any written expression has. */
export const MAX_NODES = 2000
/** How deep brackets, calls and paths nest. */
export const MAX_NESTING = 100
/** How deep the tree is, chains of operators included (`a + b + c` is 2 deep): walks recurse over it. */
export const MAX_TREE_DEPTH = 250
/** Elements that one evaluation goes over. A list of so many items is data for a template, not for an expression. */
export const MAX_ELEMENTS = 100_000
/** How deep values nest that are compared, or that a result has. */
export const MAX_VALUE_DEPTH = 100
/** Bytes of a result as JSON, and the length of any text on the way. */
export const MAX_RESULT_BYTES = 8 * 1024 * 1024
/** Values that are copied into a result. So many take less than 100 ms. Keys of a large object count 16 times: see keyWeight. */
export const MAX_RESULT_VALUES = 250_000
/** Characters of a pattern for `matches`. */
export const MAX_PATTERN_LENGTH = 1000
/** Instructions of a compiled pattern: `a{500}` has 502. */
export const MAX_PATTERN_SIZE = 2000

/** Nodes of a macro's body that count as one element for each item. */
export const NODES_PER_ELEMENT = 8
/** Items that are only passed over (compared, copied), which is that much faster than evaluating. */
const ITEMS_PER_ELEMENT = 16
/** Characters, likewise. */
const CHARACTERS_PER_ELEMENT = 256
/** What a failure costs that `||`, `&&`, `all` or `exists` swallow: an Error is slow to make. */
const FAILURE_ELEMENTS = 50

/** Thrown when an expression uses more than it may. No operator swallows it. */
export class BudgetError extends CelError {
  override readonly name = 'BudgetError'
}

/** The budget of one evaluation. */
export class Budget {
  #left = MAX_ELEMENTS

  /** Pays for elements. */
  spend(elements: number): void {
    this.#left -= elements
    if (this.#left < 0) {
      const used = (MAX_ELEMENTS - this.#left).toLocaleString('en')
      throw new BudgetError(`the expression goes over more than ${MAX_ELEMENTS.toLocaleString('en')} elements (${used} when it was stopped)`, 'Let a template do this, or shorten the lists and texts first.')
    }
  }

  /** Pays for passing over items. */
  spendItems(count: number): void {
    this.spend(1 + Math.floor(count / ITEMS_PER_ELEMENT))
  }

  /** Pays for listing the keys of an object. */
  spendKeys(count: number): void {
    this.spendItems(count * keyWeight(count))
  }

  /** Pays for passing over a text; a short one is free. */
  spendText(length: number): void {
    if (length >= CHARACTERS_PER_ELEMENT) this.spend(Math.floor(length / CHARACTERS_PER_ELEMENT))
  }

  /** Pays for making a text, which has a greatest length of its own. */
  spendMade(length: number): void {
    if (length > MAX_RESULT_BYTES) throw new BudgetError(`a text of ${length.toLocaleString('en')} characters is made, ${MAX_RESULT_BYTES.toLocaleString('en')} are the most`, 'Let a template make it.')
    this.spendText(length)
  }

  /** Takes a failure that another value may make good. Throws what no value makes good. */
  swallow(thrown: unknown): CelError {
    if (!(thrown instanceof CelError) || thrown instanceof BudgetError) throw thrown
    this.spend(FAILURE_ELEMENTS)
    return thrown
  }
}

/** What a key of an object costs more than an item of a list: an object of many keys is a hash table, whose keys are slow to list. */
export function keyWeight(keys: number): number {
  return keys > 1000 ? 16 : 1
}

/** Refuses to go deeper into a value than any may nest. */
export function checkDepth(depth: number, what: string): void {
  if (depth > MAX_VALUE_DEPTH) throw new BudgetError(`${what} is nested more than ${MAX_VALUE_DEPTH} deep`, 'Let a template do this, or read a part of the value.')
}
