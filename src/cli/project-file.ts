// The project's file, wumbo.yaml: where it is, and what it says. Every problem is told with file, line, column, what was expected,
// what came and the nearest right key. It opens no store and imports no module.
import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { existsSync } from 'node:fs'
import { isAlias, isMap, isScalar, LineCounter, parseDocument, type Document, type Node, type Pair } from 'yaml'
import { ProjectInvalidError } from '../errors.ts'
import { didYouMean } from '../shared/nearest.ts'
import { withoutPassword } from '../shared/postgres-url.ts'
import { EXECUTION_KEYS, PROJECT_KEYS, type Check } from './project-keys.ts'

/** The name of the file that makes a folder a project. */
export const PROJECT_FILE = 'wumbo.yaml'

/** What a project's file may say; what it leaves out is not there. */
export interface ProjectFile {
  readonly store?: string
  readonly templates?: string
  readonly workflows?: string
  readonly execution?: { readonly strategy?: 'sync' | 'async'; readonly concurrency?: number }
  readonly retention?: string | number | null
}

/** One thing that is wrong in the file. Line and column count from 1. */
export interface ProjectProblem {
  readonly line: number
  readonly column: number
  /** `execution.concurrency`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
}

/** The file of the nearest folder that has one, from `folder` upwards; undefined when there is none. */
export function findProjectFile(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const file = join(at, PROJECT_FILE)
    if (existsSync(file)) return file
    if (dirname(at) === at) return undefined
  }
}

/** Reads and checks a project's file. Throws PROJECT_INVALID that lists every problem. */
export async function readProjectFile(file: string): Promise<ProjectFile> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ProjectInvalidError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause, path: file })
  })
  return parseProjectFile(text, relative(process.cwd(), file) || file)
}

/** Checks the text of a project's file; `name` stands in the messages. */
export function parseProjectFile(text: string, name: string): ProjectFile {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const problems: ProjectProblem[] = []
  const at = (offset: number, path: string, message: string): void => {
    const { line, col } = lines.linePos(offset)
    problems.push({ line, column: col, path, message })
  }
  for (const error of document.errors) at(error.pos[0], '', `expected YAML: ${error.message}`)
  const file = problems.length > 0 || document.contents === null ? {} : fields(document, document.contents, { path: '', keys: PROJECT_KEYS, at })
  if (problems.length === 0) return file
  const places = problems.map((one) => `${name}:${one.line}:${one.column}: ${one.path === '' ? '' : `${one.path}: `}${one.message}`)
  throw new ProjectInvalidError(places.join('; '), { path: `${name}:${problems[0]?.line ?? 1}`, details: { file: name, problems } })
}

interface Walk {
  readonly path: string
  readonly keys: Readonly<Record<string, Check | 'execution'>>
  readonly at: (offset: number, path: string, message: string) => void
}

function fields(document: Document, node: Node, walk: Walk): Record<string, unknown> {
  const known = Object.keys(walk.keys)
  const found: Record<string, unknown> = {}
  const map = isAlias(node) ? node.resolve(document) : node
  if (!isMap(map)) {
    walk.at(node.range?.[0] ?? 0, walk.path, `expected keys and values (${known.join(', ')}), got ${shown(node)}`)
    return found
  }
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const key = isScalar(pair.key) ? String(pair.key.value) : ''
    const path = walk.path === '' ? key : `${walk.path}.${key}`
    const check = Object.hasOwn(walk.keys, key) ? walk.keys[key] : undefined
    const value = isAlias(pair.value) ? (pair.value.resolve(document) ?? pair.value) : pair.value
    const offset = pair.value?.range?.[0] ?? pair.key.range?.[0] ?? 0
    if (check === undefined) walk.at(pair.key.range?.[0] ?? 0, path, `there is no such key.${didYouMean(key, known)} Keys are: ${known.join(', ')}`)
    else if (check === 'execution') found[key] = value === null ? {} : fields(document, value, { ...walk, path, keys: EXECUTION_KEYS })
    else {
      const plain: unknown = isScalar(value) ? value.value : value === null ? null : undefined
      const problem = plain === undefined ? check.expected : check.refuse(plain)
      if (problem === undefined) found[key] = plain
      else walk.at(offset, path, `expected ${problem}, got ${value === null ? 'nothing' : shown(value)}`)
    }
  }
  return found
}

function shown(node: Node): string {
  if (!isScalar(node)) return isMap(node) ? 'keys and values' : 'a list'
  if (node.value === null) return 'nothing'
  return JSON.stringify(typeof node.value === 'string' ? withoutPassword(node.value) : node.value)
}
