// The file of a store: its version, its damage, and those who read it beside its owner.
import { copyFileSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { PayloadCorruptError, StoreTooNewError } from '../../../src/errors.ts'
import { sqliteBlobs } from '../../../src/store/sqlite/blobs.ts'
import { checkFile, checkRuns } from '../../../src/store/sqlite/checks.ts'
import { openReader } from '../../../src/store/sqlite/connection.ts'
import { sqliteStore } from '../../../src/store/sqlite/index.ts'
import { initial } from '../../../src/store/sqlite/migrations/0001-initial.ts'
import { collect, finish, keyOf, record, saveWorkflow, send, start, startWithKey } from '../../../src/testing/store-cases/samples.ts'
import type { StoreOp } from '../../../src/store/port.ts'
import { startChild } from './child.ts'
import { storeFile } from './folder.ts'

/** Makes a store, writes to it, and closes it in order. */
async function written(ops: readonly StoreOp[]): Promise<string> {
  const file = storeFile()
  const store = await sqliteStore({ file })
  const lane = await store.openLane()
  await lane.flush(ops)
  await lane.close()
  await store.close()
  return file
}

/** Changes a closed file by hand. */
function change(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

describe('versions', () => {
  test('a file of a newer program is refused, naming both versions', async () => {
    const file = await written([start(1)])
    change(file, 'pragma user_version = 7')
    for (const readOnly of [false, true]) {
      const error = await sqliteStore({ file, readOnly }).then(() => expect.unreachable(), (thrown: unknown) => thrown as Error)
      expect(error).toBeInstanceOf(StoreTooNewError)
      expect(error.message).toMatch(/version 7.*up to 5/)
    }
  })

  test('a file of the first version is brought up to date, and everything in it stays', async () => {
    const file = storeFile()
    change(file, `${initial}; pragma application_id = 0x57554d42; pragma user_version = 1;
      insert into runs (no, space, run, workflow, version, input, created_at, gen, status, output, finished_at, inbox_count, unread, crashes)
        values (1, 0, '${keyOf(1).run}', 'onboard', '1', 'j:1', 5, 1, 'completed', 'j:2', 6, 0, 0, 0);
      insert into spaces (id) values (0); insert into definitions (hash, workflow, body, at) values ('h1', 'onboard', '{}', 5)`)
    await expect(sqliteStore({ file, readOnly: true })).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(/version 1.*version 5/), remedy: expect.stringContaining('for writing') })
    const store = await sqliteStore({ file })
    expect(store.facts).toMatchObject({ schema: 5 })
    expect(await store.getRun(keyOf(1))).toMatchObject({ status: 'completed', output: 'j:2' })
    expect(await store.definition('h1')).toBe('{}')
    const lane = await store.openLane()
    await lane.flush([saveWorkflow('h1')])
    expect(await collect(store.check())).toEqual([])
    await store.close()
  })

  test('a file of another program is refused and left as it is', async () => {
    const file = storeFile()
    change(file, 'create table mine (a); insert into mine values (1)')
    await expect(sqliteStore({ file })).rejects.toMatchObject({ code: 'STORE_FAILED', retryable: false })
    const database = new DatabaseSync(file)
    expect(database.prepare('select name from sqlite_schema').all()).toEqual([{ name: 'mine' }])
    database.close()
    writeFileSync(`${file}.txt`, 'this is a text, not a database, and long enough to be told from one'.repeat(40))
    await expect(sqliteStore({ file: `${file}.txt` })).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  test.skipIf(process.platform === 'win32')('only its user may read a new store', async () => {
    const file = storeFile()
    const store = await sqliteStore({ file })
    const lane = await store.openLane()
    await lane.flush([start(1)])
    await store.blobs.put('b', new Uint8Array(1))
    for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}.owner.json`]) expect(statSync(name).mode & 0o777, name).toBe(0o600)
    await store.close()
  })

  test('a folder that does not exist is refused by name', async () => {
    await expect(sqliteStore({ file: join(storeFile(), 'deeper', 'wumbo.db') })).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  test('everything comes back when a store is opened again', async () => {
    const file = await written([startWithKey(1, 'k'), record(1, 1), finish(1), { op: 'definition', hash: 'h', workflow: 'w', body: '{}', at: 1 }])
    const store = await sqliteStore({ file })
    expect((await store.load(keyOf(1)))?.journal).toEqual([record(1, 1).record])
    expect([await store.findKey(0, 'k'), await store.definition('h')]).toEqual([{ run: keyOf(1).run, hash: 'h1' }, '{}'])
    const lane = await store.openLane()
    expect(lane.epoch).toBe(2)
    await lane.flush([start(2)])
    expect((await store.listRuns({})).runs).toHaveLength(2)
    await lane.close()
    await store.close()
  })
})

describe('damage', () => {
  test('a byte that changed in a record is found when its run is loaded, and named', async () => {
    const file = await written([start(1), record(1, 1, { output: 'j:"abcdefgh"' }), record(1, 2), start(2), record(2, 1)])
    const bytes = readFileSync(file)
    const at = bytes.indexOf('j:"abcdefgh"')
    expect(at).toBeGreaterThan(0)
    bytes[at + 5] = (bytes[at + 5] ?? 0) ^ 1
    writeFileSync(file, bytes)
    const store = await sqliteStore({ file })
    const error = await store.load(keyOf(1)).then(() => expect.unreachable(), (thrown: unknown) => thrown as PayloadCorruptError)
    expect(error).toBeInstanceOf(PayloadCorruptError)
    expect(error).toMatchObject({ path: 'step1', details: { space: 0, run: keyOf(1).run, gen: 1, path: 'step1' } })
    expect((await store.load(keyOf(2)))?.journal).toHaveLength(1)
    expect((await collect(store.check())).map(({ code, run }) => [code, run])).toEqual([['RECORD_DAMAGED', keyOf(1).run]])
    await store.close()
  })

  const codesOf = (file: string): readonly string[] => {
    const database = openReader(file)
    const found = [...checkFile(database, file), ...checkRuns(database, 0).found]
    database.close()
    return found.map(({ code }) => code)
  }

  test('check finds what was changed by hand', async () => {
    const file = await written([start(1), record(1, 1), record(1, 2), send(1, 'm'), start(2), start(3), record(3, 1), startWithKey(4, 'k'), saveWorkflow('h1'), { op: 'definition', hash: 'd', workflow: 'w', body: '{"a":1}', at: 1 }])
    const changes = [
      ['a record of another run', 'update journal set run_no = 2 where seq = 2 and run_no = 1', 'RECORD_DAMAGED'],
      ['a number in a record', 'update journal set finished_at = finished_at + 1 where run_no = 1 and seq = 1', 'RECORD_DAMAGED'],
      ['a number beyond 32 bits', 'update journal set finished_at = finished_at + 4294967296 where run_no = 1 and seq = 1', 'RECORD_DAMAGED'],
      ['text that moved between fields', `update journal set input = 'j:1j', output = ':2' where run_no = 1 and seq = 1`, 'RECORD_DAMAGED'],
      ['a status', `update journal set status = 'failed' where run_no = 1 and seq = 1`, 'RECORD_DAMAGED'],
      ['a status that there is not', `update journal set status = 'odd' where run_no = 1 and seq = 1`, 'RECORD_DAMAGED'],
      ['an error that is no JSON', `update journal set error = '{' where run_no = 1 and seq = 1`, 'RECORD_DAMAGED'],
      ['a record that is gone', 'delete from journal where run_no = 1 and seq = 1', 'JOURNAL_GAP'],
      ['a wrong counter', 'update runs set inbox_count = 5 where no = 1', 'INBOX_COUNT'],
      ['mail that is gone', 'delete from inbox', 'INBOX_COUNT'],
      ['a run that is gone', 'delete from runs where no = 3', 'ROW_WITHOUT_RUN'],
      ['a key without its run', 'delete from runs where no = 4', 'KEY_WITHOUT_RUN'],
      ['an owner without a lane', `update runs set lane = 'main', epoch = 1 where no = 1`, 'RUN_WITHOUT_LANE'],
      ['a workflow without its version', `update workflow_versions set hash = 'h2'`, 'WORKFLOW_WITHOUT_VERSION'],
      ['a version without its workflow', 'delete from workflows', 'VERSION_WITHOUT_WORKFLOW'],
      ['a status of a workflow that there is not', `update workflows set status = 'odd'`, 'WORKFLOW_STATUS'],
      ['a letter in what somebody wrote', `update workflow_versions set source = replace(source, 'onboard', 'Onboard')`, 'VERSION_DAMAGED'],
      ['text that moved between body and source', `update workflow_versions set body = body || 'n', source = substr(source, 2)`, 'VERSION_DAMAGED'],
      ['a letter in the definition of runs', `update definitions set body = '{"b":1}'`, 'DEFINITION_DAMAGED'],
      ['an author', `update workflow_versions set by_whom = 'bob'`, 'VERSION_DAMAGED'],
      ['an end that is owned', `update runs set lane = 'main', epoch = 1, finished_at = 5, status = 'failed' where no = 1`, 'END_OWNED'],
    ] as const
    expect(codesOf(file)).toEqual([])
    for (const [name, sql, code] of changes) {
      copyFileSync(file, `${file}.damaged`)
      change(`${file}.damaged`, sql)
      expect(codesOf(`${file}.damaged`), name).toContain(code)
    }
  })
})

describe('damage of the file itself', () => {
  test('check finds it and stops there', async () => {
    const file = await written(Array.from({ length: 200 }, (_, index) => start(index + 1)))
    const bytes = readFileSync(file)
    bytes.fill(0xa5, 4096 * 6, 4096 * 8)
    writeFileSync(file, bytes)
    const store = await sqliteStore({ file, readOnly: true })
    const codes = (await collect(store.check())).map((finding) => finding.code)
    expect(new Set(codes)).toEqual(new Set(['FILE_DAMAGED']))
    await store.close()
  })
})

describe('readers', () => {
  test('read beside a living owner, see what it commits, and write nothing', async () => {
    const file = storeFile()
    const owner = startChild('own', [file])
    await owner.next()
    const store = await sqliteStore({ file, readOnly: true })
    expect(await store.getRun(keyOf(1))).toMatchObject({ status: 'running' })
    expect(await collect(store.check())).toEqual([])
    await expect(store.openLane()).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await expect(store.announce({ address: 'x' })).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await expect(store.blobs.put('x', new Uint8Array(1))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await store.close()
  })

  test('read what a killed owner left in the log', async () => {
    const file = storeFile()
    const owner = startChild('own', [file])
    await owner.next()
    await owner.kill()
    const before = readFileSync(file)
    const store = await sqliteStore({ file, readOnly: true })
    expect(await store.getRun(keyOf(1))).toMatchObject({ status: 'running', lane: 'main' })
    expect((await store.listRuns({})).runs).toHaveLength(1)
    await store.close()
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('read when nobody owns the store, and keep no one from owning it', async () => {
    const file = await written([start(1)])
    const reader = await sqliteStore({ file, readOnly: true })
    expect(await reader.getRun(keyOf(1))).toMatchObject({ lane: null })
    const owner = await sqliteStore({ file })
    const lane = await owner.openLane()
    await lane.flush([start(2)])
    expect(await reader.getRun(keyOf(2))).toMatchObject({ status: 'running' })
    await lane.close()
    await owner.close()
    expect((await reader.listRuns({})).runs).toHaveLength(2)
    await reader.close()
  })

  test('are told when there is no store', async () => {
    const file = storeFile()
    await expect(sqliteStore({ file, readOnly: true })).rejects.toMatchObject({ code: 'STORE_FAILED', message: `there is no store ${file}` })
    expect(existsSync(file)).toBe(false)
  })
})

describe('blobs', () => {
  test('are files in folders beside the store, without a trace of half-written ones', async () => {
    const file = await written([start(1)])
    const store = await sqliteStore({ file })
    await store.blobs.put('0189-abc.1', Uint8Array.from([1, 2]))
    await store.close()
    const [folder = '', ...others] = readdirSync(`${file}-blobs`)
    expect([others, readdirSync(join(`${file}-blobs`, folder))]).toEqual([[], ['0189-abc.1']])
    const again = await sqliteStore({ file, readOnly: true })
    expect([...((await again.blobs.get('0189-abc.1')) ?? [])]).toEqual([1, 2])
    await again.close()
  })

  test('refuse keys that could lead elsewhere', async () => {
    const file = await written([start(1)])
    const { put, get, delete: remove } = sqliteBlobs(file, false)
    for (const key of ['', '.', '..', '../x', 'a/b', 'a\\b', '.hidden', 'a\u0000', 'ä', 'x'.repeat(201), 'a~', 'a b', '/etc/passwd']) {
      await expect(put(key, new Uint8Array(1)), key).rejects.toMatchObject({ code: 'FILE_FAILED' })
      await expect(get(key), key).rejects.toMatchObject({ code: 'FILE_FAILED' })
      await expect(remove(key), key).rejects.toMatchObject({ code: 'FILE_FAILED' })
    }
    expect(existsSync(`${file}-blobs`)).toBe(false)
  })
})
