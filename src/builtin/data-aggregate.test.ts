// The template data.aggregate: groups, measures against their definitions, what is a number and what is missing, order.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputInvalidError } from '../errors.ts'
import { percentile, sum } from './aggregate-measures.ts'
import { dataAggregate, type DataAggregateInput } from './data-aggregate.ts'

type Measures = DataAggregateInput['measures']

const rows = [{ k: 'a', v: 1 }, { k: 'b', v: 10 }, { k: 'a', v: 2 }, { k: 'a', v: null }, { k: null, v: 5 }, { v: '7' }]
const groups = async (input: Partial<DataAggregateInput>): Promise<unknown[]> => (await dataAggregate({ rows, measures: {}, ...input })).groups
const all = async (values: unknown[], measures: Measures): Promise<unknown> => (await groups({ rows: values.map((v) => ({ v })), measures }))[0]

describe('groups', () => {
  it('come in the order of their first rows, missing values as one group', async () => {
    expect(await groups({ groupBy: ['k'], measures: { n: { of: 'count' } } })).toEqual([{ k: 'a', n: 3 }, { k: 'b', n: 1 }, { k: null, n: 2 }])
  })

  it('tell values of different types apart, and are of several fields', async () => {
    const mixed = [{ a: 1, b: 'x' }, { a: '1', b: 'x' }, { a: 1, b: 'y' }, { a: true, b: 'x' }, { a: -0, b: 'x' }, { a: 0, b: 'x' }, { a: { c: 1 }, b: 'x' }, { a: { c: 1 }, b: 'x' }]
    expect((await groups({ rows: mixed, groupBy: ['a', 'b'], measures: { n: { of: 'count' } } })).map((group) => (group as { n: number }).n)).toEqual([1, 1, 1, 1, 2, 2])
  })

  it('are one when no field is named, and none of no rows when one is', async () => {
    expect(await groups({ measures: { n: { of: 'count' } } })).toEqual([{ n: 6 }])
    expect(await groups({ rows: [], measures: { n: { of: 'count' }, s: { of: 'sum', field: 'v' }, m: { of: 'mean', field: 'v' } } })).toEqual([{ n: 0, s: 0, m: null }])
    expect(await groups({ rows: [], groupBy: ['k'] })).toEqual([])
  })

  it('are sorted by fields and measures, null last either way, equal ones in their order, then limited', async () => {
    const measures: Measures = { n: { of: 'count' }, v: { of: 'mean', field: 'v' } }
    const keys = async (sort: DataAggregateInput['sort'], limit?: number): Promise<unknown[]> => (await groups({ groupBy: ['k'], measures, sort, ...(limit === undefined ? {} : { limit }) })).map((group) => (group as { k: unknown }).k)
    expect(await keys([{ by: 'n', order: 'desc' }])).toEqual(['a', null, 'b'])
    expect(await keys([{ by: 'k', order: 'desc' }])).toEqual(['b', 'a', null])
    expect(await keys([{ by: 'k' }])).toEqual(['a', 'b', null])
    expect(await keys([{ by: 'v', order: 'desc' }], 2)).toEqual(['b', null])
    expect(await dataAggregate({ rows, groupBy: ['k'], measures, limit: 1 })).toMatchObject({ rowCount: 6, groupCount: 3, groups: [{ k: 'a' }] })
  })

  it('are found along dots, through own properties only', async () => {
    const nested = [{ a: { b: 1 }, 'a.b': 2 }, { a: { b: 1 } }, {}]
    expect(await groups({ rows: nested, groupBy: ['a.b'], measures: { n: { of: 'count' } } })).toEqual([{ 'a.b': 2, n: 1 }, { 'a.b': 1, n: 1 }, { 'a.b': null, n: 1 }])
    expect(await groups({ rows: [{}], groupBy: ['constructor.name'] })).toEqual([{ 'constructor.name': null }])
  })
})

