// Where recorded values came from: objects that steps gave, so that a later step's input can name the steps it was made of.
// Only identity is looked at, two levels deep; a number copied out of a result leaves no trace, and then nothing is claimed.

const WIDTH = 32

/** The origins of the objects of one run of a function. */
export class Origins {
  readonly #paths = new WeakMap<object, string>()

  /** Remembers that an output came from `path`. */
  note(value: unknown, path: string): void {
    if (typeof value !== 'object' || value === null) return
    this.#paths.set(value, path)
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length && i < WIDTH; i++) this.#noteOne(value[i], path)
      return
    }
    let count = 0
    for (const key in value) {
      this.#noteOne((value as Record<string, unknown>)[key], path)
      if (++count === WIDTH) break
    }
  }

  /** The paths that an input was made of; null when none is known. */
  of(input: unknown): readonly string[] | null {
    if (typeof input !== 'object' || input === null) return null
    const whole = this.#paths.get(input)
    if (whole !== undefined) return [whole]
    const found: string[] = []
    let count = 0
    for (const key in input) {
      const part = (input as Record<string, unknown>)[key]
      const path = typeof part === 'object' && part !== null ? this.#paths.get(part) : undefined
      if (path !== undefined && !found.includes(path)) found.push(path)
      if (++count === WIDTH) break
    }
    return found.length === 0 ? null : found
  }

  #noteOne(part: unknown, path: string): void {
    if (typeof part === 'object' && part !== null) this.#paths.set(part, path)
  }
}
