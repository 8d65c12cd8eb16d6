// What the compiler must infer for transactions, and what it must refuse: the two kinds are told apart. Checked by `npm run types`; never run.
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import type { InputOf, OutputOf, Template, TemplateContext } from '../../src/template/contract.ts'
import { definePostgresTransaction, defineSqliteTransaction } from '../../src/template/define-transaction.ts'
import type { PostgresTransactionTemplate, SqliteTransactionTemplate } from '../../src/template/define-transaction.ts'
import type { PostgresTransaction, SqliteTransaction, TransactionRow } from '../../src/template/transaction-context.ts'
import type { WorkflowContext } from '../../src/workflow/contract.ts'

const Debit = z.object({ account: z.string(), cents: z.int().default(1) })
const Left = z.object({ left: z.number() })
const base = { name: 'debit', version: '1.0.0', description: 'Debits.', input: Debit, output: Left } as const

const onPostgres = definePostgresTransaction({
  ...base,
  async execute(input, context) {
    expectTypeOf(input).toEqualTypeOf<{ account: string; cents: number }>()
    expectTypeOf(context).toExtend<TemplateContext>()
    expectTypeOf(context.tx).toEqualTypeOf<PostgresTransaction>()
    const { rows } = await context.tx.query<{ left: number }>('select 1 as left', [input.cents])
    expectTypeOf(rows).toEqualTypeOf<{ left: number }[]>()
    expectTypeOf((await context.tx.query('select 1')).rows).toEqualTypeOf<TransactionRow[]>()
    // @ts-expect-error a transaction on PostgreSQL has no db
    expectTypeOf(context.db).toBeAny()
    return { left: rows[0]?.left ?? 0 }
  },
})
const onSqlite = defineSqliteTransaction({
  ...base, module: import.meta.url, export: 'onSqlite',
  execute(input, context) {
    expectTypeOf(input).toEqualTypeOf<{ account: string; cents: number }>()
    expectTypeOf(context.db).toEqualTypeOf<SqliteTransaction>()
    // @ts-expect-error a transaction on SQLite has no tx
    expectTypeOf(context.tx).toBeAny()
    // @ts-expect-error nor anything to wait for
    expectTypeOf(context.signal).toBeAny()
    return { left: Number(context.db.prepare<{ left: number }>('select 1 as left').get()?.left) }
  },
})

declare const ctx: WorkflowContext

test('the schemas give the types of callers', () => {
  expectTypeOf<InputOf<typeof onPostgres>>().toEqualTypeOf<{ account: string; cents?: number | undefined }>()
  expectTypeOf<OutputOf<typeof onPostgres>>().toEqualTypeOf<{ left: number }>()
  expectTypeOf<InputOf<typeof onSqlite>>().toEqualTypeOf<{ account: string; cents?: number | undefined }>()
  expectTypeOf(ctx.step('debit', onSqlite, { account: 'a' })).toEqualTypeOf<Promise<{ left: number }>>()
  expectTypeOf(ctx.step('debit', onPostgres, { account: 'a' })).toEqualTypeOf<Promise<{ left: number }>>()
})

test('both are templates, and neither is the other', () => {
  type I = { account: string; cents?: number | undefined }
  expectTypeOf(onPostgres).toExtend<Template<I, { left: number }>>()
  expectTypeOf(onSqlite).toExtend<Template<I, { left: number }>>()
  expectTypeOf(onPostgres).not.toExtend<SqliteTransactionTemplate<I, { left: number }>>()
  expectTypeOf(onSqlite).not.toExtend<PostgresTransactionTemplate<I, { left: number }>>()
  expectTypeOf(onPostgres.level).toEqualTypeOf<'transaction'>()
})

test('what cannot be is refused', () => {
  // @ts-expect-error a body in the writer thread cannot wait
  defineSqliteTransaction({ ...base, module: import.meta.url, export: 'a', execute: async () => Promise.resolve({ left: 1 }) })
  // @ts-expect-error the module must be named
  defineSqliteTransaction({ ...base, export: 'a', execute: () => ({ left: 1 }) })
  // @ts-expect-error the output must be what the schema says
  definePostgresTransaction({ ...base, execute: () => Promise.resolve({ right: 1 }) })
  // @ts-expect-error there are no other hooks
  definePostgresTransaction({ ...base, execute: () => Promise.resolve({ left: 1 }), cleanup: () => undefined })
  // @ts-expect-error a transaction is not pure
  definePostgresTransaction({ ...base, execute: () => Promise.resolve({ left: 1 }), pure: true })
})
