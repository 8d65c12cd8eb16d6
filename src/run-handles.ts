// Handles: what a starter holds of a run. Made by the façade over the engine's completions and observers.
import type { Completion } from './engine/completion.ts'
import type { Engine } from './engine/engine.ts'
import type { EngineDeps } from './engine/ports.ts'
import { RunNotFoundError } from './errors.ts'
import type { RunEvent } from './model/event.ts'
import { DEFAULT_SPACE, isEnd } from './model/run.ts'
import type { RunStatus } from './model/run.ts'
import type { RunHandle } from './wumbo-api.ts'

/** Makes the handles of one Wumbo. */
export class RunHandles {
  readonly #deps: EngineDeps
  readonly #engine: () => Engine

  constructor(deps: EngineDeps, engine: () => Engine) {
    this.#deps = deps
    this.#engine = engine
  }

  make<O>(id: string, existing: boolean, completion: Completion | null): RunHandle<O> {
    const result = (): Promise<unknown> => {
      // The completion answers until the run leaves memory with nobody waiting; from then on the store is asked.
      if (completion !== null && (completion.ended !== null || completion.attached)) return completion.promise()
      return this.#engine().result(id)
    }
    return {
      id,
      existing,
      result: () => result() as Promise<O>,
      status: () => this.#status(id),
      cancel: () => this.#engine().cancel(id),
      events: () => this.#events(id),
    }
  }

  async #status(id: string): Promise<RunStatus> {
    const row = await this.#deps.store.getRun({ space: DEFAULT_SPACE, run: id })
    if (row === undefined) throw new RunNotFoundError(`there is no run ${id}`)
    return row.status
  }

  /** Listens before it looks, so that an end between the two is not missed. */
  async *#events(id: string): AsyncIterableIterator<RunEvent> {
    const queue: RunEvent[] = []
    let wake: () => void = () => undefined
    const observer = (event: RunEvent): void => {
      if (event.run !== id) return
      queue.push(event)
      wake()
    }
    this.#deps.observers.add(observer)
    try {
      if (isEnd(await this.#status(id)) && queue.length === 0) return
      for (;;) {
        for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
          yield event
          if (event.type === 'run.ended') return
        }
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      this.#deps.observers.delete(observer)
    }
  }
}
