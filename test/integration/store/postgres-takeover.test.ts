// A lane that is taken over while it writes, renews, closes or gets mail: every order in which two transactions can meet at a lock, with the
// first standing still there. The lanes are rows made by hand, so that no heartbeat of a living one comes in between.
import pg from 'pg'
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { StoreOp } from '../../../src/store/port.ts'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { plan } from '../../../src/store/postgres/plan.ts'
import { Segment } from '../../../src/store/postgres/segment.ts'
import { FLUSH_PART, LANE_SQL, tickSql } from '../../../src/store/postgres/statements.ts'
import { claim, finish, record, release, runId, send, start } from '../../../src/testing/store-cases/samples.ts'
import { known } from './postgres-known.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

const LEASE_MS = 1000
const DAY_MS = 86_400_000

interface Answer {
  readonly answer: string
  readonly text_a: string | null
}

describePostgres('taking a lane over', () => {
  let at: ReturnType<typeof makeSchema>
  const schemas: ReturnType<typeof makeSchema>[] = []

  beforeEach(async () => {
    at = makeSchema()
    schemas.push(at)
    await (await postgresStore({ url: at.url, schema: at.schema })).close()
    await at.query(`insert into run_kinds (queue, workflow, version) values ('default', 'onboard', '1.0.0')`)
  })
  afterAll(async () => {
    for (const schema of schemas) await schema.drop()
  })

  /** A lane whose lease ran out, or holds, `agoMs` ago; it has been held for an hour. */
  async function lane(id: string, { lapsedMs = -60_000, heldMs = 3_600_000 } = {}): Promise<void> {
    await at.query(
      `insert into lanes (id, epoch, is_open, opened_at, held_since, lease_until, holder) values ($1, 1, true, now(), now() - $2 * interval '1 ms', now() - $3 * interval '1 ms', $1)`,
      [id, heldMs, lapsedMs],
    )
  }

  /** A connection; `begin` it to let what it does stand. */
  async function connection(): Promise<Connection> {
    const client = new pg.Client({ connectionString: at.url })
    await client.connect()
    onTestFinished(() => client.end())
    await client.query(`set search_path = ${at.schema}; set lock_timeout = 5000`)
    return new Connection(client, at.schema)
  }

  const rows = async (sql: string): Promise<unknown[]> => (await at.query(sql)).rows

  /** True while the work is not done after a while: it waits for a lock. */
  async function waits(work: Promise<unknown>): Promise<boolean> {
    work.catch(() => undefined)
    return Promise.race([work.then(() => false, () => false), new Promise<boolean>((resolve) => setTimeout(resolve, 150, true))])
  }

  async function rig(): Promise<{ a: Connection; b: Connection }> {
    await lane('a', { lapsedMs: 5000 })
    await lane('b')
    const [a, b] = [await connection(), await connection()]
    await a.flush('a', [start(1), start(2), record(1, 1)])
    return { a, b }
  }

  test('frees what it owned, counts the crash, and fences it', async () => {
    const { a, b } = await rig()
    expect(await b.tick('b')).toMatchObject({ freed: 2 })
    expect(await rows('select lane, epoch, crashes::int, wake_at from runs order by no')).toEqual([{ lane: null, epoch: null, crashes: 1, wake_at: null }, { lane: null, epoch: null, crashes: 1, wake_at: null }])
    await expect(a.flush('a', [record(1, 2)])).rejects.toMatchObject({ code: 'WU001' })
    await expect(a.tick('a')).rejects.toMatchObject({ code: 'WU001' })
    expect(await b.flush('b', [claim(0)])).toMatchObject([{ text_a: runId(1) }, { text_a: runId(2) }])
  })

  test('is not waited for by a lane that is alone, however long it has held its own lease', async () => {
    await lane('a')
    const a = await connection()
    expect(await a.tick('a')).toMatchObject({ lapse_in_ms: null })
    await lane('b')
    expect(Number((await a.tick('a'))?.['lapse_in_ms'])).toBeGreaterThan(30_000)
  })

  test('passes over a lane whose flush stands, and takes it once that is done', async () => {
    const { a, b } = await rig()
    await a.begin()
    await a.flush('a', [record(1, 2)])
    const tick = b.tick('b')
    expect(await waits(tick)).toBe(false)
    expect(await tick).toMatchObject({ freed: 0 })
    await a.commit()
    expect(await b.tick('b')).toMatchObject({ freed: 2 })
    expect(await rows('select count(*)::int as n from journal')).toEqual([{ n: 2 }])
  })

  test.each([['commits', true], ['is taken back', false]])('lets a flush wait that comes while it stands; when it %s the flush is refused or goes on', async (_, commits) => {
    const { a, b } = await rig()
    await b.begin()
    expect(await b.tick('b')).toMatchObject({ freed: 2 })
    const flight = a.flush('a', [record(1, 2), finish(2)])
    expect(await waits(flight)).toBe(true)
    if (commits) {
      await b.commit()
      await expect(flight).rejects.toMatchObject({ code: 'WU001' })
      expect(await rows('select count(*)::int as n from journal')).toEqual([{ n: 1 }])
      expect(await rows('select count(*)::int as n from run_ends')).toEqual([{ n: 0 }])
    } else {
      await b.rollback()
      await flight
      expect(await rows('select (select count(*) from journal)::int as records, (select count(*) from run_ends)::int as ends')).toEqual([{ records: 2, ends: 1 }])
    }
  })

  test('by two at once happens once', async () => {
    const { b } = await rig()
    await lane('c')
    const c = await connection()
    await b.begin()
    expect(await b.tick('b')).toMatchObject({ freed: 2 })
    expect(await c.tick('c')).toMatchObject({ freed: 0 })
    await b.commit()
    expect(await c.tick('c')).toMatchObject({ freed: 0 })
    expect(await rows('select max(crashes)::int as crashes from runs')).toEqual([{ crashes: 1 }])
  })

  test('loses against a renewal that came first, and the holder has held it anew since then', async () => {
    const { a, b } = await rig()
    await a.begin()
    await a.tick('a')
    const tick = b.tick('b')
    expect(await waits(tick)).toBe(false)
    expect(await tick).toMatchObject({ freed: 0 })
    await a.commit()
    expect(await b.tick('b')).toMatchObject({ freed: 0 })
    expect(await rows(`select held_since > now() - interval '5 s' as anew from lanes where id = 'a'`)).toEqual([{ anew: true }])
    await a.flush('a', [record(1, 2)])
  })

  test('wins against a renewal that comes while it stands', async () => {
    const { a, b } = await rig()
    await b.begin()
    await b.tick('b')
    const renewal = a.tick('a')
    expect(await waits(renewal)).toBe(true)
    await b.commit()
    await expect(renewal).rejects.toMatchObject({ code: 'WU001' })
  })

  test('is not for a lane that has held its own lease for less than a lease time', async () => {
    await lane('young', { heldMs: LEASE_MS / 2 })
    await rig()
    const young = await connection()
    const ticked = await young.tick('young')
    expect(ticked).toMatchObject({ freed: 0 })
    // It knows when it may.
    expect(Number(ticked?.['lapse_in_ms'])).toBeGreaterThan(0)
    expect(Number(ticked?.['lapse_in_ms'])).toBeLessThanOrEqual(LEASE_MS / 2)
    await at.query(`update lanes set held_since = now() - interval '2 s' where id = 'young'`)
    expect(await young.tick('young')).toMatchObject({ freed: 2 })
  })

  test('is not for a lane whose own lease had a gap', async () => {
    await rig()
    await lane('gap', { lapsedMs: 10 })
    const gap = await connection()
    expect(await gap.tick('gap')).toMatchObject({ freed: 0 })
    expect(await gap.tick('gap')).toMatchObject({ freed: 0 })
  })

  test('neither renewing nor flushing keeps the other waiting', async () => {
    const { a } = await rig()
    await a.begin()
    await a.flush('a', [record(1, 2)])
    const other = await connection()
    expect(await waits(other.tick('a'))).toBe(false)
    await a.commit()
    await other.begin()
    await other.tick('a')
    expect(await waits(a.flush('a', [record(1, 3)]))).toBe(false)
    await other.commit()
  })

  test('leaves runs unclaimed until it is kept', async () => {
    const { b } = await rig()
    await lane('c')
    const c = await connection()
    await b.begin()
    await b.tick('b')
    expect(await c.flush('c', [claim(0)])).toEqual([])
    await b.commit()
    expect(await c.flush('c', [claim(0)])).toHaveLength(2)
  })

  test('and mail to its runs wait for each other: the mail wakes the run', async () => {
    const { b } = await rig()
    await lane('c')
    const c = await connection()
    await b.begin()
    await b.tick('b')
    const mail = c.flush('c', [send(1, 'm', { sentAt: 300 })])
    expect(await waits(mail)).toBe(true)
    await b.commit()
    expect(await mail).toMatchObject([{ answer: 'sent' }])
    expect(await rows('select wake_at::int, unread::int from runs where run = $$' + runId(1) + '$$')).toEqual([{ wake_at: 300, unread: 1 }])
  })

  test('that closes in order meanwhile ends in order: no crash is counted', async () => {
    const { a, b } = await rig()
    await a.begin()
    await a.query(LANE_SQL.lock, ['a'])
    await a.query(LANE_SQL.free, ['a', 0])
    await a.query(LANE_SQL.close, ['a', 1])
    expect(await b.tick('b')).toMatchObject({ freed: 0 })
    const claimed = b.flush('b', [claim(0)])
    expect(await claimed).toEqual([])
    await a.commit()
    expect(await b.tick('b')).toMatchObject({ freed: 0 })
    expect(await b.flush('b', [claim(0)])).toHaveLength(2)
    expect(await rows('select max(crashes)::int as crashes from runs')).toEqual([{ crashes: 0 }])
  })

  test('a tick tells of mail, due runs and kinds, and of runs that nobody serves', async () => {
    await lane('b')
    const b = await connection()
    await b.flush('b', [start(1), start(2), release(2, { wakeAt: Date.now() + 4000 }), send(1, 'm')])
    const ticked = await b.tick('b', [1])
    expect(JSON.parse(String(ticked?.['mail']))).toEqual([[0, runId(1), 1]])
    expect(Number(ticked?.['due_in_ms'])).toBeGreaterThan(2000)
    expect(Number(ticked?.['due_in_ms'])).toBeLessThanOrEqual(4000)
    expect(ticked).toMatchObject({ last_kind: '1', unserved: [] })
    await at.query('update runs set wake_at = 5 where lane is null')
    expect((await b.tick('b', []))?.['unserved']).toEqual(['1'])
    await lane('c')
    await at.query(`update lanes set kinds = '{1}' where id = 'c'`)
    expect((await b.tick('b', []))?.['unserved']).toEqual([])
  })
})

class Connection {
  readonly #client: pg.Client
  readonly #schema: string

  constructor(client: pg.Client, schema: string) {
    this.#client = client
    this.#schema = schema
  }

  begin = (): Promise<unknown> => this.#client.query('begin')
  commit = (): Promise<unknown> => this.#client.query('commit')
  rollback = (): Promise<unknown> => this.#client.query('rollback')
  query = (sql: string, values: unknown[]): Promise<unknown> => this.#client.query(sql, values)

  async flush(lane: string, ops: readonly StoreOp[]): Promise<readonly Answer[]> {
    const answers: Answer[] = []
    for (const part of plan(ops, { ...known, doubt: null })) {
      if (part instanceof Segment) answers.push(...(await this.#client.query<Answer>({ ...FLUSH_PART, values: part.parameters(lane, 1) })).rows)
    }
    return answers
  }

  async tick(lane: string, kinds: readonly number[] = []): Promise<Record<string, unknown> | undefined> {
    const { rows } = await this.#client.query<Record<string, unknown>>(tickSql(this.#schema), [lane, lane, LEASE_MS, kinds, DAY_MS])
    return rows[0] === undefined ? undefined : { ...rows[0], freed: Number(rows[0]['freed']) }
  }
}
