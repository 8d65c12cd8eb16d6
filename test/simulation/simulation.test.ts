// The seeded simulation of the engine: many seeds, the same seed twice, and planted bugs that it must catch.
import { expect, test } from 'vitest'
import { simulate } from '../../src/testing/simulation.ts'
import type { FlushResult, Lane, Store, StoreOp } from '../../src/store/port.ts'
import { shapes } from './shapes.ts'

const SEEDS = Number(process.env['WUMBO_SEEDS'] ?? 1000)
const ONLY = process.env['WUMBO_SEED']

test.runIf(ONLY === undefined)(`${SEEDS} seeds keep every promise`, { timeout: 240_000 }, async () => {
  let deaths = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const result = await simulate({ seed, shapes: some(seed) })
    deaths += result.deaths
    expect(result.violations, `seed ${seed}: npm run simulate -- --seed ${seed} shows it again`).toEqual([])
  }
  expect(deaths).toBeGreaterThan(SEEDS / 4)
})

test.runIf(ONLY !== undefined)(`seed ${ONLY} keeps every promise`, async () => {
  expect((await simulate({ seed: Number(ONLY), shapes: some(Number(ONLY)) })).violations).toEqual([])
})

test('the same seed gives the same trace, another seed another', async () => {
  const traces = new Set<string>()
  for (let seed = 1; seed <= 40; seed++) {
    const one = await simulate({ seed, shapes: some(seed) })
    const two = await simulate({ seed, shapes: some(seed) })
    expect(two.trace).toBe(one.trace)
    expect(two.steps).toBe(one.steps)
    traces.add(one.trace)
  }
  expect(traces.size).toBe(40)
})

test.each<[string, (store: Store) => Store]>([
  ['a store that forgets every tenth record', (store) => faulty(store, (ops, count) => ops.filter((op) => op.op !== 'record' || count() % 10 !== 0))],
  ['a store that acknowledges the first starts without keeping them', (store) => faulty(store, (ops, count) => ops.filter((op) => op.op !== 'start' || count() > 1))],
  ['a store that hides the newest record from whoever takes over', (store) => hiding(store)],
  ['a store that records another result than it was given', (store) => faulty(store, (ops) => ops.map((op) => (op.op === 'record' && op.record.output !== null ? { ...op, record: { ...op.record, output: 'j:{"n":0}' } } : op)))],
])('%s is caught', { timeout: 60_000 }, async (_name, wrap) => {
  let caught = 0
  for (let seed = 1; seed <= 60 && caught === 0; seed++) {
    const result = await simulate({ seed, shapes: shapes.slice(0, 4), wrap }).catch((thrown: unknown) => ({ violations: [String(thrown)] }))
    caught += result.violations.length
  }
  expect(caught).toBeGreaterThan(0)
})

function some(seed: number): typeof shapes {
  const first = seed % shapes.length
  return [...shapes, ...shapes].slice(first, first + 1 + (seed % 3))
}

/** A store whose flushes are tampered with on their way. */
function faulty(store: Store, tamper: (ops: readonly StoreOp[], count: () => number) => readonly StoreOp[]): Store {
  let calls = 0
  const lane = (inner: Lane): Lane => ({
    id: inner.id, epoch: inner.epoch,
    flush: (ops): Promise<FlushResult> => inner.flush(tamper(ops, () => ++calls)),
    holds: () => inner.holds(),
    serve: (kinds) => inner.serve(kinds),
    close: () => inner.close(),
  })
  return instead(store, { openLane: async () => lane(await store.openLane()) })
}

function hiding(store: Store): Store {
  return instead(store, {
    load: async (key) => {
      const loaded = await store.load(key)
      return loaded === undefined ? undefined : { ...loaded, journal: loaded.journal.slice(0, -1) }
    },
  })
}

function instead(store: Store, changed: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, property) => {
      const value: unknown = property in changed ? Reflect.get(changed, property) : Reflect.get(target, property)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    },
  })
}
