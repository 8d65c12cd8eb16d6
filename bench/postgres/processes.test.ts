import { describe, expect, it } from 'vitest'
import { parseStat } from './processes.ts'

describe('parseStat', () => {
  it('reads past a name with brackets and blanks', () => {
    const text = '42 (postgres: a) b) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 5 6 20 0 1 0 12345 1000 200'
    expect(parseStat(text)).toEqual({ parent: 7, own: 120, ended: 11 })
  })
})
