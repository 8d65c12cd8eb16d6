// Durability is asked of SQLite, read back from it, and seen on its way to the disk.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { StoreFailedError, StoreUnsupportedError } from '../../../src/errors.ts'
import { checkSqlite } from '../../../src/store/sqlite/connection.ts'
import { sqliteStore } from '../../../src/store/sqlite/index.ts'
import { openStore } from '../../../src/store/sqlite/store.ts'
import { startChild } from './child.ts'
import { storeFile } from './folder.ts'

const canTrace = process.platform === 'linux' && spawnSync('strace', ['-c', 'true']).status === 0

test('the settings are those that make a commit durable, as read back', async () => {
  const file = storeFile()
  const store = await sqliteStore({ file })
  expect(store.facts).toMatchObject({ file, journalMode: 'wal', synchronous: 2, autoVacuum: 2, schema: 5 })
  await store.close()
})

describe('a connection that would not make commits durable is refused', () => {
  test.each(['lax', 'off', 'no-wal'])('%s', async (module) => {
    const file = storeFile()
    const faults = new URL(`./faults/${module}.ts`, import.meta.url)
    await expect(openStore({ file, faults })).rejects.toThrow(StoreFailedError)
    await expect(openStore({ file, faults })).rejects.toMatchObject({ retryable: false })
  })
})

test('an SQLite that is too old is refused by name', () => {
  for (const version of ['3.51.2', '3.50.9', '2.99.99', '0']) expect(() => checkSqlite(version)).toThrow(StoreUnsupportedError)
  expect(() => checkSqlite('3.51.2')).toThrow('3.51.3')
  for (const version of ['3.51.3', '3.52.0', '3.53.4', '4.0.0']) expect(() => checkSqlite(version)).not.toThrow()
})

test.skipIf(!canTrace)('every flush is brought to the disk before it is acknowledged', { timeout: 60_000 }, async () => {
  const flushes = 25
  const calls = (count: number): Promise<number> => syncsOf(count)
  const idle = await calls(0)
  // Each round of the child is two flushes. A few calls more come from the checkpoint of a log that is no longer empty.
  const busy = await calls(flushes)
  expect(busy - idle).toBeGreaterThanOrEqual(2 * flushes)
  expect(busy - idle).toBeLessThan(2 * flushes + 10)
})

/** Calls of fsync and fdatasync of a child that makes some flushes and closes in order. */
async function syncsOf(flushes: number): Promise<number> {
  const file = storeFile()
  const traces = join(dirname(file), 'traces')
  mkdirSync(traces)
  const child = startChild('load', [file, '1', String(flushes)], ['strace', '-f', '-ff', '-e', 'trace=fsync,fdatasync', '-o', join(traces, 'trace')])
  for (let flush = 0; flush < flushes; flush++) await child.next()
  expect(await child.next()).toBeUndefined()
  const text = readdirSync(traces).map((name) => readFileSync(join(traces, name), 'utf8')).join('')
  return [...text.matchAll(/^f(data)?sync\(/gm)].length
}

test.skipIf(!canTrace)('a blob is on the disk, with its name and its folders, before it counts', { timeout: 60_000 }, async () => {
  const file = storeFile()
  const folder = realpathSync(dirname(file))
  const trace = join(folder, 'trace')
  const child = startChild('put-blob', [join(folder, 'wumbo.db')], ['strace', '-f', '-y', '-e', 'trace=fsync,fdatasync,rename,renameat,renameat2,write', '-o', trace])
  for (let line = await child.next(); line !== undefined; ) line = await child.next()
  const calls = readFileSync(trace, 'utf8').split('\n').flatMap((line) => {
    const sync = /f(?:data)?sync\(\d+<([^>]+)>/.exec(line)
    if (sync !== null) return [`sync ${String(sync[1]).replace(folder, '').replace(/\/[0-9a-f]{2}(?=\/|$)/, '/??')}`]
    return /rename/.test(line) ? ['rename'] : /put.*done/.test(line) ? ['done'] : []
  })
  expect(calls.filter((call, index) => call !== calls[index - 1])).toEqual([
    'sync /wumbo.db-blobs/??/one~', 'rename', 'sync /wumbo.db-blobs/??', 'sync /wumbo.db-blobs', 'sync ', 'done',
  ])
})

test('the log is emptied into the file, and removed, when the store is closed in order', async () => {
  const file = storeFile()
  const child = startChild('load', [file, '1', '3'])
  for (let line = await child.next(); line !== undefined; ) line = await child.next()
  expect(readdirSync(dirname(file)).sort()).toEqual(['wumbo.db', 'wumbo.db.lock'])
  const database = new DatabaseSync(file, { readOnly: true })
  expect(database.prepare('select count(*) as runs from runs').get()).toEqual({ runs: 15 })
  database.close()
})
