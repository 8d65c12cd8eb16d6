// Where recorded values came from: objects that steps gave, so that a later step's input can name the steps it was made of.
// Only identity is looked at, two levels deep, among the newest outputs; a number copied out of a result leaves no trace,
// and then nothing is claimed.

/** Outputs that are remembered at least, the newest ones. */
const REMEMBERED = 32
/** Parts of an object that are looked at. */
const WIDTH = 32

interface Output {
  readonly value: object
  readonly path: string
  readonly before: Output | null
}

/** The origins of the objects of one run of a function. */
export class Origins {
  #newest: Output | null = null
  #older: Output | null = null
  #count = 0

  /** Remembers that an output came from `path`. */
  note(value: unknown, path: string): void {
    if (typeof value !== 'object' || value === null) return
    if (this.#count === REMEMBERED) {
      this.#older = this.#newest
      this.#newest = null
      this.#count = 0
    }
    this.#newest = { value, path, before: this.#newest }
    this.#count++
  }

  /** The paths that an input was made of; null when none is known. */
  of(input: unknown): readonly string[] | null {
    if (typeof input !== 'object' || input === null || this.#newest === null) return null
    const whole = this.#pathOf(input)
    if (whole !== undefined) return [whole]
    let found: readonly string[] = []
    let count = 0
    for (const key in input) {
      const part = (input as Record<string, unknown>)[key]
      const path = typeof part === 'object' && part !== null ? this.#pathOf(part) : undefined
      if (path !== undefined && !found.includes(path)) found = [...found, path]
      if (++count === WIDTH) break
    }
    return found.length === 0 ? null : found
  }

  #pathOf(value: object): string | undefined {
    return search(this.#newest, value) ?? search(this.#older, value)
  }
}

function search(newest: Output | null, value: object): string | undefined {
  for (let output = newest; output !== null; output = output.before) if (output.value === value) return output.path
  for (let output = newest; output !== null; output = output.before) if (isPart(output.value, value)) return output.path
  return undefined
}

function isPart(output: object, value: object): boolean {
  if (Array.isArray(output)) return output.length <= WIDTH && output.includes(value)
  let count = 0
  for (const key in output) {
    if ((output as Record<string, unknown>)[key] === value) return true
    if (++count === WIDTH) break
  }
  return false
}
