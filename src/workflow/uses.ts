// Which steps an expression, a body, a block depends on. `hard` uses must have completed for their user to begin; the others are
// only waited for, because whether they are needed shows later: in the case that is chosen, in the nested step that reads them.
import type { Reference } from './frame.ts'
import type { Edge, Requirement } from './plan.ts'

interface Use extends Requirement {
  readonly kind: Edge['kind']
  readonly hard: boolean
}

/** A set of uses. */
export class Uses {
  readonly #uses = new Map<string, Use>()

  /** Adds what an expression reads. A step that may be missing where it is read is only waited for. */
  read(references: readonly Reference[], hard = true): this {
    for (const reference of references) if (reference.kind === 'step') this.#add({ depth: reference.depth, index: reference.index, kind: 'data', hard: hard && reference.loose !== true })
    return this
  }

  /** Adds a step that must have ended before, well or not. */
  ended({ depth, index }: Requirement): this {
    this.#add({ depth, index, kind: 'order', hard: false })
    return this
  }

  /** Adds a step that must come before. */
  after({ depth, index }: Requirement): this {
    this.#add({ depth, index, kind: 'order', hard: true })
    return this
  }

  /** Adds all of another set: as it is, or only to be waited for. */
  take(others: Uses, how: 'as-is' | 'soft'): this {
    for (const use of others.#uses.values()) this.#add(how === 'soft' ? { ...use, hard: false } : use)
    return this
  }

  /** What must have completed. */
  get required(): readonly Requirement[] {
    return [...this.#uses.values()].filter((use) => use.hard).map(({ depth, index }) => ({ depth, index }))
  }

  /** The uses of steps of one scope. */
  edgesAt(depth: number): readonly Edge[] {
    return [...this.#uses.values()].filter((use) => use.depth === depth).map(({ index, kind }) => ({ from: index, kind }))
  }

  /** The uses of scopes outside of one. */
  outside(depth: number): Uses {
    const outer = new Uses()
    for (const use of this.#uses.values()) if (use.depth < depth) outer.#add(use)
    return outer
  }

  #add(use: Use): void {
    const key = `${use.depth}.${use.index}`
    const known = this.#uses.get(key)
    this.#uses.set(key, known === undefined ? use : { ...use, kind: known.kind === 'data' ? 'data' : use.kind, hard: known.hard || use.hard })
  }
}
