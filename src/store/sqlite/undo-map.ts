// A map that remembers, for the transaction at hand, what each change replaced, so that a rollback in the database can
// be followed by one in memory.

/** A map whose changes since the last `commit` can be taken back. */
export class UndoMap<K, V> {
  readonly #map = new Map<K, V>()
  /** Key and former value of each change, in order. */
  readonly #log: (readonly [K, V | undefined])[] = []

  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  set(key: K, value: V): void {
    this.#log.push([key, this.#map.get(key)])
    this.#map.set(key, value)
  }

  delete(key: K): void {
    const before = this.#map.get(key)
    if (before === undefined) return
    this.#log.push([key, before])
    this.#map.delete(key)
  }

  get size(): number {
    return this.#map.size
  }

  /** Keeps what was changed. */
  commit(): void {
    this.#log.length = 0
  }

  /** Takes back what was changed since the last commit. */
  rollback(): void {
    for (let at = this.#log.length - 1; at >= 0; at--) {
      const entry = this.#log[at]
      if (entry === undefined) continue
      if (entry[1] === undefined) this.#map.delete(entry[0])
      else this.#map.set(entry[0], entry[1])
    }
    this.#log.length = 0
  }
}
