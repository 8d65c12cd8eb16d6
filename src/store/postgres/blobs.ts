// Blobs in a table of their own, so that backup and replication include them. They are written on other connections than the lane's, each
// in a transaction that is on the disk when `put` resolves.
import type pg from 'pg'
import { StoreRowError } from '../../errors.ts'
import type { Blobs } from '../port.ts'
import { attempt, isLost, isUniqueViolation, storeFailure } from './failures.ts'
import { restored, sought, stored } from './text.ts'

/** Blobs listed per read. */
const PIECE = 1000

/** Between two tries to reach the server, in milliseconds. */
const RETRY_MS = 100

/**
 * The blobs of a store. A result that goes into a blob must not fail because the server is away for a moment, so writing and reading are tried again
 * for `patienceMs`: after that the lane is lost anyway, and its runs are others'.
 */
export function postgresBlobs(pool: pg.Pool, patienceMs: number): Blobs {
  async function persistently<T>(doing: string, work: (isAgain: boolean) => Promise<T>): Promise<T> {
    const until = performance.now() + patienceMs
    for (let isAgain = false; ; isAgain = true) {
      try {
        return await work(isAgain)
      } catch (thrown) {
        if (!isLost(thrown) || performance.now() > until) throw storeFailure(thrown, doing)
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }
  return {
    async put(key, data) {
      await persistently(`the blob ${key} could not be written`, async (isAgain) => {
        try {
          await pool.query('insert into blobs (key, data) values ($1, $2)', [stored(key), Buffer.from(data)])
        } catch (thrown) {
          if (!isUniqueViolation(thrown)) throw thrown
          // The try before may have been kept without our knowing.
          const { rows } = isAgain ? await pool.query<{ same: boolean }>('select data = $2 as same from blobs where key = $1', [stored(key), Buffer.from(data)]) : { rows: [] }
          if (rows[0]?.same !== true) throw new StoreRowError(`the blob ${key} exists already; keys are never used twice`, { cause: thrown })
        }
      })
    },
    async get(key) {
      const { rows } = await persistently(`the blob ${key} could not be read`, () => pool.query<{ data: Buffer }>('select data from blobs where key = $1', [sought(key)]))
      return rows[0]?.data
    },
    async delete(key) {
      await attempt(`the blob ${key} could not be deleted`, () => pool.query('delete from blobs where key = $1', [sought(key)]))
    },
    async *list() {
      for (let after = ''; ;) {
        const { rows } = await attempt('the blobs could not be listed', () => pool.query<{ key: string; age: number; bytes: number }>(
          `select key, extract(epoch from clock_timestamp() - created_at)::float8 * 1000 as age, octet_length(data) as bytes from blobs
          where key > $1 order by key limit $2`,
          [after, PIECE],
        ))
        for (const { key, age, bytes } of rows) yield { key: restored(key), ageMs: Math.max(0, age), bytes }
        const last = rows.at(-1)
        if (last === undefined || rows.length < PIECE) return
        after = last.key
      }
    },
  }
}
