// The measures of `data.aggregate`: what is counted as a number, what is missing, and how each measure is computed. Pure.
import { InputInvalidError } from '../errors.ts'

/** The measures of one group. All but `count` and `missing` leave missing values out. */
export const MEASURES = ['count', 'missing', 'distinct', 'sum', 'mean', 'min', 'max', 'percentile'] as const
export type MeasureKind = (typeof MEASURES)[number]

/** One measure to compute. */
export interface Measure {
  readonly of: MeasureKind
  /** Left out for `count`, which then counts rows; with a field it counts values. */
  readonly field?: string | undefined
  /** For `percentile`, 0 to 100. */
  readonly p?: number | undefined
}

/** One row of data, with its place for messages. */
export interface PlacedRow {
  readonly row: Readonly<Record<string, unknown>>
  readonly index: number
}

/** True for what counts as missing: no such field, null, undefined, NaN, and a text of spaces only. */
export function isMissing(value: unknown): boolean {
  return value === undefined || value === null || Number.isNaN(value) || (typeof value === 'string' && value.trim() === '')
}

/** The value of a field: an own property of that name, else the way along the dots of the name through own properties. */
export function fieldOf(row: Readonly<Record<string, unknown>>, field: string): unknown {
  if (Object.hasOwn(row, field)) return row[field]
  let value: unknown = row
  for (const part of field.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** A number as it is meant: numbers, whole numbers beyond them (bigint), and texts that are a decimal number and nothing else. */
export function numberOf(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string' && value.length <= 400 && DECIMAL.test(value.trim())) {
    const number = Number(value)
    if (Number.isFinite(number)) return number
  }
  throw new InputInvalidError(`${where}: expected a number, got ${typeof value === 'string' ? JSON.stringify(value.slice(0, 50)) : typeof value === 'number' ? String(value) : typeof value}`, {
    path: where, remedy: 'Correct the value, or make it null or leave it out where it is missing.',
  })
}

/** Computes one measure over the rows of a group; null where there is no value to compute it from. */
export function measure(rows: readonly PlacedRow[], { of, field, p }: Measure): number | null {
  if (field === undefined) return rows.length
  const values = rows.map(({ row, index }) => ({ value: fieldOf(row, field), where: `rows[${index}].${field}` }))
  const present = values.filter(({ value }) => !isMissing(value))
  if (of === 'count') return present.length
  if (of === 'missing') return values.length - present.length
  if (of === 'distinct') return new Set(present.map(({ value }) => keyOf(value))).size
  const numbers = present.map(({ value, where }) => numberOf(value, where))
  if (numbers.length === 0) return of === 'sum' ? 0 : null
  switch (of) {
    case 'sum':
      return sum(numbers)
    case 'mean':
      return mean(numbers)
    case 'min':
      return numbers.reduce((least, number) => Math.min(least, number))
    case 'max':
      return numbers.reduce((most, number) => Math.max(most, number))
    case 'percentile':
      return percentile(numbers, p ?? 50)
  }
}

/** A text that is the same for equal values and different for others, types included: 1 and "1" are two values. */
export function keyOf(value: unknown): string {
  if (isMissing(value)) return ''
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return `${typeof value}:${value}`
    case 'number':
      return `number:${value}` // writes −0 and 0 alike
    default:
      return `object:${JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))}`
  }
}

/** A sum that does not lose the small beside the large: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54 (1974), 39–51. */
export function sum(numbers: readonly number[]): number {
  let total = 0
  let lost = 0
  for (const number of numbers) {
    const next = total + number
    lost += Math.abs(total) >= Math.abs(number) ? total - next + number : number - next + total
    total = next
  }
  return Number.isFinite(total) ? total + lost : total
}

function mean(numbers: readonly number[]): number {
  const total = sum(numbers)
  return Number.isFinite(total) ? total / numbers.length : sum(numbers.map((number) => number / numbers.length))
}

/**
 * The percentile by linear interpolation between the two nearest values, definition 7 of R. J. Hyndman and Y. Fan, "Sample
 * Quantiles in Statistical Packages", The American Statistician 50 (1996), 361–365: with the n values in order x[0] … x[n−1] and
 * h = (n − 1) · p / 100, it is x[⌊h⌋] + (h − ⌊h⌋) · (x[⌊h⌋ + 1] − x[⌊h⌋]). The default of R and NumPy, PERCENTILE.INC of Excel.
 */
export function percentile(numbers: readonly number[], p: number): number {
  const ordered = numbers.toSorted((a, b) => a - b)
  const place = ((ordered.length - 1) * p) / 100
  const below = ordered[Math.floor(place)] ?? Number.NaN
  const above = ordered[Math.ceil(place)] ?? below
  const part = place - Math.floor(place)
  return below + part * (above - below)
}
