// The steps that are being worked on right now. The journal knows them only when they have ended, and events only while somebody
// listens; this remembers, per live run of this process, what has begun and not ended.
import type { RunEvent } from '../model/event.ts'
import type { ServedWumbo } from './contract.ts'

/** An event that tells of a step which goes on. */
export type OpenStep = Extract<RunEvent, { readonly type: 'step.started' | 'step.retrying' }>

/** What goes on in each run of a process. */
export class OpenSteps {
  readonly #runs = new Map<string, Map<string, OpenStep>>()
  readonly #stop: () => void

  /** Listens from now on, until `close`. */
  constructor(wumbo: Pick<ServedWumbo, 'observe'>) {
    this.#stop = wumbo.observe((event) => this.#note(event))
  }

  /** The open steps of a run, in the order in which they began. */
  of(run: string): readonly OpenStep[] {
    return [...(this.#runs.get(run)?.values() ?? [])]
  }

  close(): void {
    this.#stop()
    this.#runs.clear()
  }

  #note(event: RunEvent): void {
    switch (event.type) {
      case 'step.started':
      case 'step.retrying': {
        const steps = this.#runs.get(event.run) ?? new Map<string, OpenStep>()
        if (steps.size === 0) this.#runs.set(event.run, steps)
        steps.set(event.path, event)
        return
      }
      case 'step.completed':
      case 'step.failed':
      case 'step.skipped': {
        const steps = this.#runs.get(event.run)
        steps?.delete(event.path)
        if (steps?.size === 0) this.#runs.delete(event.run)
        return
      }
      case 'run.ended':
      case 'run.parked':
      case 'run.waiting':
      case 'run.resumed':
        this.#runs.delete(event.run)
        return
      case 'run.started':
      case 'run.compensating':
      case 'run.migrated':
      case 'run.paused':
      case 'run.unpaused':
      case 'step.progress':
        return
    }
  }
}
