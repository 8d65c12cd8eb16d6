import { describe, expect, it } from 'vitest'
import { isRecord, parseRequest } from './arguments.ts'

const known = ['B2', 'B3', 'B10']

describe('parseRequest', () => {
  it('runs everything in five rounds when nothing is asked for', () => {
    expect(parseRequest([], known)).toMatchObject({ ids: known, rounds: 5, quick: false })
  })

  it('takes ids in any case and keeps them in order', () => {
    expect(parseRequest(['b10', 'B2', '--quick'], known)).toMatchObject({ ids: ['B2', 'B10'], rounds: 3, quick: true })
  })

  it.each([
    [['B99'], 'no benchmark B99'],
    [['--rounds', 'many'], '--rounds'],
    [['--lanes', 'theirs'], 'no lane theirs'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseRequest(argv, known)).toThrow(message)
  })
})

describe('isRecord', () => {
  it.each([
    [[], true],
    [['--rounds', '7'], true],
    [['--quick'], false],
    [['--quick', '--rounds', '5'], false],
    [['--rounds', '4'], false],
    [['--lanes', 'ours,ceiling'], false],
  ])('says of %j: %s', (argv, record) => {
    expect(isRecord(parseRequest(argv, known))).toBe(record)
  })
})
