// What was acknowledged survives the death of the process, and what was not is there whole or not at all; also when the last flush is
// still being carried out by the server as the next owner comes.
import { expect, onTestFinished, test } from 'vitest'
import { postgresStore, type PostgresStore } from '../../../src/store/postgres/index.ts'
import { collect, finish, keyOf, runId } from '../../../src/testing/store-cases/samples.ts'
import { startChild } from './child.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

/** More runs than a child writes in a round. */
const ROUND = 10_000

async function expectWhole(store: PostgresStore, from: number, acknowledged: number): Promise<number> {
  for (let number = from; number <= acknowledged; number++) {
    const loaded = await store.load(keyOf(number))
    expect(loaded?.journal.map(({ seq }) => seq), `run ${number} was acknowledged`).toEqual([1, 2])
    expect(loaded?.run.status, `run ${number}`).toBe(number % 2 === 0 ? 'completed' : 'running')
  }
  // The flush that the death cut off: its runs are all there or none is, each with its whole journal.
  const after = await Promise.all([1, 2, 3, 4, 5].map((offset) => store.load(keyOf(acknowledged + offset))))
  expect(new Set(after.map((loaded) => loaded?.journal.length)).size).toBe(1)
  expect([undefined, 2]).toContain(after[0]?.journal.length)
  return after[0] === undefined ? acknowledged : acknowledged + 5
}

describePostgres('the death of a process that writes to PostgreSQL', () => {
  test('keeps what was acknowledged, and leaves nothing by half', { timeout: 60_000 }, async () => {
    const { url, schema, drop } = makeSchema()
    onTestFinished(drop)
    for (const [round, flushes] of [3, 40, 11].entries()) {
      const first = 1 + round * ROUND
      const child = startChild('load-postgres', [url, schema, String(first)])
      let acknowledged = 0
      for (let flush = 0; flush < flushes; flush++) acknowledged = Number((await child.next())?.['acknowledged'])
      const left = await child.kill()
      acknowledged = Number(left.at(-1)?.['acknowledged'] ?? acknowledged)
      expect(acknowledged).toBeGreaterThanOrEqual(first + 4)

      const store = await postgresStore({ url, schema, lane: 'main' })
      // At once: the server may not even have noticed the death. Opening waits for the flush that it is still at.
      const lane = await store.openLane()
      expect(lane.epoch).toBe(2 * round + 2)
      const last = await expectWhole(store, first, acknowledged)
      expect(await collect(store.check())).toEqual([])
      const claimed = (await lane.flush([{ op: 'claim', limit: ROUND, now: 0, kinds: null }])).answers.get(0)
      const free = claimed?.answer === 'claimed' ? claimed.runs : []
      expect(free.map(({ run }) => run)).toEqual(Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((number) => number % 2 === 1).map(runId))
      await lane.flush(free.map((run) => ({ ...finish(1), run })))
      await lane.close()
      await store.close()
    }
  })
})
