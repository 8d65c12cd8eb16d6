// What was acknowledged survives the death of the process, and what was not is there whole or not at all.
import { expect, test } from 'vitest'
import { sqliteStore, type SqliteStore } from '../../../src/store/sqlite/index.ts'
import { collect, keyOf } from '../../../src/testing/store-cases/samples.ts'
import { startChild } from './child.ts'
import { storeFile } from './folder.ts'

/** Kills a writing child after some acknowledged flushes; gives the last run that it had told of. */
async function writeAndKill(file: string, first: number, flushes: number): Promise<number> {
  const child = startChild('load', [file, String(first)])
  let acknowledged = 0
  for (let flush = 0; flush < flushes; flush++) acknowledged = Number((await child.next())?.['acknowledged'])
  const left = await child.kill()
  return Number(left.at(-1)?.['acknowledged'] ?? acknowledged)
}

async function expectWhole(store: SqliteStore, from: number, acknowledged: number): Promise<void> {
  for (let number = from; number <= acknowledged; number++) {
    const loaded = await store.load(keyOf(number))
    expect(loaded?.journal.map(({ seq }) => seq), `run ${number} was acknowledged`).toEqual([1, 2])
    expect(loaded?.run.status, `run ${number}`).toBe(number % 2 === 0 ? 'completed' : 'running')
  }
  // The flush that the death cut off: its runs are all there or none is, each with its whole journal.
  const after = await Promise.all([1, 2, 3, 4, 5].map((offset) => store.load(keyOf(acknowledged + offset))))
  expect(new Set(after.map((loaded) => loaded?.journal.length)).size).toBe(1)
  expect([undefined, 2]).toContain(after[0]?.journal.length)
}

test('what a killed process had acknowledged is stored, and nothing is stored by half', { timeout: 60_000 }, async () => {
  const file = storeFile()
  let first = 1
  for (const [round, flushes] of [3, 40, 11].entries()) {
    const acknowledged = await writeAndKill(file, first, flushes)
    expect(acknowledged).toBeGreaterThanOrEqual(first + 4)
    const store = await sqliteStore({ file })
    await expectWhole(store, first, acknowledged)
    expect(await collect(store.check())).toEqual([])
    const lane = await store.openLane()
    expect(lane.epoch).toBe(2 * round + 2)
    expect(await collect(store.check())).toEqual([])
    const claimed = await lane.flush([{ op: 'claim', limit: 10_000, now: 0, kinds: null }])
    expect(claimed.answers.get(0)).toMatchObject({ answer: 'claimed' })
    await lane.close()
    await store.close()
    first = acknowledged + 100
  }
})
