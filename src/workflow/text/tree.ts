// Reads a text into a tree of nodes and a plain model, and gathers everything that is wrong with the text itself. Never throws.
import { Composer, isScalar, type Alias, type CST, type Document, type Node } from 'yaml'
import { plainModel } from './plain-model.ts'
import { lineEnd, Lines, type Found } from './place.ts'
import { syntaxProblem } from './syntax-words.ts'
import { readTokens } from './tokens.ts'

/** A text is at most so long, in bytes of UTF-8. */
export const MAX_SIZE = 1_048_576

/** What reading gives. */
export interface Tree {
  /** Undefined when there are problems. */
  readonly model: unknown
  readonly contents: Node | null
  readonly targets: ReadonlyMap<Alias, Node>
  /** Sorted by place. */
  readonly found: readonly Found[]
}

const OPTIONS = { version: '1.2', schema: 'core', merge: false, uniqueKeys: false, keepSourceTokens: true, strict: true, logLevel: 'silent' } as const

/** Reads a text. */
export function readTree(source: string): Tree {
  const early = refusedAtOnce(source)
  if (early !== undefined) return failed([early])
  const { trees, found, complete, noiseFrom } = readTokens(source)
  if (!complete) return failed(found)
  const documents = composed(trees, source)
  const [document, second] = documents
  let known: Lines | undefined
  const lines = (): Lines => (known ??= new Lines(source))
  const told = new ToldLines(lines)
  const syntax = syntaxProblems(documents, source, { noiseFrom, told })
  const problems = [...found.filter((one) => !standsInside(one, syntax)), ...syntax]
  if (second !== undefined) problems.push(severalDocuments(second, source))
  const contents = document?.contents ?? null
  if (problems.length === 0) {
    const whole = wholeProblem(contents, source)
    if (whole !== undefined) return failed([whole])
  }
  const plain = plainModel(contents, source, (offset) => lines().lineAt(offset))
  for (const one of [...found, ...problems]) told.add(one)
  // What the parser could not read makes nonsense of what is around it.
  const meant = problems.length === 0 ? plain.found : plain.found.filter(({ start }) => start < noiseFrom && !told.has(start))
  const all = [...problems, ...meant]
  return all.length === 0 ? { model: plain.model, contents, targets: plain.targets, found: [] } : failed(all)
}

function failed(found: readonly Found[]): Tree {
  return { model: undefined, contents: null, targets: new Map(), found: [...found].sort((a, b) => a.start - b.start || a.end - b.end) }
}

function refusedAtOnce(source: string): Found | undefined {
  if (source.length > MAX_SIZE || (source.length > MAX_SIZE / 3 && bytesOf(source) > MAX_SIZE)) {
    return { code: 'SIZE_LIMIT', message: `the text is longer than 1 MiB (${MAX_SIZE} bytes)`, remedy: 'Keep data out of the definition: hand it in as the input, or read it from a file.', start: 0, end: 0 }
  }
  const cr = source.indexOf('\r') === -1 ? -1 : source.search(/\r(?!\n)/)
  return cr === -1 ? undefined : { code: 'YAML_SYNTAX', message: 'a carriage return stands alone, without a line feed behind it', remedy: 'End lines with a line feed (LF), or with CRLF.', start: cr, end: cr + 1 }
}

function bytesOf(source: string): number {
  let bytes = 0
  for (let at = 0; at < source.length; at++) {
    const unit = source.charCodeAt(at)
    // Each half of a pair counts two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
  }
  return bytes
}

/** What the first pass has told, or a directive that it has refused. */
const TOLD_BEFORE: ReadonlySet<string> = new Set(['TAG_RESOLVE_FAILED', 'MULTIPLE_TAGS', 'BAD_DIRECTIVE'])

/** Composes documents. A text full of mistakes makes thousands of errors, whose stacks nobody reads and which take most of the time. */
function composed(trees: readonly CST.Token[], source: string): readonly Document[] {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return [...new Composer(OPTIONS).compose(trees, true, source.length)]
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** Whether a problem stands inside of what another one is about, which are sorted: then it only follows from that one. */
function standsInside({ start }: Found, sorted: readonly Found[]): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.start ?? 0) < start) low = middle + 1
    else high = middle
  }
  return start < (sorted[low - 1]?.end ?? 0)
}

/** The lines on which a problem was told. */
class ToldLines {
  readonly #lines: () => Lines
  readonly #told = new Set<number>()

  constructor(lines: () => Lines) {
    this.#lines = lines
  }

  add({ start, end }: Found): void {
    const last = this.#lines().lineAt(end)
    for (let line = this.#lines().lineAt(start); line <= last; line++) this.#told.add(line)
  }

  has(offset: number): boolean {
    return this.#told.size > 0 && this.#told.has(this.#lines().lineAt(offset))
  }
}

/** One problem per line; what only follows from what was told before is left out. */
function syntaxProblems(documents: readonly Document[], source: string, { noiseFrom, told }: { readonly noiseFrom: number; readonly told: ToldLines }): Found[] {
  const problems: Found[] = []
  const errors = documents.flatMap((document) => document.errors).sort((a, b) => a.pos[0] - b.pos[0])
  for (const error of errors) {
    if (TOLD_BEFORE.has(error.code) || error.pos[0] >= noiseFrom || error.message.includes('directives-end')) continue
    if (problems.length > 0 && (told.has(error.pos[0]) || error.message.includes('in YAML stream'))) continue
    const problem = syntaxProblem(error, source)
    if (told.has(problem.start)) continue
    problems.push(problem)
    told.add(problem)
  }
  return problems
}

function severalDocuments(second: Document, source: string): Found {
  const start = second.range?.[0] ?? 0
  return { code: 'YAML_SYNTAX', message: 'a second document begins here; a file holds one definition', remedy: 'Leave out the line with --- (or ...), or put what stands below it into a file of its own.', start, end: lineEnd(source, start) }
}

/** Whether the text holds anything that can be a definition. */
function wholeProblem(contents: Node | null, source: string): Found | undefined {
  if (contents === null || (isScalar(contents) && contents.source === '' && contents.type === 'PLAIN')) {
    return { code: 'YAML_SYNTAX', message: source.trim() === '' ? 'the file is empty' : 'the file is empty: it holds nothing but comments', remedy: 'Begin with a name, and steps below it: name: my-workflow', start: 0, end: 0 }
  }
  if (!isScalar(contents) || contents.type !== 'PLAIN' || typeof contents.value !== 'string') return undefined
  const [start = 0] = contents.range ?? []
  const end = lineEnd(source, start)
  const match = /^([\w.-]+):(\S.*)$/.exec(source.slice(start, end))
  return match === null ? undefined : { code: 'YAML_SYNTAX', message: 'a space is missing behind the colon', remedy: `Write ${match[1] ?? ''}: ${match[2] ?? ''}`, start, end }
}
