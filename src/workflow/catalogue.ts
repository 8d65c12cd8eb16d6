// The workflows that a process knows, by name and version. Several versions of one name stand side by side, so that runs
// go on with the one they started with while new runs take the newest.
import { DefinitionError, WorkflowNotFoundError } from '../errors.ts'
import { nearest } from '../shared/nearest.ts'
import type { AnyWorkflow } from './contract.ts'

/** The workflows of one process. */
export class WorkflowCatalogue {
  readonly #versions = new Map<string, AnyWorkflow>()
  readonly #newest = new Map<string, AnyWorkflow>()
  readonly #adopted = new WeakSet<AnyWorkflow>()
  readonly #registered: ReadonlySet<string>

  /** Later workflows of one name count as newer. */
  constructor(workflows: readonly AnyWorkflow[]) {
    for (const workflow of workflows) this.#add(workflow)
    this.#registered = new Set(this.#newest.keys())
  }

  all(): readonly AnyWorkflow[] {
    return [...this.#versions.values()]
  }

  find(name: string, version: string): AnyWorkflow | undefined {
    return this.#versions.get(`${name}@${version}`)
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
    this.#versions.set(`${workflow.name}@${workflow.version}`, workflow)
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
