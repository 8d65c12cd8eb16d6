// The log is emptied and freed pages go back to the disk when the writer is idle, not before; a log that grows without
// a pause is emptied all the same.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Checkpoints, LOG_BYTES } from './checkpoint.ts'
import { openWriter } from './connection.ts'

let folder: string
let file: string
let database: DatabaseSync

beforeEach(() => {
  vi.useFakeTimers()
  folder = mkdtempSync(join(tmpdir(), 'wumbo-checkpoint-'))
  file = join(folder, 'a.db')
  database = openWriter(file).database
  database.exec('create table filler (a)')
})

afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true })
  vi.useRealTimers()
})

const waiting = (): number => {
  const row = database.prepare('pragma wal_checkpoint(noop)').get()
  return Number(row?.['log']) - Number(row?.['checkpointed'])
}

const fill = (bytes: number): void => void database.prepare('insert into filler values (zeroblob(?))').run(bytes)

test('after a pause, and only then, the log is moved into the file', () => {
  const checkpoints = new Checkpoints(database)
  fill(100_000)
  checkpoints.afterFlush()
  vi.advanceTimersByTime(150)
  fill(100_000)
  checkpoints.afterFlush()
  vi.advanceTimersByTime(150)
  expect(waiting()).toBeGreaterThan(20)
  vi.advanceTimersByTime(100)
  expect(waiting()).toBe(0)
  vi.advanceTimersByTime(100_000)
  expect(vi.getTimerCount()).toBe(0)
})

test('a log beyond its bound is moved without a pause, and starts over', () => {
  const checkpoints = new Checkpoints(database)
  for (let round = 0; round < 10; round++) {
    fill(LOG_BYTES / 4)
    checkpoints.afterFlush()
  }
  expect(statSync(`${file}-wal`).size).toBeLessThan(LOG_BYTES * 1.5)
})

test('pages that were freed go back to the disk in pauses', () => {
  const checkpoints = new Checkpoints(database)
  fill(20_000_000)
  checkpoints.afterFlush()
  vi.advanceTimersByTime(1000)
  const full = statSync(file).size
  database.exec('delete from filler')
  checkpoints.afterFlush()
  vi.advanceTimersByTime(60_000)
  expect(statSync(file).size).toBeLessThan(full / 2)
  expect(vi.getTimerCount()).toBe(0)
})

test('a reader that stays keeps the log, is asked ever more rarely, and does not keep the store from closing', () => {
  const checkpoints = new Checkpoints(database)
  const reader = new DatabaseSync(file, { readOnly: true })
  reader.exec('begin; select * from filler')
  fill(1_000_000)
  checkpoints.afterFlush()
  vi.advanceTimersByTime(30_000)
  expect(waiting()).toBeGreaterThan(0)
  expect(vi.getTimerCount()).toBe(1)
  checkpoints.last()
  reader.exec('commit')
  checkpoints.afterFlush()
  vi.advanceTimersByTime(1000)
  expect(waiting()).toBe(0)
  reader.close()
})
