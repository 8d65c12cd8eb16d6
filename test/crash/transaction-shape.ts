// What the kill tests for transaction steps run: two branches with transactions side by side, a failing first attempt, an effect, a pure
// step and a wait between them, and one transaction at the end.
import * as z from 'zod'
import { defineTemplate } from '../../src/template/define.ts'
import type { FunctionWorkflow } from '../../src/workflow/contract.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import * as onPostgres from '../fixtures/postgres-transactions.ts'
import * as onSqlite from '../fixtures/sqlite-transactions.ts'

/** How many times a run counts. */
export const COUNTS_PER_RUN = 6

const number = z.object({ n: z.number() })
const effect = defineTemplate({ name: 'effect', version: '1.0.0', description: 'An effect.', input: number, output: number, async execute({ n }) { await Promise.resolve(); return { n } } })
const pure = defineTemplate({ name: 'pure', version: '1.0.0', description: 'Pure.', pure: true, input: number, output: number, execute: ({ n }) => ({ n: n + 1 }) })

/** `schema` for PostgreSQL, null for SQLite. */
export function transactionShape(schema: string | null): FunctionWorkflow<Record<string, never>, string> {
  return defineWorkflow({
    name: 'transactions', input: z.object({}),
    async run(ctx) {
      const count = (on: typeof ctx, name: string): Promise<{ n: number }> => (schema === null ? on.step(name, onSqlite.count, { id: 'all' }) : on.step(name, onPostgres.count, { schema, id: 'all' }))
      await ctx.all({
        a: async (c) => {
          await count(c, 'one')
          await c.step('effect', effect, { n: 1 })
          await count(c, 'two')
        },
        b: async (c) => {
          await c.step('pure', pure, { n: 1 })
          await count(c, 'three')
          await c.sleep('wait', 8)
          await count(c, 'four')
        },
        c: (c) => count(c, 'five'),
      })
      await count(ctx, 'six')
      return 'done'
    },
  })
}
