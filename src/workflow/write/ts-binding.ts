// Data with expressions in it, as TypeScript for the builder: a path becomes a reference where its type is surely right, every other
// expression stays text, `cel<…>('…')`. Each piece of code tells which names it reads, so that a callback takes just those.
import { parseJson } from '../../shared/parse-json.ts'
import { escapeText, splitText, type Piece } from '../interpolation.ts'
import { ref, sourceOf } from '../reference.ts'
import { arrowCode, listCode, memberCode, objectCode, scalarCode, templateCode, textCode, type Code } from './ts-code.ts'
import { choicesOf, isAnything, itemsOf, memberOf, placeOf, scalarOf, surelyFits, type Known } from './ts-schema.ts'

/** What code at a place can read, and what TypeScript knows of it. */
export interface Names {
  readonly input: Known
  /** The outputs of the steps that the builder has seen before, by id. */
  readonly steps: ReadonlyMap<string, Known>
  /** The innermost loop. */
  readonly item: { readonly name: string; readonly schema: Known; readonly filled: boolean; readonly called?: string } | null
  /** Inside of a step with loop. */
  readonly inTurn: boolean
}

/** Code of a value, with what it reads. */
export interface Bound<C extends Code = Code> {
  readonly code: C
  readonly reads: ReadonlySet<string>
}

/** What the package must be asked for. */
export type Import = (name: string) => void

