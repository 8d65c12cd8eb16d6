// Many workers with injected faults run shapes whose branches compete.
import { expect, test } from 'vitest'
import { simulateCluster } from '../../src/testing/cluster.ts'
import { controlShapes } from './control-shapes.ts'
import { errorShapes } from './error-shapes.ts'

const SEEDS = Number(process.env['WUMBO_SEEDS'] ?? 60)
const LEASES = [2000, 5000]

test(`${SEEDS} seeds of many workers: the same branch wins after a crash, and rules let the same steps begin`, { timeout: 600_000 }, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await simulateCluster({ seed, shapes: controlShapes('5s'), runs: 1 + (seed % 2), leaseMs: LEASES[seed % LEASES.length] ?? 2000 })
    expect(violations, `seed ${seed}`).toEqual([])
  }
})

test(`${SEEDS} seeds of many workers: what is done about a failure, and at the end of a run, is done once`, { timeout: 600_000 }, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations } = await simulateCluster({ seed, shapes: errorShapes('5s'), runs: 1 + (seed % 2), leaseMs: LEASES[seed % LEASES.length] ?? 2000 })
    expect(violations, `seed ${seed}`).toEqual([])
  }
})
