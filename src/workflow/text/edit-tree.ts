// Walks the nodes of a text beside the values that are to stand there, and gathers what must be replaced: as little as possible.
// It promises no more than an attempt: edit.ts reads the result again, and asks for a coarser attempt when it says something else.
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'
import { alignItems, alignKeys, type Part } from './align.ts'
import { blockPatch } from './edit-block.ts'
import { flowPatch } from './edit-flow.ts'
import { flowStyle } from './file-style.ts'
import { patched, type Patch } from './patches.ts'
import { isObject, same } from './plain-json.ts'
import { keyText, flowKey, renderFlow, type Behind, type FileStyle, type FlowStyle } from './render.ts'
import { replaceValue, type Slot } from './replace-value.ts'
import { blockText, scalarText } from './scalar-text.ts'
import { columnOf, isEmpty, itemSpans, pairSpans, type PartSpan } from './spans.ts'

/** A text that is to be edited. */
export interface EditSource {
  readonly source: string
  readonly targets: ReadonlyMap<Alias, Node>
  readonly style: FileStyle
}

/** How far an attempt goes into details. */
export interface Attempt {
  /** What is deeper than this is written anew as a whole where it differs. */
  readonly depth: number
  /** Writes out every alias. */
  readonly expand: boolean
  /** Leaves a block that keeps the blank lines at its end a block. */
  readonly keep: boolean
}

/** One attempt at an edit. */
export class TreeEdit {
  readonly #text: EditSource
  readonly #attempt: Attempt
  /** The values of the anchored nodes that stay. */
  readonly #kept = new Map<Node, unknown>()

  constructor(text: EditSource, attempt: Attempt) {
    this.#text = text
    this.#attempt = attempt
  }

  /** What is to be replaced so that the whole text says `next`; undefined when it must be written anew. */
  root(contents: Node | null, old: unknown, next: unknown): readonly Patch[] | undefined {
    if (!isMap(contents) || !isObject(old) || !isObject(next)) return undefined
    return this.#collection({ node: contents, old, mark: 0, lead: '', end: 0, behind: { what: 'key', column: 0 }, flow: undefined, depth: 0 }, next)
  }

  #value(slot: Slot, next: unknown): readonly Patch[] {
    const { node, old } = slot
    if (isAlias(node)) {
      const target = this.#text.targets.get(node)
      const kept = target !== undefined && !this.#attempt.expand && this.#kept.has(target) && same(this.#kept.get(target), next)
      return kept ? [] : this.#replace(slot, next)
    }
    const equal = same(old, next)
    // Where there are aliases, what has not changed may still repeat what has.
    if (equal && this.#text.targets.size === 0) return []
    if (!equal && slot.depth > this.#attempt.depth) return this.#replace(slot, next)
    const patches = equal && !(isMap(node) || isSeq(node)) ? [] : this.#changed(slot, next)
    if (patches === undefined) return this.#replace(slot, next)
    if (node?.anchor !== undefined) this.#kept.set(node, next)
    return patches
  }

  /** Undefined when the value must be written anew. */
  #changed(slot: Slot, next: unknown): readonly Patch[] | undefined {
    const { node } = slot
    if ((isMap(node) && isObject(next)) || (isSeq(node) && Array.isArray(next))) return this.#collection(slot, next)
    return isScalar(node) && !isEmpty(node) && !isObject(next) && !Array.isArray(next) ? this.#scalar(node, slot, next) : undefined
  }

