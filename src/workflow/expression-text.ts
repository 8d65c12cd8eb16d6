// Texts in expressions are counted in characters, that is in code points, as CEL says: "😀" has the size 1. JavaScript counts
// UTF-16 units, so positions are converted where a text has pairs of them. Order (`<`) is by UTF-16 units.
import type { Budget } from './expression-budget.ts'
import { CelError, nameOf } from './expression-values.ts'

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/

/** The number of characters. */
export function textSize(text: string, budget: Budget): bigint {
  budget.spendText(text.length)
  return BigInt(PAIR.test(text) ? text.length - pairsBefore(text, text.length) : text.length)
}

/** Where `search` stands, the first time or the last; -1 when it does not. */
export function textIndex(text: string, search: string, { from, last, budget }: { readonly from: unknown; readonly last: boolean; readonly budget: Budget }): bigint {
  payForSearch(text, search, budget)
  const pairs = PAIR.test(text)
  const start = from === undefined ? (last ? text.length : 0) : unitOf(text, from, { pairs, what: 'the position to search from' })
  const unit = last ? text.lastIndexOf(search, start) : text.indexOf(search, start)
  return BigInt(unit < 0 || !pairs ? unit : unit - pairsBefore(text, unit))
}

/** Pays for a search: its time is that of the text, and in the worst case that of the text times a part of what is searched. */
export function payForSearch(text: string, search: string, budget: Budget): void {
  budget.spendText(text.length)
  if (search.length > 32 && search.length <= text.length) budget.spendText(text.length * Math.min(search.length, text.length - search.length + 1) / 32)
}

/** The characters from `start` to before `end`. */
export function textPart(text: string, start: unknown, end: unknown, budget: Budget): string {
  budget.spendText(text.length)
  const pairs = PAIR.test(text)
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
