// How a run is shown while a command waits for it, as an interface: live-view.ts draws on a terminal, plain-view.ts writes lines.
import type { RunEvent } from '../model/event.ts'

/** Shows one run. */
export interface RunView {
  event(event: RunEvent): void
  /** A finished line of its own: what a command says, what a module logs. It ends with a line feed. */
  print(text: string): void
  /** Leaves the terminal as it was; further calls print plainly. */
  end(): void
}
