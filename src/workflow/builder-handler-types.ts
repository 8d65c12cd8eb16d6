// The types of what the builder says about failures. Types only.
import type { Failure } from './failure.ts'
import type { From, Scope, Visible } from './builder-types.ts'

/** What is read where a failure is handled: what is around, and the failure. */
export type InHandler<V extends Visible> = Omit<V, 'input' | 'steps' | 'error'> & { readonly input: V['input']; readonly steps: V['steps']; readonly error: Failure }

/** What is read at the end of a run: its steps, how they ended, and the failure, which is null unless they have failed. */
export interface InFinally<V extends Visible> {
  readonly input: V['input']
  readonly steps: V['steps']
  readonly outcome: 'completed' | 'failed' | 'cancelled'
  readonly error: Failure | null
}

/** Which failures are meant. */
export interface CodesOption {
  /** Only failures with one of these codes. Default: all. */
  readonly codes?: readonly string[]
}

/** What stands for the output of a step that has failed. */
export interface OutputOption<V extends Visible, F> extends CodesOption {
  readonly output: From<V, F>
}

/** The ids of the steps of a scope. */
export type OwnStep<S extends Scope> = keyof S['own'] & string

/** A scope in which a step may also give what stands in its place. */
export interface WithHandler<S extends Scope, K extends string, F> {
  readonly kind: S['kind']
  readonly sent: S['sent']
  readonly visible: Omit<S['visible'], 'input' | 'steps'> & { readonly input: S['visible']['input']; readonly steps: Either<S['visible']['steps'], K, F> }
  readonly own: Either<S['own'], K, F>
  readonly output: S['output']
}

type Either<T extends object, K extends string, F> = Omit<T, K> & { readonly [I in K]: (I extends keyof T ? T[I] : never) | F }
