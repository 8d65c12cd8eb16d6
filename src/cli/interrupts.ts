// Ctrl-C and its like: the first asks the command to stop in order, the second ends the process at once. What is recorded is
// kept either way.
import { EXIT } from './exit-codes.ts'

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: 129 } as const
type Stop = keyof typeof CODES
const SIGNALS = Object.keys(CODES) as readonly Stop[]

/** npm hands a Ctrl-C on that its child has already got from the terminal: under npm a second one so soon is the same key press. */
const ECHO_MS = process.env['npm_command'] === undefined ? 0 : 400

/** Listens for signals from its making until `close`. */
export class Interrupts {
  readonly #asked = new AbortController()
  readonly #beforeExit: () => void
  #received: Stop | undefined
  #at = 0

  /** `beforeExit` runs just before the process is ended at once, to leave the terminal as it was. */
  constructor(beforeExit: () => void) {
    this.#beforeExit = beforeExit
    for (const signal of SIGNALS) process.on(signal, this.#onSignal)
  }

  /** Aborts with the first signal. */
  get signal(): AbortSignal {
    return this.#asked.signal
  }

  /** What the process is to end with after a signal; undefined without one. */
  get exitCode(): number | undefined {
    return this.#received === undefined ? undefined : CODES[this.#received]
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal)
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (signal === this.#received && now - this.#at < ECHO_MS) return
    if (this.#received !== undefined) {
      this.#beforeExit()
      process.exit(CODES[signal as Stop])
    }
    this.#received = signal as Stop
    this.#at = now
    this.#asked.abort()
  }
}
