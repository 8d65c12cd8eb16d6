// No statement of a flush goes through all runs or all of the journal, on an empty store, on a filled one that was never analysed, and on a
// filled one that was: the server tells how it ran each (auto_explain) and how many rows it looked at. Lists and lookups likewise.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunFilter, StoreOp } from '../../../src/store/port.ts'
import { setUp } from '../../../src/store/postgres/connection.ts'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { RunLoader } from '../../../src/store/postgres/load.ts'
import { plan } from '../../../src/store/postgres/plan.ts'
import { listQuery } from '../../../src/store/postgres/run-list.ts'
import { Segment } from '../../../src/store/postgres/segment.ts'
import { FLUSH } from '../../../src/store/postgres/statements.ts'
import { claim, consume, finish, mark, record, release, send, start, startWithKey } from '../../../src/testing/store-cases/samples.ts'
import { known } from './postgres-known.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

const RUNS = 20_000
/** Tables with a row per lane or per kind of runs: they may be read as a whole once they have been counted. */
const SMALL = /Seq Scan on (?:lane_flushes|run_kinds)\b/
/** Far below the number of runs, well above what a small flush or a page touches. */
const MANY_ROWS = 400

/** Ended runs, and one in ten alive: owned by another lane, waiting for a time far off, or parked. */
const FILL = `
  insert into spaces (id) values (0), (1), (2);
  insert into lanes (id, epoch, is_open, opened_at, held_since, lease_until, holder) values ('other', 1, true, now(), now(), now() + interval '1 hour', 'x');
  insert into run_kinds (queue, workflow, version) select 'default', 'w' || i, '1' from generate_series(0, 6) i;
  insert into run_starts select i, i % 3, 'run' || lpad(i::text, 8, '0'), 'w' || i % 7, '1', 'default', 'j:1', i, null, null from generate_series(1, ${RUNS}) i;
  insert into runs select no, space, run, created_at, 1 + no % 7, 1, case no % 3 when 0 then 'running' when 1 then 'waiting' else 'parked' end, null, case no % 3 when 1 then 9000000 + no end,
    case no % 3 when 0 then 'other' end, case no % 3 when 0 then 1 end, 0, 0, 0 from run_starts where no % 10 = 0;
  insert into run_ends select no, space, created_at, 1, case when no % 50 = 1 then 'failed' else 'completed' end, 'j:1', null, no + 5, 0, 0, 0 from run_starts where no % 10 <> 0;
  insert into journal select no, 1, 's' || k, k, 'step', 'completed', 'effect', null, null, null, null, 'j:1', null, 1, 1, 1, null, 1 from run_starts, generate_series(1, 3) k;
  insert into inbox select no, 1, 'm', 'cancel', null, 1, 1 from run_starts where no % 10 = 0;
  insert into keys select 0, 'key' || no, run, no, 'h', 1, 900000000 from run_starts;
`

const flush: readonly StoreOp[] = [
  ...[1, 2, 3, 4, 5, 6].flatMap((number): StoreOp[] => [start(number, { createdAt: RUNS + number }), record(number, 1), record(number, 2), mark(number)]),
  startWithKey(7, 'k'), send(1, 'm'), send(2, 'm'), consume(1, [1]), { op: 'wake', run: start(3).run, wakeAt: 5 },
  finish(1, { inboxSeen: 1 }), finish(3), finish(4), release(5, { wakeAt: 7 }), claim(10, 5),
]
const next: readonly StoreOp[] = [...[2, 6, 7].map((number) => record(number, 3)), send(2, 'n'), consume(2, [1, 2]), finish(2, { inboxSeen: 2 }), finish(6), release(7), claim(10, 5)]

const pages: readonly RunFilter[] = [{}, { space: 1 }, { workflow: 'w1' }, { since: 5, until: 9000 }, { status: ['failed'] }, { status: ['failed', 'cancelled'], space: 1 }]

