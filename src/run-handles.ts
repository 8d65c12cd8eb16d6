// Handles: what a starter holds of a run, over the engine's completions and observers.
import type { Completion } from './engine/completion.ts'
import type { Engine } from './engine/engine.ts'
import type { EngineDeps } from './engine/ports.ts'
import { RunNotFoundError } from './errors.ts'
import type { RunEvent } from './model/event.ts'
import { DEFAULT_SPACE, isEnd } from './model/run.ts'
import type { RunStatus } from './model/run.ts'
import { updateRun, type UpdateSendOptions } from './engine/updating.ts'
import { queryRun } from './engine/query.ts'
import type { SendOptions } from './engine/postbox.ts'
import type { GivenDecision, RunHandle } from './wumbo-api.ts'

/** What handles need of their Wumbo. */
export interface HandleHost {
  readonly deps: EngineDeps
  engine(): Engine
}

/** What a start was answered with. */
export interface Started {
  readonly run: string
  readonly existing: boolean
  readonly completion: Completion | null
}

/** The handle of one run. */
export class Handle<O> implements RunHandle<O> {
  readonly id: string
  readonly existing: boolean
  readonly #host: HandleHost
  readonly #completion: Completion | null

  constructor(host: HandleHost, started: Started) {
    this.id = started.run
    this.existing = started.existing
    this.#host = host
    this.#completion = started.completion
  }

  result(): Promise<O> {
    const completion = this.#completion
    // The completion answers until the run leaves memory with nobody waiting; from then on the store is asked.
    const output = completion !== null && (completion.ended !== null || completion.attached) ? completion.promise() : this.#host.engine().result(this.id)
    return output as Promise<O>
  }

  async status(): Promise<RunStatus> {
    const row = await this.#host.deps.store.getRun({ space: DEFAULT_SPACE, run: this.id })
    if (row === undefined) throw new RunNotFoundError(`there is no run ${this.id}`)
    return row.status
  }

  async cancel(): Promise<void> {
    await this.#host.engine().postbox.ask(this.id, 'cancel')
  }

  async pause(): Promise<void> {
    await this.#host.engine().postbox.ask(this.id, 'pause')
  }

  async resume(): Promise<void> {
    await this.#host.engine().postbox.ask(this.id, 'resume')
  }

  async signal(name: string, payload?: unknown, options?: SendOptions): Promise<void> {
    await this.#host.engine().postbox.signal(this.id, name, payload, options)
  }

  query(name: string, args?: unknown): Promise<unknown> {
    return queryRun(this.#host.deps, this.id, name, args)
  }

  update(name: string, args?: unknown, options?: UpdateSendOptions): Promise<unknown> {
    return updateRun(this.#host.deps, this.#host.engine(), this.id, { name, args, ...options })
  }

  async approve(approval: string, decision: GivenDecision): Promise<void> {
    await this.#host.engine().postbox.decide(this.id, approval, { ...decision, approved: true })
  }

  async reject(approval: string, decision: GivenDecision): Promise<void> {
    await this.#host.engine().postbox.decide(this.id, approval, { ...decision, approved: false })
  }

  /** Listens before it looks, so that an end between the two is not missed. */
  async *events(): AsyncIterableIterator<RunEvent> {
    const queue: RunEvent[] = []
    let wake: () => void = () => undefined
    const observer = (event: RunEvent): void => {
      if (event.run !== this.id) return
      queue.push(event)
      wake()
    }
    this.#host.deps.observers.add(observer)
    try {
      if (isEnd(await this.status()) && queue.length === 0) return
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
      this.#host.deps.observers.delete(observer)
    }
  }
}
