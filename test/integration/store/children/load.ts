// Writes runs as fast as it can, and tells after each flush which runs are acknowledged, until it is killed.
import { writeSync } from 'node:fs'
import { sqliteStore } from '../../../../src/store/sqlite/index.ts'
import { finish, record, start } from '../../../../src/testing/store-cases/samples.ts'

const [file = '', first = '1', flushes = '1000000'] = process.argv.slice(2)
const store = await sqliteStore({ file })
const lane = await store.openLane()
let number = Number(first)
for (let flush = 0; flush < Number(flushes); flush++, number += 5) {
  const runs = [0, 1, 2, 3, 4].map((offset) => number + offset)
  await lane.flush(runs.flatMap((each) => [start(each), record(each, 1), record(each, 2)]))
  await lane.flush(runs.filter((each) => each % 2 === 0).map((each) => finish(each)))
  // Written at once, not buffered: what is acknowledged must have been told when the process dies.
  writeSync(1, `${JSON.stringify({ acknowledged: number + 4 })}\n`)
}
await lane.close()
await store.close()
