// Assertions on the journal of a run: each throws an AssertionError of node:assert that says what was expected and what came, and shows the
// journal as a table. They belong to no test runner.
import { AssertionError } from 'node:assert'
import { deepStrictEqual } from 'node:assert/strict'
import type { StepSummary } from '../../engine/inspect.ts'
import type { ErrorData } from '../../errors.ts'
import { didYouMean } from '../../shared/nearest.ts'
import type { Journal, TestRun } from './contract.ts'

/** What may be expected of a journal. Each gives the same object again. */
export interface JournalExpectation {
  /** These have completed, in this order; others may stand between them. */
  completed(...paths: readonly string[]): this
  /** Exactly these are recorded, in this order, whatever became of them. */
  exactly(...paths: readonly string[]): this
  /** These were skipped. */
  skipped(...paths: readonly string[]): this
  /** This has failed for good; `code` is the code of its failure or of one of its causes. */
  failed(path: string, code?: string): this
  /** None of these is recorded. */
  never(...paths: readonly string[]): this
  /** The attempt that gave the result, from 1. */
  attempts(path: string, attempts: number): this
  input(path: string, input: unknown): this
  output(path: string, output: unknown): this
}

/**
 * Begins assertions on the journal of a run.
 * @example
 * expectJournal(run).completed('reserve', 'charge').attempts('charge', 2).skipped('refund').output('charge', { receipt: 'r1' })
 */
export function expectJournal(of: Journal | TestRun<unknown>): JournalExpectation {
  return new Expectation('rows' in of ? of : of.journal)
}

class Expectation implements JournalExpectation {
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  completed(...paths: readonly string[]): this {
    const places = paths.map((path) => {
      const { seq, status, error, attempt } = this.#row(path)
      if (status !== 'completed') this.#refuse(`expected ${path} to have completed; it ${status === 'skipped' ? 'was skipped' : `failed at attempt ${attempt} with ${shownError(error)}`}`, { actual: status, expected: 'completed' })
      return seq
    })
    places.forEach((seq, index) => {
      const [before, path] = [paths[index - 1], paths[index]]
      if (index === 0 || seq > (places[index - 1] ?? 0)) return
      const order = paths.toSorted((a, b) => this.#row(a).seq - this.#row(b).seq)
      this.#refuse(`expected ${String(before)} to have completed before ${String(path)}; ${String(path)} was first`, { actual: order, expected: paths })
    })
    return this
  }

  exactly(...paths: readonly string[]): this {
    const actual = this.#journal.rows.map(({ path }) => path)
    this.#same('the recorded paths', actual, paths)
    return this
  }

  skipped(...paths: readonly string[]): this {
    for (const path of paths) {
      const { status } = this.#row(path)
      if (status !== 'skipped') this.#refuse(`expected ${path} to have been skipped; it has ${status}`, { actual: status, expected: 'skipped' })
    }
    return this
  }

  failed(path: string, code?: string): this {
    const { status, error } = this.#row(path)
    if (status !== 'failed') this.#refuse(`expected ${path} to have failed; it ${status === 'skipped' ? 'was skipped' : 'has completed'}`, { actual: status, expected: 'failed' })
    const codes = codesOf(error)
    if (code !== undefined && !codes.includes(code)) this.#refuse(`expected ${path} to have failed with ${code}; it failed with ${shownError(error)}`, { actual: codes, expected: code })
    return this
  }

  never(...paths: readonly string[]): this {
    for (const path of paths) {
      const row = this.#journal.rows.find((one) => one.path === path)
      if (row !== undefined) this.#refuse(`expected ${path} never to have been recorded; it is number ${row.seq}, ${row.status}`, { actual: row.status, expected: 'nothing' })
    }
    return this
  }

  attempts(path: string, attempts: number): this {
    const { attempt } = this.#row(path)
    if (attempt !== attempts) this.#refuse(`expected ${path} to have ended at attempt ${attempts}; it ended at attempt ${attempt}`, { actual: attempt, expected: attempts })
    return this
  }

  input(path: string, input: unknown): this {
    this.#same(`the input of ${path}`, this.#row(path).input, input)
    return this
  }

  output(path: string, output: unknown): this {
    this.#same(`the output of ${path}`, this.#row(path).output, output)
    return this
  }

  #row(path: string): StepSummary {
    const { rows, run } = this.#journal
    const row = rows.find((one) => one.path === path)
    if (row !== undefined) return row
    const pending = run.pending.find((one) => one.path === path)
    if (pending !== undefined) return this.#refuse(`expected ${path} to be recorded; it has begun and still waits (${pending.kind})`, { actual: 'waiting', expected: 'recorded' })
    return this.#refuse(`expected ${path} to be recorded; it is not.${didYouMean(path, rows.map((one) => one.path))}`, { actual: rows.map((one) => one.path), expected: path })
  }

  #same(what: string, actual: unknown, expected: unknown): void {
    try {
      deepStrictEqual(actual, expected)
    } catch (thrown) {
      this.#refuse(`${what} differs: ${(thrown as Error).message}`, { actual, expected })
    }
  }

  #refuse(message: string, { actual, expected }: { readonly actual: unknown; readonly expected: unknown }): never {
    throw new AssertionError({ message: `${message}\n\n${this.#journal.toString()}`, actual, expected, operator: 'expectJournal' })
  }
}

function codesOf(error: ErrorData | null): string[] {
  return error === null ? [] : [error.code, ...codesOf(error.cause ?? null)]
}

function shownError(error: ErrorData | null): string {
  return error === null ? 'no failure' : `${codesOf(error).join(' of ')}: ${error.message}`
}