const ROOT = /^[A-Za-z_]\w*/
const SEGMENT = /\.([A-Za-z_]\w*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y
const NONE: ReadonlySet<string> = new Set()

/** What a place takes. */
export interface Place {
  /** True when TypeScript lets a reference to such a value stand there. */
  readonly takes: (found: Known) => boolean
  readonly type: string
}

export const ANY_PLACE: Place = { takes: (found) => found !== undefined, type: '' }
export const CONDITION: Place = { takes: (found) => scalarOf(found) === 'boolean', type: '<boolean>' }
export const LIST: Place = { takes: (found) => itemsOf(found) !== undefined, type: '<readonly unknown[]>' }
export const WAIT: Place = { takes: (found) => ['string', 'number'].includes(scalarOf(found) ?? ''), type: '<number | string>' }

/** Writes bindings at one place after the other. */
export class BindingWriter {
  readonly #import: Import

  constructor(use: Import) {
    this.#import = use
  }

  /** JSON with `${{ }}` in it, for a place that takes what `wanted` says. */
  binding(value: unknown, wanted: Known, names: Names): Bound {
    if (typeof value === 'string') return this.text(value, placeFor(wanted), names)
    if (typeof value !== 'object' || value === null) return { code: scalarCode(value), reads: NONE }
    if (Array.isArray(value)) {
      const items = value.map((item, index) => this.binding(item, placeOf(wanted, index), names))
      return { code: listCode(items.map(({ code }) => code)), reads: allOf(items) }
    }
    const entries = Object.entries(value).map(([key, child]) => [key, this.binding(child, placeOf(wanted, key), names)] as const)
    return { code: objectCode(entries.map(([key, { code }]) => [key, code])), reads: allOf(entries.map(([, bound]) => bound)) }
  }

  /** An expression that stands alone, without `${{ }}`. */
  expression(text: string, { takes, type }: Place, names: Names): Bound<string> {
    const reference = referenceOf(text, names)
    if (reference !== undefined && takes(reference.schema)) return { code: reference.code, reads: new Set([reference.root]) }
    this.#import('cel')
    return { code: `cel${type}(${textCode(text)})`, reads: NONE }
  }

  /** A text that may have `${{ }}` in it. */
  text(text: string, place: Place, names: Names): Bound<string> {
    const pieces = splitText(text) ?? []
    const plain = plainOf(pieces)
    if (plain !== undefined) return { code: textCode(plain), reads: NONE }
    const [first, more] = pieces
    if (first?.kind === 'expression' && more === undefined) return this.expression(first.text, place, names)
    this.#import('text')
    const parts = pieces.map((piece) => (piece.kind === 'plain' ? piece.text : this.expression(piece.text, ANY_PLACE, names)))
    const inner = parts.map((part) => (typeof part === 'string' ? templateCode(part) : `\${${part.code}}`)).join('')
    return { code: `text\`${inner}\``, reads: allOf(parts.filter((part) => typeof part !== 'string')) }
  }
}

/** The items of the list that an expression gives, where it is written as a reference to it; undefined when nothing is known of them. */
export function itemsAt(text: string, names: Names): { readonly schema: Known; readonly filled: boolean } | undefined {
  const reference = referenceOf(text, names)
  return reference === undefined ? undefined : { schema: itemsOf(reference.schema), filled: reference.filled }
}

/** Code as an option takes it: as it is when it reads nothing, else a callback that is given the names. */
export function callback({ code, reads }: Bound): Code {
  return reads.size === 0 ? code : arrowCode(`{ ${[...reads].sort().join(', ')} }`, code)
}

/** The text that pieces give when all are plain, or stand for text that only looks like an expression. */
function plainOf(pieces: readonly Piece[]): string | undefined {
  const plain = pieces.map((piece) => (piece.kind === 'plain' ? piece.text : piece.text === "'${{'" ? '${{' : undefined))
  if (plain.includes(undefined)) return undefined
  const text = plain.join('')
  // Written in another way, the builder would escape it otherwise: then it stays an expression.
  return escapeText(text) === pieces.map((piece) => (piece.kind === 'plain' ? piece.text : `\${{ ${piece.text} }}`)).join('') ? text : undefined
}

/** A path from a name that code can read, as code. */
interface Reference {
  readonly root: string
  readonly code: string
  readonly schema: Known
  readonly filled: boolean
}

/** The path that a text is; undefined when it is none, or the builder would spell it otherwise. */
function referenceOf(text: string, { input, steps, item }: Names): Reference | undefined {
  const path = pathOf(text)
  if (path === undefined || sourceOf(ref(path.root, path.segments))?.cel !== text) return undefined
  const { root, segments } = path
  if (root === 'steps') {
    const [id, output, ...more] = segments
    if (typeof id !== 'string' || output !== 'output' || !steps.has(id)) return undefined
    return { root, code: `steps.${id}${more.map(memberCode).join('')}`, schema: walked(steps.get(id), more, false), filled: false }
  }
  const members = segments.map(memberCode).join('')
  // A loop may call its item "input", and what then is read is the item.
  if (root === item?.name) return { root: item.called ?? 'item', code: `${item.called ?? 'item'}${members}`, schema: walked(item.schema, segments, item.filled), filled: item.filled }
  if (root === 'input') return { root, code: `input${members}`, schema: walked(input, segments, true), filled: true }
  return item !== null && item.called === undefined && root === 'index' && segments.length === 0 ? { root, code: 'index', schema: { type: 'number' }, filled: false } : undefined
}

function walked(schema: Known, segments: readonly (string | number)[], filled: boolean): Known {
  return segments.reduce<Known>((known, segment) => memberOf(known, segment, { filled }), schema)
}

function pathOf(text: string): { readonly root: string; readonly segments: readonly (string | number)[] } | undefined {
  const root = ROOT.exec(text)?.[0]
  if (root === undefined) return undefined
  const segments: (string | number)[] = []
  for (let at = root.length; at < text.length; at = SEGMENT.lastIndex) {
    SEGMENT.lastIndex = at
    const found = SEGMENT.exec(text)
    if (found === null) return undefined
    const [, name, index, quoted] = found
    segments.push(name ?? (index === undefined ? unquoted(quoted ?? '') : Number(index)))
  }
  return { root, segments }
}

function unquoted(inside: string): string {
  try {
    return String(parseJson(`"${inside}"`))
  } catch {
    return inside // spelled in a way that the builder does not: seen by comparing
  }
}

/** The place that takes what a schema says. */
function placeFor(wanted: Known): Place {
  if (isAnything(wanted)) return ANY_PLACE
  return { takes: (found) => surelyFits(found, wanted), type: `<${scalarOf(wanted) ?? choicesOf(wanted)?.map(scalarCode).join(' | ') ?? 'any'}>` }
}

function allOf(bounds: readonly Bound[]): ReadonlySet<string> {
  return new Set(bounds.flatMap(({ reads }) => [...reads]))
}
