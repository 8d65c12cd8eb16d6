// Finds the node that the path of a problem names. Keys may hold dots and brackets, so each key of an object is tried against the
// rest of the path. When there is no such node, the nearest one around it is given.
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Pair, type YAMLMap } from 'yaml'

/** Where a path leads. */
export interface FoundNode {
  /** The key of the node; null for the whole and for items of lists. */
  readonly key: Node | null
  /** What stands there: an alias is not followed. Null when nothing stands behind the key. */
  readonly value: Node | null
  /** False when the path leads further than the text does. */
  readonly exact: boolean
}

/** Follows a path from the contents of a document. */
export function findNode(contents: Node | null, path: string, targets: ReadonlyMap<Alias, Node>): FoundNode {
  const search = new Search(targets)
  const rest = path === '' || path.startsWith('[') ? path : `.${path}`
  search.visit({ key: null, value: contents }, rest)
  const { key, value, rest: left } = search.best ?? { key: null, value: contents, rest }
  return { key, value, exact: left === 0 }
}

interface Spot {
  readonly key: Node | null
  readonly value: Node | null
}

class Search {
  best: (Spot & { readonly rest: number }) | undefined
  readonly #targets: ReadonlyMap<Alias, Node>
  /** By node, the lengths of rests that were tried below it: no way is gone twice. */
  readonly #tried = new Map<Node, Set<number>>()

  constructor(targets: ReadonlyMap<Alias, Node>) {
    this.#targets = targets
  }

  /** True when the path was followed to its end. */
  visit(spot: Spot, rest: string): boolean {
    if (this.best === undefined || rest.length < this.best.rest) this.best = { ...spot, rest: rest.length }
    if (rest === '') return true
    const node = isAlias(spot.value) ? this.#targets.get(spot.value) : spot.value
    if (node === undefined || node === null || this.#seen(node, rest.length)) return false
    if (isMap(node)) return this.#keys(node as YAMLMap<Node, Node | null>, rest)
    return isSeq(node) && this.#item(node.items as Node[], rest)
  }

  #keys(map: YAMLMap<Node, Node | null>, rest: string): boolean {
    if (!rest.startsWith('.')) return false
    const pairs = pairsOf(map)
    return keysAt(rest).some((name) => {
      const pair = pairs.get(name)
      return pair !== undefined && this.visit({ key: pair.key, value: pair.value }, rest.slice(1 + name.length))
    })
  }

  #item(items: readonly Node[], rest: string): boolean {
    const [whole, digits] = /^\[(\d+)\]/.exec(rest) ?? []
    const item = digits === undefined ? undefined : items[Number(digits)]
    return whole !== undefined && item !== undefined && this.visit({ key: null, value: item }, rest.slice(whole.length))
  }

  #seen(node: Node, rest: number): boolean {
    const tried = this.#tried.get(node) ?? new Set()
    if (tried.has(rest)) return true
    this.#tried.set(node, tried.add(rest))
    return false
  }
}

const indexes = new WeakMap<YAMLMap<Node, Node | null>, ReadonlyMap<string, Pair<Node, Node | null>>>()

/** The pairs of an object by their keys, gathered once: a text with many problems has many paths through one object. */
function pairsOf(map: YAMLMap<Node, Node | null>): ReadonlyMap<string, Pair<Node, Node | null>> {
  const known = indexes.get(map)
  if (known !== undefined) return known
  const pairs = new Map(map.items.flatMap((pair) => (isScalar(pair.key) && typeof pair.key.value === 'string' ? [[pair.key.value, pair] as const] : [])))
  indexes.set(map, pairs)
  return pairs
}

/** The keys that a path may begin with, behind its dot; keys may hold dots and brackets themselves. The longest first. */
function keysAt(path: string): readonly string[] {
  const keys: string[] = []
  for (let at = path.length; at >= 1; at--) if (at === path.length || path[at] === '.' || path[at] === '[') keys.push(path.slice(1, at))
  return keys
}
