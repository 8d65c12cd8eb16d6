// Builds the package: src/ without its tests, compiled by tsc into dist/. Skipped when nothing that goes in has
// changed since; written beside and renamed, so dist/ is always whole.
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { capture } from './child.mjs'
import { SetupError, say } from './console.mjs'
import { withLock } from './lock.mjs'

/**
 * @param {string} root
 * @param {import('./child.mjs').Node} node
 */
export async function buildPackage(root, node) {
  if (isBuilt(root)) return
  await withLock(join(root, '.wumbo-cache'), async () => {
    if (isBuilt(root)) return
    say('building the package into dist/ …')
    // Beside dist/, so that the paths in source maps hold after the rename.
    const draft = join(root, `dist-tmp-${process.pid}`)
    try {
      const inputs = hashInputs(root)
      await compile(root, node, draft)
      copyData(join(root, 'src'), draft)
      writeFileSync(join(draft, '.stamp'), inputs)
      rmSync(join(root, 'dist'), { recursive: true, force: true })
      renameSync(draft, join(root, 'dist'))
    } finally {
      rmSync(draft, { recursive: true, force: true })
    }
  })
}

/** @param {string} root */
function isBuilt(root) {
  try {
    return readFileSync(join(root, 'dist', '.stamp'), 'utf8') === hashInputs(root)
  } catch {
    return false
  }
}

/**
 * @param {string} root
 * @param {import('./child.mjs').Node} node
 * @param {string} draft
 */
async function compile(root, node, draft) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { code, output } = await capture(node, [tsc, '-p', 'tsconfig.build.json', '--outDir', draft], { cwd: root })
  if (code === 0) return
  throw new SetupError({
    what: 'the sources do not compile',
    where: join(root, 'src'),
    remedy: 'correct what the compiler names; `npm run types` checks tests and examples too',
    detail: output.split('\n').slice(0, 30).join('\n'),
  })
}

/**
 * Files that the sources read at run time and that no compiler writes.
 * @param {string} from
 * @param {string} to
 */
function copyData(from, to) {
  for (const file of filesBelow(from)) {
    if (isCompiled(file)) continue
    const target = join(to, relative(from, file))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(file, target)
  }
}

/** @param {string} root */
function hashInputs(root) {
  const hash = createHash('sha256')
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package.json', 'package-lock.json']
  for (const file of [...settings.map((name) => join(root, name)), ...filesBelow(join(root, 'src'))]) {
    if (/\.(test|bench)\.ts$/.test(file)) continue
    hash.update(`${relative(root, file)}\0`).update(createHash('sha256').update(readFileSync(file)).digest())
  }
  return hash.digest('hex')
}

/** @param {string} file */
function isCompiled(file) {
  return file.endsWith('.ts') || file.endsWith('.snap')
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
}
