// Where two values differ, as paths with what stands there on either side. It stops after a few: it is read by people.

/** One place where two values differ. */
export interface ValueDifference {
  /** For example `order.items[0].price`; `(whole)` for the values themselves. */
  readonly at: string
  /** What stands there, cut; `nothing` where nothing does. */
  readonly recorded: string
  readonly now: string
}

const MOST = 5
const MAX_SHOWN = 60
const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/

/** The first places, at most 5, where two values differ. None for values that differ in nothing that can be shown. */
export function valueDifferences(recorded: unknown, now: unknown): ValueDifference[] {
  const found: ValueDifference[] = []
  compare('', { recorded, now }, found)
  return found
}

function compare(at: string, { recorded, now }: { readonly recorded: unknown; readonly now: unknown }, found: ValueDifference[]): void {
  if (found.length >= MOST || Object.is(recorded, now)) return
  const keys = keysOf(recorded, now)
  if (keys === null) {
    const sides = { recorded: shown(recorded), now: shown(now) }
    if (sides.recorded !== sides.now) found.push({ at: at === '' ? '(whole)' : at, ...sides })
    return
  }
  const isList = Array.isArray(recorded)
  for (const key of keys) compare(isList ? `${at}[${key}]` : placeIn(at, key), { recorded: member(recorded, key), now: member(now, key) }, found)
}

/** The keys of two lists or two plain objects; null for anything else. */
function keysOf(recorded: unknown, now: unknown): string[] | null {
  if (!isContainer(recorded) || !isContainer(now) || Array.isArray(recorded) !== Array.isArray(now)) return null
  return [...new Set([...Object.keys(recorded), ...Object.keys(now)])]
}

function isContainer(value: unknown): value is object {
  if (Array.isArray(value)) return true
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function member(container: unknown, key: string): unknown {
  return Object.hasOwn(container as object, key) ? (container as Record<string, unknown>)[key] : NOTHING
}

const NOTHING = Symbol('nothing')

function placeIn(at: string, key: string): string {
  if (!PLAIN_KEY.test(key)) return `${at}[${JSON.stringify(key)}]`
  return at === '' ? key : `${at}.${key}`
}

function shown(value: unknown): string {
  if (value === NOTHING) return 'nothing'
  let text: string
  try {
    text = typeof value === 'bigint' ? `${value}n` : value instanceof Date ? value.toISOString() : (JSON.stringify(value) ?? String(value))
  } catch {
    text = String(value)
  }
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text
}
