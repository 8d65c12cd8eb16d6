// Updates: what changes the state of a function from outside. Only types; the engine's function-updates.ts calls the handlers.
import type { ErrorData } from '../errors.ts'
import type { MaybePromise, Schema } from '../template/contract.ts'

/** What an update takes. */
export interface UpdateOptions<A> {
  /** What the arguments must be; the handler gets what the schema makes of them. Default: anything. */
  readonly schema?: Schema<unknown, A>
  /**
   * Looks at the arguments and at the state of the moment, and throws, or gives false, for what it refuses. It changes nothing and awaits nothing. It is asked
   * before an update is stored, and again when it is taken.
   */
  readonly validate?: (args: A) => unknown
}

/** Changes what its function has at hand, and gives what the sender is told. It awaits nothing and asks for nothing that would be recorded. */
export type UpdateHandler<A> = (args: A) => unknown

/** What came of calling a handler. */
export type AppliedUpdate = { readonly status: 'completed'; readonly value: unknown } | { readonly status: 'failed'; readonly error: ErrorData }

/** What a handler was set with. */
export interface BoundUpdate {
  readonly check: ((args: unknown) => MaybePromise<unknown>) | null
  readonly validate: ((args: never) => unknown) | null
  readonly handler: (args: never) => unknown
}

/** The handlers of a source. */
export interface SourceUpdates {
  get(name: string): BoundUpdate | undefined
  /** Asks the validator, which sees the state of this moment. Throws UPDATE_REFUSED. */
  validate(name: string, bound: BoundUpdate, args: unknown): void
  /** Calls the handler. */
  apply(name: string, bound: BoundUpdate, args: unknown): AppliedUpdate
}
