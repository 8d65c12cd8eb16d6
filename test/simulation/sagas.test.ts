// K10 among many workers: runs that are undone while workers die, stand still, lose the store and cancel what they like.
import { expect, test } from 'vitest'
import { simulateCluster } from '../../src/testing/cluster.ts'
import { sagaShapes } from './saga-shapes.ts'

const SEEDS = Number(process.env['WUMBO_CLUSTER_SEEDS'] ?? process.env['WUMBO_SEEDS'] ?? 120)
const LEASES = [600, 2000, 5000, 2000]
const shapes = sagaShapes('5s')

test(`K10: ${SEEDS} seeds of many workers undo what was done, once and in reverse order`, { timeout: 600_000 }, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await simulateCluster({ seed, shapes, runs: 1 + (seed % 2), leaseMs: LEASES[seed % LEASES.length] ?? 2000 })
    expect(violations, `seed ${seed}`).toEqual([])
  }
})

test('seed 399: a run that is read twice at once is entered once', { timeout: 60_000 }, async () => {
  expect((await simulateCluster({ seed: 399, shapes, runs: 2, leaseMs: 2000 })).violations).toEqual([])
})
