// The physical limits that stand beside every figure: how often a second the disk takes a small durable append, and how
// many rows a second SQLite takes in batched transactions, both in the folder that the benchmarks use.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { measure } from '../measurement.ts'

export interface LimitOptions {
  readonly folder: string
  readonly seconds: number
}

export interface Limits {
  /** Appends of 4 KiB a second, each followed by fdatasync. */
  readonly appends: number
  /** Transactions of one row a second, WAL, synchronous=FULL. */
  readonly commits: number
  /** Rows a second in transactions of 500, WAL, synchronous=FULL. */
  readonly rows: number
}

await measure<LimitOptions, Limits>(({ folder, seconds }) => {
  return Promise.resolve({ appends: appends(folder, seconds), commits: rows(folder, seconds, 1), rows: rows(folder, seconds, 500) })
})

function appends(folder: string, seconds: number): number {
  const file = openSync(join(folder, 'appends'), 'wx')
  const block = Buffer.alloc(4096, 1)
  const rate = repeat(seconds, () => {
    writeSync(file, block)
    fdatasyncSync(file)
  })
  closeSync(file)
  return rate
}

function rows(folder: string, seconds: number, batch: number): number {
  const database = new DatabaseSync(join(folder, `rows-${batch}.db`))
  database.exec('pragma journal_mode = wal; pragma synchronous = full; create table rows (id integer primary key, path text, output text, at integer)')
  const insert = database.prepare('insert into rows (path, output, at) values (?, ?, ?)')
  const output = JSON.stringify({ ok: true, note: 'x'.repeat(80) })
  const rate = repeat(seconds, () => {
    database.exec('begin immediate')
    for (let row = 0; row < batch; row++) insert.run('step', output, Date.now())
    database.exec('commit')
  })
  database.close()
  return rate * batch
}

function repeat(seconds: number, once: () => void): number {
  const start = performance.now()
  const end = start + seconds * 1000
  let times = 0
  while (performance.now() < end) {
    once()
    times++
  }
  return (times * 1000) / (performance.now() - start)
}
