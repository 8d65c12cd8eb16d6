// The updates of a durable function: the handlers that it has set, and how one is called, live and on replay alike. A handler changes what the
// function has at hand, in one go: it awaits nothing and asks for nothing that would be recorded.
import { DefinitionError, NonDeterminismError, UpdateRefusedError, errorData } from '../errors.ts'
import type { WumboError } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import { defaultCodec } from '../shared/codec.ts'
import { compileCheck } from '../template/validator.ts'
import type { AppliedUpdate, BoundUpdate, SourceUpdates, UpdateHandler, UpdateOptions } from '../workflow/updates.ts'
import { checkOperationName } from './scope.ts'

/** What the record of an update holds. */
export interface RecordedUpdate {
  readonly name: string
  readonly args: unknown
  /** What the handler gave; left out when it failed. */
  readonly value?: unknown
}

/** The handlers of one function. */
export class UpdateBook implements SourceUpdates {
  readonly #bound = new Map<string, BoundUpdate>()
  readonly #changed: () => void
  /** The update whose handler is at work, and what it has asked for that it may not. */
  #name: string | null = null
  #asked: string | null = null

  /** `changed` is called when a handler has been set. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Throws DefinitionError for what is no handler. */
  set<A>(name: string, options: UpdateOptions<A>, handler: UpdateHandler<A>): void {
    const what = `update ${JSON.stringify(name) ?? 'nothing'}`
    checkOperationName(name, what)
    if (typeof handler !== 'function') throw new DefinitionError(`update ${name}: expected a handler (args) => value, got ${typeof handler}`, { path: name, remedy: 'ctx.setUpdate(name, { schema }, (args) => value)' })
    const { schema, validate } = options
    if (schema !== undefined && typeof (schema as Partial<typeof schema> | null)?.['~standard']?.validate !== 'function') throw new DefinitionError(`update ${name}: schema: expected a Standard Schema, for example z.object({ … }), got ${typeof schema}`, { path: `${name}.schema` })
    if (validate !== undefined && typeof validate !== 'function') throw new DefinitionError(`update ${name}: validate: expected a function that throws for what it refuses, got ${typeof validate}`, { path: `${name}.validate` })
    this.#bound.set(name, { check: schema === undefined ? null : compileCheck(schema, { owner: `update ${name}`, what: 'args', failure: UpdateRefusedError }), validate: validate ?? null, handler })
    this.#changed()
  }

  get(name: string): BoundUpdate | undefined {
    return this.#bound.get(name)
  }

  get names(): readonly string[] {
    return [...this.#bound.keys()]
  }

  /** True when a handler is at work: what it asks for is noted, and never answered. */
  refuses(what: string): boolean {
    if (this.#name === null) return false
    this.#asked ??= what
    return true
  }

  /** Asks the validator, which sees the state of this moment. Throws UPDATE_REFUSED. */
  validate(name: string, { validate }: BoundUpdate, args: unknown): void {
    if (validate === null) return
    const { value, thrown } = this.#call(name, () => validate(args as never))
    if (thrown instanceof UpdateRefusedError) throw thrown
    if (thrown !== undefined) throw new UpdateRefusedError(`update ${name} was refused: ${thrown instanceof Error ? thrown.message : JSON.stringify(thrown) ?? 'nothing'}`, { path: name, cause: thrown })
    if (value === false) throw new UpdateRefusedError(`update ${name} was refused by its validator`, { path: name })
  }

  /** Calls the handler. It is called again on each replay, also where it failed: what it had changed by then stays. */
  apply(name: string, bound: BoundUpdate, args: unknown): AppliedUpdate {
    const called = this.#call(name, () => bound.handler(args as never))
    if ('thrown' in called) return { status: 'failed', error: errorData(called.thrown) }
    try {
      return { status: 'completed', value: defaultCodec.snapshot(called.value).value }
    } catch (thrown) {
      return { status: 'failed', error: errorData(thrown) }
    }
  }

  #call(name: string, call: () => unknown): { readonly value: unknown; readonly thrown?: never } | { readonly value?: never; readonly thrown: unknown } {
    this.#name = name
    this.#asked = null
    try {
      const value = call()
      if (value instanceof Promise) value.catch(() => undefined)
      if (this.#asked !== null) throw new DefinitionError(`update ${name} asked for ${String(this.#asked)}, and an update may ask for nothing that is recorded`, { path: name, remedy: 'Let it change what the function looks at, and let the function do the work.' })
      if (value instanceof Promise) throw new DefinitionError(`update ${name} gave a promise, and an update awaits nothing`, { path: name, remedy: 'Let it give what the function has at hand.' })
      return { value }
    } catch (thrown) {
      return { thrown: thrown ?? new DefinitionError(`update ${name} threw nothing`) }
    } finally {
      this.#name = null
    }
  }
}

/** Calls the handler of a recorded update in its place. Gives what to park the run with when the code takes it in no more, or otherwise. */
export function redo(updates: SourceUpdates | null | undefined, record: JournalRecord, { name, args }: RecordedUpdate): WumboError | null {
  const bound = updates?.get(name)
  const differs = (words: string): WumboError => new NonDeterminismError(`update ${name} ${words}`, { path: record.path, details: { seq: record.seq, recorded: `update ${name}` } })
  if (bound === undefined) return differs('is recorded, and the code has set no handler for it at this place')
  const applied = updates?.apply(name, bound, args)
  return applied?.status === record.status ? null : differs(`was recorded as ${record.status}, and the code lets it end as ${applied?.status ?? 'nothing'}`)
}
