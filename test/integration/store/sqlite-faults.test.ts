// When the disk fails in a flush, the writer finds out what was kept, and says so or stops.
import { expect, test } from 'vitest'
import { StoreClosedError, StoreFailedError } from '../../../src/errors.ts'
import { sqliteStore } from '../../../src/store/sqlite/index.ts'
import { openStore, type OpenedStore } from '../../../src/store/sqlite/store.ts'
import { finish, keyOf, record, send, start, startWithKey } from '../../../src/testing/store-cases/samples.ts'
import { storeFile } from './folder.ts'

async function opened(fault: string, file = storeFile()): Promise<OpenedStore> {
  return openStore({ file, faults: new URL(`./faults/${fault}.ts`, import.meta.url) })
}

test('a flush that failed before its commit is refused, nothing of it is kept, and the lane goes on', async () => {
  const { store, kill } = await opened('before-commit')
  const lane = await store.openLane()
  await lane.flush([start(1)])
  await lane.flush([start(2)])
  const failed = lane.flush([start(3), finish(1), record(2, 1)])
  await expect(failed).rejects.toThrow(StoreFailedError)
  await expect(failed).rejects.toMatchObject({ retryable: true })
  expect(await store.getRun(keyOf(3))).toBeUndefined()
  expect((await lane.flush([start(3), finish(1), record(2, 1)])).answers.size).toBe(0)
  expect(await store.getRun(keyOf(1))).toMatchObject({ status: 'completed' })
  await kill()
})

test('a flush that failed after its commit is acknowledged, with the answers it had', async () => {
  const { store, kill } = await opened('after-commit')
  const lane = await store.openLane()
  await lane.flush([startWithKey(1, 'k')])
  await lane.flush([start(2)])
  const { answers } = await lane.flush([startWithKey(3, 'k'), send(1, 'm'), start(4)])
  expect([...answers]).toEqual([[0, { answer: 'exists', run: keyOf(1).run, hash: 'h1' }], [1, { answer: 'sent', owned: true }]])
  expect(await store.getRun(keyOf(4))).toMatchObject({ status: 'running' })
  expect((await lane.flush([record(4, 1), finish(4), finish(1)])).answers.get(2)).toEqual({ answer: 'mail' })
  expect(await store.getRun(keyOf(4))).toMatchObject({ status: 'completed' })
  await kill()
})

test('a lane that cannot find out what was kept stops for good, and the next owner can tell', { timeout: 30_000 }, async () => {
  const file = storeFile()
  const { store, kill } = await opened('never-again', file)
  const lane = await store.openLane()
  await lane.flush([start(1)])
  await lane.flush([start(2)])
  await expect(lane.flush([start(3)])).rejects.toMatchObject({ code: 'STORE_FAILED', retryable: false })
  await expect(lane.flush([start(3)])).rejects.toThrow(StoreClosedError)
  await lane.close()
  await kill()
  const next = await sqliteStore({ file })
  const taken = await next.openLane()
  expect(await next.getRun(keyOf(3))).toMatchObject({ status: 'running', lane: null })
  await taken.close()
  await next.close()
})

test('a full disk refuses a flush without harm, and the next one goes through when there is room', async () => {
  const { store, kill } = await opened('full')
  const lane = await store.openLane()
  await lane.flush([start(1)])
  await lane.flush([start(2)])
  const large = start(3, { input: `j:"${'x'.repeat(1 << 20)}"` })
  const failed = lane.flush([large, finish(1)])
  await expect(failed).rejects.toMatchObject({ code: 'STORE_FAILED', retryable: true })
  expect(await store.getRun(keyOf(3))).toBeUndefined()
  await lane.flush([finish(1)])
  await lane.flush([large])
  expect(await store.getRun(keyOf(3))).toMatchObject({ status: 'running' })
  await kill()
})

test('a writer that died fails what waits for it and all that follows', async () => {
  const { store, kill } = await opened('before-commit')
  const lane = await store.openLane()
  const flight = lane.flush([start(1)])
  await Promise.all([expect(flight).rejects.toMatchObject({ code: 'STORE_CLOSED' }), kill()])
  await expect(lane.flush([start(2)])).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await expect(store.getRun(keyOf(1))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})
