import { describe, expect, it } from 'vitest'
import { usageTable } from './usage.ts'

describe('usageTable', () => {
  it('gives medians over the rounds, and a dash for what nobody could count', () => {
    const text = usageTable('run', [{ name: 'Wumbo', usages: [{ rows: 6, walBytes: 800 }, { rows: 8, walBytes: 900 }, { rows: 7, walBytes: 1000 }] }])
    expect(text.split('\n')[2]?.split('|').map((cell) => cell.trim())).toEqual(['', 'Wumbo', '–', '7', '900 B', '–', '–', ''])
  })

  it('is empty where nothing was counted', () => {
    expect(usageTable('run', [{ name: 'Restate', usages: [] }])).toBe('')
  })
})
