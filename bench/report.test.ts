import { describe, expect, it } from 'vitest'
import type { Verdict } from './goal.ts'
import { figure, jsonLines, putSection, table, verdictTable } from './report.ts'

const verdict: Verdict = {
  id: 'B2',
  unit: 'runs/s',
  inFlight: 2000,
  peerInFlight: 1000,
  ours: 36_543,
  peer: 1401,
  ratio: 26.08,
  ceiling: 60_120,
  ceilingShare: 0.6078,
  goal: 25,
  ceilingGoal: 0.5,
  met: true,
}

describe('table', () => {
  it('lines its columns up', () => {
    const lines = table(['a', 'long title'], [['one', '1'], ['three', '22']]).split('\n')
    expect(lines).toEqual([
      '| a     | long title |',
      '| ----- | ---------- |',
      '| one   | 1          |',
      '| three | 22         |',
    ])
  })
})

describe('verdictTable', () => {
  it('names what each engine had in flight, both goals and the outcome', () => {
    const row = verdictTable([verdict]).split('\n')[2]
    for (const part of ['2,000 (peer 1,000)', '36,543 runs/s', '26.1 ×', '61 %', '≥ 25 ×, ≥ 50 % of ceiling', 'yes']) {
      expect(row).toContain(part)
    }
  })

  it('says that a goal was missed, and that a lane was not run', () => {
    expect(verdictTable([{ ...verdict, met: false }])).toContain('| NO')
    expect(verdictTable([{ id: 'B2', unit: 'runs/s', peer: 1, goal: 25, met: false }])).toContain('| not run')
  })

  it('shows a bound as a bound', () => {
    expect(verdictTable([{ id: 'B12', unit: 's', ours: 0.0912, goal: 0.15, met: true }])).toContain('≤ 0.15 s')
  })
})

describe('jsonLines', () => {
  it('is one object a line', () => {
    const lines = jsonLines([verdict, { ...verdict, id: 'B2@100' }]).split('\n')
    expect(lines.map((line) => (JSON.parse(line) as Verdict).id)).toEqual(['B2', 'B2@100'])
  })
})

describe('figure', () => {
  it('keeps three digits of what is small and groups what is large', () => {
    expect([figure(1.2345, 'ms'), figure(987.6), figure(57_900.4, 'runs/s'), figure(undefined)]).toEqual([
      '1.23 ms',
      '988',
      '57,900 runs/s',
      '–',
    ])
  })
})

describe('verdictTable beside several peers', () => {
  it('names the peer, also when it was not run', () => {
    const row = verdictTable([{ id: 'B5@p50', unit: 'ms', against: 'BullMQ', ours: 1.2, goal: 1, met: false }]).split('\n')[2]
    expect(row?.split('|').map((cell) => cell.trim())).toEqual(['', 'B5@p50, BullMQ', '–', '1.2 ms', '–', '–', '–', '–', '≥ 1 ×', 'NO', ''])
  })
})

describe('putSection', () => {
  it('replaces one section, keeps the others and orders them by number', () => {
    let document = putSection('', 'B10', '## B10\n\nfirst')
    document = putSection(document, 'B2', '## B2')
    document = putSection(document, 'B10', '## B10\n\nsecond')
    expect(document.match(/^## B\d+/gm)).toEqual(['## B2', '## B10'])
    expect(document).toContain('second')
    expect(document).not.toContain('first')
    expect(document.match(/^# Results/gm)).toHaveLength(1)
  })

  it('keeps the same work on two stores apart, side by side', () => {
    const document = ['B10', 'B3-PG', 'B3'].reduce((text, id) => putSection(text, id, `## ${id}`), '')
    expect(putSection(document, 'B3-PG', '## B3-PG').match(/^## B\S+/gm)).toEqual(['## B3', '## B3-PG', '## B10'])
  })

  it('is the same when it is done twice', () => {
    const once = putSection('', 'B3', '## B3')
    expect(putSection(once, 'B3', '## B3')).toBe(once)
  })
})