describe('measures', () => {
  it('count rows, values, missing ones and different ones', async () => {
    const measures: Measures = { rows: { of: 'count' }, values: { of: 'count', field: 'v' }, missing: { of: 'missing', field: 'v' }, distinct: { of: 'distinct', field: 'v' } }
    expect(await all([1, '1', 1, null, undefined, Number.NaN, ' ', 0, false], measures)).toEqual({ rows: 9, values: 5, missing: 4, distinct: 4 })
  })

  it('take numbers, bigints and decimal texts as numbers', async () => {
    expect(await all([1, 2n, ' 3.5 ', '-1e1', '.5', null], { s: { of: 'sum', field: 'v' }, lo: { of: 'min', field: 'v' }, hi: { of: 'max', field: 'v' }, m: { of: 'mean', field: 'v' } })).toEqual({ s: -3, lo: -10, hi: 3.5, m: -0.6 })
  })

  it.each(['abc', '1,5', '0x10', '1 2', true, [1], { a: 1 }, Infinity, '1e999'])('refuse %j where a number is needed, with the row', async (value) => {
    await expect(all([1, value], { s: { of: 'sum', field: 'v' } })).rejects.toThrow(/^rows\[1\]\.v: expected a number/)
  })

  it('give null where there is no value', async () => {
    expect(await all([null], { s: { of: 'sum', field: 'v' }, m: { of: 'mean', field: 'v' }, lo: { of: 'min', field: 'v' }, p: { of: 'percentile', field: 'v', p: 50 } })).toEqual({ s: 0, m: null, lo: null, p: null })
  })

  it('sum without losing the small beside the large', () => {
    expect(sum([1e100, 1, -1e100])).toBe(1)
    expect(sum(Array.from({ length: 10 }, () => 0.1))).toBe(1)
    expect(sum([1e308, 1e308])).toBe(Infinity)
  })

  it('give the percentiles of the definition', () => {
    // Hyndman and Fan, definition 7; the figures are those of R: quantile(c(15, 20, 35, 40, 50), …, type = 7)
    const values = [50, 15, 40, 20, 35]
    expect([0, 5, 25, 30, 40, 50, 95, 100].map((p) => percentile(values, p))).toEqual([15, 16, 20, 23, 29, 35, 48, 50])
    expect(percentile([7], 99)).toBe(7)
    expect(values).toEqual([50, 15, 40, 20, 35])
  })

  it('have percentiles between the extremes that grow with p', () => {
    fc.assert(fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1 }), fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true }), (values, a, b) => {
      const [low, high] = [percentile(values, Math.min(a, b)), percentile(values, Math.max(a, b))]
      const slack = 1e-6
      expect(low).toBeGreaterThanOrEqual(Math.min(...values) - slack)
      expect(high).toBeLessThanOrEqual(Math.max(...values) + slack)
      expect(low).toBeLessThanOrEqual(high + slack)
    }))
  })
})

it.each([
  [{ measures: { s: { of: 'sum' } } }, 'measures.s.field'],
  [{ measures: { s: { of: 'percentile', field: 'v' } } }, 'measures.s.p'],
  [{ measures: { s: { of: 'sum', field: 'v', p: 5 } } }, 'measures.s.p'],
  [{ groupBy: ['k'], measures: { k: { of: 'count' } } }, 'measures.k'],
  [{ groupBy: ['k', 'k'] }, 'groupBy'],
  [{ groupBy: ['k'], sort: [{ by: 'v' }] }, 'sort[0].by'],
  [{ sort: [{ by: 'toString' }] }, 'sort[0].by'],
] as [Partial<DataAggregateInput>, string][])('%j is refused with its path', async (input, path) => {
  await expect(groups(input)).rejects.toMatchObject({ code: 'INPUT_INVALID', path })
})

it('refuses __proto__ as a name', async () => {
  await expect(groups({ measures: JSON.parse('{"__proto__":{"of":"count"}}') })).resolves.toEqual([{}])
  await expect(groups({ groupBy: ['__proto__'] })).rejects.toThrow(InputInvalidError)
})
