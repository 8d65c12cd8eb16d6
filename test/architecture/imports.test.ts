// Imports go one way: the table of what each folder may import, as data, and the checks that hold it. The checker is
// tried on planted violations first, because a check that cannot fail proves nothing.
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesBelow, importsOf, isTest, root, type SourceFile } from './sources.ts'

/**
 * Unit → the units that it may import. Each may import itself, `shared` and `errors` as well. `types of x` allows
 * what vanishes when types are stripped. The store is several units: its port, and an adapter for each database.
 */
const table: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  shared: [],
  model: [],
  template: ['model'],
  execution: ['model', 'types of template'],
  'store port': ['model'],
  'store/memory': ['store port', 'model'],
  'store/sqlite': ['store port', 'model'],
  'store/postgres': ['store port', 'model'],
  api: ['model'],
  workflow: ['model', 'template'],
  events: ['model', 'execution'],
  plugin: typesOf('model', 'template', 'workflow', 'events', 'execution', 'store port', 'api'),
  platform: ['model'],
  engine: ['model', 'template', 'workflow', 'execution', 'events', 'platform', 'store port'],
  builtin: ['model', 'template', 'workflow', 'events', 'execution', 'plugin', 'platform'],
  server: ['engine', 'workflow', 'events', 'plugin', 'platform', 'api', 'model'],
  testing: [
    ...['model', 'template', 'execution', 'store port', 'store/memory', 'api', 'workflow', 'events', 'plugin'],
    ...['platform', 'engine', 'testing/kit'],
  ],
  // What users test with is a Wumbo in another world: opened by the façade, as theirs is.
  'testing/kit': [
    ...['model', 'template', 'execution', 'store port', 'store/memory', 'workflow', 'platform', 'engine', 'builtin'],
    ...['testing', 'façade'],
  ],
}

function typesOf(...units: string[]): string[] {
  return units.map((unit) => `types of ${unit}`)
}

/** The only places that pick a concrete store and load the built-ins; they may import all but `testing`. */
const compositionRoots = ['façade', 'cli']

/** 'src/store/sqlite/store.ts' → 'store/sqlite'; the files of src/ itself are the façade, all but errors.ts. */
function unitOf(path: string): string {
  const [, folder = '', inner] = path.split('/')
  if (folder === 'errors.ts') return 'errors'
  if (folder.endsWith('.ts')) return 'façade'
  if (folder === 'testing' && inner === 'kit') return 'testing/kit'
  if (folder !== 'store') return folder
  return inner === undefined || inner.endsWith('.ts') ? 'store port' : `store/${inner}`
}

function mayImport(from: string, to: string, typeOnly: boolean): boolean {
  if (to === from || to === 'shared' || to === 'errors') return from !== 'errors' || to === 'errors'
  if (from === 'cli') return !to.startsWith('testing')
  if (from === 'façade') return !to.startsWith('testing') && to !== 'cli'
  const allowed = table[from] ?? []
  return allowed.includes(to) || (typeOnly && allowed.includes(`types of ${to}`))
}

/** What breaks the table or names the façade from inside, each as `file:line what`. */
function wrongImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((source) => {
    const from = unitOf(source.path)
    return importsOf(source).flatMap(({ specifier, file, typeOnly, everything, line }) => {
      const at = `${source.path}:${line}`
      if (everything) return [`${at} export * from '${specifier}'`]
      if (specifier === 'wumbo' || specifier.startsWith('wumbo/')) return [`${at} imports the package itself`]
      if (file === undefined) return []
      if (!file.startsWith('src/')) return [`${at} leaves src/: ${specifier}`]
      if (file === 'src/index.ts' && from !== 'cli') return [`${at} imports the façade`]
      if (mayImport(from, unitOf(file), typeOnly)) return []
      return [`${at} ${from} may not import ${unitOf(file)}${typeOnly ? ' (types)' : ''}: ${specifier}`]
    })
  })
}

/** The cycles among files, each as the path that closes it. Types count: such a cycle is one idea in two files. */
function cyclesAmong(files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map((file) => [file.path, importsOf(file).flatMap((one) => one.file ?? [])]))
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' → '))
    if (start >= 0 || done.has(path)) return
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) walk(path, [])
  return cycles
}

/** Examples and benchmarks stand where users stand: they reach Wumbo by its name alone. */
function wrongOutside(files: readonly SourceFile[]): string[] {
  return files.flatMap((source) => {
    const home = source.path.split('/')[0] ?? ''
    const inside = (specifier: string, file?: string): boolean =>
      file === undefined ? /^wumbo\/(src|dist)/.test(specifier) : !file.startsWith(`${home}/`)
    return importsOf(source)
      .filter(({ specifier, file }) => inside(specifier, file))
      .map(({ specifier, line }) => `${source.path}:${line} reaches inside: ${specifier}`)
  })
}

