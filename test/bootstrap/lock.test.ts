// One installer at a time: the lock between processes that install or build in one folder.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLock } from '../../scripts/bootstrap/lock.mjs'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wumbo-lock-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

test('work under the lock never overlaps', async () => {
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside)
    await new Promise((resolve) => setImmediate(resolve))
    inside--
  }
  await Promise.all([withLock(folder, work), withLock(folder, work), withLock(folder, work)])
  expect(most).toBe(1)
})

test('the lock goes when the work fails', async () => {
  await expect(withLock(folder, () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk')
  expect(existsSync(join(folder, 'lock'))).toBe(false)
})

test('the lock of a dead process counts for nothing', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  await writeFile(join(folder, 'lock'), String(pid))
  const holder = await withLock(folder, () => readFile(join(folder, 'lock'), 'utf8'))
  expect(holder).toBe(String(process.pid))
})
