// The pure core sees time, randomness, ids and the outside only through what it is given, or a simulation could not
// repeat it: no global that reads them may be used in these folders. The compiler resolves every name, so a word in
// a comment, a property or a local variable of the same name does not count.
import { isBuiltin } from 'node:module'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { filesBelow, importsOf, isTest, parse, type SourceFile } from './sources.ts'

const pureFolders = ['src/engine', 'src/model', 'src/workflow']

/** Runs in browsers too. */
const browserFolders = ['src/api']

const bannedGlobals = new Set([
  ...['Date', 'performance', 'Temporal', 'crypto', 'process', 'fetch', 'globalThis', 'require'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask'],
])

/** Globals of which one member is banned; used in any other way than `Name.member` they could hide it. */
const bannedMembers = new Map([
  ['Math', 'random'],
  ['AbortSignal', 'timeout'],
])

function bannedIn(files: readonly SourceFile[]): string[] {
  return [...files.flatMap(bannedImports), ...bannedNames(files)]
}

function bannedImports(source: SourceFile): string[] {
  return importsOf(source)
    .filter(({ specifier }) => isBuiltin(specifier))
    .map(({ specifier, line }) => `${source.path}:${line} imports ${specifier}`)
}

function bannedNames(files: readonly SourceFile[]): string[] {
  const program = programOf(files)
  const checker = program.getTypeChecker()
  return files.flatMap(({ path }) => {
    const file = program.getSourceFile(path)
    if (file === undefined) throw new Error(`the compiler did not read ${path}`)
    const found: string[] = []
    const visit = (node: ts.Node): void => {
      const name = ts.isIdentifier(node) && isGlobalValue(checker, node) ? bannedUse(node) : undefined
      if (name !== undefined) {
        found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1} uses ${name}`)
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
    return found
  })
}

/** A program of these files alone. Without libraries a name that no file declares is a global. */
function programOf(files: readonly SourceFile[]): ts.Program {
  const parsed = new Map(files.map((source) => [source.path, parse(source)]))
  const host: ts.CompilerHost = {
    getSourceFile: (path) => parsed.get(path),
    getDefaultLibFileName: () => 'lib.d.ts',
    writeFile: () => undefined,
    getCurrentDirectory: () => '',
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (path) => parsed.has(path),
    readFile: () => undefined,
  }
  return ts.createProgram([...parsed.keys()], { noLib: true, noResolve: true, types: [] }, host)
}

function bannedUse(node: ts.Identifier): string | undefined {
  if (bannedGlobals.has(node.text)) return node.text
  const member = bannedMembers.get(node.text)
  if (member === undefined) return undefined
  const use = node.parent
  const harmless = ts.isPropertyAccessExpression(use) && use.expression === node && use.name.text !== member
  const comparison = ts.isBinaryExpression(use) && use.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword
  return harmless || comparison ? undefined : `${node.text}.${member}`
}

/** Whether an identifier reads a name that no file declares; a member's name and a type are no such reading. */
function isGlobalValue(checker: ts.TypeChecker, node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false
  if (ts.isShorthandPropertyAssignment(parent)) return isUndeclared(checker.getShorthandAssignmentValueSymbol(parent))
  if (ts.isBindingElement(parent) && parent.propertyName === node) return false
  if (ts.isTypeReferenceNode(parent) || ts.isQualifiedName(parent) || ts.isTypeQueryNode(parent)) return false
  return isUndeclared(checker.getSymbolAtLocation(node))
}

function isUndeclared(symbol: ts.Symbol | undefined): boolean {
  return symbol === undefined || (symbol.declarations ?? []).length === 0
}

const sourcesOf = (folders: readonly string[]): SourceFile[] =>
  folders.flatMap(filesBelow).filter(({ path }) => !isTest(path))

test('the pure core uses no clock, randomness, timer, process or network of its own', () => {
  for (const folder of pureFolders) expect(sourcesOf([folder]), folder).not.toEqual([])
  expect(bannedIn(sourcesOf(pureFolders))).toEqual([])
})

test('what browsers load imports nothing of Node', () => {
  expect(sourcesOf(browserFolders).flatMap(bannedImports)).toEqual([])
})

describe('the checker', () => {
  const check = (text: string): string[] => bannedIn([{ path: 'src/engine/planted.ts', text }])

  test.each([
    ['Date.now()', 'Date'],
    ['const at = new Date()', 'Date'],
    ['const clocks = { Date }', 'Date'],
    ['const clocks = { now: Date }', 'Date'],
    ['const start = performance.now()', 'performance'],
    ['const n = Math.random()', 'Math.random'],
    ["const n = Math['random']()", 'Math.random'],
    ['const { random } = Math', 'Math.random'],
    ['const id = crypto.randomUUID()', 'crypto'],
    ['setTimeout(() => {}, 1)', 'setTimeout'],
    ['setInterval(() => {}, 1)', 'setInterval'],
    ['setImmediate(() => {})', 'setImmediate'],
    ['queueMicrotask(() => {})', 'queueMicrotask'],
    ['const later = setTimeout', 'setTimeout'],
    ['process.exit(1)', 'process'],
    ['const s = AbortSignal.timeout(5)', 'AbortSignal.timeout'],
    ["await fetch('http://127.0.0.1')", 'fetch'],
    ['globalThis.setTimeout(() => {})', 'globalThis'],
    ['function inner(Date: number) { return Date }\nconst at = Date.now()', 'Date'],
    ["import { readFileSync } from 'node:fs'", 'node:fs'],
    ["import type { Readable } from 'stream'", 'stream'],
    ["const fs = await import('node:fs')", 'node:fs'],
  ])('catches %s', (text, name) => {
    expect(check(text).join()).toContain(name)
  })

  test('names the place', () => {
    expect(check('const a = 1\nconst b = Date.now()')).toEqual(['src/engine/planted.ts:2 uses Date'])
  })

  test.each([
    ['// Date.now() and setTimeout'],
    ["const text = 'Date.now() and process.exit()'"],
    ['const Dateish = 1\nDateish.toFixed()'],
    ['clock.setTimeout(() => {}, 1)\nclock.performance.now()'],
    ['const clock = { Date: 1, process() {}, fetch: 2 }'],
    ['class Clock { fetch() {} process = 1 }'],
    ['interface Clock { Date: number; setTimeout(f: () => void): void }'],
    ['function pure(process: () => void) { process() }'],
    ["import { crypto } from '../shared/seeded.ts'\ncrypto.next()"],
    ['const max = Math.max(1, 2)'],
    ['const s = AbortSignal.any([])'],
    ['function isDate(value: Date): string { return String(value) }'],
    ['const { Date: day } = parts'],
    ['enumerate: for (;;) break enumerate'],
  ])('lets pass %s', (text) => {
    expect(check(text)).toEqual([])
  })
})
