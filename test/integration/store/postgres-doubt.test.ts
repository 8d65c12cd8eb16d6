// Flushes whose connection breaks: before they are sent, while they are carried out, and after they were kept and before anybody is told. The lane
// goes on with the next connection; each flush takes effect once, and its answers are those that the server gave.
import pg from 'pg'
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { LaneFencedError } from '../../../src/errors.ts'
import type { Lane, LaneWatch, StoreOp } from '../../../src/store/port.ts'
import { postgresStore, type PostgresStore } from '../../../src/store/postgres/index.ts'
import { ask, claim, collect, finish, keyOf, mark, pairs, record, refused, release, reopen, rowOf, runId, send, start, startWithKey } from '../../../src/testing/store-cases/samples.ts'
import { Proxy } from '../../postgres/proxy.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

/** What a complete answer of the server to a flush holds. */
const DONE = (reply: Buffer): boolean => reply.includes('SELECT ') || reply.includes('COMMIT')

describePostgres('a lane whose connection breaks', () => {
  let at: ReturnType<typeof makeSchema>
  let proxy: Proxy
  const schemas: ReturnType<typeof makeSchema>[] = []

  beforeEach(async () => {
    at = makeSchema()
    schemas.push(at)
    proxy = new Proxy(at.url)
    await proxy.open()
  })
  afterAll(async () => {
    for (const schema of schemas) await schema.drop()
  })

  async function open(more: { leaseMs?: number; direct?: boolean; lane?: string } = {}): Promise<PostgresStore> {
    const store = await postgresStore({ url: more.direct === true ? at.url : proxy.url(at.url), schema: at.schema, leaseMs: more.leaseMs ?? 4000, ...(more.lane === undefined ? {} : { lane: more.lane }) })
    onTestFinished(async () => {
      await store.close().catch(() => undefined)
      await proxy.cut()
    })
    return store
  }

  /** A lane through the proxy, and a store that sees the database whatever becomes of that. */
  async function rig(): Promise<{ lane: Lane; store: PostgresStore }> {
    const lane = await (await open()).openLane()
    // One flush, so that the driver has no more to prepare.
    await lane.flush([start(100), finish(100)])
    return { lane, store: await open({ direct: true }) }
  }

  test.each<[string, readonly StoreOp[], readonly StoreOp[]]>([
    ['of one segment without answers', [start(1)], [record(1, 1), mark(1), record(1, 2)]],
    ['of one segment with answers', [start(1), startWithKey(2, 'k'), start(3), release(3, { wakeAt: 5 }), start(4)], [startWithKey(9, 'k'), send(1, 'm'), finish(1), finish(4), claim(5)]],
    ['of several parts', [start(1), finish(1, { status: 'failed', output: null }), start(2)], [reopen(1), record(2, 1), send(2, 'm'), finish(2), reopen(2)]],
  ])('after a flush %s was kept learns what came of it', async (_, before, ops) => {
    const { lane, store } = await rig()
    await lane.flush(before)
    const { epoch } = lane
    proxy.swallowReply(DONE)
    const answers = pairs(await lane.flush(ops))
    expect(lane.epoch).toBeGreaterThan(epoch)
    const seen = await Promise.all([1, 2, 3, 4].map((number) => store.load(keyOf(number))))
    // The same without a broken connection, in a schema of its own.
    const other = makeSchema()
    schemas.push(other)
    const sound = await postgresStore({ url: other.url, schema: other.schema })
    onTestFinished(() => sound.close())
    const soundLane = await sound.openLane()
    await soundLane.flush(before)
    expect(answers).toEqual(pairs(await soundLane.flush(ops)))
    const plain = (all: typeof seen): unknown => JSON.parse(JSON.stringify(all, (key, value: unknown) => (key === 'lane' || key === 'epoch' ? value !== null : value)))
    expect(plain(seen)).toEqual(plain(await Promise.all([1, 2, 3, 4].map((number) => sound.load(keyOf(number))))))
    expect(await collect(store.check())).toEqual([])
    await lane.flush([start(50), finish(50)])
  })

  test('before a flush was sent sends it on the next', async () => {
    const { lane, store } = await rig()
    proxy.shake()
    expect(pairs(await lane.flush([start(1), record(1, 1)]))).toEqual([])
    expect((await store.load(keyOf(1)))?.journal).toHaveLength(1)
  })

  test('while a flush waits for a lock lets it be over before it begins anew', async () => {
    const { lane, store } = await rig()
    await lane.flush([start(1)])
    const blocker = new pg.Client({ connectionString: at.url })
    await blocker.connect()
    onTestFinished(() => blocker.end())
    await blocker.query(`begin; select * from ${at.schema}.runs where run = '${runId(1)}' for update`)
    const flight = lane.flush([record(1, 1), send(1, 'm')])
    await new Promise((resolve) => setTimeout(resolve, 150))
    proxy.shake()
    await new Promise((resolve) => setTimeout(resolve, 150))
    await blocker.query('commit')
    expect(pairs(await flight)).toEqual([[1, { answer: 'sent', owned: true }]])
    const loaded = await store.load(keyOf(1))
    expect([loaded?.journal.length, loaded?.mail.length, loaded?.run.inboxCount]).toEqual([1, 1, 1])
  })

  test('keeps what it owns when it comes back within its lease', async () => {
    const { lane, store } = await rig()
    await lane.flush([start(1), start(2)])
    for (let times = 0; times < 5; times++) {
      proxy.shake()
      await lane.flush([record(1, times + 1)])
    }
    expect([(await rowOf(store, 1)).crashes, (await rowOf(store, 2)).lane]).toEqual([0, lane.id])
    expect(pairs(await lane.flush([finish(1), finish(2)]))).toEqual([])
    expect(await collect(store.check())).toEqual([])
  })

  test('and that was taken over meanwhile changes nothing more and says that it is over', async () => {
    const store = await open({ direct: true, lane: 'other' })
    const through = await open({ leaseMs: 60_000, lane: 'a' })
    const lost: unknown[] = []
    const watch: LaneWatch = { onDue: () => undefined, onMail: () => undefined, onKinds: () => undefined, onUnserved: () => undefined, onConnected: () => undefined, onLost: (error) => lost.push(error), onDrain: () => undefined }
    const lane = await through.openLane({ watch })
    await lane.flush([start(1)])
    await proxy.cut()
    const flight = refused(lane.flush([record(1, 1)]), LaneFencedError)
    const next = await (await open({ direct: true, lane: 'a' })).openLane()
    await proxy.open()
    await flight
    await refused(lane.flush([record(1, 1)]), LaneFencedError)
    expect(lost).toHaveLength(1)
    expect(lane.holds()).toBe(false)
    expect(await ask(next, claim(0))).toEqual({ answer: 'claimed', runs: [keyOf(1)] })
    expect((await store.load(keyOf(1)))?.journal).toEqual([])
    // Who lost the name does not take it back: the two would fence each other for ever.
    const other = await through.openLane()
    expect(other.id).not.toBe(next.id)
    expect(pairs(await next.flush([record(1, 1)]))).toEqual([])
    expect(pairs(await other.flush([start(7)]))).toEqual([])
  })

  test('and whose lease runs out without it refuses what waits', async () => {
    const through = await open({ leaseMs: 600 })
    const lane = await through.openLane()
    await lane.flush([start(1)])
    await proxy.cut()
    const since = performance.now()
    await refused(lane.flush([record(1, 1)]), LaneFencedError)
    expect(performance.now() - since).toBeLessThan(3000)
    expect(lane.holds()).toBe(false)
    await proxy.open()
    const again = await through.openLane()
    expect(await ask(again, claim(0))).toEqual({ answer: 'claimed', runs: [keyOf(1)] })
    expect((await rowOf(through, 1)).crashes).toBe(0)
  })
})
