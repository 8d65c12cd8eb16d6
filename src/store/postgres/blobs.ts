// Blobs in a table of their own, so that backup and replication include them. They are written on other connections than the lane's, each
// in a transaction that is on the disk when `put` resolves.
import type pg from 'pg'
import { StoreRowError } from '../../errors.ts'
import type { Blobs } from '../port.ts'
import { attempt, isUniqueViolation } from './failures.ts'
import { restored, sought, stored } from './text.ts'

/** Blobs listed per read. */
const PIECE = 1000

/** The blobs of a store. */
export function postgresBlobs(pool: pg.Pool): Blobs {
  return {
    async put(key, data) {
      try {
        await pool.query('insert into blobs (key, data) values ($1, $2)', [stored(key), Buffer.from(data)])
      } catch (thrown) {
        if (isUniqueViolation(thrown)) throw new StoreRowError(`the blob ${key} exists already; keys are never used twice`, { cause: thrown })
        await attempt(`the blob ${key} could not be written`, () => Promise.reject(thrown))
      }
    },
    async get(key) {
      const { rows } = await attempt(`the blob ${key} could not be read`, () => pool.query<{ data: Buffer }>('select data from blobs where key = $1', [sought(key)]))
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
