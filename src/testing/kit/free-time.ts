// The time of a test: what is to happen now happens by itself, as in a real process; only waiting is virtual, and ends when somebody
// moves the time. The platform's own timers are taken when this is loaded, so that a runner's fake ones do not matter.
import { VirtualTime, type VirtualTimeOptions } from '../virtual-time.ts'

const immediate = setImmediate
const timeout = setTimeout

/** Virtual time whose present goes on by itself. */
export class FreeTime extends VirtualTime {
  #scheduled = false

  constructor(options: VirtualTimeOptions = {}) {
    super(options)
  }

  override defer(run: () => void): void {
    super.defer(run)
    this.#soon()
  }

  override event(run: () => void): void {
    super.event(run)
    this.#soon()
  }

  #soon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    immediate(() => {
      this.#scheduled = false
      if (this.quiet) return
      this.step()
      if (!this.quiet) this.#soon()
    })
  }
}

/** Waits in real time, in milliseconds. */
export function realWait(ms: number): Promise<void> {
  return new Promise((resolve) => timeout(resolve, ms))
}
