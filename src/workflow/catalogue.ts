// The workflows that a process knows, by name and version. Several versions of one name stand side by side, so that runs
// go on with the one they started with while new runs take the newest.
import { DefinitionError, WorkflowNotFoundError } from '../errors.ts'
import { nearest } from '../shared/nearest.ts'
import type { AnyWorkflow } from './contract.ts'

/** The workflows of one process. */
export class WorkflowCatalogue {
  #versions = new Map<string, AnyWorkflow>()
  #newest = new Map<string, AnyWorkflow>()
  #adopted = new WeakSet<AnyWorkflow>()
  #registered: ReadonlySet<string>
  /** Graphs that runs go on with and no new run takes. */
  #remembered = new Map<string, AnyWorkflow>()
  /** What replacements took away, for the runs that began with it: functions by name and version, graphs by version. */
  readonly #before = new Map<string, AnyWorkflow>()

  /** Later workflows of one name count as newer. */
  constructor(workflows: readonly AnyWorkflow[]) {
    for (const workflow of workflows) this.#add(workflow)
    this.#registered = new Set(this.#newest.keys())
  }

  /** The remembered ones first: the last of a name is the one that new runs take. */
  all(): readonly AnyWorkflow[] {
    return [...this.#remembered.values(), ...this.#versions.values()]
  }

  /** A graph that a replacement took away is not found: it may be made again with the templates of now. */
  find(name: string, version: string): AnyWorkflow | undefined {
    const id = `${name}@${version}`
    return this.#versions.get(id) ?? this.#remembered.get(id) ?? this.#before.get(id)
  }

  /** A graph as it was before a replacement took it or its templates away. */
  before(version: string): AnyWorkflow | undefined {
    return this.#before.get(version)
  }

  /**
   * Knows these workflows in place of all others, at once. Versions that are gone stay for the runs that began with them.
   * Throws DefinitionError as the constructor does, and then changes nothing.
   */
  replace(workflows: readonly AnyWorkflow[]): void {
    const next = new WorkflowCatalogue(workflows)
    for (const workflow of this.all()) this.#before.set(workflow.form === 'graph' ? workflow.version : `${workflow.name}@${workflow.version}`, workflow)
    this.#remembered = new Map()
    this.#versions = next.#versions
    this.#newest = next.#newest
    this.#adopted = next.#adopted
    this.#registered = next.#registered
  }

  /** The names that the catalogue was made with; not those of workflows that were only handed to start(). */
  registeredNames(): readonly string[] {
    return [...this.#registered]
  }

  /** The version that new runs of such a name take. */
  registered(name: string): AnyWorkflow | undefined {
    return this.#registered.has(name) ? this.#newest.get(name) : undefined
  }

  /** The newest version of a name, registered or handed to start(). */
  latest(name: string): AnyWorkflow | undefined {
    return this.#newest.get(name)
  }

  /** The same, for a start: `others` are names that exist elsewhere, for the message. */
  newest(name: string, others: Iterable<string> = []): AnyWorkflow {
    const workflow = this.latest(name)
    if (workflow !== undefined) return workflow
    const known = [...new Set([...this.#newest.keys(), ...others])]
    const near = nearest(name, known)
    throw new WorkflowNotFoundError(`there is no workflow ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`} Known: ${known.join(', ') || 'none'}`, { path: name })
  }

  /** Adds a workflow that is handed to start(), unless it is known. */
  adopt(workflow: AnyWorkflow): AnyWorkflow {
    if (this.#adopted.has(workflow)) return workflow
    const known = this.find(workflow.name, workflow.version)
    if (known === undefined) this.#add(workflow)
    else if (known !== workflow && workflow.form === 'function') {
      throw new DefinitionError(`two different functions are called ${workflow.name} in version ${workflow.version}`, { path: workflow.name, remedy: 'Raise the version of the one that changed, or hand in the one that was registered.' })
    }
    // The same graph made twice is the same logic; the one at hand may check its input by a schema that its definition cannot hold.
    this.#adopted.add(workflow)
    return workflow
  }

  /** Keeps a version for the runs that started with it; new runs do not take it. */
  remember(workflow: AnyWorkflow): AnyWorkflow {
    this.#remembered.set(`${workflow.name}@${workflow.version}`, workflow)
    return workflow
  }

  #add(workflow: AnyWorkflow): void {
    const id = `${workflow.name}@${workflow.version}`
    const known = this.#versions.get(id)
    if (known !== undefined && known !== workflow && workflow.form === 'function') {
      throw new DefinitionError(`two different functions are called ${workflow.name} in version ${workflow.version}`, { path: workflow.name, remedy: 'Raise the version of the one that changed.' })
    }
    this.#versions.set(id, workflow)
    this.#newest.set(workflow.name, workflow)
  }
}
