import { describe, expect, it } from 'vitest'
import { median, pairedRatio, quantile, spread } from './stats.ts'

describe('median', () => {
  it('is the middle value of an odd sample, whatever its order', () => {
    expect(median([9, 1, 5])).toBe(5)
  })

  it('lies between the two middle values of an even sample', () => {
    expect(median([10, 2, 4, 100])).toBe(7)
  })

  it('sorts by number, not by text, and leaves the sample alone', () => {
    const sample = [10, 9, 100]
    expect(median(sample)).toBe(10)
    expect(sample).toEqual([10, 9, 100])
  })

  it('refuses an empty sample', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('quantile', () => {
  it('gives the ends at 0 and 1 and interpolates between', () => {
    const sample = [0, 10, 20, 30]
    expect([0, 0.5, 1].map((share) => quantile(sample, share))).toEqual([0, 15, 30])
  })

  it('refuses a share outside 0 to 1', () => {
    expect(() => quantile([1], 50)).toThrow(RangeError)
  })
})

describe('spread', () => {
  it('is the middle half', () => {
    expect(spread([1, 2, 3, 4, 5])).toEqual({ low: 2, high: 4 })
  })
})

describe('pairedRatio', () => {
  it('compares round by round, so that a slow minute cancels out', () => {
    // The second round ran at half speed for both: the ratio of medians would be 30 / 3 too, but not round by round.
    expect(pairedRatio([40, 20, 30], [4, 2, 3])).toBe(10)
  })

  it('is not moved by one odd round', () => {
    expect(pairedRatio([10, 10, 90], [1, 1, 1])).toBe(10)
  })

  it('refuses rounds that do not pair', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow('2 and 1 rounds')
  })
})
