// A map for what is nearly always small: a chain of a few links, a real Map only once there are many. Most runs have one
// operation open at a time, and a Map or even an array costs more memory than everything else in such a run.

const FEW = 8

interface Link<V> {
  readonly key: string
  value: V
  next: Link<V> | null
}

/** A map that is cheap while it is small. Iteration is in order of insertion. */
export class SmallMap<V> {
  #head: Link<V> | null = null
  #size = 0
  #many: Map<string, V> | null = null

  get size(): number {
    return this.#many === null ? this.#size : this.#many.size
  }

  get(key: string): V | undefined {
    if (this.#many !== null) return this.#many.get(key)
    for (let link = this.#head; link !== null; link = link.next) if (link.key === key) return link.value
    return undefined
  }

  set(key: string, value: V): void {
    if (this.#many !== null) {
      this.#many.set(key, value)
      return
    }
    let last: Link<V> | null = null
    for (let link = this.#head; link !== null; link = link.next) {
      if (link.key === key) {
        link.value = value
        return
      }
      last = link
    }
    if (this.#size === FEW) {
      this.#grow().set(key, value)
      return
    }
    const link: Link<V> = { key, value, next: null }
    if (last === null) this.#head = link
    else last.next = link
    this.#size++
  }

  delete(key: string): void {
    if (this.#many !== null) {
      this.#many.delete(key)
      return
    }
    let before: Link<V> | null = null
    for (let link = this.#head; link !== null; before = link, link = link.next) {
      if (link.key !== key) continue
      if (before === null) this.#head = link.next
      else before.next = link.next
      this.#size--
      return
    }
  }

  clear(): void {
    this.#head = null
    this.#size = 0
    this.#many = null
  }

  *values(): IterableIterator<V> {
    if (this.#many !== null) yield* this.#many.values()
    else for (let link = this.#head; link !== null; link = link.next) yield link.value
  }

  #grow(): Map<string, V> {
    const many = new Map<string, V>()
    for (let link = this.#head; link !== null; link = link.next) many.set(link.key, link.value)
    this.clear()
    this.#many = many
    return many
  }
}
