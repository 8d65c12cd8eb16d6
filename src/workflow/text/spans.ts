// Where the parts of a collection begin and end in the text: pairs with their keys and colons, items with their dashes.
import { isMap, isScalar, isSeq, type CST, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml'

/** One pair or item of a collection. */
export interface PartSpan {
  readonly key: Node | null
  readonly value: Node | null
  readonly start: number
  /** Behind the colon or the dash; undefined for a key without a colon. */
  readonly mark: number | undefined
  /** Behind the last character, without comments; the last line break of a block scalar is not included. */
  readonly end: number
}

/** The pairs of an object; undefined when one of them is written in a way that is not edited piece by piece. */
export function pairSpans(map: YAMLMap): readonly PartSpan[] | undefined {
  const spans: PartSpan[] = []
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const { key, value, srcToken: token } = pair
    if (token === undefined || token.start.some(({ type }) => type === 'explicit-key-ind')) return undefined
    const colon = token.sep?.find(({ type }) => type === 'map-value-ind')
    const mark = colon === undefined ? undefined : colon.offset + 1
    if (mark === undefined && map.flow !== true) return undefined
    const start = propsStart(token.start) ?? key.range?.[0] ?? 0
    spans.push({ key, value, start, mark, end: endOf(value, mark ?? key.range?.[1] ?? start) })
  }
  return spans
}

/** The items of a list; undefined when one of them is written in a way that is not edited piece by piece. */
export function itemSpans(seq: YAMLSeq): readonly PartSpan[] | undefined {
  const token = seq.srcToken as CST.BlockSequence | CST.FlowCollection | undefined // the token of a list
  const block = token?.type === 'block-seq'
  const tokens = token?.items.filter((item: CST.CollectionItem) => (block ? item.start.some(({ type }) => type === 'seq-item-ind') : item.value !== undefined && item.sep === undefined)) ?? []
  if (tokens.length !== seq.items.length) return undefined
  return (seq.items as Node[]).map((value, index) => {
    const start = tokens[index]?.start ?? []
    const dash = start.find(({ type }) => type === 'seq-item-ind')
    const from = dash?.offset ?? propsStart(start) ?? value.range?.[0] ?? 0
    return { key: null, value, start: from, mark: dash === undefined ? from : from + 1, end: endOf(value, from + (dash === undefined ? 0 : 1)) }
  })
}

/** Where an anchor stands before a value. */
function propsStart(tokens: readonly CST.SourceToken[]): number | undefined {
  return tokens.find(({ type }) => type === 'anchor')?.offset
}

/** A scalar that nothing was written for. */
export function isEmpty(node: Node): boolean {
  return isScalar(node) && node.source === '' && node.type === 'PLAIN' && node.range?.[0] === node.range?.[1]
}

/** Where a value ends; `otherwise` when nothing was written. */
export function endOf(node: Node | null, otherwise: number): number {
  if (node === null) return otherwise
  if (isEmpty(node)) return node.anchor === undefined ? otherwise : Math.max(otherwise, node.range?.[1] ?? 0)
  if (isScalar(node) && node.srcToken?.type === 'block-scalar') return (node.range?.[1] ?? 0) - (/\r?\n$/.exec(node.srcToken.source)?.[0].length ?? (node.srcToken.source === '' ? headerBreak(node.srcToken) : 0))
  const block = (isMap(node) || isSeq(node)) && node.flow !== true
  const last = block ? (isMap(node) ? pairSpans(node) : itemSpans(node))?.at(-1) : undefined
  return last?.end ?? node.range?.[1] ?? otherwise
}

/** The line break behind the header of a block scalar that holds nothing. */
function headerBreak({ props }: CST.BlockScalar): number {
  const last = props.at(-1)
  return last?.type === 'newline' ? last.source.length : 0
}

/** The column at which the keys or dashes of a block stand. */
export function columnOf(node: YAMLMap | YAMLSeq): number {
  const token = node.srcToken
  return token !== undefined && 'indent' in token ? token.indent : 0
}
