// Writes to a PostgreSQL store for ever, in flushes of five runs with two records each, every second run ended. Tells of each flush that
// was acknowledged, by the number of its last run. Arguments: url, schema, the number of the first run.
import { writeSync } from 'node:fs'
import type { StoreOp } from '../../../../src/store/port.ts'
import { postgresStore } from '../../../../src/store/postgres/index.ts'
import { finish, record, start } from '../../../../src/testing/store-cases/samples.ts'

const [url = '', schema = '', first = '1'] = process.argv.slice(2)
const store = await postgresStore({ url, schema, lane: 'main' })
const lane = await store.openLane()
for (let number = Number(first); ; number += 5) {
  const ops = [0, 1, 2, 3, 4].flatMap((offset): StoreOp[] => {
    const run = number + offset
    return [start(run), record(run, 1), record(run, 2), ...(run % 2 === 0 ? [finish(run)] : [])]
  })
  await lane.flush(ops)
  // Written at once, not buffered: what is acknowledged must have been told when the process dies.
  writeSync(1, `${JSON.stringify({ acknowledged: number + 4 })}\n`)
}
