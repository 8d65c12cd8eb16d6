// The PostgreSQL server for tests, which WUMBO_TEST_POSTGRES_URL names. Each store under test has a schema of its own in that database,
// which is dropped at the end.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { describe } from 'vitest'

/** Where the server is; undefined when there is none to test with. */
export const postgresUrl = process.env['WUMBO_TEST_POSTGRES_URL']

/** Like `describe`; without a server the tests are left out, and their name says so. */
export function describePostgres(name: string, tests: () => void): void {
  if (postgresUrl === undefined) describe.skip(`${name} (left out: WUMBO_TEST_POSTGRES_URL names no server)`, tests)
  else describe(name, tests)
}

/** A table that nobody else can use. */
export interface HeldTable {
  /** Resolves when somebody waits for it. */
  waitedFor(): Promise<void>
  end(): Promise<void>
}

/** A schema that nobody else has, and the way to drop it; in the database under test, or in another. */
export function makeSchema(url = postgresUrl): { readonly url: string; readonly schema: string; query(sql: string, values?: unknown[]): Promise<pg.QueryResult>; hold(table: string): Promise<HeldTable>; drop(): Promise<void> } {
  if (url === undefined) throw new Error('WUMBO_TEST_POSTGRES_URL names no server')
  const schema = `wumbo_test_${randomUUID().replaceAll('-', '')}`
  const query = async (sql: string, values: unknown[] = []): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(`set search_path = ${schema}`)
      return await client.query(sql, values)
    } finally {
      await client.end()
    }
  }
  return {
    url, schema, query,
    async hold(table) {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query(`begin; lock table ${schema}.${table} in access exclusive mode`)
      const waiting = 'select 1 from pg_locks where not granted and relation = $1::regclass'
      return {
        async waitedFor() {
          while ((await client.query(waiting, [`${schema}.${table}`])).rows.length === 0);
        },
        end: () => client.end(),
      }
    },
    async drop() {
      for (let again = 5; ; again--) {
        try {
          await query(`drop schema if exists ${schema} cascade`)
          return
        } catch (thrown) {
          // The server may still be at the last statement of a connection that was cut.
          if ((thrown as { code?: string }).code !== '40P01' || again === 0) throw thrown
        }
      }
    },
  }
}
