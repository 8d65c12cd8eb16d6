// One installer at a time: two commands started together must not write node_modules/ or dist/ at once. The lock is
// a file that names its holder; the lock of a dead holder counts for nothing.
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetupError, say } from './console.mjs'

const patience = 10 * 60_000

/**
 * @template T
 * @param {string} folder
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, work) {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'lock')
  const release = () => rmSync(path, { force: true })
  await acquire(path)
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }
}

/** @param {string} path */
async function acquire(path) {
  const start = Date.now()
  let told = false
  while (!take(path)) {
    const holder = readHolder(path)
    if (holder !== undefined && !isAlive(holder)) {
      breakLock(path, holder)
      continue
    }
    if (Date.now() - start > patience) throw tooLong(path, holder)
    if (!told) say('another wumbo command is installing or building here, waiting for it …')
    told = true
    await sleep(200)
  }
}

/** @param {string} path */
function take(path) {
  try {
    const file = openSync(path, 'wx')
    writeSync(file, String(process.pid))
    closeSync(file)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

/**
 * The holder's process id; undefined while the file is just being written or has gone.
 * @param {string} path
 */
function readHolder(path) {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10) || undefined
  } catch {
    return undefined
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

/**
 * Moves a dead holder's lock away. Another waiter may have done so and taken the lock since we looked: what we moved
 * is read again, and put back if it is not the dead one's.
 * @param {string} path
 * @param {number} dead
 */
function breakLock(path, dead) {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
    if (readHolder(aside) !== dead) linkSync(aside, path)
  } catch (error) {
    if (!isCode(error, 'ENOENT') && !isCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

/**
 * @param {string} path
 * @param {number | undefined} holder
 */
function tooLong(path, holder) {
  return new SetupError({
    what: `process ${holder ?? 'unknown'} has been installing or building for over ten minutes`,
    where: path,
    remedy: 'wait for it or end it; if no such process belongs to this repository, delete that file',
  })
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function isCode(error, code) {
  return error instanceof Error && 'code' in error && error.code === code
}
