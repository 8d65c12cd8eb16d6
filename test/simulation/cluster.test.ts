// The seeded simulation of many workers on one store: many seeds, the same seed twice, and planted bugs that it must catch.
import { expect, test } from 'vitest'
import { LaneFencedError } from '../../src/errors.ts'
import type { Store } from '../../src/store/port.ts'
import { simulateCluster } from '../../src/testing/cluster.ts'
import type { ClusterResult } from '../../src/testing/cluster.ts'
import { clusterShapes } from './shapes.ts'
import { withLane } from './with-lane.ts'

const SEEDS = Number(process.env['WUMBO_CLUSTER_SEEDS'] ?? process.env['WUMBO_SEEDS'] ?? 300)
const ONLY = process.env['WUMBO_SEED']
const shapes = clusterShapes()
const LEASES = [600, 2000, 5000, 2000]

function some(seed: number): typeof shapes {
  const first = (seed * 5) % shapes.length
  return [...shapes, ...shapes].slice(first, first + 2 + (seed % 3))
}

function one(seed: number): Promise<ClusterResult> {
  return simulateCluster({ seed, shapes: some(seed), runs: 1 + (seed % 3), leaseMs: LEASES[seed % LEASES.length] ?? 2000 })
}

test.runIf(ONLY === undefined)(`${SEEDS} seeds of many workers keep every promise`, { timeout: 600_000 }, async () => {
  let takeovers = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = await one(seed)
    takeovers += result.takeovers
    expect(result.violations, `seed ${seed}: npm run simulate -- --seed ${seed} shows it again`).toEqual([])
  }
  expect(takeovers).toBeGreaterThan(SEEDS / 4)
})

test.runIf(ONLY !== undefined)(`seed ${ONLY} of many workers keeps every promise`, { timeout: 60_000 }, async () => {
  expect((await one(Number(ONLY))).violations).toEqual([])
})

test('K9: a lane that ends just as a run is to be cleaned up parks nothing', { timeout: 60_000 }, async () => {
  let ended = 0
  const wrap = (store: Store): Store => withLane(store, (lane) => ({
    flush: (ops) => {
      if (!ops.some((op) => op.op === 'mark' && op.mark.kind === 'cancelled') || ended++ % 3 === 2) return lane.flush(ops)
      return Promise.reject(new LaneFencedError('the lease ran out'))
    },
  }))
  for (let seed = 1; seed <= 100; seed++) {
    const { violations } = await simulateCluster({ seed, shapes: shapes.filter(({ name }) => name === 'cleans-up'), runs: 3, wrap })
    expect(violations, `seed ${seed}`).toEqual([])
  }
  expect(ended).toBeGreaterThan(30)
})

test('the same seed gives the same trace, another seed another', { timeout: 60_000 }, async () => {
  const traces = new Set<string>()
  for (let seed = 1; seed <= 12; seed++) {
    const [first, second] = [await one(seed), await one(seed)]
    expect(second).toEqual(first)
    traces.add(first.trace)
  }
  expect(traces.size).toBe(12)
})
