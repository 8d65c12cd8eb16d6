// Which runs this worker can go on with: those of its queues whose workflow it knows, in the very version that they started with. Claims ask for
// these kinds only, so that a run of a version that comes with the next deployment is left to workers that have it.
import type { RunKind } from '../model/run.ts'
import type { Lane } from '../store/port.ts'
import type { EngineDeps } from './ports.ts'

/** The kinds that a worker serves. */
export class ServedKinds {
  readonly #deps: EngineDeps
  readonly #known = new Map<string, boolean>()
  #served: readonly RunKind[] | null

  constructor(deps: EngineDeps) {
    this.#deps = deps
    this.#served = deps.queues === null && !deps.store.isShared ? null : []
  }

  /** What to claim; null for whatever is due: nobody else could take what this process cannot run. */
  get served(): readonly RunKind[] | null {
    return this.#served
  }

  /** True when the worker takes runs of the queue. */
  hasQueue(queue: string): boolean {
    return this.#deps.queues === null || this.#deps.queues.includes(queue)
  }

  /** True when this worker takes over no run at all. */
  get takesNothing(): boolean {
    return this.#deps.queues?.length === 0
  }

  /** Other workflows are known now. */
  forget(): void {
    this.#known.clear()
  }

  /** Looks which kinds there are and which of them this worker can run. */
  async refresh(lane: Lane): Promise<void> {
    if (this.#served === null || this.takesNothing) return
    const served: RunKind[] = []
    for (const kind of await this.#deps.store.kinds()) if (this.hasQueue(kind.queue) && (await this.#canRun(kind))) served.push(kind)
    this.#served = served
    lane.serve(served)
  }

  async #canRun({ workflow, version }: RunKind): Promise<boolean> {
    // One process alone parks what it cannot run, with the reason.
    if (!this.#deps.store.isShared) return true
    const name = `${workflow}\n${version}`
    let can = this.#known.get(name)
    if (can === undefined) {
      const { workflows, store } = this.#deps
      can = workflows.find(workflow, version) !== undefined
      if (!can) {
        const body = await store.definition(version)
        can = body !== undefined && workflows.rebuild(body, version) !== undefined
      }
      this.#known.set(name, can)
    }
    return can
  }
}
