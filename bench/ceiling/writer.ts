// The writer thread of the ceiling: one transaction per batch, prepared statements, nothing looked up or decided.
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { Batch } from './journal.ts'

const port = parentPort
if (port === null) throw new Error('the writer runs in a worker thread')

const database = new DatabaseSync((workerData as { file: string }).file)
database.exec(`
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table runs (
    id text primary key, workflow text not null, status integer not null, input text not null,
    output text, created integer not null, finished integer
  ) without rowid;
  create table steps (
    run text not null, path text not null, output text not null, attempt integer not null,
    started integer not null, finished integer not null, primary key (run, path)
  ) without rowid;
`)
const begin = database.prepare('begin immediate')
const commit = database.prepare('commit')
const insertRun = database.prepare("insert into runs (id, workflow, status, input, created) values (?, 'three', 0, ?, ?)")
const insertStep = database.prepare('insert into steps (run, path, output, attempt, started, finished) values (?, ?, ?, 1, ?, ?)')
const finishRun = database.prepare('update runs set status = 1, output = ?, finished = ? where id = ?')

port.on('message', (message: Batch | 'close') => {
  if (message === 'close') {
    const mode = database.prepare('pragma synchronous').get()?.['synchronous']
    database.close()
    port.postMessage(mode)
    port.close()
    return
  }
  const { runs, steps, ends } = message
  begin.run()
  for (let i = 0; i < runs.length; i += 3) insertRun.run(runs[i]!, runs[i + 1]!, runs[i + 2]!)
  for (let i = 0; i < steps.length; i += 5) insertStep.run(steps[i]!, steps[i + 1]!, steps[i + 2]!, steps[i + 3]!, steps[i + 4]!)
  for (let i = 0; i < ends.length; i += 3) finishRun.run(ends[i + 1]!, ends[i + 2]!, ends[i]!)
  commit.run()
  port.postMessage(null)
})
