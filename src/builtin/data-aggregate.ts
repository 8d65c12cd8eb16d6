// The template `data.aggregate`: rows in, one row per group out, with measures. Pure: the order of groups and the rounding
// depend on the input alone. It holds all rows in memory; a database does that better for millions.
import { z } from 'zod'
import { InputInvalidError } from '../errors.ts'
import type { Template } from '../template/contract.ts'
import { defineTemplate } from '../template/define.ts'
import { fieldOf, isMissing, keyOf, measure, MEASURES, type PlacedRow } from './aggregate-measures.ts'

const name = z.string().min(1).max(200).refine((text) => text !== '__proto__', 'expected a name other than __proto__')

const measureSchema = z.strictObject({
  of: z.enum(MEASURES).describe('count: rows, or values of `field`; missing, distinct: of `field`; sum, mean, min, max, percentile: of the numbers in `field`.'),
  field: name.optional().describe('A property of the rows; dots lead into objects.'),
  p: z.number().min(0).max(100).optional().describe('For percentile, 0 to 100: 50 is the median.'),
})

const inputSchema = z.strictObject({
  rows: z.array(z.record(z.string(), z.unknown())),
  groupBy: z.array(name).default([]).describe('Rows with the same values in these fields are one group; missing values are one of their own. Left out: all rows are one group.'),
  measures: z.record(name, measureSchema).describe('By the names that they get in the groups.'),
  sort: z.array(z.strictObject({ by: name, order: z.enum(['asc', 'desc']).default('asc') })).default([]).describe('By fields or measures of the groups, the first counts most; null comes last. Left out: the order in which the groups appear.'),
  limit: z.int().min(1).optional().describe('Groups, at most, after sorting.'),
})

const outputSchema = z.object({
  groups: z.array(z.record(z.string(), z.unknown())).describe('The fields of groupBy, null where missing, and the measures.'),
  rowCount: z.int().describe('Rows that came in.'),
  groupCount: z.int().describe('Groups before the limit.'),
})

type Input = z.output<typeof inputSchema>
type Group = Record<string, unknown>

/** What `data.aggregate` takes and gives. */
export type DataAggregateInput = z.input<typeof inputSchema>
export type DataAggregateOutput = z.output<typeof outputSchema>

/** Groups rows and computes measures of each group. */
export const dataAggregate: Template<DataAggregateInput, DataAggregateOutput> = defineTemplate({
  name: 'data.aggregate',
  version: '1.0.0',
  description: 'Groups rows and computes counts, sums, means, extremes and percentiles of each group.',
  kind: 'transform',
  category: 'data',
  tags: ['aggregate', 'group', 'sum', 'mean', 'percentile', 'statistics'],
  input: inputSchema,
  output: outputSchema,
  pure: true,
  validate: checkNames,
  execute(input) {
    const groups = groupRows(input)
    const all = groups.map((rows) => groupOf(rows, input))
    if (input.sort.length > 0) all.sort(comparison(input.sort))
    return { groups: all.slice(0, input.limit), rowCount: input.rows.length, groupCount: all.length }
  },
})

/** What the schema cannot say: which measures need what, and that no two columns have one name. */
function checkNames({ groupBy, measures, sort }: Input): void {
  const columns = new Set(groupBy)
  if (columns.size < groupBy.length) throw refuse('groupBy', `expected each field once, got ${groupBy.join(', ')}`)
  for (const [column, { of, field, p }] of Object.entries(measures)) {
    const path = `measures.${column}`
    if (columns.has(column)) throw refuse(path, 'expected a name that no field of groupBy has')
    if (field === undefined && of !== 'count') throw refuse(`${path}.field`, `expected the field that ${of} is of, got none`)
    if ((p === undefined) === (of === 'percentile')) throw refuse(`${path}.p`, of === 'percentile' ? 'expected 0 to 100, got none' : `expected none with ${of}, got one`)
  }
  for (const [index, { by }] of sort.entries()) {
    if (!columns.has(by) && !Object.hasOwn(measures, by)) throw refuse(`sort[${index}].by`, `expected a field of groupBy or a measure (${[...columns, ...Object.keys(measures)].join(', ')}), got ${JSON.stringify(by)}`)
  }
}

function refuse(path: string, what: string): InputInvalidError {
  return new InputInvalidError(`${path}: ${what}`, { path })
}

/** The rows of each group, groups in the order of their first rows. No rows and no groupBy make one empty group. */
function groupRows({ rows, groupBy }: Input): PlacedRow[][] {
  const groups = new Map<string, PlacedRow[]>()
  if (groupBy.length === 0) groups.set('', [])
  for (const [index, row] of rows.entries()) {
    const key = groupBy.length === 0 ? '' : JSON.stringify(groupBy.map((field) => keyOf(fieldOf(row, field))))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [{ row, index }])
    else group.push({ row, index })
  }
  return [...groups.values()]
}

function groupOf(rows: readonly PlacedRow[], { groupBy, measures }: Input): Group {
  const group: Group = {}
  for (const field of groupBy) {
    const value = rows[0] === undefined ? null : fieldOf(rows[0].row, field)
    group[field] = isMissing(value) ? null : value
  }
  for (const [column, wanted] of Object.entries(measures)) group[column] = measure(rows, wanted)
  return group
}

function comparison(sort: Input['sort']): (a: Group, b: Group) => number {
  return (a, b) => {
    for (const { by, order } of sort) {
      const [left, right] = [a[by], b[by]]
      if (left === null || right === null) {
        if (left !== right) return left === null ? 1 : -1
        continue
      }
      const difference = compare(left, right)
      if (difference !== 0) return order === 'asc' ? difference : -difference
    }
    return 0
  }
}

/** Numbers by size, then texts and all else by code units: the same on every machine, whatever its language. */
function compare(a: unknown, b: unknown): number {
  const numeric = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'
  if (numeric(a) && numeric(b)) return a < b ? -1 : a > b ? 1 : 0
  if (numeric(a) !== numeric(b)) return numeric(a) ? -1 : 1
  const [left, right] = [typeof a === 'string' ? a : keyOf(a), typeof b === 'string' ? b : keyOf(b)]
  return left < right ? -1 : left > right ? 1 : 0
}
