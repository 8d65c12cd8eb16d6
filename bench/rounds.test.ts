import { describe, expect, it } from 'vitest'
import { alternate } from './rounds.ts'

describe('alternate', () => {
  it('measures each lane once a round, every other round backwards, and keeps the rounds in order', async () => {
    const trail: string[] = []
    const lane = (name: string) => (round: number) => {
      trail.push(name)
      return Promise.resolve(`${name}${round}`)
    }
    const results = await alternate(3, { ours: lane('o'), peer: lane('p'), ceiling: lane('c') })
    expect(trail.join('')).toBe('opccpoopc')
    expect(results).toEqual({ ours: ['o0', 'o1', 'o2'], peer: ['p0', 'p1', 'p2'], ceiling: ['c0', 'c1', 'c2'] })
  })

  it('stops at the first failure', async () => {
    const run = alternate(5, { ours: () => Promise.reject(new Error('check failed')) })
    await expect(run).rejects.toThrow('check failed')
  })
})
