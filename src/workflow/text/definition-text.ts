// The text of a workflow's definition, in YAML or JSON: what it says, what is wrong with it as a text, and where in it each part of
// the model stands. It knows nothing of what the model means: that is checked by fromModel, whose problems find their places here.
import { DefinitionError } from '../../errors.ts'
import { clipped, type Problem } from '../problems.ts'
import { editText } from './edit.ts'
import { findNode } from './find-node.ts'
import { markedSpan } from './node-place.ts'
import { Lines, type LocatedProblem, type Place } from './place.ts'
import { readTree, type Tree } from './tree.ts'

/**
 * A definition as a text.
 *
 * ```ts
 * const text = DefinitionText.read('name: greet\nsteps:\n  hello: { uses: log, with: { text: hi } }\n')
 * text.model                                      // { name: 'greet', steps: { hello: { uses: 'log', … } } }
 * text.place({ path: 'steps.hello.uses' })        // { line: 3, column: 18, endLine: 3, endColumn: 21 }
 * ```
 */
export class DefinitionText {
  readonly source: string
  /** Plain JSON; undefined when the text has problems. */
  readonly model: unknown
  /** What is wrong with the text itself, sorted by place. What is wrong with the model is not looked for. */
  readonly problems: readonly LocatedProblem[]
  readonly #tree: Tree
  #lines: Lines | undefined

  private constructor(source: string, tree: Tree) {
    this.source = source
    this.#tree = tree
    this.model = tree.model
    this.problems = tree.found.map(({ start, end, path = '', message, ...rest }) => ({ ...rest, message: clipped(message), path, at: this.#place(start, end) }))
  }

  /** Reads a text: YAML 1.2, core schema, without tags and merge keys; or JSON. Never throws: what is wrong is in `problems`. */
  static read(source: string): DefinitionText {
    return new DefinitionText(source, readTree(source))
  }

  /**
   * Where a problem of the model stands in the text. A path that leads further than the text does gives the nearest part around it.
   * An alias is followed where the path or the span leads into what it repeats, since the mistake is written there; where
   * the path ends at the alias, it is the alias.
   */
  place({ path, on, span }: Pick<Problem, 'path' | 'on' | 'span'>): Place {
    const { contents, targets } = this.#tree
    const found = findNode(contents, path, targets)
    return this.#place(...markedSpan(found, { on, span }, { source: this.source, targets }))
  }

  /**
   * The text that says another model, and differs from this one only in the lines of what differs: comments, blank lines, quotes,
   * the order of keys, indentation and line ends of everything else stay byte for byte. `edit(text.model)` is the source.
   *
   * What belongs to a key or an item, and is moved or removed with it: comments directly above it, comments below it that are
   * indented deeper, and blank lines above. A key that is gone and a new one at the same place with the same or a similar value
   * are one renamed key. What is added looks like the rest of the file; in `{ }` and `[ ]` it is added in the same line. An alias
   * whose value no longer is that of its anchor is written out.
   *
   * Throws DefinitionError when the text has problems, and when the model is no JSON.
   *
   * ```ts
   * const text = DefinitionText.read('name: greet # the first\nsteps:\n  hello: { uses: log }\n')
   * text.edit({ ...text.model, name: 'meet' })    // 'name: meet # the first\nsteps:\n  hello: { uses: log }\n'
   * ```
   */
  edit(model: unknown): string {
    const [first] = this.problems
    if (first !== undefined) throw new DefinitionError(`the text cannot be edited: line ${first.at.line}: ${first.message}`, { path: first.path, details: { problems: this.problems }, remedy: first.remedy ?? 'Correct the text first.' })
    return editText(this.source, this.#tree, model)
  }

  #place(start: number, end: number): Place {
    return (this.#lines ??= new Lines(this.source)).place(start, end)
  }
}
