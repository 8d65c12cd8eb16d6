// How often the attempts of a step lost the store's connection, and how long to wait before the next try.

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000
/** A body that loses the connection more often than this is what breaks it. */
const MOST = 8

/** The losses of one step. */
export class Losses {
  #tries = 0
  #bodies = 0

  /** The pause before the next try in milliseconds, or null when there should be none. `thrown` is null when no body was at work. */
  pause(thrown: unknown): number | null {
    if (thrown !== null) this.#bodies++
    return this.#bodies > MOST ? null : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#tries++)
  }
}
