// Many lanes on one PostgreSQL: each on its own runs, all on each other's mail and keys; who comes second sees what the first did, at
// every place where one waits for a lock of the other. The other lane stands still in the middle of its transaction there.
import pg from 'pg'
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { LaneFencedError, StoreFailedError, StoreTooNewError } from '../../../src/errors.ts'
import type { Lane, StoreOp } from '../../../src/store/port.ts'
import { postgresStore, type PostgresStore } from '../../../src/store/postgres/index.ts'
import { plan } from '../../../src/store/postgres/plan.ts'
import { Segment } from '../../../src/store/postgres/segment.ts'
import { FLUSH_PART } from '../../../src/store/postgres/statements.ts'
import { ask, claim, claimed, collect, consume, finish, keyOf, pairs, record, refused, release, reopen, rowOf, runId, saveWorkflow, send, start, startWithKey } from '../../../src/testing/store-cases/samples.ts'
import { known } from './postgres-known.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

const define: StoreOp = { op: 'definition', hash: 'h', workflow: 'w', body: '{}', at: 1 }

/** Connections of a store that wait for a lock. */
const WAITING = 'select s.pid from pg_stat_activity s where s.application_name = $1 and exists (select 1 from pg_locks l where l.pid = s.pid and not l.granted)'

/** A lane whose flush has been carried out and is not committed yet. */
interface Standing {
  /** Carries out more in the same transaction. */
  also(ops: readonly StoreOp[]): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
}