describePostgres('how the server runs what a PostgreSQL store asks', () => {
  describe.each(['empty', 'filled', 'filled and analysed'])('on a store that is %s', (state) => {
    const at = makeSchemaLater()
    let client: pg.Client
    let notices: string[] = []
    let epoch = 0

    beforeAll(async () => {
      const { url, schema, query } = at.make()
      const store = await postgresStore({ url, schema, lane: 'a' })
      epoch = (await store.openLane()).epoch
      if (state !== 'empty') await query(FILL)
      if (state === 'filled and analysed') await query('analyze')
      await store.close()
      client = new pg.Client({ connectionString: url })
      await client.connect()
      await setUp(client, { url, schema, leaseMs: 15_000, pooled: false }, 60_000)
      client.on('notice', ({ message }) => notices.push(message ?? ''))
      await client.query(`
        load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
        set auto_explain.log_analyze = on; set auto_explain.log_timing = off; set client_min_messages = log`)
    })
    afterAll(async () => {
      await client.end()
      await at.drop()
    })

    /** The plans of all that `work` ran. */
    async function plans(work: () => Promise<unknown>): Promise<readonly string[]> {
      notices = []
      await work()
      return notices.filter((notice) => notice.includes('Query Text'))
    }

    async function flushed(ops: readonly StoreOp[]): Promise<readonly string[]> {
      const parts = plan(ops, { ...known, doubt: null })
      expect(parts.length).toBe(1)
      return plans(async () => {
        for (const part of parts) if (part instanceof Segment) await client.query({ ...FLUSH, values: [...part.parameters('a', epoch), 1] })
      })
    }

    test('a flush looks at no more rows than it is about', async () => {
      for (const ops of [flush, next]) {
        const found = await flushed(ops)
        expect(found.length).toBeGreaterThan(10)
        expect(found.flatMap((text) => [...readingMuch(text), ...readingAll(text)])).toEqual([])
      }
    })

    test('a claim looks at no more rows than it takes, however many are due', async () => {
      const found = await flushed([claim(Number.MAX_SAFE_INTEGER, 5)])
      expect(found.flatMap((text) => [...readingMuch(text), ...readingAll(text)])).toEqual([])
    })

    test('mail for a run that has had much of it is looked up by its id, whatever the size of the table when that was planned', async () => {
      const told = { space: 0, run: start(50).run.run, id: 'end', kind: 'child', body: null, sentAt: 1 } as const
      await flushed([start(50), start(51), start(52), send(50, 'first'), consume(50, [1]), finish(51, { tell: told })])
      const { rows: [parent] } = await client.query<{ no: string }>('select no from run_starts where run = $1', [start(50).run.run])
      await client.query(`insert into inbox select $1, i, 'mail' || i, 'signal', null, 1, 1 from generate_series(3, ${RUNS}) i`, [parent?.no])
      await client.query(`update runs set inbox_count = ${RUNS} where no = $1`, [parent?.no])
      const found = await flushed([send(50, 'new'), send(50, 'mail700'), consume(50, [900]), finish(52, { tell: { ...told, id: 'other' } })])
      expect(found.flatMap((text) => [...readingMuch(text), ...readingAll(text)])).toEqual([])
      const { rows } = await client.query('select inbox_count, unread from runs where no = $1', [parent?.no])
      expect(rows).toEqual([{ inbox_count: String(RUNS + 2), unread: '3' }])
    })

    test('runs that are loaded together are read by their numbers alone', async () => {
      // The driver of a store's own connections gives whole numbers as numbers.
      const numbers = ({ rows }: pg.QueryResult<Record<string, unknown>>): unknown => ({ rows: rows.map((row) => ({ ...row, at: Number(row['at']), no: Number(row['no']) })) })
      const query = async (text: string, values?: unknown[]): Promise<unknown> => (values === undefined ? client.query(text) : numbers(await client.query(text, values)))
      const loader = new RunLoader({ query } as unknown as pg.Pool) // it only asks
      const keys = Array.from({ length: 30 }, (_, index) => ({ space: (index + 1) % 3, run: `run${String(index + 1).padStart(8, '0')}` }))
      const found = await plans(() => Promise.all(keys.map((key) => loader.load(key).catch(() => undefined)))) // the filling has no checksums
      expect(found.length).toBe(state === 'empty' ? 1 : 6)
      expect(found.flatMap(readingMuch)).toEqual([])
    })

    test.each(pages)('a page of runs looks at no more rows than it needs: %j', async (filter) => {
      for (const cursor of [undefined, { createdAt: RUNS / 2, no: RUNS / 2 }]) {
        const { text, values } = listQuery(filter, cursor, 51)
        const found = await plans(() => client.query(text, [...values]))
        expect(found.length).toBe(1)
        expect(found.flatMap(readingMuch)).toEqual([])
      }
    })
  })

  test('the check of plans finds one that goes through all', () => {
    expect(readingAll('Query Text: x\n  Seq Scan on journal  (cost=1 rows=1) (actual rows=1 loops=1)')).toHaveLength(1)
    expect(readingMuch('Query Text: x\n  Index Scan using runs_pkey on runs l  (cost=1 rows=1) (actual rows=50 loops=20)')).toHaveLength(1)
    expect(readingMuch('Query Text: x\n  Index Scan using runs_pkey on runs l  (cost=1 rows=1) (actual rows=1 loops=20)\n    Rows Removed by Filter: 1000')).toHaveLength(1)
    expect(readingMuch('Query Text: x\n  Index Scan using runs_pkey on runs l  (cost=1 rows=1) (actual rows=1 loops=20)')).toHaveLength(0)
  })
})

/** The lines of a plan that read a whole table: of a flush, whose plans are kept, none may, not even while the table is empty. */
function readingAll(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.includes('Seq Scan on ') && !SMALL.test(line))
}

/** The lines of a plan that read many rows. */
function readingMuch(text: string): readonly string[] {
  return text.split('\n').filter((line) => {
    const [, rows = '0', loops = '1'] = /actual rows=([\d.]+) loops=(\d+)/.exec(line) ?? []
    const [, removed = '0'] = /Rows Removed by .*: (\d+)/.exec(line) ?? []
    return Number(rows) * Number(loops) > MANY_ROWS || Number(removed) > MANY_ROWS
  })
}

/** A schema that is made in a hook: without a server there is none to make. */
function makeSchemaLater(): { make(): ReturnType<typeof makeSchema>; drop(): Promise<void> } {
  let made: ReturnType<typeof makeSchema> | undefined
  return {
    make() {
      made = makeSchema()
      return made
    },
    async drop() {
      await made?.drop()
    },
  }
}
