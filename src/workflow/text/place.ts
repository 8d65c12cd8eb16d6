// Places in a text: lines and columns of offsets. They are looked up only when somebody asks, since a text that is right needs none.
import type { Problem } from '../problems.ts'

/** Lines and columns count from 1, columns in UTF-16 units; the end is the place behind the last character. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** A problem, and where in the text it stands. */
export type LocatedProblem = Problem & { readonly at: Place }

/** A problem of the text, by offsets: what is found while the text is read. */
export interface Found extends Omit<Problem, 'path' | 'span'> {
  readonly path?: string
  readonly start: number
  readonly end: number
}

/** The lines of a text. */
export class Lines {
  readonly #source: string
  readonly #starts: number[] = [0]

  constructor(source: string) {
    this.#source = source
    for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  /** Counts from 1. */
  lineAt(offset: number): number {
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#starts[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Where a line begins; lines count from 1. */
  startOf(line: number): number {
    return this.#starts[line - 1] ?? this.#source.length
  }

  place(start: number, end: number): Place {
    const line = this.lineAt(start)
    const endLine = this.lineAt(end)
    return { line, column: start - this.startOf(line) + 1, endLine, endColumn: end - this.startOf(endLine) + 1 }
  }
}

/** Where the line ends that holds an offset: before its line break. */
export function lineEnd(source: string, offset: number): number {
  const at = source.indexOf('\n', offset)
  const end = at === -1 ? source.length : at
  return end > offset && source[end - 1] === '\r' ? end - 1 : end
}

/** Where the line begins that holds an offset. */
export function lineStart(source: string, offset: number): number {
  return offset === 0 ? 0 : source.lastIndexOf('\n', offset - 1) + 1
}

/** By place, then by message: the order in which problems are told. */
export function byPlace(a: LocatedProblem, b: LocatedProblem): number {
  return a.at.line - b.at.line || a.at.column - b.at.column || (a.message < b.message ? -1 : 1)
}
