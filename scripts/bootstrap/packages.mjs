// Installs what package-lock.json says, when it is not installed already: `npm ci` under the chosen Node.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture } from './child.mjs'
import { say } from './console.mjs'
import { withLock } from './lock.mjs'
import { npmArgs, npmFailure } from './npm.mjs'

/**
 * @param {string} root
 * @param {import('./child.mjs').Node} node
 */
export async function installPackages(root, node) {
  if (isInstalled(root)) return
  await withLock(join(root, '.wumbo-cache'), async () => {
    if (isInstalled(root)) return
    say('installing the packages of package-lock.json with npm ci (once) …')
    // Development packages build and test this repository, whatever the caller's NODE_ENV says.
    const { code, output } = await capture(node, npmArgs(['ci', '--include=dev']), { cwd: root })
    const place = { what: 'could not install the packages (npm ci)', where: join(root, 'node_modules') }
    if (code !== 0) throw npmFailure({ ...place, output })
    writeStamp(root)
  })
}

/** @param {string} root */
function isInstalled(root) {
  if (readText(stampPath(root)) === lockHash(root)) return true
  if (!holdsAll(root)) return false
  writeStamp(root) // installed by hand from this very lock
  return true
}

/** @param {string} root */
const stampPath = (root) => join(root, 'node_modules', '.wumbo-stamp')

/** @param {string} root */
function writeStamp(root) {
  writeFileSync(stampPath(root), lockHash(root))
}

/** @param {string} root */
function lockHash(root) {
  return createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex')
}

/**
 * Whether npm's own record of what stands in node_modules/ has all that the lock asks for.
 * @param {string} root
 */
function holdsAll(root) {
  const record = readText(join(root, 'node_modules', '.package-lock.json'))
  if (record === undefined || !existsSync(join(root, 'node_modules', '.bin'))) return false
  return coversLock(record, readFileSync(join(root, 'package-lock.json'), 'utf8'))
}

/**
 * @param {string} record node_modules/.package-lock.json
 * @param {string} lock package-lock.json
 */
export function coversLock(record, lock) {
  const installed = packagesOf(record)
  return Object.entries(packagesOf(lock)).every(([path, wanted]) => {
    if (path === '') return true
    const found = installed[path]
    if (found === undefined) return wanted.optional === true
    return found.version === wanted.version && found.integrity === wanted.integrity
  })
}

/**
 * @param {string} text
 * @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }>}
 */
function packagesOf(text) {
  return JSON.parse(text).packages ?? {}
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
