// The text of a workflow's definition, YAML or JSON: what it says as plain data, and where in it each part stands. It knows nothing of
// what the data means; checking that is the compiler's. Editing is edit.ts.
import { isAlias, isCollection, isScalar, type Alias, type Node, type Scalar } from 'yaml'
import type { Problem } from '../problems.ts'
import { compose, MAX_DEPTH, MAX_TEXT, MAX_TOKENS } from './compose.ts'
import { findNode, type Found } from './find-node.ts'
import { byPlace, Lines, type LocatedProblem, type Place } from './place.ts'
import { originsOf } from './scalar-offsets.ts'
import { syntaxProblems } from './syntax.ts'
import { makeModel } from './to-model.ts'

/** No mark is longer: nobody reads it. */
const MAX_MARKED = 4096

type Given = Omit<Problem, 'path' | 'on' | 'span'>

/**
 * A definition's text that was read.
 * @example
 * const text = DefinitionText.read('name: greet\nsteps: …')
 * text.model                                              // { name: 'greet', steps: … }
 * text.place({ path: 'steps.hello.with.message' })        // { line: 5, column: 22, endLine: 5, endColumn: 27 }
 */
export class DefinitionText {
  readonly source: string
  /** Plain data. Undefined when the text could not be read; the problems say why. */
  readonly model: unknown
  /** What is wrong with the text itself, by place. */
  readonly problems: readonly LocatedProblem[]
  readonly #root: Node | null
  readonly #targets: ReadonlyMap<Alias, Node>
  #lines: Lines | undefined

  private constructor(source: string) {
    this.source = source
    const problems: LocatedProblem[] = []
    const tell = (problem: Given, start: number, end: number): void => void problems.push({ ...problem, path: '', at: this.#between(start, end) })
    const { root, model, targets } = this.#read(tell)
    this.#root = root
    this.#targets = targets
    this.problems = problems.sort(byPlace)
    this.model = problems.length > 0 ? undefined : model
  }

  /** Reads a text. Never throws: what is wrong is among the problems. */
  static read(source: string): DefinitionText {
    return new DefinitionText(source)
  }

  /**
   * Where a problem of the model stands: its key or its value, or a part of the value's text. Of a value that there is not, the key of
   * what should hold it. A path through an alias leads to the text that the alias stands for.
   */
  place({ path, on, span }: Pick<Problem, 'path' | 'on' | 'span'>): Place {
    const found = findNode(this.#root, path, this.#targets)
    const { key, node, rest } = found
    const value = isAlias(node) ? (this.#targets.get(node) ?? node) : node
    if (span !== undefined && isScalar(value) && typeof value.value === 'string') return this.#part(value as Scalar<string>, span)
    if (key !== null && (on === 'key' || (rest !== '' && !isScalar(value)) || isEmpty(value) || isBlock(value))) return this.#of(key)
    return value === null || value === undefined ? this.#between(0, 0) : this.#start(found, value)
  }

  #read(tell: (problem: Given, start: number, end: number) => void): { readonly root: Node | null; readonly model: unknown; readonly targets: ReadonlyMap<Alias, Node> } {
    const nothing = { root: null, model: undefined, targets: new Map<Alias, Node>() }
    const { source } = this
    if (source.length > MAX_TEXT) {
      tell({ code: 'SIZE_LIMIT', message: `the text has ${source.length} characters, at most ${MAX_TEXT} are read`, remedy: 'Cut the workflow into several, and keep data in files that a step reads.' }, 0, 0)
      return nothing
    }
    const { document, errors, tooDeep, tooLong, tooMany, second } = compose(source)
    if (tooDeep !== undefined) tell({ code: 'DEPTH_LIMIT', message: `objects and lists are nested more than ${MAX_DEPTH} deep`, remedy: 'Put the inner part into a workflow of its own, or data into a file that a step reads.' }, tooDeep, tooDeep + 1)
    if (tooLong !== undefined) tell({ code: 'SIZE_LIMIT', message: `the text has more than ${MAX_TOKENS} words and signs`, remedy: 'Cut the workflow into several, and keep data in files that a step reads.' }, tooLong, tooLong + 1)
    if (tooMany !== undefined) tell({ code: 'ALIAS_LIMIT', message: 'there are more than 1,000 anchors and aliases', remedy: 'Write out what is needed, or make a step with forEach of it.' }, tooMany, tooMany + 1)
    for (const { start, end, ...problem } of syntaxProblems(errors, source)) tell({ code: 'YAML_SYNTAX', ...problem }, start, end)
    if (second !== undefined) tell({ code: 'YAML_SYNTAX', message: 'a second document begins here', remedy: 'Keep one workflow in a file: put the other into a file of its own.' }, second, second + 3)
    const { explicit, version } = document?.directives.yaml ?? {}
    if (explicit === true && version !== '1.2') tell({ code: 'YAML_SYNTAX', message: `definitions are YAML 1.2, not ${version ?? ''}`, remedy: 'Take the line away.' }, 0, 5)
    const root = document?.contents ?? null
    if (document !== undefined && errors.length === 0 && isEmpty(root)) tell({ code: 'MISSING_KEY', message: 'the file is empty', remedy: 'Begin with name: and steps:.' }, 0, 0)
    if (document === undefined || errors.length > 0 || second !== undefined) return { ...nothing, root }
    const { model, problems, targets } = makeModel(root)
    for (const { node, first, message, ...problem } of problems) {
      const told = first === undefined ? message : `${message}; the first is in line ${this.#of(first).line}`
      tell({ ...problem, message: told }, node.range?.[0] ?? 0, node.range?.[1] ?? 0)
    }
    return { root, model, targets }
  }

  /** A part of the text of a scalar. */
  #part(node: Scalar<string>, [start, end]: readonly [number, number]): Place {
    const [from = 0, to = from] = node.range ?? []
    const { length } = node.value
    const first = Math.max(0, Math.min(start, length - 1))
    const origins = originsOf({ value: node.value, raw: this.source.slice(from, to), type: node.type ?? undefined, at: from }, first, Math.max(first + 1, Math.min(end, length, first + MAX_MARKED)))
    const [begin, finish] = [origins[0], origins.at(-1)]
    if (begin === undefined || finish === undefined) return this.#of(node)
    const behind = finish.offset + finish.length
    return start >= length ? this.#between(behind, behind) : this.#between(begin.offset, behind)
  }

  /** A value: the first line of it. */
  #start({ key, rest }: Found, node: Node): Place {
    if (key === null && rest !== '' && isCollection(node)) return this.#between(node.range?.[0] ?? 0, node.range?.[0] ?? 0)
    return this.#of(node)
  }

  #of(node: Node): Place {
    const [from = 0, to = from] = node.range ?? []
    const line = this.source.indexOf('\n', from)
    return this.#between(from, line < 0 ? to : Math.min(to, this.source[line - 1] === '\r' ? line - 1 : line))
  }

  #between(start: number, end: number): Place {
    this.#lines ??= new Lines(this.source)
    return this.#lines.place(start, end)
  }
}

/** True where nothing stands: behind `key:`, or in an empty text. */
function isEmpty(node: Node | null | undefined): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null && (node.source ?? '') === '')
}

/** True for a collection over several lines, which is marked by its key. */
function isBlock(node: Node | null | undefined): boolean {
  return isCollection(node) && node.flow !== true
}
