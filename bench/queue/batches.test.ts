import { describe, expect, it } from 'vitest'
import { inBatches } from './batches.mjs'

describe('inBatches', () => {
  it('hands out every number once, in batches, with so many calls open', async () => {
    const seen: number[][] = []
    let open = 0
    let most = 0
    await inBatches({ from: 3, to: 10, batch: 3, calls: 2 }, async (numbers) => {
      seen.push(numbers)
      most = Math.max(most, ++open)
      await Promise.resolve()
      open--
    })
    expect(seen).toEqual([[3, 4, 5], [6, 7, 8], [9]])
    expect(most).toBe(2)
  })
})
