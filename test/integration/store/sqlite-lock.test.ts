// One process writes an SQLite store. Real processes: the lock is the operating system's.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { StoreLockedError, type WumboError } from '../../../src/errors.ts'
import { readOwner, sqliteStore } from '../../../src/store/sqlite/index.ts'
import { keyOf, start } from '../../../src/testing/store-cases/samples.ts'
import { startChild } from './child.ts'
import { storeFile } from './folder.ts'

async function refusal(work: Promise<unknown>): Promise<WumboError> {
  return work.then(() => expect.unreachable('nothing was refused'), (thrown: unknown) => thrown as WumboError)
}

test('a second process is refused at once, and told who owns the store', async () => {
  const file = storeFile()
  const child = startChild('own', [file, 'announce'])
  const owner = await child.next()
  const store = await sqliteStore({ file })
  const before = performance.now()
  const error = await refusal(store.openLane())
  expect(performance.now() - before).toBeLessThan(1000)
  expect(error).toBeInstanceOf(StoreLockedError)
  expect(error.message).toContain(`process ${String(owner?.['owner'])}`)
  expect(error.details).toEqual({ file, pid: owner?.['owner'], host: hostname(), address: 'http://127.0.0.1:7777' })
  expect(await store.getRun(keyOf(1))).toMatchObject({ lane: 'main' })
  await store.close()
})

test('the lock is free the moment its holder is killed', async () => {
  const file = storeFile()
  const child = startChild('own', [file])
  const owner = await child.next()
  await child.kill()
  const store = await sqliteStore({ file })
  const lane = await store.openLane()
  expect(lane.epoch).toBe(Number(owner?.['epoch']) + 1)
  expect(await store.getRun(keyOf(1))).toMatchObject({ lane: null, crashes: 1 })
  await lane.close()
  await store.close()
})

test('an owner that ends in order leaves runs free, no note, and the lock', async () => {
  const file = storeFile()
  const child = startChild('own', [file, 'announce'])
  await child.next()
  child.process.stdin?.end()
  expect(await child.next()).toBeUndefined()
  expect(await readOwner(file)).toBeUndefined()
  const store = await sqliteStore({ file })
  await (await store.openLane()).close()
  expect(await store.getRun(keyOf(1))).toMatchObject({ lane: null, crashes: 0 })
  await store.close()
})

test('of two stores in one process only one may open a lane, until it is closed', async () => {
  const file = storeFile()
  const [one, two] = [await sqliteStore({ file }), await sqliteStore({ file })]
  const lane = await one.openLane()
  expect(await refusal(one.openLane())).toBeInstanceOf(StoreLockedError)
  expect(await refusal(two.openLane())).toBeInstanceOf(StoreLockedError)
  await lane.close()
  const next = await two.openLane()
  expect(await refusal(one.openLane())).toBeInstanceOf(StoreLockedError)
  await next.flush([start(1)])
  await Promise.all([one.close(), two.close()])
})

test('the owner’s note says where the owner is, is readable by its user only, and goes with the lane', async () => {
  const file = storeFile()
  const store = await sqliteStore({ file })
  expect(await readOwner(file)).toBeUndefined()
  const lane = await store.openLane()
  expect(await readOwner(file)).toMatchObject({ pid: process.pid, host: hostname() })
  await store.announce({ address: 'http://127.0.0.1:1', token: 't' })
  expect(await readOwner(file)).toMatchObject({ pid: process.pid, address: 'http://127.0.0.1:1', token: 't' })
  if (process.platform !== 'win32') expect(statSync(`${file}.owner.json`).mode & 0o777).toBe(0o600)
  await lane.close()
  expect(await readOwner(file)).toBeUndefined()
  await expect(store.announce({ address: 'x' })).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await store.close()
})

test('an owner that was taken over leaves the note of the next one alone', async () => {
  const file = storeFile()
  const old = await sqliteStore({ file })
  const fenced = await old.openLane()
  rmSync(`${file}.lock`)
  const child = startChild('own', [file])
  await child.next()
  await expect(fenced.flush([])).rejects.toMatchObject({ code: 'LANE_FENCED' })
  await old.close()
  expect(await readOwner(file)).toMatchObject({ pid: child.process.pid })
})

test('the note of a process that was killed is no owner', async () => {
  const file = storeFile()
  const child = startChild('own', [file])
  await child.next()
  expect(await readOwner(file)).toMatchObject({ pid: child.process.pid })
  await child.kill()
  expect(JSON.parse(readFileSync(`${file}.owner.json`, 'utf8'))).toMatchObject({ pid: child.process.pid })
  expect(await readOwner(file)).toBeUndefined()
  writeFileSync(`${file}.owner.json`, '{"half a no')
  expect(await readOwner(file)).toBeUndefined()
})