const sources = filesBelow('src').filter(({ path }) => !isTest(path))

describe('imports of src/', () => {
  test('are read at all', () => {
    expect(sources.flatMap(importsOf).length).toBeGreaterThan(50)
  })

  test('follow the table', () => {
    expect(wrongImports(sources)).toEqual([])
  })

  test('form no cycle', () => {
    expect(cyclesAmong(sources)).toEqual([])
  })

  test('come from units that the table knows', () => {
    const known = new Set([...Object.keys(table), ...compositionRoots])
    expect(sources.filter(({ path }) => !known.has(unitOf(path))).map(({ path }) => path)).toEqual([])
  })

  test('take only packages that package.json declares', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object }
    const undeclared = sources.flatMap((source) =>
      importsOf(source)
        .filter(({ specifier, file }) => file === undefined && !isBuiltin(specifier))
        .map(({ specifier }) => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/'))
        .filter((name) => !(name in dependencies))
        .map((name) => `${source.path} → ${name}`),
    )
    expect(undeclared).toEqual([])
  })
})

test('examples and benchmarks import the package by its name', () => {
  expect(wrongOutside([...filesBelow('examples'), ...filesBelow('bench')])).toEqual([])
})

describe('the checker', () => {
  const file = (path: string, text: string): SourceFile => ({ path, text })

  test.each([
    ['model/a.ts', "import { x } from '../engine/b.ts'", 'model may not import engine'],
    ['model/a.ts', "import type { X } from '../engine/b.ts'", 'model may not import engine (types)'],
    ['execution/a.ts', "import { x } from '../template/b.ts'", 'execution may not import template'],
    ['engine/a.ts', "export { x } from '../store/sqlite/b.ts'", 'engine may not import store/sqlite'],
    ['engine/a.ts', "const x = await import('../store/memory/b.ts')", 'engine may not import store/memory'],
    ['engine/a.ts', "let x: import('../server/b.ts').X", 'engine may not import server (types)'],
    ['store/memory/a.ts', "import '../sqlite/b.ts'", 'store/memory may not import store/sqlite'],
    ['store/port.ts', "import '../template/b.ts'", 'store port may not import template'],
    ['errors.ts', "import '../src/shared/b.ts'", 'errors may not import shared'],
    ['shared/a.ts', "import '../model/b.ts'", 'shared may not import model'],
    ['wumbo.ts', "import './testing/b.ts'", 'façade may not import testing'],
    ['cli/a.ts', "import '../testing/b.ts'", 'cli may not import testing'],
    ['engine/a.ts', "import { x } from '../index.ts'", 'imports the façade'],
    ['testing/a.ts', "import { x } from 'wumbo'", 'imports the package itself'],
    ['engine/a.ts', "export * from './b.ts'", 'export *'],
    ['engine/a.ts', "import '../../test/b.ts'", 'leaves src/'],
  ])('catches src/%s: %s', (path, text, complaint) => {
    expect(wrongImports([file(`src/${path}`, text)]).join()).toContain(complaint)
  })

  test.each([
    ['execution/a.ts', "import type { X } from '../template/b.ts'"],
    ['execution/a.ts', "import { type X } from '../template/b.ts'"],
    ['engine/a.ts', "import { x } from '../store/port.ts'\nimport { y } from '../shared/c.ts'\nimport '../errors.ts'"],
    ['cli/a.ts', "import { x } from '../index.ts'\nimport { y } from '../store/sqlite/c.ts'"],
    ['model/a.ts', "// import { x } from '../engine/b.ts'\nconst text = \"import '../engine/b.ts'\""],
  ])('lets pass src/%s: %s', (path, text) => {
    expect(wrongImports([file(`src/${path}`, text)])).toEqual([])
  })

  test('catches a cycle over three files, once', () => {
    const ring = [
      file('src/a.ts', "import './b.ts'"),
      file('src/b.ts', "import type { C } from './c.ts'"),
      file('src/c.ts', "export { a } from './a.ts'"),
      file('src/d.ts', "import './a.ts'"),
    ]
    expect(cyclesAmong(ring)).toEqual(['src/a.ts → src/b.ts → src/c.ts → src/a.ts'])
  })

  test('catches an example that reaches into src/ or dist/', () => {
    const inside = "import '../../src/index.ts'\nimport 'wumbo/dist/index.js'\nimport 'wumbo'\nimport './own.ts'"
    expect(wrongOutside([file('examples/01-x/main.ts', inside)])).toHaveLength(2)
  })
})
