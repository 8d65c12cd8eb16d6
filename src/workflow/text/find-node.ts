// Finds the node that a path of a problem means: `steps.route.switch[1].if`. Keys may hold dots themselves, so each key of an object is
// tried against the rest of the path; where the path leads to nothing, what it comes nearest to is found.
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml'

/** What a path leads to. */
export interface Found {
  /** The key before the value; null for the root and for items of lists. */
  readonly key: Scalar | null
  /** Null where nothing stands behind the key. */
  readonly node: Node | null
  /** What of the path led no further. */
  readonly rest: string
}

/** The node at a path, or the nearest around it. */
export function findNode(root: Node | null, path: string, targets: ReadonlyMap<Alias, Node>): Found {
  return descend({ key: null, node: root, rest: path }, targets)
}

function descend(from: Found, targets: ReadonlyMap<Alias, Node>): Found {
  const { rest } = from
  const node = isAlias(from.node) ? targets.get(from.node) : from.node
  if (rest === '' || node === null || node === undefined) return from
  let best = from
  for (const next of nextOf(node, rest)) {
    const found = descend(next, targets)
    if (found.rest.length < best.rest.length) best = found
    if (found.rest === '') break
  }
  return best
}

/** The ways on from a node, the longest key first. */
function nextOf(node: Node, path: string): readonly Found[] {
  if (isSeq(node)) {
    const index = /^\[(\d+)\]/.exec(path)
    const item = index === null ? undefined : (node.items[Number(index[1])] as Node | undefined)
    return index === null || item === undefined ? [] : [{ key: null, node: item, rest: path.slice(index[0].length) }]
  }
  if (!isMap(node)) return []
  const index = indexOf(node)
  const text = path.startsWith('.') ? path.slice(1) : path
  const ways: Found[] = []
  for (const end of endsOfKeys(text)) {
    const pair = index.get(text.slice(0, end))
    if (pair !== undefined) ways.push({ key: pair.key, node: pair.value, rest: text.slice(end) })
  }
  return ways
}

type Entry = Pair<Scalar<string>, Node | null>

const indices = new WeakMap<YAMLMap, ReadonlyMap<string, Entry>>()

/** The entries of a map by key; of a key that stands twice, the first. */
function indexOf(map: YAMLMap): ReadonlyMap<string, Entry> {
  let index = indices.get(map)
  if (index === undefined) {
    const entries = (map.items as Entry[]).filter(({ key }) => isScalar<string>(key)).reverse()
    indices.set(map, (index = new Map(entries.map((entry) => [entry.key.value, entry])))) // compose.ts makes texts of all keys
  }
  return index
}

/** Where a key at the start of a path may end, the furthest first: keys may hold dots and brackets. */
function endsOfKeys(path: string): readonly number[] {
  const ends = [path.length]
  for (let at = path.length - 1; at > 0; at--) if (path[at] === '.' || path[at] === '[') ends.push(at)
  return ends
}
