// Who in this process waits for what comes of updates: told as soon as it is durable, so that nobody has to look before.

/** The waiters of one engine, by run. */
export class UpdateWaiters {
  readonly #waiting = new Map<string, Set<() => void>>()

  /** Calls each time something has become of an update of the run, or the run has left memory; gives what ends that. */
  add(run: string, call: () => void): () => void {
    const calls = this.#waiting.get(run) ?? new Set()
    this.#waiting.set(run, calls.add(call))
    return () => {
      calls.delete(call)
      if (calls.size === 0) this.#waiting.delete(run)
    }
  }

  tell(run: string): void {
    for (const call of this.#waiting.get(run) ?? []) call()
  }
}
