// The text of a workflow's definition, in YAML or JSON: what it says, what is wrong with it as a text, and where in it each part of
// the model stands. It knows nothing of what the model means: that is checked by fromModel, whose problems find their places here.
import type { Problem } from '../problems.ts'
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
    this.problems = tree.found.map(({ start, end, path = '', ...rest }) => ({ ...rest, path, at: this.#place(start, end) }))
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

  #place(start: number, end: number): Place {
    return (this.#lines ??= new Lines(this.source)).place(start, end)
  }
}
