// Where a node stands in the text: without the comments and blank lines behind it; and where a piece of a scalar's value was written.
import { isAlias, isScalar, type Alias, type Node, type Scalar } from 'yaml'
import { decodeBlock } from './decoded-block.ts'
import { decodeDouble, decodePlain, decodeSingle, type Decoded, type Span } from './decoded.ts'
import type { FoundNode } from './find-node.ts'
import { lineEnd } from './place.ts'
import { endOf, isEmpty } from './spans.ts'

/** What of a found node is to be marked. */
export interface Mark {
  readonly on?: 'key' | undefined
  readonly span?: Span | undefined
}

/** The piece of the source that is to be marked. */
export function markedSpan({ key, value, exact }: FoundNode, { on, span }: Mark, { source, targets }: { readonly source: string; readonly targets: ReadonlyMap<Alias, Node> }): Span {
  const scalar = isAlias(value) ? targets.get(value) : value
  if (exact && on === undefined && span !== undefined && isScalar(scalar)) return valueSpan(scalar, span, source)
  const whole = value === null || isEmpty(value) ? undefined : extent(value, source)
  if ((on === 'key' || whole === undefined) && key !== null) return extent(key, source)
  if (whole === undefined) return [0, 0]
  // What has no key is marked by its first line.
  return on === 'key' ? [whole[0], Math.min(whole[1], lineEnd(source, whole[0]))] : whole
}

/** Where a node begins and ends, without what stands behind it. */
export function extent(node: Node, source: string): Span {
  const [start = 0] = node.range ?? []
  return [start, start + source.slice(start, endOf(node, start)).trimEnd().length]
}

/** Where a piece of a scalar's value stands; all of the scalar when that cannot be told. */
function valueSpan(scalar: Scalar, [start, end]: Span, source: string): Span {
  const decoded = decode(scalar, source)
  if (decoded === undefined || decoded.value !== scalar.value) return extent(scalar, source)
  const { length } = decoded.value
  const first = Math.max(0, Math.min(start, length))
  const from = decoded.unitAt(first)?.[0] ?? decoded.unitAt(length - 1)?.[1] ?? extent(scalar, source)[1]
  return [from, end <= first ? from : (decoded.unitAt(Math.min(end, length) - 1)?.[1] ?? from)]
}

/** Which characters of the source make which of the value; undefined for what no text is. */
export function decode(scalar: Scalar, source: string): Decoded | undefined {
  const [start = 0, end = start] = scalar.range ?? []
  const written = source.slice(start, end)
  switch (scalar.type) {
    case 'PLAIN':
      return decodePlain(written, start)
    case 'QUOTE_SINGLE':
      return decodeSingle(written, start)
    case 'QUOTE_DOUBLE':
      return decodeDouble(written, start)
    default:
      return scalar.srcToken?.type === 'block-scalar' ? decodeBlock(scalar.srcToken) : undefined
  }
}