describePostgres('lanes of PostgreSQL stores', () => {
  let at: ReturnType<typeof makeSchema>
  const schemas: ReturnType<typeof makeSchema>[] = []

  beforeEach(() => {
    at = makeSchema()
    schemas.push(at)
  })
  afterAll(async () => {
    for (const schema of schemas) await schema.drop()
  })

  async function open(lane?: string): Promise<PostgresStore> {
    const store = await postgresStore({ url: at.url, schema: at.schema, ...(lane === undefined ? {} : { lane }) })
    onTestFinished(() => store.close())
    return store
  }

  async function two(): Promise<{ readonly store: PostgresStore; readonly a: Lane; readonly b: Lane }> {
    const [one, other] = [await open('a'), await open('b')]
    return { store: one, a: await one.openLane(), b: await other.openLane() }
  }

  /** Carries out a flush of a lane as far as its commit. */
  async function stand(lane: Lane, ops: readonly StoreOp[]): Promise<Standing> {
    const client = new pg.Client({ connectionString: at.url })
    await client.connect()
    onTestFinished(() => client.end())
    await client.query(`set search_path = ${at.schema}`)
    await client.query('begin')
    const also = async (more: readonly StoreOp[]): Promise<void> => {
      for (const part of plan(more, { ...known, doubt: null })) {
        if (part instanceof Segment) await client.query({ ...FLUSH_PART, values: part.parameters(lane.id, lane.epoch) })
      }
    }
    await also(ops)
    return {
      also,
      async commit() {
        await client.query('commit')
      },
      async rollback() {
        await client.query('rollback')
      },
    }
  }

  /** Waits until some flush waits for a lock. */
  async function blocked(): Promise<void> {
    for (;;) {
      const { rows } = await at.query(WAITING, [`wumbo ${at.schema}`])
      if (rows.length > 0) return
    }
  }

  test('each lane writes its own runs, and none those of another', async () => {
    const { store, a, b } = await two()
    await Promise.all([a.flush([start(1), record(1, 1)]), b.flush([start(2), record(2, 1)])])
    expect([(await rowOf(store, 1)).lane, (await rowOf(store, 2)).lane]).toEqual(['a', 'b'])
    await expect(a.flush([record(2, 2)])).rejects.toThrow('the run ' + runId(2) + ' is not owned by this lane: it is running')
    expect(await ask(a, finish(2))).toEqual({ answer: 'lost' })
    expect(await claimed(b, Number.MAX_SAFE_INTEGER)).toEqual([])
  })

  test('stores without a name have lanes of their own, and the end of one leaves the others alone', async () => {
    const [one, other] = [await open(), await open()]
    const [a, b] = [await one.openLane(), await other.openLane()]
    expect(a.id).not.toBe(b.id)
    await a.flush([start(1)])
    await b.flush([start(2)])
    await a.close()
    expect([(await rowOf(other, 1)).lane, (await rowOf(other, 2)).lane]).toEqual([null, b.id])
    expect(await claimed(b, 0)).toEqual([1])
  })

  test('mail from another lane arrives, wakes, and keeps a run from ending unseen', async () => {
    const { store, a, b } = await two()
    await a.flush([start(1), start(2), release(2, { wakeAt: 9000 })])
    expect(pairs(await b.flush([send(1, 'm'), send(2, 'm')]))).toEqual([[0, { answer: 'sent', owned: true }], [1, { answer: 'sent', owned: false }]])
    expect(pairs(await a.flush([finish(1), consume(1, [1]), finish(1, { inboxSeen: 1 })]))).toEqual([[0, { answer: 'mail' }]])
    expect(await claimed(b, 0)).toEqual([2])
    expect(await collect(store.check())).toEqual([])
  })

  test('an end that waits for mail in the making sees it', async () => {
    const { store, a, b } = await two()
    await a.flush([start(1), start(2)])
    const mail = await stand(b, [send(1, 'm'), send(2, 'm')])
    const ends = a.flush([finish(1), release(2)])
    await blocked()
    await mail.commit()
    expect(pairs(await ends)).toEqual([[0, { answer: 'mail' }], [1, { answer: 'mail' }]])
    expect(await collect(store.check())).toEqual([])
  })

  test('mail that waits for an end finds the run ended, and one that waits for a release wakes it', async () => {
    const { store, a, b } = await two()
    await a.flush([start(1), start(2)])
    const ends = await stand(a, [finish(1), release(2, { wakeAt: 9000 })])
    const mail = b.flush([send(1, 'm'), send(2, 'm')])
    await blocked()
    await ends.commit()
    expect(pairs(await mail)).toEqual([[0, { answer: 'finished' }], [1, { answer: 'sent', owned: false }]])
    expect((await rowOf(store, 2)).wakeAt).toBe(300)
    expect(await collect(store.check())).toEqual([])
  })

  test('mail that waits for a claim finds the run owned', async () => {
    const { store, a, b } = await two()
    await a.flush([start(1), release(1)])
    const taking = await stand(a, [claim(0)])
    const mail = b.flush([send(1, 'm')])
    await blocked()
    await taking.commit()
    expect(pairs(await mail)).toEqual([[0, { answer: 'sent', owned: true }]])
    expect((await rowOf(store, 1)).wakeAt).toBe(null)
  })

  test('of two mails under one id, sent at once by two lanes, one is stored', async () => {
    const { store, a, b } = await two()
    await a.flush([start(1)])
    const first = await stand(a, [send(1, 'm')])
    const second = b.flush([send(1, 'm'), send(1, 'n')])
    await blocked()
    await first.commit()
    expect(pairs(await second)).toEqual([[0, { answer: 'sent', owned: true }], [1, { answer: 'sent', owned: true }]])
    expect((await store.load(keyOf(1)))?.mail.map(({ id, number }) => [id, number])).toEqual([['m', 1], ['n', 2]])
  })

  test('of two starts under one key, the second waits and is told of the first, or wins when that is taken back', async () => {
    const { store, a, b } = await two()
    const first = await stand(a, [startWithKey(1, 'k'), startWithKey(2, 'l')])
    const second = b.flush([startWithKey(3, 'k'), startWithKey(4, 'l', { hash: 'h2' })])
    await blocked()
    await first.commit()
    expect(pairs(await second)).toEqual([[0, { answer: 'exists', run: runId(1), hash: 'h1' }], [1, { answer: 'exists', run: runId(2), hash: 'h1' }]])
    expect(await store.getRun(keyOf(3))).toBe(undefined)

    const third = await stand(a, [startWithKey(5, 'm')])
    const fourth = b.flush([startWithKey(6, 'm')])
    await blocked()
    await third.rollback()
    expect(pairs(await fourth)).toEqual([])
    expect(await store.findKey(0, 'm')).toEqual({ run: runId(6), hash: 'h1' })
  })

  test('two claims at once share what is due, and neither waits', async () => {
    const { a, b } = await two()
    await a.flush([1, 2, 3, 4].flatMap((number) => [start(number), release(number, { wakeAt: number })]))
    const first = await stand(a, [claim(9, 2)])
    expect(await claimed(b, 9)).toEqual([3, 4])
    await first.commit()
    expect(await claimed(b, 9)).toEqual([])
  })

  test('a takeover waits for a flush in the making and takes what it did with it', async () => {
    const { a } = await two()
    await a.flush([start(1)])
    const last = await stand(a, [record(1, 1), start(2)])
    const next = await open('a')
    const taking = next.openLane()
    await blocked()
    await last.commit()
    const lane = await taking
    expect((await next.load(keyOf(1)))?.journal.length).toBe(1)
    expect([(await rowOf(next, 2)).lane, (await rowOf(next, 2)).crashes]).toEqual([null, 1])
    for (const op of [record(1, 2), define, claim(0)]) await refused(a.flush([op]), LaneFencedError)
    expect(await next.definition('h')).toBe(undefined)
    expect(await claimed(lane, 0)).toEqual([1, 2])
  })

  test('a flush that waits for a takeover is fenced', async () => {
    const { a } = await two()
    await a.flush([start(1)])
    const client = new pg.Client({ connectionString: at.url })
    await client.connect()
    onTestFinished(() => client.end())
    await client.query(`begin; update ${at.schema}.lanes set epoch = epoch + 1 where id = 'a'`)
    const flight = refused(a.flush([record(1, 1)]), LaneFencedError)
    await blocked()
    await client.query('commit')
    await flight
  })

  test('two lanes that send to the same runs in opposite orders do not stop each other', async () => {
    const { store, a, b } = await two()
    const numbers = Array.from({ length: 50 }, (_, index) => index + 1)
    await a.flush(numbers.map((number) => start(number)))
    for (let round = 0; round < 10; round++) {
      await Promise.all([a.flush(numbers.map((number) => send(number, `a${round}`))), b.flush([...numbers].reverse().map((number) => send(number, `b${round}`)))])
    }
    expect((await rowOf(store, 25)).inboxCount).toBe(20)
    expect(await collect(store.check())).toEqual([])
  })

  test('a flush that the server takes back to end a deadlock is done again, unchanged', async () => {
    const { store, a, b } = await two()
    await a.flush([start(1), start(2)])
    const other = await stand(b, [send(2, 'b')])
    const flight = a.flush([send(1, 'a'), define, send(2, 'a')])
    await blocked()
    await other.also([send(1, 'b')])
    await other.commit()
    expect(pairs(await flight)).toEqual([[0, { answer: 'sent', owned: true }], [2, { answer: 'sent', owned: true }]])
    expect((await store.load(keyOf(1)))?.mail.map(({ id }) => id)).toEqual(['b', 'a'])
    expect(await collect(store.check())).toEqual([])
  })

  test('of two lanes that reopen one run the second is refused', async () => {
    const { store, a, b } = await two()
    await a.flush([start(1), finish(1, { status: 'failed', output: null })])
    const answers = await Promise.all([ask(a, reopen(1)), ask(b, reopen(1))])
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1)
    expect(answers.find((answer) => answer !== undefined)?.answer).toBe('refused')
    expect((await store.load(keyOf(1)))?.generations).toHaveLength(1)
  })

  test('of two lanes that save versions of one new workflow at once, both are kept', async () => {
    const { store, a, b } = await two()
    const answers = await Promise.all([ask(a, saveWorkflow('h1')), ask(b, saveWorkflow('h2'))])
    expect(answers.map((answer) => answer?.answer)).toEqual(['workflow', 'workflow'])
    expect((await store.workflowVersions({ space: 0, name: 'onboard' })).map(({ hash }) => hash).sort()).toEqual(['h1', 'h2'])
  })

  test('a connection that would acknowledge before the disk, or keep one snapshot for a whole flush, is told not to', async () => {
    const url = new URL(at.url)
    url.searchParams.set('options', '-c synchronous_commit=off -c default_transaction_isolation=serializable -c search_path=public')
    const store = await postgresStore({ url: url.href, schema: at.schema })
    onTestFinished(() => store.close())
    expect(store.facts).toMatchObject({ synchronousCommit: 'on', isolation: 'read committed', schema: at.schema })
  })

  test('reads go on after their connections were broken', async () => {
    const { store, a } = await two()
    await a.flush([start(1)])
    await rowOf(store, 1)
    await at.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1 and state = 'idle' and query like '%run_rows%'`, [`wumbo ${at.schema}`])
    await expect.poll(() => rowOf(store, 1).then(({ run }) => run, () => 'failed')).toBe(runId(1))
  })

  test('stores that open one new schema at once make it once', async () => {
    const stores = await Promise.all([open(), open(), open(), open()])
    for (const store of stores) expect(store.facts).toMatchObject({ schema: at.schema })
    expect((await at.query('select count(*) as count from schema_version')).rows).toEqual([{ count: '1' }])
  })

  test('a schema of a newer Wumbo is refused', async () => {
    await (await open()).close()
    await at.query('update schema_version set version = 99')
    await refused(open(), StoreTooNewError)
  })

  test('a server that does not answer, and a name that is no schema, are refused', async () => {
    await refused(postgresStore({ url: 'postgres://postgres@127.0.0.1:1/postgres' }), StoreFailedError)
    await refused(postgresStore({ url: at.url, schema: 'a; drop schema b' }), StoreFailedError)
  })
})
