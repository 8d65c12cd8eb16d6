// What the builder's callbacks are given in place of values: references, whose properties are references again. They carry the
// expression that will be evaluated in a run; here they only know its text. Helpers that compare and combine: conditions.ts.
import { DefinitionError } from '../errors.ts'

/** An expression that gives a `T` in a run. It stands in place of a value in `with` and `output`. */
export interface Expr<T> {
  readonly [EXPRESSION]: Source
  /** Carries the type only; never set. */
  readonly [TYPE]: T
}

/** A reference to a `T`: its properties are references to the properties of the value. */
export type Ref<T> = Expr<T> & Members<T>

type Members<T> = unknown extends T
  ? { readonly [key: string]: Ref<unknown> }
  : T extends string | number | boolean | bigint | null | undefined
    ? unknown
    : T extends readonly (infer E)[]
      ? { readonly [index: number]: Ref<E> } & { readonly [I in Digit]: Ref<E> }
      : { readonly [K in keyof T]-?: Ref<T[K]> }

/** Written out, so that `list[0].price` needs no check under noUncheckedIndexedAccess: a reference is there in any case. */
type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

/** Where an expression is kept. Not for users. */
export const EXPRESSION: unique symbol = Symbol('wumbo.expression')
declare const TYPE: unique symbol

/** A key or an index below a root. */
type Segment = string | number

/** The item or the index of one loop: tells apart loops whose items have one name. */
export interface LoopName {
  readonly name: string
}

/** What is known of an expression while a workflow is being built. */
export interface Source {
  readonly cel: string
  /** How tightly the expression binds: operands that bind less are put in brackets. */
  readonly tightness: number
  /** The loops whose items it reads. */
  readonly loops: readonly LoopName[]
  /** Set for a path: what it begins with, and what follows. */
  readonly path?: { readonly root: string; readonly segments: readonly Segment[] }
  /** Set for a text with expressions in it. */
  readonly pieces?: readonly (string | Source)[]
}

/** How tightly expressions bind, from `||` to a path. */
export const TIGHT = { loose: 0, or: 1, and: 2, compare: 3, unary: 5, path: 9 } as const

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/
const WORDS = new Set(['true', 'false', 'null', 'in'])
const INDEX = /^(?:0|[1-9]\d{0,8})$/

/** The expression that a value stands for; undefined for plain data. */
export function sourceOf(value: unknown): Source | undefined {
  return (typeof value === 'object' && value !== null) ? (value as Partial<Expr<unknown>>)[EXPRESSION] : undefined
}

/** Makes an expression of its source. */
export function expr<T>(source: Source): Expr<T> {
  const expression: Pick<Expr<T>, typeof EXPRESSION> = Object.freeze({ [EXPRESSION]: source, [Symbol.toPrimitive]: refuseText })
  return expression as Expr<T> // TYPE exists in types only
}

/** Makes a reference to what stands below a root such as `input` or `steps.fetch`. */
export function ref<T>(root: string, segments: readonly Segment[] = [], loops: readonly LoopName[] = []): Ref<T> {
  const source: Source = { cel: root + segments.map(segmentText).join(''), tightness: TIGHT.path, loops, path: { root, segments } }
  return proxyOf<T>(source, (key) => ref(root, [...segments, INDEX.test(key) ? Number(key) : key], loops))
}

/** Makes a reference of any expression: its members are read from its value. */
export function refOf<T>(source: Source): Ref<T> {
  if (source.path !== undefined) return ref(source.path.root, source.path.segments, source.loops)
  const whole = wrapped(source, TIGHT.path)
  return proxyOf<T>(source, (key) => refOf({ cel: whole + segmentText(INDEX.test(key) ? Number(key) : key), tightness: TIGHT.path, loops: source.loops }))
}

function proxyOf<T>(source: Source, member: (key: string) => unknown): Ref<T> {
  const proxy: unknown = new Proxy(Object.freeze({}), {
    get: (_, key) => (key === EXPRESSION ? source : key === Symbol.toPrimitive ? refuseText : typeof key === 'symbol' ? undefined : member(key)),
    has: (_, key) => key === EXPRESSION,
    ownKeys: () => {
      throw new DefinitionError(`${source.cel}: a reference has no keys yet, so it cannot be spread or gone over`, { path: source.cel, remedy: 'Name the keys one by one, or hand on the reference as a whole.' })
    },
  })
  return proxy as Ref<T> // the proxy answers for whatever T has
}

/** How a key is written behind an expression. */
export function segmentText(segment: Segment): string {
  if (typeof segment === 'number') return `[${segment}]`
  return IDENTIFIER.test(segment) && !WORDS.has(segment) ? `.${segment}` : `[${literal(segment)}]`
}

/** The text of an expression as an operand: in brackets when it binds less tightly than its surroundings. */
export function wrapped(source: Source, tightness: number): string {
  return source.tightness < tightness ? `(${source.cel})` : source.cel
}

/** Writes data as an expression that gives it. */
export function literal(value: unknown): string {
  switch (typeof value) {
    case 'string':
      // The language refuses escaped halves of surrogate pairs but takes them as they are.
      return JSON.stringify(value).replace(/\\\\|\\u(d[89a-f][0-9a-f]{2})/gi, (whole, hex: string | undefined) => (hex === undefined ? whole : String.fromCharCode(Number.parseInt(hex, 16))))
    case 'number':
      if (!Number.isFinite(value)) break
      return Number.isSafeInteger(value) ? String(value) : /[.e]/.test(String(value)) ? String(value) : `${value}.0`
    case 'boolean':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
      return `{${Object.entries(value).map(([key, child]) => `${literal(key)}: ${literal(child)}`).join(', ')}}`
    default:
  }
  throw new DefinitionError(`expected a reference or plain data in an expression, got ${typeof value === 'number' ? value : `a ${typeof value}`}`, { path: 'expression' })
}

function refuseText(): never {
  throw new DefinitionError('a reference has no value yet: it cannot become a text or a number while the workflow is built', {
    path: 'expression', remedy: 'In a text write text`Hello ${input.name}`; to compare write gt(a, 1), eq(a, b); to calculate write cel("input.a + 1").',
  })
}
