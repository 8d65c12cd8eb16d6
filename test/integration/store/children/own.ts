// Opens a lane and owns the store until it is killed or its input ends; then it closes in order.
import { once } from 'node:events'
import { sqliteStore } from '../../../../src/store/sqlite/index.ts'
import { start } from '../../../../src/testing/store-cases/samples.ts'

const [file = '', how = ''] = process.argv.slice(2)
const store = await sqliteStore({ file })
try {
  const lane = await store.openLane()
  await lane.flush([start(1)]).catch(() => undefined)
  if (how === 'announce') await store.announce({ address: 'http://127.0.0.1:7777', token: 'secret' })
  console.log(JSON.stringify({ owner: process.pid, epoch: lane.epoch }))
  process.stdin.resume()
  await once(process.stdin, 'end')
  await lane.close()
} catch (thrown) {
  console.log(JSON.stringify(thrown))
} finally {
  await store.close()
}