  #collection(slot: Slot, next: object): readonly Patch[] | undefined {
    const node = slot.node as YAMLMap | YAMLSeq // checked by the callers
    const { source, style } = this.#text
    const spans = isMap(node) ? pairSpans(node) : itemSpans(node)
    if (spans === undefined) return undefined
    const parts = isMap(node) ? alignKeys(spans.map(({ key }, index) => [nameOf(key), valueAt(slot.old, key, index)]), next as Record<string, unknown>) : alignItems(slot.old as unknown[], next as unknown[])
    const flow = node.flow === true ? flowStyle(source, node, spans, style) : undefined
    const edited = this.#parts(node, spans, { slot, parts, flow })
    if (parts.length === spans.length && parts.every(({ from }, index) => from === index)) return edited.flat()
    if (parts.length === 0 || spans.length === 0) return undefined
    const pieces = { source, spans, parts, texts: (index: number, start: number, end: number) => patched(source, edited[index] ?? [], start, end), style }
    return flow === undefined ? blockPatch(pieces, { column: columnOf(node), root: slot.depth === 0 }) : flowPatch(pieces, flow, node)
  }

  /** The patches inside of each part that stays, by its index in the old text. */
  #parts(node: YAMLMap | YAMLSeq, spans: readonly PartSpan[], { slot, parts, flow }: { readonly slot: Slot; readonly parts: readonly Part[]; readonly flow: FlowStyle | undefined }): readonly (readonly Patch[])[] {
    const news = new Map(parts.map((part) => [part.from, part]))
    const behind: Behind = { what: isMap(node) ? 'key' : 'dash', column: columnOf(node) }
    return spans.map(({ key, value, mark, end }, index) => {
      const part = news.get(index)
      if (part === undefined) return []
      const inner: Slot = { node: value, old: valueAt(slot.old, key, index), mark: mark ?? end, lead: mark === undefined ? ': ' : flow?.gap === '' ? '' : ' ', end, behind, flow, depth: slot.depth + 1 }
      return [...this.#key(key, part.key, flow), ...this.#value(inner, part.value)]
    })
  }

  #key(node: Node | null, next: string, flow: FlowStyle | undefined): readonly Patch[] {
    if (!isScalar(node)) return []
    if (node.value === next) {
      if (node.anchor !== undefined) this.#kept.set(node, next)
      return []
    }
    const [start = 0, end = start] = node.range ?? []
    return [{ start, end, text: flow === undefined ? keyText(next, node.type, false) : flowKey(next, node.type, flow) }]
  }

  #scalar(node: Scalar, slot: Slot, next: unknown): readonly Patch[] | undefined {
    const [start = 0] = node.range ?? []
    const type = typeof node.value === 'string' && typeof next === 'string' ? node.type : undefined
    if (slot.flow !== undefined) return [{ start, end: slot.end, text: renderFlow(next, slot.flow, type) }]
    if (node.srcToken?.type === 'block-scalar') return [{ start, end: slot.end, text: this.#block(node, slot, next) }]
    // A text that had one line and has several now is easier to read as a block.
    if (typeof next === 'string' && next.includes('\n') && type !== 'QUOTE_DOUBLE' && blockText(next, undefined) !== undefined) return undefined
    return [{ start, end: slot.end, text: scalarText(next, type, { flow: false, key: false }) }]
  }

  /** What stands in place of a block scalar: a block with the old indentation and note, if the value is text of several lines. */
  #block(node: Scalar, { mark, end, behind }: Slot, next: unknown): string {
    const { source, style } = this.#text
    const written = source.slice(node.range?.[0] ?? mark, end)
    const note = /^[^\r\n]*?([ \t]+#[^\r\n]*)/.exec(written)?.[1] ?? ''
    const block = typeof next === 'string' && (this.#attempt.keep || !next.endsWith('\n\n')) ? blockText(next, node.type) : undefined
    if (block === undefined) return `${scalarText(next, undefined, { flow: false, key: false })}${note}`
    const pad = /\n( +)\S/.exec(written)?.[1] ?? ' '.repeat(behind.column + style.unit)
    return [`${block.header}${note}`, ...block.lines.map((line) => (line === '' ? '' : pad + line))].join(style.newline)
  }

  #replace(slot: Slot, next: unknown): readonly Patch[] {
    return [replaceValue(slot, next, this.#text)]
  }
}

function nameOf(key: Node | null): string {
  return isScalar(key) ? String(key.value) : ''
}

function valueAt(old: unknown, key: Node | null, index: number): unknown {
  return (old as Readonly<Record<string | number, unknown>>)[key === null ? index : nameOf(key)]
}
