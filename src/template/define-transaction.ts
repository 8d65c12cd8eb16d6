// Makes templates of level `transaction`: what the body writes to the store's database, and the record of the step, are one commit.
// There are two, since the two stores reach the body in different ways; both have `execute` as their only hook.
import { InputInvalidError, OutputInvalidError, TransactionUnsupportedError } from '../errors.ts'
import type { TransactionMeans } from '../model/transaction.ts'
import { labelOf, makeTemplate } from './callable.ts'
import type { Compensate, InferInput, InferOutput, JsonSchema, MaybePromise, Schema, StepDefaults, Template, TemplateContext, TemplateMetadata } from './contract.ts'
import { schemasOf } from './define.ts'
import { checkDefinition, metadataOf, refuse, shown, stepDefaultsOf, type Given } from './door.ts'
import { compileLifecycle } from './lifecycle.ts'
import type { PostgresTransactionContext, SqliteTransactionContext } from './transaction-context.ts'
import { compileCheck } from './validator.ts'

interface TransactionDefinition<In extends Schema, Out extends Schema> extends TemplateMetadata, StepDefaults {
  readonly input: In
  readonly output: Out
  /** The JSON Schemas to publish in place of what the schemas say. */
  readonly jsonSchema?: { readonly input?: JsonSchema; readonly output?: JsonSchema }
  /** Undoes a step of this template when its run fails or is cancelled: a template that takes `{ input, output, outcome }`. */
  readonly compensate?: Compensate<InferInput<In>, InferOutput<Out>>
}

/** The definition of a transaction on PostgreSQL. */
export interface PostgresTransactionDefinition<In extends Schema, Out extends Schema> extends TransactionDefinition<In, Out> {
  execute(input: InferOutput<In>, context: PostgresTransactionContext): MaybePromise<InferInput<Out>>
}

/** The definition of a transaction on SQLite. */
export interface SqliteTransactionDefinition<In extends Schema, Out extends Schema> extends TransactionDefinition<In, Out> {
  /** The module that exports this template: `import.meta.url`. The writer thread imports it too, so it must not open a Wumbo. */
  readonly module: string
  /** The name under which that module exports this template. */
  readonly export: string
  /** Synchronous. */
  execute(input: InferOutput<In>, context: SqliteTransactionContext): InferInput<Out>
}

/** A template whose steps need a PostgreSQL store. */
export interface PostgresTransactionTemplate<I, O> extends Template<I, O> {
  readonly level: 'transaction'
  readonly transaction: Extract<TransactionMeans, { store: 'postgres' }>
}

/** A template whose steps need an SQLite store. */
export interface SqliteTransactionTemplate<I, O> extends Template<I, O> {
  readonly level: 'transaction'
  readonly transaction: Extract<TransactionMeans, { store: 'sqlite' }>
}

/**
 * Defines a step whose SQL is committed together with its record: exactly once, in the database of a PostgreSQL store.
 * Throws DefinitionError that names the key, what was expected and what came.
 * @example
 * export const debit = definePostgresTransaction({
 *   name: 'debit', version: '1.0.0', description: 'Takes an amount from an account.',
 *   input: z.object({ account: z.string(), cents: z.int() }),
 *   output: z.object({ left: z.number() }),
 *   async execute({ account, cents }, { tx }) {
 *     const { rows } = await tx.query<{ left: number }>('update accounts set cents = cents - $1 where id = $2 returning cents::float8 as left', [cents, account])
 *     if (rows[0] === undefined) throw new Error(`there is no account ${account}`)
 *     return rows[0]
 *   },
 * })
 */
export function definePostgresTransaction<In extends Schema, Out extends Schema>(
  definition: PostgresTransactionDefinition<In, Out>,
): PostgresTransactionTemplate<InferInput<In>, InferOutput<Out>> {
  return templateOf(definition, { store: 'postgres' }) as PostgresTransactionTemplate<InferInput<In>, InferOutput<Out>>
}

/**
 * Defines a step whose SQL is committed together with its record: exactly once, in the file of an SQLite store. The body is a
 * synchronous function in the store's writer thread, which imports the module for it. Throws DefinitionError.
 * @example
 * export const debit = defineSqliteTransaction({
 *   name: 'debit', version: '1.0.0', description: 'Takes an amount from an account.', module: import.meta.url, export: 'debit',
 *   input: z.object({ account: z.string(), cents: z.int() }),
 *   output: z.object({ left: z.number() }),
 *   execute({ account, cents }, { db }) {
 *     const row = db.prepare<{ left: number }>('update accounts set cents = cents - ? where id = ? returning cents as left').get(cents, account)
 *     if (row === undefined) throw new Error(`there is no account ${account}`)
 *     return row
 *   },
 * })
 */
export function defineSqliteTransaction<In extends Schema, Out extends Schema>(
  definition: SqliteTransactionDefinition<In, Out>,
): SqliteTransactionTemplate<InferInput<In>, InferOutput<Out>> {
  const { module, export: name, ...rest } = definition as SqliteTransactionDefinition<In, Out> & Given
  const owner = `template "${rest.name}"`
  if (typeof module !== 'string' || !module.startsWith('file:')) {
    throw refuse({ owner, path: 'module' }, `expected the file URL of the module that exports the template, got ${shown(module)}`, 'Write module: import.meta.url.')
  }
  if (typeof name !== 'string' || name === '') throw refuse({ owner, path: 'export' }, `expected the name of an export, got ${shown(name)}`, "Write the name of the constant: export: 'debit'.")
  return templateOf(rest, { store: 'sqlite', module, export: name }) as SqliteTransactionTemplate<InferInput<In>, InferOutput<Out>>
}

const REFUSED = ['config', 'pure', 'validate', 'preprocess', 'postprocess', 'package', 'cleanup', 'recover']

function templateOf(given: unknown, transaction: TransactionMeans): Template<unknown, unknown> {
  checkDefinition(given, true)
  const meta = metadataOf(given)
  const owner = labelOf(meta)
  const refused = REFUSED.find((key) => given[key] !== undefined)
  if (refused !== undefined) throw refuse({ owner, path: refused }, 'a transaction has no such key', 'Do it in execute, or in a step before or after.')
  const [input, output] = [given['input'], given['output']] as [Schema, Schema]
  const execute = given['execute'] as (input: unknown, context: TemplateContext) => MaybePromise<unknown>
  const hooks = {
    execute(value: unknown, context: TemplateContext): MaybePromise<unknown> {
      if (!(transaction.store === 'sqlite' ? 'db' in context : 'tx' in context)) {
        throw new TransactionUnsupportedError(`${owner} is a transaction: it runs only as a step of a run, on a store of kind ${transaction.store}`, {
          path: meta.name, remedy: 'Use it as a step: ctx.step(name, template, input), or `uses` in a graph.',
        })
      }
      return execute.call(given, value, context)
    },
  }
  return makeTemplate({
    meta, level: 'transaction', transaction: Object.freeze(transaction), defaults: stepDefaultsOf(given), schemas: schemasOf(given, owner), config: undefined,
    check: compileCheck(input, { owner, what: 'input', failure: InputInvalidError }),
    invoke: compileLifecycle({ name: meta.name, version: meta.version, hooks, config: undefined, checkOutput: compileCheck(output, { owner, what: 'output', failure: OutputInvalidError }) }),
  })
}
