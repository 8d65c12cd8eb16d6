// Whether every value of one type is accepted where another is wanted, and if not, why and where. What is unknown fits: it is
// checked in a run by the template's own schema.
import type { ProblemCode } from '../problem-codes.ts'
import { didYouMean } from '../../shared/nearest.ts'
import { wordsFor, type Alternative, type Field, type Scalar, type Shape, type Type } from './type.ts'

/** Why a value would be refused. */
export interface Misfit {
  readonly code: ProblemCode
  /** Below the value: empty for itself, `.user.name`, `[]` for any item. */
  readonly path: string
  readonly message: string
  readonly remedy?: string
}

const MAX_DEPTH = 12
const ORVALUE = 'Give a value for when it is missing: x.?y.orValue(…).'

/** Why a value of the type `given` might be refused; undefined when nothing speaks against it. */
export function misfit(given: Type, wanted: Type, path = '', depth = 0): Misfit | undefined {
  if (given.unknown || wanted.unknown || depth > MAX_DEPTH) return undefined
  for (const one of given.alternatives) {
    const wrong = alternativeMisfit(one, { given, wanted, path, depth })
    if (wrong !== undefined) return wrong
  }
  return undefined
}

interface Place {
  readonly given: Type
  readonly wanted: Type
  readonly path: string
  readonly depth: number
}

function alternativeMisfit(one: Alternative, { given, wanted, path, depth }: Place): Misfit | undefined {
  const kind = one.kind === 'int' ? 'number' : one.kind
  const takers = wanted.alternatives.filter((other) => other.kind === kind)
  const [taker] = takers
  if (taker === undefined) {
    if (one.kind === 'optional') return { code: 'UNGUARDED_OPTIONAL', path, message: 'it may be missing', remedy: ORVALUE }
    if (one.kind === 'null' && given.alternatives.length > 1) return { code: 'UNGUARDED_OPTIONAL', path, message: `it may be null, expected ${wordsFor(wanted)}`, remedy: 'Guard it: x != null ? x : ….' }
    return { code: 'TYPE_MISMATCH', path, message: `expected ${wordsFor(wanted)}, got ${wordsFor(given)}` }
  }
  if (one.kind === 'list') return firstOf(takers, (other) => (other.kind === 'list' ? misfit(one.item(), other.item(), `${path}[]`, depth + 1) : undefined))
  if (one.kind === 'object') return firstOf(takers, (other) => (other.kind === 'object' ? shapeMisfit(one.shape, other.shape, path, depth + 1) : undefined))
  const values = 'values' in one ? one.values : undefined
  const allowed: readonly (Scalar | undefined)[] = takers.flatMap((other): readonly (Scalar | undefined)[] => ('values' in other && other.values !== undefined ? other.values : [undefined]))
  const refused = allowed.includes(undefined) ? undefined : values?.find((value) => !allowed.includes(value))
  if (refused === undefined) return undefined
  const near = typeof refused === 'string' ? didYouMean(refused, allowed.filter((value) => typeof value === 'string')) : ''
  return { code: 'TYPE_MISMATCH', path, message: `expected ${wordsFor(wanted)}, got ${JSON.stringify(refused)}${near === '' ? '' : `.${near}`}` }
}

/** Undefined when one of the takers takes it, else what the first says. */
function firstOf(takers: readonly Alternative[], why: (taker: Alternative) => Misfit | undefined): Misfit | undefined {
  let first: Misfit | undefined
  for (const taker of takers) {
    const wrong = why(taker)
    if (wrong === undefined) return undefined
    first ??= wrong
  }
  return first
}

function shapeMisfit(given: Shape, wanted: Shape, path: string, depth: number): Misfit | undefined {
  for (const name of wanted.names) {
    const wrong = fieldMisfit(given, name, wanted.field(name), { path: `${path}.${name}`, depth })
    if (wrong !== undefined) return wrong
  }
  for (const name of given.names) {
    if (wanted.field(name) !== undefined) continue
    if (wanted.strict) return { code: 'SURPLUS_INPUT', path: `${path}.${name}`, message: `a field ${JSON.stringify(name)} is not taken.${didYouMean(name, wanted.names)}`, remedy: `Fields are: ${wanted.names.join(', ')}. Name those that are to be handed on, one by one.` }
    const rest = wanted.rest?.()
    const wrong = rest === undefined ? undefined : misfit(given.field(name)?.type ?? rest, rest, `${path}.${name}`, depth)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function fieldMisfit(given: Shape, name: string, wanted: Field | undefined, { path, depth }: Pick<Place, 'path' | 'depth'>): Misfit | undefined {
  if (wanted === undefined) return undefined
  const field = given.field(name)
  if (field === undefined) {
    if (wanted.optional || given.open) return undefined
    if (given.rest !== null) return { code: 'UNGUARDED_OPTIONAL', path, message: 'it may be missing, and it is required', remedy: ORVALUE }
    return { code: 'MISSING_INPUT', path, message: `it is required, and the value has no such field.${didYouMean(name, given.names)}`, remedy: given.names.length === 0 ? 'Name the fields one by one.' : `The value has: ${given.names.slice(0, 20).join(', ')}. Name the fields one by one to rename them.` }
  }
  if (field.optional && !wanted.optional) return { code: 'UNGUARDED_OPTIONAL', path, message: 'it may be missing, and it is required', remedy: ORVALUE }
  return misfit(field.type, wanted.type, path, depth)
}
