import { describe, expect, it } from 'vitest'
import { judge, significant, type Question } from './goal.ts'

const rate: Question = { id: 'B2', unit: 'runs/s', better: 'higher', goal: { timesPeer: 25, shareOfCeiling: 0.5 } }
const time: Question = { id: 'B3', unit: 'ms', better: 'lower', goal: { timesPeer: 4, shareOfCeiling: 0.5 } }

describe('judge', () => {
  it('asks for so many times the rate of the peer and for a share of the ceiling', () => {
    const verdict = judge(rate, { ours: [30_000, 31_000, 29_000], peer: [1000, 1000, 1000], ceiling: [50_000, 50_000, 50_000] })
    expect(verdict).toMatchObject({ ours: 30_000, peer: 1000, ratio: 30, ceilingShare: 0.6, goal: 25, ceilingGoal: 0.5, met: true })
  })

  it('is not met when the peer is left behind but the ceiling is too far', () => {
    const verdict = judge(rate, { ours: [30_000], peer: [1000], ceiling: [61_000] })
    expect(verdict.met).toBe(false)
  })

  it('is not met when the ceiling is near but the peer is not left behind', () => {
    expect(judge(rate, { ours: [24_000], peer: [1000], ceiling: [30_000] }).met).toBe(false)
  })

  it('turns a time around, so that a ratio above one is always the better', () => {
    const verdict = judge(time, { ours: [1.5, 1.5, 1.5], peer: [6, 6, 6], ceiling: [1, 1, 1] })
    expect(verdict).toMatchObject({ ratio: 4, ceilingShare: significant(1 / 1.5), met: true })
    expect(judge(time, { ours: [1.6], peer: [6], ceiling: [1] }).met).toBe(false)
    expect(judge(time, { ours: [1.5], peer: [6], ceiling: [0.7] }).met).toBe(false)
  })

  it('is not met while a lane that the goal names was not run', () => {
    expect(judge(rate, { ours: [90_000], ceiling: [90_000] }).met).toBe(false)
    expect(judge(rate, { peer: [1000], ceiling: [50_000] })).not.toHaveProperty('ours')
  })

  it('compares work without a peer with a bound', () => {
    const start: Question = { id: 'B12', unit: 's', better: 'lower', goal: { bound: 0.15 } }
    expect(judge(start, { ours: [0.09, 0.4, 0.1] })).toEqual({ id: 'B12', unit: 's', ours: 0.1, goal: 0.15, met: true })
    expect(judge(start, { ours: [0.151] }).met).toBe(false)
  })

  it('shows the peer with its defaults beside the peer at its best', () => {
    const verdict = judge(rate, { ours: [30_000], peer: [1000], peerDefaults: [500], ceiling: [50_000] })
    expect(verdict).toMatchObject({ ratio: 30, peerDefaults: 500, ratioDefaults: 60 })
  })

  it('refuses a question without a goal', () => {
    expect(() => judge({ ...rate, goal: {} }, { ours: [1] })).toThrow('B2')
  })
})

describe('significant', () => {
  it('keeps four digits of small figures and whole numbers of large ones', () => {
    expect([significant(0.123456), significant(12.3456), significant(36_543.21)]).toEqual([0.1235, 12.35, 36_543])
  })
})
