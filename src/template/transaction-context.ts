// What the body of a transaction step sees: only types. On PostgreSQL a transaction in the shape of the `pg` client, on SQLite a
// synchronous view of the database. The stores make them; neither can begin or end a transaction.
import type { TemplateContext } from './contract.ts'

/** A row: columns by name. */
export type TransactionRow = Record<string, unknown>

/** What a query gave, as `pg` says it. */
export interface TransactionResult<Row = TransactionRow> {
  readonly rows: Row[]
  readonly rowCount: number | null
  readonly command: string
}

/**
 * A transaction of the store's database. It has the shape of a client and of a pool of `pg`, so that query builders take it: what
 * `connect` gives is the transaction itself, and `release` and `end` do nothing.
 */
export interface PostgresTransaction {
  /** Runs one statement. Statements that begin or end a transaction are refused; savepoints are not. */
  query<Row = TransactionRow>(statement: string | { readonly text: string; readonly values?: readonly unknown[] }, values?: readonly unknown[]): Promise<TransactionResult<Row>>
  connect(): Promise<PostgresTransaction>
  release(): void
  end(): Promise<void>
}

/** The context of a transaction step on PostgreSQL. */
export interface PostgresTransactionContext extends TemplateContext {
  readonly tx: PostgresTransaction
}

/** What SQLite takes as a parameter. */
export type SqliteValue = string | number | bigint | null | Uint8Array

/** A prepared statement; parameters are by position. It ends with its step. */
export interface SqliteStatement<Row = TransactionRow> {
  run(...values: readonly SqliteValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint }
  get(...values: readonly SqliteValue[]): Row | undefined
  all(...values: readonly SqliteValue[]): Row[]
  iterate(...values: readonly SqliteValue[]): Iterable<Row>
}

/** The store's own database, inside the transaction: without Wumbo's tables, and without the end of the transaction. */
export interface SqliteTransaction {
  prepare<Row = TransactionRow>(sql: string): SqliteStatement<Row>
  /** Runs one or more statements without parameters. */
  exec(sql: string): void
}

/** The context of a transaction step on SQLite. It is synchronous: there is no signal, and nothing to wait for. */
export interface SqliteTransactionContext {
  readonly db: SqliteTransaction
  readonly run: { readonly id: string; readonly path: string }
  /** The attempt, from 1. */
  readonly attempt: number
  /** The same for every attempt of one step. */
  readonly idempotencyKey: string
  /** When the attempt began, in milliseconds since 1970. */
  now(): number
}
