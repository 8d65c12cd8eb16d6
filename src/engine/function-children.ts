// What a durable function hands in about children, checked and turned into operations; and what it gets back: handles, and batches whose results are read in pages.
import { DefinitionError } from '../errors.ts'
import type { ErrorData } from '../errors.ts'
import { DEFAULT_CHILDREN, QUEUE_WANTED, isQueue } from '../model/children.ts'
import { childPath, PAGE, pageOf } from '../workflow/children.ts'
import type { ChildBatch, ChildOptions, ChildResult, ChildrenEnd, ChildrenOptions, PagedResult } from '../workflow/children.ts'
import type { AnyWorkflow, ChildStart } from '../workflow/contract.ts'
import { checkOptions } from './known-options.ts'
import { recordedFailure } from './recorded-failure.ts'

/** What a child is started with. Throws DefinitionError for a wrong option. */
export function childStart(name: string, given: { readonly workflow: unknown; readonly input: unknown; readonly options: ChildOptions }): ChildStart {
  checkOptions('child', given.options, `child ${name}`)
  return { ...terms(name, given), input: given.input }
}

function terms(name: string, { workflow, options }: { readonly workflow: unknown; readonly options: ChildOptions }): Omit<ChildStart, 'input'> {
  const { parentClose = 'cancel', queue = null } = options
  if (!isWorkflow(workflow)) throw new DefinitionError(`child ${name}: expected a workflow or its name, got ${workflow === null ? 'null' : typeof workflow}`, { path: name, remedy: 'Make it with defineWorkflow({ … }) or workflow(…).' })
  // A text from outside of the types.
  if (!['cancel', 'abandon'].includes(parentClose)) throw new DefinitionError(`child ${name}: parentClose: expected cancel or abandon, got ${JSON.stringify(parentClose)}`, { path: `${name}.parentClose` })
  if (queue !== null && !isQueue(queue)) throw new DefinitionError(`child ${name}: queue: ${QUEUE_WANTED}, got ${JSON.stringify(queue)}`, { path: `${name}.queue` })
  return { workflow, close: parentClose, queue }
}

/** How many children are started. Throws DefinitionError for a wrong option. */
export function childrenStart(name: string, given: { readonly workflow: unknown; readonly inputs: unknown; readonly options: ChildrenOptions }): Omit<ChildStart, 'input'> & { readonly inputs: readonly unknown[]; readonly concurrency: number } {
  const { inputs, options } = given
  checkOptions('children', options, `children ${name}`)
  const { concurrency = DEFAULT_CHILDREN } = options
  if (!Array.isArray(inputs)) throw new DefinitionError(`children ${name}: expected a list of inputs, got ${typeof inputs}`, { path: name })
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new DefinitionError(`children ${name}: concurrency: expected a whole number from 1, got ${String(concurrency)}`, { path: `${name}.concurrency` })
  return { ...terms(name, given), inputs, concurrency }
}

function isWorkflow(workflow: unknown): workflow is AnyWorkflow | string {
  if (typeof workflow === 'string') return workflow !== ''
  const { form, name } = (workflow ?? {}) as Partial<AnyWorkflow>
  return (form === 'function' || form === 'graph') && typeof name === 'string'
}

/** Reads a page of results, under this key. */
export type ReadPage = (key: number, runs: readonly string[]) => Promise<readonly PagedResult[]>

/** Many children that have ended, for the function that started them. */
export class Batch implements ChildBatch<unknown> {
  readonly count: number
  readonly completed: number
  readonly failed: number
  readonly #path: string
  readonly #end: ChildrenEnd
  readonly #read: ReadPage
  /** Pages are operations: read twice, the second time has keys of its own. */
  #pages = 0

  constructor(path: string, end: ChildrenEnd, read: ReadPage) {
    this.count = end.count
    this.completed = end.completed
    this.failed = end.failed
    this.#path = path
    this.#end = end
    this.#read = read
  }

  async *results(): AsyncGenerator<ChildResult<unknown>, void, undefined> {
    for (let from = 0; from < this.count; from += PAGE) {
      const page = await this.#read(this.#pages++, pageOf(this.#path, this.#end, from))
      for (const [at, result] of page.entries()) yield this.#result(from + at, result)
    }
  }

  async outputs(): Promise<unknown[]> {
    const outputs: unknown[] = []
    for await (const { error, output } of this.results()) {
      if (error !== null) throw error
      outputs.push(output)
    }
    return outputs
  }

  #result(index: number, { run, status, output, error }: PagedResult): ChildResult<unknown> {
    const path = childPath(this.#path, index)
    const failure = error === null ? null : recordedFailure(path, { ...(error as ErrorData), path }) // as child-page.ts makes it
    return { index, run, status, output, error: failure }
  }
}
