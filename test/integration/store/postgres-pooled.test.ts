// The PostgreSQL store behind a real PgBouncer in transaction mode: the same meaning, and workers that find each other's runs by looking.
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineWorkflow } from '../../../src/index.ts'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { storeConformance } from '../../../src/testing/store-conformance.ts'
import { pgbouncer, startPgbouncer, type Pooler } from '../../postgres/pgbouncer.ts'
import { postgresFactoryWith } from './factories.ts'
import { describePostgres, makeSchema, postgresUrl } from './postgres-server.ts'

/** Cases that show how statements are sent: where several go together, where they stand alone, what is refused. */
const CASES = /claim|lane|reopen|list|prune/

describe.skipIf(pgbouncer === undefined)(pgbouncer === undefined ? 'PgBouncer (left out: it is not installed)' : 'PgBouncer in transaction mode', () => {
  describePostgres('before the server', () => {
    let pooler: Pooler
    beforeAll(async () => {
      pooler = await startPgbouncer(postgresUrl ?? '')
    })
    afterAll(() => pooler.stop())

    async function onPooler(sql: string): Promise<unknown> {
      const client = new pg.Client({ connectionString: pooler.url })
      await client.connect()
      try {
        return ((await client.query(sql)) as unknown as readonly pg.QueryResult[])[2]?.rows[0]
      } finally {
        await client.end()
      }
    }

    for (const { name, run } of storeConformance(postgresFactoryWith({ more: () => ({ url: pooler.url, pooler: 'transaction' }) }))) if (CASES.test(name)) test(name, run)

    test('runs that one process starts are found by the workers, and nothing is left set on the server\'s connections', async () => {
      const { schema, drop } = makeSchema()
      const echo = defineWorkflow({ name: 'echo', input: z.object({ n: z.number() }), async run(ctx, input) { await ctx.sleep('nap', 1200); return input } })
      const open = async (more: object = {}): ReturnType<typeof createWumbo> => {
        const wumbo = await createWumbo({ store: await postgresStore({ url: pooler.url, schema, pooler: 'transaction', leaseMs: 3000 }), workflows: [echo], ...more })
        onTestFinished(() => wumbo.close())
        return wumbo
      }
      onTestFinished(drop)
      const workers = [await open(), await open(), await open()]
      const starter = await open({ queues: [], limits: { hotRuns: 0 } })
      const handles = await Promise.all(Array.from({ length: 60 }, (_, n) => starter.start(echo, { n })))
      expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(Array.from({ length: 60 }, (_, n) => ({ n })))
      expect((await workers[0]?.runs.list({ limit: 100 }))?.runs).toHaveLength(60)
      // Ten at once, so that each of the pooler's three connections is seen.
      const left = await Promise.all(Array.from({ length: 10 }, () => onPooler('begin; select pg_sleep(0.02); select count(*)::int as n, current_setting($$search_path$$) as path from pg_prepared_statements; commit')))
      expect(new Set(left.map((row) => JSON.stringify(row)))).toEqual(new Set([JSON.stringify({ n: 0, path: '"$user", public' })]))
    })
  })
})
