// Bugs planted in the store and in what engines are told: the simulation of many workers must find each within some hundred seeds, or its silence
// means nothing.
import { expect, test } from 'vitest'
import type { MemoryServer } from '../../src/store/memory/server.ts'
import type { FlushResult, Lane, StoreOp } from '../../src/store/port.ts'
import { simulateCluster } from '../../src/testing/cluster.ts'
import type { ClusterOptions } from '../../src/testing/cluster.ts'
import { clusterShapes } from './shapes.ts'
import { withLane } from './with-lane.ts'

const MOST_SEEDS = 300
const shapes = clusterShapes()

type Planted = Pick<ClusterOptions, 'spoil' | 'wrap'>

const spoilt = (change: Partial<Record<keyof MemoryServer, unknown>>): Planted => ({ spoil: (server) => void Object.assign(server, change) })

test.each<[string, RegExp, Planted]>([
  ['a flush that does not prove its epoch', /^K6 a flush of/, spoilt({ proves: () => true })],
  ['a takeover before the sweeper has held its own lease', /^K7 .* before it had held its own lease/, spoilt({ maySweep: () => true })],
  ['records written out of their order', /^K3 the journal/, { wrap: (store) => withLane(store, (lane) => ({ flush: laterFirst(lane) })) }],
  ['a flush whose reply was lost, sent again as a new one', /^K/, spoilt({ keptFlush: () => null })],
  ['runs of the dead that are freed only when a process starts', /^K7/, spoilt({ maySweep: () => false })],
  ['bodies begun without a lease', /^K6 .* began in/, { wrap: (store) => withLane(store, () => ({ holds: () => true })) }],
  ['a claim by a clock that is ahead of the store', /^K8/, { wrap: (store) => withLane(store, (lane) => ({ flush: (ops) => lane.flush(ops.map((op) => (op.op === 'claim' ? { ...op, now: op.now + 60 } : op))) })) }],
  ['cancels that are accepted and not kept', /^K9/, { wrap: (store) => withLane(store, (lane) => ({ flush: forgetsMail(lane) })) }],
  ['starts that are acknowledged and not kept', /^K1/, { wrap: (store) => withLane(store, (lane) => ({ flush: (ops) => lane.flush(ops.filter((op) => op.op !== 'start')) })) }],
  ['a claim of runs whose version the worker does not have', /^K12/, { wrap: (store) => withLane(store, (lane) => ({ flush: (ops) => lane.flush(ops.map((op) => (op.op === 'claim' ? { ...op, kinds: null } : op))) })) }],
])('%s is found', { timeout: 300_000 }, async (_name, broken, planted) => {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const first = (seed * 5) % shapes.length
    const { violations } = await simulateCluster({ seed, shapes: [...shapes, ...shapes].slice(first, first + 3), ...planted })
    if (violations.some((violation) => broken.test(violation))) return
  }
  expect.fail(`not found in ${MOST_SEEDS} seeds`)
})

/** Every second record is kept back until the flush after the next one. */
function laterFirst(lane: Lane): Lane['flush'] {
  let kept: StoreOp | null = null
  let count = 0
  return (ops) => {
    const more = kept === null ? [] : [kept]
    kept = null
    const record = ops.find((op) => op.op === 'record')
    if (record !== undefined && ++count % 2 === 0) kept = record
    return lane.flush([...ops.filter((op) => op !== kept), ...more])
  }
}

function forgetsMail(lane: Lane): Lane['flush'] {
  return async (ops): Promise<FlushResult> => {
    const kept = ops.filter((op) => op.op !== 'send')
    if (kept.length === ops.length) return lane.flush(ops)
    const { answers } = await lane.flush(kept)
    const given = new Map([...answers].map(([index, answer]) => [ops.indexOf(kept[index] as StoreOp), answer]))
    for (const [index, op] of ops.entries()) if (op.op === 'send') given.set(index, { answer: 'sent', owned: true })
    return { answers: given }
  }
}
