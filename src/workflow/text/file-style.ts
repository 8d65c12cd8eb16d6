// Finds out how a file is written, so that what is added looks like what is there: line breaks, indentation, JSON or YAML.
import { isMap, isPair, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml'
import type { FileStyle, FlowStyle } from './render.ts'
import { columnOf, type PartSpan } from './spans.ts'

/** The style of a whole file. */
export function fileStyle(source: string, contents: Node | null): FileStyle {
  const json = isMap(contents) && contents.flow === true && (contents.items.length === 0 ? source.trimStart().startsWith('{') : isJsonKey(contents.items[0]?.key))
  const newline = /\r?\n/.exec(source)?.[0] ?? '\n'
  if (json) return { newline, unit: /\n( +)"/.exec(source)?.[1]?.length ?? 2, dash: 2, json }
  const unit = firstStep(contents, isMap)
  return { newline, unit: unit ?? 2, dash: firstStep(contents, isSeq) ?? unit ?? 2, json }
}

function isJsonKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'QUOTE_DOUBLE'
}

/** By how much the first block of a kind is indented below its key. */
function firstStep(node: unknown, kind: (node: unknown) => node is YAMLMap | YAMLSeq): number | undefined {
  if (!(isMap(node) || isSeq(node)) || node.flow === true) return undefined
  for (const item of node.items as unknown[]) {
    const value = isPair(item) ? item.value : item
    if (isPair(item) && kind(value) && value.flow !== true) {
      const step = columnOf(value) - columnOf(node)
      if (step > 0 || isSeq(value)) return step
    }
    const inner = firstStep(value, kind)
    if (inner !== undefined) return inner
  }
  return undefined
}

/** The style of a collection in brackets. */
export function flowStyle(source: string, node: YAMLMap | YAMLSeq, spans: readonly PartSpan[], file: FileStyle): FlowStyle {
  const [start = 0] = node.range ?? []
  const first = spans[0]
  const lead = first === undefined ? '' : source.slice(start + 1, first.start)
  const pair = firstPair(node)
  const tight = pair !== undefined && isTight(source, pair)
  const column = first === undefined ? 0 : first.start - (source.lastIndexOf('\n', first.start) + 1)
  const json = file.json || isJsonKey(pair?.key)
  return { json, gap: tight ? '' : ' ', pad: (isMap(node) && first !== undefined && lead === '') || tight || json ? '' : ' ', ...(lead.includes('\n') ? { spread: { column, unit: file.unit, newline: file.newline } } : {}) }
}

/** Whether no space stands behind the colon. */
function isTight(source: string, { value, srcToken }: Pair): boolean {
  const colon = srcToken?.sep?.find(({ type }) => type === 'map-value-ind')
  return colon !== undefined && value !== null && /\S/.test(source[colon.offset + 1] ?? ' ')
}

function firstPair(node: unknown): Pair | undefined {
  if (isMap(node)) return node.items[0]
  if (!isSeq(node)) return undefined
  for (const item of node.items) {
    const pair = firstPair(item)
    if (pair !== undefined) return pair
  }
  return undefined
}
