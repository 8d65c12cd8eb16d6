// What a condition tells of the values it looks at, when it holds and when it does not: that a value is there, that it is not null,
// that it equals something. `has(a.b) ? a.b : 0` is right because of the fact that stands before its second part.
import type { ASTNode } from '../expression-cel.ts'
import type { Scalar } from './type.ts'

/** One thing that is known of the value at a path such as `input.user.name`. */
export type Fact =
  | { readonly kind: 'present' | 'not-null'; readonly path: string }
  | { readonly kind: 'equal'; readonly path: string; readonly value: Scalar }

/** Facts that hold at one place. They never change: whoever knows more makes a larger set. */
export class Facts {
  readonly #present: ReadonlySet<string>
  readonly #notNull: ReadonlySet<string>
  readonly #equal: ReadonlyMap<string, Scalar>
  static readonly none: Facts = new Facts(new Set(), new Set(), new Map())

  private constructor(present: ReadonlySet<string>, notNull: ReadonlySet<string>, equal: ReadonlyMap<string, Scalar>) {
    this.#present = present
    this.#notNull = notNull
    this.#equal = equal
  }

  with(facts: readonly Fact[]): Facts {
    if (facts.length === 0) return this
    const [present, notNull, equal] = [new Set(this.#present), new Set(this.#notNull), new Map(this.#equal)]
    for (const fact of facts) {
      if (fact.kind === 'equal') equal.set(fact.path, fact.value)
      if (fact.kind !== 'present') notNull.add(fact.path)
      present.add(fact.path)
    }
    return new Facts(present, notNull, equal)
  }

  /** Both sets together. */
  and(others: Facts): Facts {
    if (others === Facts.none || others === this) return this
    if (this === Facts.none) return others
    return new Facts(new Set([...this.#present, ...others.#present]), new Set([...this.#notNull, ...others.#notNull]), new Map([...this.#equal, ...others.#equal]))
  }

  /** Without what is known of a name, since another value has taken it. */
  forget(name: string): Facts {
    const about = (path: string): boolean => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`) || path.includes(`[${name}`)
    const paths = [...this.#present, ...this.#notNull]
    if (!paths.some(about)) return this
    const keep = (set: ReadonlySet<string>): Set<string> => new Set([...set].filter((path) => !about(path)))
    return new Facts(keep(this.#present), keep(this.#notNull), new Map([...this.#equal].filter(([path]) => !about(path))))
  }

  isPresent(path: string): boolean {
    return this.#present.has(path)
  }

  isNotNull(path: string): boolean {
    return this.#notNull.has(path)
  }

  equals(path: string): Scalar | undefined {
    return this.#equal.get(path)
  }

  /** What fields of the value at a path are known to equal: they tell the alternatives of a union apart. */
  *fieldsOf(path: string): Iterable<readonly [field: string, value: Scalar]> {
    for (const [at, value] of this.#equal) {
      const field = at.startsWith(`${path}.`) ? at.slice(path.length + 1) : ''
      if (field !== '' && !/[.[]/.test(field)) yield [field, value]
    }
  }
}

/** What a condition tells. */
export interface Told {
  readonly whenTrue: readonly Fact[]
  readonly whenFalse: readonly Fact[]
}

const NOTHING: Told = { whenTrue: [], whenFalse: [] }

/** What follows from a condition, by how it is written. */
export function factsOf(node: ASTNode): Told {
  switch (node.op) {
    case '!_': {
      const { whenTrue, whenFalse } = factsOf(node.args)
      return { whenTrue: whenFalse, whenFalse: whenTrue }
    }
    case '&&':
      return { whenTrue: node.args.flatMap((part) => factsOf(part).whenTrue), whenFalse: [] }
    case '||':
      return { whenTrue: [], whenFalse: node.args.flatMap((part) => factsOf(part).whenFalse) }
    case 'call':
      return node.args[0] === 'has' && node.args[1][0] !== undefined ? presence(node.args[1][0]) : NOTHING
    case 'rcall':
      return node.args[0] === 'hasValue' && node.args[2].length === 0 ? presence(node.args[1]) : NOTHING
    case '==':
      return comparison(node.args)
    case '!=': {
      const { whenTrue, whenFalse } = comparison(node.args)
      return { whenTrue: whenFalse, whenFalse: whenTrue }
    }
    case 'in': {
      const [owner, key] = [pathOf(node.args[1]), keyOf(node.args[0])]
      return owner === undefined || key === undefined ? NOTHING : { whenTrue: [{ kind: 'present', path: owner + key }], whenFalse: [] }
    }
    default:
      return NOTHING
  }
}

/** What is there is there with everything on the way to it. */
function presence(node: ASTNode): Told {
  const facts: Fact[] = []
  for (let at: ASTNode = node; at.op === '.' || at.op === '.?' || at.op === '[]' || at.op === '[?]'; at = at.args[0]) {
    const path = pathOf(at)
    if (path === undefined) return NOTHING
    facts.push({ kind: 'present', path })
    const below = pathOf(at.args[0])
    if (below !== undefined) facts.push({ kind: 'not-null', path: below })
  }
  return { whenTrue: facts, whenFalse: [] }
}

function comparison([a, b]: readonly [ASTNode, ASTNode]): Told {
  const [left, right] = [literalOf(a), literalOf(b)]
  const path = right === undefined ? pathOf(b) : pathOf(a)
  const literal = right ?? left
  if (path === undefined || literal === undefined) return NOTHING
  if (literal.value === null) return { whenTrue: [], whenFalse: [{ kind: 'not-null', path }] }
  return { whenTrue: [{ kind: 'equal', path, value: literal.value }], whenFalse: [] }
}

/** The scalar or null that a node is, in a box; undefined for anything else. */
export function literalOf(node: ASTNode): { readonly value: Scalar | null } | undefined {
  if (node.op !== 'value') return undefined
  const { args } = node
  if (args === null || typeof args === 'string' || typeof args === 'boolean' || typeof args === 'number') return { value: args }
  return typeof args === 'bigint' ? { value: Number(args) } : undefined
}

/** How a path into data is written, the same for every spelling of it; undefined for what is no path. */
export function pathOf(node: ASTNode): string | undefined {
  switch (node.op) {
    case 'id':
      return node.args
    case '.':
    case '.?': {
      const owner = pathOf(node.args[0])
      return owner === undefined ? undefined : `${owner}.${node.args[1]}`
    }
    case '[]':
    case '[?]': {
      const [owner, key] = [pathOf(node.args[0]), keyOf(node.args[1])]
      return owner === undefined || key === undefined ? undefined : owner + key
    }
    default:
      return undefined
  }
}

/** A key as it stands in a path: `.name`, `[0]`, `[input.key]`. */
function keyOf(node: ASTNode): string | undefined {
  const literal = literalOf(node)
  if (literal !== undefined) return typeof literal.value === 'string' ? `.${literal.value}` : `[${String(literal.value)}]`
  const path = pathOf(node)
  return path === undefined ? undefined : `[${path}]`
}
