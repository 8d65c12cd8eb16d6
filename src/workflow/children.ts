// What a workflow says of the runs that it starts: types, the words of their paths, and which of them stand on a page. The engine starts them.
import type { WumboError } from '../errors.ts'
import { childId } from '../model/child.ts'
import type { ParentClose } from '../model/child.ts'

/** How a child run is started. */
export interface ChildOptions {
  /** Tells apart children of one name. The path becomes `name[key]`. */
  readonly key?: string | number
  /** What becomes of the child when this run ends before it, or continues as new: it is cancelled, or left to itself. Default `cancel`. */
  readonly parentClose?: ParentClose
  /** The queue that workers take it from. Default: that of this run. */
  readonly queue?: string
}

/** How a workflow is run inline. */
export interface InlineOptions {
  /** Tells apart those of one name. The path becomes `name[key]`. */
  readonly key?: string | number
}

/** How many child runs are started. */
export interface ChildrenOptions extends ChildOptions {
  /** So many are under way at a time, from 1. Default 100. */
  readonly concurrency?: number
}

/** A child run that has been started. */
export interface ChildHandle<O> {
  /** The id of the run. */
  readonly id: string
  /** Waits for its end and gives its output. Throws ChildFailedError when it has failed or was cancelled. */
  result(): Promise<O>
}

/** How one of many children ended. */
export interface ChildResult<O> {
  /** The place of its input. */
  readonly index: number
  /** The id of the run. */
  readonly run: string
  readonly status: 'completed' | 'failed' | 'cancelled'
  /** Undefined unless it has completed. */
  readonly output: O | undefined
  /** A ChildFailedError; null when it has completed. */
  readonly error: WumboError | null
}

/** Many children that have all ended. Their results stay with them and are read in pages: only what is at hand is in memory. */
export interface ChildBatch<O> {
  readonly count: number
  readonly completed: number
  /** Failed or cancelled. */
  readonly failed: number
  /** The results in the order of the inputs, read page by page. */
  results(): AsyncIterable<ChildResult<O>>
  /** All outputs in the order of the inputs. Throws the ChildFailedError of the first that has not completed. */
  outputs(): Promise<O[]>
}

/** What is recorded of many children: how they ended, and what their ids follow from. */
export interface ChildrenEnd {
  readonly count: number
  readonly completed: number
  readonly failed: number
  readonly run: string
  readonly gen: number
}

/** One result of a page, as it is recorded. */
export interface PagedResult {
  readonly run: string
  readonly status: ChildResult<unknown>['status']
  readonly output: unknown
  readonly error: unknown
}

/** Results that are read at a time. */
export const PAGE = 500

/** The ids of the children of a page, which begins with the child of this number. */
export function pageOf(path: string, { run, gen, count }: Pick<ChildrenEnd, 'run' | 'gen' | 'count'>, from: number): readonly string[] {
  return Array.from({ length: Math.min(PAGE, count - from) }, (_, index) => childId({ run, gen, path: childPath(path, from + index) }))
}

/** The path of one of many children. */
export function childPath(path: string, index: number): string {
  return `${path}[${index}]`
}

/** What a record or a message calls a workflow that is to be started. */
export function startedName(workflow: { readonly name: string } | string): string {
  return typeof workflow === 'string' ? workflow : workflow.name
}
