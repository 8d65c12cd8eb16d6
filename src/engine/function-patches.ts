// The patches of one function: each is asked for once, whoever asks for it and how often.
import type { Operation } from '../workflow/contract.ts'
import { patchName } from './patches.ts'
import { checkOperationName } from './scope.ts'

/** The function, as its patches need it. */
export interface PatchingSource {
  /** What stands before all paths. */
  readonly prefix: string
  ask(scope: null, operation: Operation): Promise<unknown>
  /** True when an answer is recorded for the path, while recorded answers are delivered. */
  hasRecorded(path: string): boolean
  /** True where nothing may be asked for: in the handler of an update. */
  refuses(what: string): boolean
}

/** What a function has asked for of its patches. */
export class FunctionPatches {
  readonly #source: PatchingSource
  readonly #asked = new Map<string, Promise<boolean>>()

  constructor(source: PatchingSource) {
    this.#source = source
  }

  /** Whether a change counts for the run. */
  patched(id: string): Promise<boolean> {
    const path = this.#path(id)
    if (this.#source.refuses(`patch ${id}`)) return new Promise(() => undefined)
    const known = this.#asked.get(id)
    if (known !== undefined) return known
    const asked = this.#source.ask(null, { kind: 'value', path, of: 'patch' }) as Promise<boolean> // recorded as nothing else
    this.#asked.set(id, asked)
    return asked
  }

  /** Takes the recorded answer of a patch whose other way is gone; there is none in runs that came here since. */
  async deprecate(id: string): Promise<void> {
    const path = this.#path(id)
    if (!this.#asked.has(id) && this.#source.hasRecorded(path)) this.#asked.set(id, this.#source.ask(null, { kind: 'value', path, of: 'deprecated patch' }) as Promise<boolean>)
    await this.#asked.get(id)
  }

  #path(id: string): string {
    checkOperationName(id, `patch ${JSON.stringify(id) ?? 'nothing'}`)
    return `${this.#source.prefix}${patchName(id)}`
  }
}
