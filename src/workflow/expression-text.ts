// Texts in expressions are counted in characters, that is in code points, as CEL says: "😀" has the size 1. JavaScript counts
// UTF-16 units, so positions are converted where a text has pairs of them. Order (`<`) is by UTF-16 units.
import type { Budget } from './expression-budget.ts'
import { CelError, nameOf } from './expression-values.ts'

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/

/** Whether characters and units differ. Then each position is found by going over the text, which costs more. */
function hasPairs(text: string, budget: Budget): boolean {
  budget.spendText(text.length)
  if (!PAIR.test(text)) return false
  budget.spendText(text.length * COUNTING)
  return true
}

/** How much slower than copying it is to count pairs. */
const COUNTING = 12

/** The number of characters. */
export function textSize(text: string, budget: Budget): bigint {
  return BigInt(hasPairs(text, budget) ? text.length - pairsBefore(text, text.length) : text.length)
}

/** Where `search` stands, the first time or the last; -1 when it does not. */
export function textIndex(text: string, search: string, { from, last, budget }: { readonly from: unknown; readonly last: boolean; readonly budget: Budget }): bigint {
  payForSearch(text, search, budget, last)
  const pairs = hasPairs(text, budget)
  const start = from === undefined ? (last ? text.length : 0) : unitOf(text, from, { pairs, what: 'the position to search from' })
  const unit = last ? text.lastIndexOf(search, start) : text.indexOf(search, start)
  return BigInt(unit < 0 || !pairs ? unit : unit - pairsBefore(text, unit))
}

/**
 * Pays for a search. The engine compares from behind, so a text is gone over about once, unless much is searched that nearly fits
 * everywhere: then the time is the product of both. From the last place back it always compares from the front.
 */
export function payForSearch(text: string, search: string, budget: Budget, last = false): void {
  budget.spendText(text.length * SEARCH)
  if (last || search.length > BACKWARDS) budget.spend(Math.floor((text.length * Math.min(search.length, text.length)) / (last ? PRODUCT_PER_ELEMENT / 2 : PRODUCT_PER_ELEMENT)))
}

/** How much slower than copying a search is in the worst case. */
const SEARCH = 4
/** How many characters of what is searched the engine compares from behind. */
const BACKWARDS = 250
/** Characters of a text times those of what is searched that count as one element. */
const PRODUCT_PER_ELEMENT = 3000

/** The characters from `start` to before `end`. */
export function textPart(text: string, start: unknown, end: unknown, budget: Budget): string {
  const pairs = hasPairs(text, budget)
  const first = unitOf(text, start, { pairs, what: 'the start' })
  const behind = end === undefined ? text.length : unitOf(text, end, { pairs, what: 'the end' })
  if (behind < first) throw new CelError('substring: the end stands before the start')
  return text.slice(first, behind)
}

/** The parts between separators; at most `limit` of them, where the last one keeps the rest. */
export function textParts(text: string, separator: string, limit: unknown, budget: Budget): readonly string[] {
  const most = limit === undefined ? -1 : wholeNumber(limit, 'the limit of split')
  payForSearch(text, separator, budget)
  if (most === 0) return []
  const parts = separator === '' ? charactersOf(text, budget) : pieces(text, separator, budget)
  return most < 0 || parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)]
}

function charactersOf(text: string, budget: Budget): readonly string[] {
  budget.spendItems(text.length * PART_ITEMS)
  return Array.from(text)
}

/** One part costs as much as passing over so many items: it is a text of its own. */
const PART_ITEMS = 4

function pieces(text: string, separator: string, budget: Budget): readonly string[] {
  const parts: string[] = []
  let at = 0
  for (;;) {
    const next = text.indexOf(separator, at)
    if (next < 0) break
    parts.push(text.slice(at, next))
    at = next + separator.length
    if (parts.length % 64 === 0) budget.spendItems(64 * PART_ITEMS)
  }
  parts.push(text.slice(at))
  return parts
}

/** A whole number of either kind as a number of JavaScript. */
export function wholeNumber(value: unknown, what: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw new CelError(`${what} must be a whole number, got ${nameOf(value)}`)
}

function unitOf(text: string, position: unknown, { pairs, what }: { readonly pairs: boolean; readonly what: string }): number {
  const wanted = wholeNumber(position, what)
  let unit = wanted
  if (pairs && wanted > 0) {
    unit = 0
    for (let points = 0; points < wanted && unit <= text.length; points++) unit += isPairAt(text, unit) ? 2 : 1
  }
  if (unit >= 0 && unit <= text.length) return unit
  throw new CelError(`${what} is ${wanted}, outside of a text of ${text.length - (pairs ? pairsBefore(text, text.length) : 0)} characters`, 'Compare with size(…) first.')
}

function pairsBefore(text: string, end: number): number {
  let pairs = 0
  for (let at = 0; at + 1 < end; at++) {
    if (!isPairAt(text, at)) continue
    pairs++
    at++
  }
  return pairs
}

function isPairAt(text: string, at: number): boolean {
  const high = text.charCodeAt(at)
  if (high < 0xd800 || high > 0xdbff) return false
  const low = text.charCodeAt(at + 1)
  return low >= 0xdc00 && low <= 0xdfff
}
