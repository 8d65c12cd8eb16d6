// Finds npm and says why it failed. npm is always started as a script under a Node that we name, because its own
// first line would start whatever `node` comes first on PATH.
import { existsSync, realpathSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { SetupError } from './console.mjs'

/**
 * Arguments for Node that run npm quietly, without install scripts, and give up on a dead network in seconds.
 * @param {string[]} args
 */
export function npmArgs(args) {
  return [findNpm(), ...args, ...quiet, ...patience]
}

const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
const patience = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=8000']

function findNpm() {
  const found = npmCandidates().find((path) => existsSync(path))
  if (found !== undefined) return realpathSync(found)
  throw new SetupError({
    what: 'npm was not found',
    where: `beside ${process.execPath} and on PATH`,
    remedy: 'install npm (it comes with Node from https://nodejs.org), or run this through `npm start` or `npm test`',
  })
}

/** npm that called us, npm beside this Node, npm on PATH. */
function npmCandidates() {
  const home = dirname(process.execPath)
  const caller = process.env['npm_execpath'] ?? ''
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return [
    ...(basename(caller) === 'npm-cli.js' ? [caller] : []),
    join(home, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(home, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...onPath.flatMap((folder) => [
      ...linkToNpm(join(folder, 'npm')),
      join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
      join(folder, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ]),
  ]
}

/** @param {string} path */
function linkToNpm(path) {
  if (!existsSync(path)) return []
  const target = realpathSync(path)
  return basename(target) === 'npm-cli.js' ? [target] : []
}

/**
 * @param {{ what: string, where: string, output: string }} failure
 */
export function npmFailure({ what, where, output }) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !/A complete log|-debug-\d+\.log|^npm error\s+at /.test(line))
  const remedy = `${remedyFor(output)}, then run the same command again`
  return new SetupError({ what, where, remedy, detail: lines.slice(0, 12).join('\n') })
}

/** @param {string} output */
function remedyFor(output) {
  return remedies.find(({ when }) => when.test(output))?.remedy ?? 'see what npm says below'
}

const remedies = [
  {
    when: /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENETUNREACH|network/i,
    remedy: 'npm could not reach its registry: connect to the network, or name a proxy or mirror to npm',
  },
  { when: /ENOSPC/, remedy: 'the disk is full: free about 500 MB' },
  { when: /EACCES|EPERM|EROFS/, remedy: 'npm may not write there: give this user the folder' },
]
