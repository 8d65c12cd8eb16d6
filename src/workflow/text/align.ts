// Which part of an old list or object is which part of the new one: what stayed, what is new, what only has another name or place.
import { isObject, same, type JsonObject } from './plain-json.ts'

/** One part of the new value: a key or an item, and the part of the old value that it was. */
export interface Part {
  /** Empty for items. */
  readonly key: string
  readonly value: unknown
  /** The index in the old text; undefined for what is new. */
  readonly from: number | undefined
}

/** A key in the order of the text, with its value. */
export type Entry = readonly [key: string, value: unknown]

/**
 * Finds the parts of a new object in the order in which they are to be written. A key that is gone and one that is new are one
 * renamed key where they stand at the same place among the others and their values are the same or alike.
 */
export function alignKeys(old: readonly Entry[], next: JsonObject): readonly Part[] {
  const from = new Map(old.map(([key], index) => [key, index]))
  const keys = Object.keys(next)
  for (const [key, index] of renamed(old, next)) from.set(key, index)
  const kept = keys.filter((key) => from.has(key))
  const inText = [...kept].sort((a, b) => (from.get(a) ?? 0) - (from.get(b) ?? 0))
  // Keys that look like whole numbers have no place of their own: objects put them first whatever the text says.
  const steady = (list: readonly string[]): string => JSON.stringify(list.filter((key) => !/^\d+$/.test(key)))
  const order = steady(kept) === steady(inText) ? inText : kept
  keys.forEach((key, index) => {
    if (!from.has(key)) order.splice(index === 0 ? 0 : order.indexOf(keys[index - 1] ?? '') + 1, 0, key)
  })
  return order.map((key) => ({ key, value: next[key], from: from.get(key) }))
}

function renamed(old: readonly Entry[], next: JsonObject): (readonly [key: string, from: number])[] {
  const gone = old.flatMap(([key, value], index) => (Object.hasOwn(next, key) ? [] : [{ value, index, place: placeIn(old.map(([one]) => one), index, (one) => Object.hasOwn(next, one)) }]))
  const before = new Set(old.map(([key]) => key))
  const keys = Object.keys(next)
  return keys.flatMap((key, index) => {
    if (before.has(key)) return []
    const place = placeIn(keys, index, (one) => before.has(one))
    const value = next[key]
    const match = gone.findIndex((one) => (isObject(value) && same(one.value, value)) || (one.place === place && (same(one.value, value) || alike(one.value, value))))
    return match === -1 ? [] : [[key, gone.splice(match, 1)[0]?.index ?? 0] as const]
  })
}

/** Where a key stands among those that stayed: the one before it, and how many others are between. */
function placeIn(keys: readonly string[], index: number, stayed: (key: string) => boolean): string {
  let between = 0
  for (let at = index - 1; at >= 0; at--) {
    const key = keys[at] ?? ''
    if (stayed(key)) return `${between} behind ${key}`
    between++
  }
  return `${between} first`
}

/** Whether two objects have at least half of their keys with the same values. */
function alike(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return false
  const [left, right] = [Object.keys(a), Object.keys(b)]
  const shared = left.filter((key) => Object.hasOwn(b, key) && same(a[key], b[key])).length
  return shared > 0 && shared * 2 >= Math.max(left.length, right.length)
}

/** Finds the items of a new list: the longest run of items that stayed in order, then what moved, then what changed where it stands. */
export function alignItems(old: readonly unknown[], next: readonly unknown[]): readonly Part[] {
  const from = new Map<number, number>()
  for (const [index, other] of stayed(old.map(textOf), next.map(textOf))) from.set(other, index)
  const left = new Set(old.keys())
  for (const index of from.values()) left.delete(index)
  for (const [index, value] of next.entries()) {
    if (from.has(index) || !(isObject(value) || Array.isArray(value))) continue
    const moved = [...left].find((one) => same(old[one], value))
    if (moved === undefined) continue
    from.set(index, moved)
    left.delete(moved)
  }
  pairChanged(old, next, from)
  return next.map((value, index) => ({ key: '', value, from: from.get(index) }))
}

/** Between two items that stayed, items that are of one kind are taken for the same one, changed. */
function pairChanged(old: readonly unknown[], next: readonly unknown[], from: Map<number, number>): void {
  const used = new Set(from.values())
  let at = 0
  for (let index = 0; index < next.length; index++) {
    const known = from.get(index)
    if (known !== undefined) at = known + 1
    else if (at < old.length && !used.has(at) && kind(old[at]) === kind(next[index])) {
      from.set(index, at)
      used.add(at++)
    }
  }
}

function kind(value: unknown): string {
  return Array.isArray(value) ? 'list' : isObject(value) ? 'object' : 'scalar'
}

function textOf(value: unknown): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}

/** The longest common run of two lists of texts, as pairs of indexes. Long middles are compared by position only. */
function stayed(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const pairs = [...Array(start).keys()].map((index) => [index, index] as const)
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  if (left.length * right.length <= 1_000_000) for (const [i, j] of common(left, right)) pairs.push([start + i, start + j])
  for (let index = end; index > 0; index--) pairs.push([a.length - index, b.length - index])
  return pairs
}

function common(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? 1 + (lengths[(i + 1) * width + j + 1] ?? 0) : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0)
    }
  }
  const pairs: (readonly [number, number])[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++])
    else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i++
    else j++
  }
  return pairs
}
