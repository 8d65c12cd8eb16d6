// Where in the files of a user a module failed: `file:line:column` as well as it can be found out.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withoutGeneration } from './module-generations.ts'

/** `src/` or `dist/` of this package. */
const OWN_FOLDER = fileURLToPath(new URL('..', import.meta.url))

const FRAME = /(?:^|[ (])(?:file:\/\/)?((?:\/|[A-Za-z]:[\\/])[^\n()]+?:\d+(?::\d+)?)\)?$/gm

/** The place of a failure of `file`, or of one of the `others` that it imports. Undefined when nothing tells it. */
export function failurePlace(error: NodeJS.ErrnoException, file: string, others: Iterable<string> = []): string | undefined {
  if (error.code === 'ERR_MODULE_NOT_FOUND') return importPlace(error)
  const told = placeIn(error.stack ?? '')
  if (told !== undefined || !(error instanceof SyntaxError)) return told
  // Plain JavaScript tells the place of a syntax error only when Node itself reports it.
  for (const one of new Set([file, ...others])) {
    const place = /\.[cm]?js$/.test(one) ? placeIn(spawnSync(process.execPath, ['--check', one], { encoding: 'utf8', timeout: 10_000 }).stderr) : undefined
    if (place !== undefined) return place
  }
  return undefined
}

/** Where something stands in a file first; the file itself when it does not. */
export function textPlace(file: string, wanted: RegExp): string {
  let source = ''
  try {
    source = readFileSync(file, 'utf8')
  } catch {
    return file
  }
  const offset = source.search(wanted)
  if (offset < 0) return file
  const before = source.slice(0, offset).split('\n')
  return `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
}

/** What V8 puts before the stack of a syntax error, or the first frame outside of this package and of all others. */
function placeIn(stack: string): string | undefined {
  const text = withoutGeneration(stack)
  const places = [...text.matchAll(FRAME)].map((match) => decodeURI(match[1] ?? ''))
  const place = places.find((one) => !one.startsWith(OWN_FOLDER) && !one.includes('/node_modules/'))
  if (place === undefined || !/^[^\n]*:\d+\n/.test(text) || /:\d+:\d+$/.test(place)) return place
  // The line alone: the mark below it tells the column.
  const column = /^[^\n]*\n[^\n]*\n( *)\^/.exec(markedLine(text))?.[1]?.length
  return column === undefined ? place : `${place}:${column + 1}`
}

/** From the line that names the place on, up to the mark: the lines between may be more than one. */
function markedLine(text: string): string {
  const lines = text.split('\n')
  const mark = lines.findIndex((line) => /^ *\^+ *$/.test(line))
  return mark < 1 ? '' : [lines[0], lines[mark - 1], lines[mark]].join('\n')
}

/** The import that leads nowhere: Node names only the file that holds it. */
function importPlace(error: NodeJS.ErrnoException): string | undefined {
  const [, wanted, importer] = /^Cannot find (?:module|package) '(.+?)' imported from (.+)$/m.exec(withoutGeneration(error.message)) ?? []
  if (wanted === undefined || importer === undefined) return undefined
  const file = importer.startsWith('file:') ? fileURLToPath(importer) : importer
  const name = basename(wanted).replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')
  return textPlace(file, new RegExp(`(?<=\\bfrom\\s*|\\bimport\\s*\\(?\\s*)(['"])(?:[^'"\n]*/)?${name}(?:/[^'"\n]*)?\\1`))
}
