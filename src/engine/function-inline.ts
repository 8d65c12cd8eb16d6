// `ctx.inline` of a durable function: another workflow as a part of the same run. That it began, and with which version, is recorded, so that a change of it
// under a running run is noticed by its name. A function gets a context of its own below the path; a graph is interpreted in place.
import { DefinitionError } from '../errors.ts'
import type { InlineOptions } from '../workflow/children.ts'
import type { AnyWorkflow, FunctionWorkflow, GraphWorkflow, Operation, Outcome, Source, SourceHost, WorkflowContext } from '../workflow/contract.ts'
import { graphSource } from '../workflow/interpreter.ts'
import { partOf } from '../workflow/part.ts'
import type { SubWorkflow } from '../workflow/plan.ts'
import { Problems } from '../workflow/problems.ts'
import { TOO_DEEP } from '../workflow/inline-finder.ts'
import { MAX_INLINE_DEPTH } from '../workflow/sub-workflow.ts'
import { checkOptions } from './known-options.ts'

/** The workflow that a context belongs to: that of the run, or one that is run inline. */
export interface Unit {
  /** What stands before its paths. */
  readonly prefix: string
  /** The workflows around, this one included. */
  readonly depth: number
}

/** What is run inline, as the function hands it in. */
export interface InlineCall {
  readonly name: string
  readonly workflow: AnyWorkflow
  readonly input: unknown
  readonly options: InlineOptions
}

/** Where it is run. */
export interface InlineHost {
  /** The function whose run it is. */
  readonly around: FunctionWorkflow
  readonly unit: Unit
  /** Claims the path, and gives it back. */
  readonly open: () => string
  readonly close: () => void
  readonly ask: (operation: Operation) => Promise<unknown>
  /** The same, the answer as it is. */
  readonly askFor: (operation: Operation, answered: (outcome: Outcome) => void) => void
  /** Nobody waits for what is open under a path any more. */
  readonly drop: (path: string) => void
  readonly originsOf: (value: unknown) => readonly string[] | null
  readonly note: (value: unknown, path: string) => void
  readonly inner: (unit: Unit) => WorkflowContext
}

/** Runs another workflow as a part of the run and gives its output. Throws what it throws; DefinitionError for one that cannot be run so. */
export async function runInline({ name, workflow, input, options }: InlineCall, host: InlineHost): Promise<unknown> {
  checkOptions('inline', options, `inline ${name}`)
  const part = checked(name, workflow, host)
  const reads = host.originsOf(input)
  const path = host.open()
  try {
    const given: unknown = await (part ?? workflow).check(input)
    await host.ask({ kind: 'decision', path, status: 'completed', output: null, error: null, reads, of: { name: workflow.name, version: workflow.version } })
    host.note(given, path)
    if (part !== null) return await new InlineGraph(part, { path, reads: reads ?? [path] }, host).run(given)
    return await (workflow as FunctionWorkflow).run(host.inner({ prefix: `${path}.`, depth: host.unit.depth + 1 }), given as never)
  } finally {
    host.close()
  }
}

/** The graph as a part of others, or null for a function. */
function checked(name: string, workflow: AnyWorkflow, { around, unit }: Pick<InlineHost, 'around' | 'unit'>): SubWorkflow | null {
  const refuse = (why: string, remedy: string): DefinitionError => new DefinitionError(`inline ${name}: ${why}`, { path: name, remedy })
  const { form } = (workflow ?? {}) as Partial<AnyWorkflow> // the caller may not be typed
  if (form !== 'function' && form !== 'graph') throw refuse(`expected a workflow, got ${workflow === null ? 'null' : typeof workflow}`, 'Hand in what defineWorkflow or build() gives; by its name only a child is started.')
  const called = workflow.name
  if (unit.depth >= MAX_INLINE_DEPTH) throw refuse(TOO_DEEP.message, CHILD)
  if (workflow.timeout !== undefined) throw refuse(`${called} has a timeout, which is that of a run, and inline it has none of its own`, CHILD)
  if (workflow.form === 'function' && workflow.cleanUp !== undefined) throw refuse(`${called} has a cleanUp, and a run has one only`, `Clean up in that of the workflow around. ${CHILD}`)
  if (onCancelOf(workflow) !== onCancelOf(around)) throw refuse(`${called} says onCancel: ${onCancelOf(workflow)}, and ${around.name} ${onCancelOf(around)}: a run is either undone or left`, `Say the same in both. ${CHILD}`)
  if (workflow.form === 'function') return null
  if (workflow.closing?.final === true) throw refuse(`${called} has a finally, which would not be run when the run is cancelled`, `Run it inline in a graph. ${CHILD}`)
  return partOfGraph(workflow, unit, refuse)
}

const CHILD = 'Run it as a child: ctx.child.'

function onCancelOf(workflow: AnyWorkflow): 'compensate' | 'leave' {
  return workflow.onCancel ?? (workflow.form === 'function' && workflow.cleanUp !== undefined ? 'leave' : 'compensate')
}

function partOfGraph(graph: GraphWorkflow, unit: Unit, refuse: (why: string, remedy: string) => DefinitionError): SubWorkflow {
  const problems = new Problems()
  const part = partOf(graph, false, problems)
  const [wrong] = problems.sorted
  if (part === undefined) throw refuse(`${graph.name} cannot be run inline: ${wrong?.path ?? ''}: ${wrong?.message ?? ''}`, wrong?.remedy ?? CHILD)
  if (unit.depth + part.depth > MAX_INLINE_DEPTH) throw refuse(TOO_DEEP.message, CHILD)
  return part
}

/** A graph that is interpreted in the place of a call. */
class InlineGraph implements SourceHost {
  readonly #graph: Source
  readonly #host: InlineHost
  #complete: (output: unknown) => void = () => undefined
  #fail: (error: unknown) => void = () => undefined

  constructor(part: SubWorkflow, place: { readonly path: string; readonly reads: readonly string[] }, host: InlineHost) {
    this.#graph = graphSource(part.plan, part.onFailure, null, { prefix: `${place.path}.`, reads: place.reads })
    this.#host = host
  }

  run(input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#complete = resolve
      this.#fail = reject
      this.#graph.begin(input, this)
    })
  }

  open(operation: Operation): void {
    this.#host.askFor(operation, (outcome) => this.#graph.deliver(operation.path, outcome))
  }

  drop(path: string): void {
    this.#host.drop(path)
  }

  complete(output: unknown): void {
    this.#complete(output)
  }

  fail(error: unknown): void {
    this.#fail(error)
  }
}

/** The names of queries and updates, each of one of the workflows of a run: none takes the place of another's. */
export class Names {
  readonly #owners = new Map<string, string>()

  /** Throws DefinitionError for a name that another workflow of the run has set. */
  take(kind: 'query' | 'update', name: string, { prefix }: Unit): void {
    const key = `${kind} ${name}`
    const owner = this.#owners.get(key) ?? prefix
    if (owner !== prefix) throw new DefinitionError(`${kind} ${name}: another workflow of this run has set it${owner === '' ? '' : `, under ${owner.slice(0, -1)}`}`, { path: name, remedy: 'Give one of them another name: what is run inline answers under the names of the run.' })
    this.#owners.set(key, owner)
  }
}
