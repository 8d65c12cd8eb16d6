// Where something stands in a text. Lines and columns count from 1, columns in UTF-16 units as editors and strings do.
import type { Problem } from '../problems.ts'

/** A part of one text. The end is the place behind the last character. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** A problem of a definition, and where in its text. */
export type LocatedProblem = Problem & { readonly at: Place }

/** Finds lines and columns by offset. Made when the first is asked for. */
export class Lines {
  readonly #starts: number[] = [0]

  constructor(source: string) {
    for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  /** The place of the characters from `start` up to `end`. */
  place(start: number, end: number): Place {
    const [line, column] = this.#position(start)
    const [endLine, endColumn] = this.#position(Math.max(start, end))
    return { line, column, endLine, endColumn }
  }

  #position(offset: number): readonly [line: number, column: number] {
    let [low, high] = [0, this.#starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return [low + 1, offset - (this.#starts[low] ?? 0) + 1]
  }
}

/** By place, then by code: the order in which problems are told. */
export function byPlace(a: LocatedProblem, b: LocatedProblem): number {
  return a.at.line - b.at.line || a.at.column - b.at.column || (a.message < b.message ? -1 : 1)
}
