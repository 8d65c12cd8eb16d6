// The package as users get it: packed, put into an empty project, imported, type-checked and run from there. Its
// dependencies are linked from this repository, so nothing is downloaded.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../architecture/sources.ts'

const execute = promisify(execFile)

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly bin: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const entries = Object.entries(manifest.exports)
const codeEntries = entries.flatMap(([name, target]) => (typeof target === 'string' ? [] : [name.replace('.', 'wumbo')]))

let project = ''
let packed: string[] = []

/** Runs a program of Node in the project, as its users do: without the conditions of our tests. */
const node = async (...args: string[]): Promise<string> => {
  const { stdout } = await execute(process.execPath, args, { cwd: project, env: { ...process.env, NODE_OPTIONS: '' } })
  return stdout
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'wumbo-package-'))
  await execute(process.execPath, ['scripts/bootstrap.mjs', 'build'], { cwd: root })
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', project]
  const { stdout } = await execute('npm', pack, { cwd: root, shell: process.platform === 'win32' })
  const [tarball] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  packed = tarball.files.map(({ path }) => path)

  const home = join(project, 'node_modules', 'wumbo')
  await mkdir(home, { recursive: true })
  await execute('tar', ['-xzf', join(project, tarball.filename), '-C', home, '--strip-components=1'])
  for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
    const link = join(project, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', name), link, 'junction')
  }
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }')
}, 120_000)

afterAll(() => rm(project, { recursive: true, force: true }))

describe('the packed package', () => {
  test('has every file that its manifest names', () => {
    const targets = entries.flatMap(([, target]) => {
      if (typeof target === 'string') return [target]
      return Object.entries(target).flatMap(([condition, path]) => (condition === 'wumbo-source' ? [] : [path]))
    })
    const named = [...targets, ...Object.values(manifest.bin)].map((path) => path.replace(/^\.\//, ''))
    expect(named.filter((path) => !packed.includes(path))).toEqual([])
  })

  test('has nothing that users do not need', () => {
    const wanted = /^(dist\/.+\.(js|js\.map|d\.ts)|schema\/.+\.json|package\.json|[A-Z]+\.md|LICENSE)$/
    expect(packed.filter((path) => !wanted.test(path) || /\.(test|bench)\./.test(path))).toEqual([])
  })

  test('offers the source condition for each entry first, then the types', () => {
    for (const [, target] of entries) {
      if (typeof target === 'string') continue
      expect(Object.keys(target)).toEqual(['wumbo-source', 'types', 'default'])
      expect(existsSync(join(root, target['wumbo-source'] ?? ''))).toBe(true)
    }
  })
})

describe('in an empty project', () => {
  test.each(codeEntries)('%s is imported', async (name) => {
    const program = `console.log(Object.keys(await import('${name}')).length > 0)`
    expect(await node('--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program)).toBe('true\n')
  })

  test('a durable run of a workflow in TypeScript gives its result', async () => {
    await writeFile(join(project, 'main.ts'), sample)
    expect(await node('--disable-warning=ExperimentalWarning', 'main.ts')).toBe('{"greeting":"Hello, Ada"}\n')
  })

  test('all types are checked, those of the library too', async () => {
    const imports = codeEntries.map((name, place) => `export * as entry${String(place)} from '${name}'`)
    await writeFile(join(project, 'entries.ts'), imports.join('\n'))
    await writeFile(join(project, 'main.ts'), sample)
    const options = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--module', 'NodeNext', '--target', 'ES2024']
    const exact = ['--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--types', 'node']
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const problems = await node(tsc, ...options, ...exact, 'main.ts', 'entries.ts').catch(outputOf)
    expect(problems).toBe('')
  }, 60_000)

  test('the command answers', async () => {
    const command = join('node_modules', 'wumbo', manifest.bin['wumbo'] ?? '')
    expect(readFileSync(join(project, command), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect(await node(command, '--help')).toContain('Usage: wumbo')
  })

  test('wumbo init and wumbo run work one after the other', async () => {
    const command = join('node_modules', 'wumbo', manifest.bin['wumbo'] ?? '')
    await node(command, 'init')
    expect(await node(command, 'run', 'hello')).toContain('Hello, Ada!')
  })
})

/** A failed compiler tells what it found on its output. */
function outputOf(error: unknown): string {
  return String((error as { stdout?: unknown }).stdout ?? error)
}

const sample = `
import { createWumbo, defineTemplate, defineWorkflow } from 'wumbo'
import { z } from 'zod'

const greet = defineTemplate({
  name: 'greet', version: '1.0.0', description: 'Greets by name.',
  input: z.object({ name: z.string() }),
  output: z.object({ greeting: z.string() }),
  execute: ({ name }) => ({ greeting: 'Hello, ' + name }),
})
const hello = defineWorkflow({
  name: 'hello', version: '1', input: z.object({ name: z.string() }),
  run: (ctx, input) => ctx.step('greet', greet, input),
})
const wumbo = await createWumbo({ store: 'sqlite:wumbo.db', workflows: [hello] })
const run = await wumbo.start(hello, { name: 'Ada' })
const result: { greeting: string } = await run.result()
console.log(JSON.stringify(result))
await wumbo.close()
`
