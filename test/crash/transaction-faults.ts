// Kills the process around the commit whose number WUMBO_KILL_COMMIT gives: `before 3`, `after 3`. Loaded by the writer of an SQLite store.
import type { WriterFaults } from '../../src/store/sqlite/faults.ts'

const [when, number] = (process.env['WUMBO_KILL_COMMIT'] ?? '').split(' ')

function killAt(here: string, count: number): void {
  if (here !== when || count !== Number(number)) return
  process.kill(process.pid, 'SIGKILL')
  // The signal comes a moment later; nothing more may happen until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

export const faults: WriterFaults = {
  beforeCommit: (_database, count) => { killAt('before', count) },
  afterCommit: (_database, count) => { killAt('after', count) },
}
