// What a body is given as `tx`: one transaction in the shape of a client and of a pool of `pg`, for hands and for query builders. Each
// statement goes by the extended protocol, which takes one statement at a time, so its first word tells what it does.
import type pg from 'pg'
import { TransactionRefusedError } from '../../errors.ts'

/** Statements that begin or end a transaction, or leave it. Savepoints and the way back to one are the body's. */
const REFUSED: ReadonlySet<string> = new Set(['begin', 'start', 'commit', 'end', 'abort', 'prepare', 'rollback', 'discard', 'copy'])

/** White space and comments before the first word; semicolons stand for empty statements. */
const LEADING = /^(?:[\s;]+|--[^\n]*(?:\n|$)|\/\*(?:[^*/]|\*(?!\/)|\/(?!\*))*\*\/)*/

type Callback = (error: Error | null, result?: unknown) => void
type Statement = string | (pg.QueryConfig & { readonly queryMode?: string })

/** A transaction as its body holds it. */
export class TransactionHandle {
  readonly #client: pg.PoolClient
  #open = true
  /** Statements under way: none may be left when ours come. */
  readonly #running = new Set<Promise<unknown>>()

  constructor(client: pg.PoolClient) {
    this.#client = client
    // Query builders take methods off their object.
    this.query = this.query.bind(this)
    this.connect = this.connect.bind(this)
  }

  /** As `query` of a client of `pg`: a text or a config, values, and a callback for those who want one. */
  query(statement: Statement, values?: readonly unknown[] | Callback, callback?: Callback): Promise<unknown> {
    const tell = typeof values === 'function' ? values : callback
    const result = this.#query(statement, typeof values === 'function' ? undefined : values)
    if (tell === undefined) return result
    result.then((value) => { tell(null, value) }, (thrown: unknown) => { tell(thrown as Error) })
    return Promise.resolve()
  }

  connect(): Promise<this> {
    return Promise.resolve(this)
  }

  release(): void {
    // The connection is not the body's to give back.
  }

  end(): Promise<void> {
    return Promise.resolve()
  }

  /** Takes no statement from now on, and waits for those under way. */
  async close(): Promise<void> {
    this.#open = false
    await Promise.allSettled(this.#running)
  }

  async #query(statement: Statement, values: readonly unknown[] | undefined): Promise<unknown> {
    if (!this.#open) throw new TransactionRefusedError('the transaction has ended: `tx` cannot be used any more', { remedy: 'Await every statement inside execute, and keep nothing of `tx`.' })
    const config = typeof statement === 'string' ? { text: statement } : statement
    if (typeof config.text !== 'string' || 'submit' in config) throw new TransactionRefusedError('expected a statement with a text: cursors and streams are not taken', { remedy: 'Read with limit and offset, or declare a cursor in SQL.' })
    checkStatement(config.text)
    const result = this.#client.query({ ...config, ...(values === undefined ? {} : { values: [...values] }), queryMode: 'extended' } as pg.QueryConfig)
    this.#running.add(result)
    try {
      return await result
    } finally {
      this.#running.delete(result)
    }
  }
}

/** Throws TransactionRefusedError for a statement that begins or ends a transaction. */
export function checkStatement(text: string): void {
  const start = text.replace(LEADING, '')
  if (start.startsWith('/*')) throw new TransactionRefusedError(`a statement of a transaction step may not begin with comments in comments: ${text.trim().slice(0, 80)}`)
  const [, word = '', next = ''] = /^([a-z]+)\s*([a-z]*)/i.exec(start) ?? []
  const first = word.toLowerCase()
  if (!REFUSED.has(first)) return
  if (first === 'prepare' && next.toLowerCase() !== 'transaction') return
  if (first === 'rollback' && /^rollback\s+(?:(?:work|transaction)\s+)?to\b/i.test(start)) return
  throw new TransactionRefusedError(`a transaction step may not ${first.toUpperCase()}: ${text.trim().slice(0, 80)}`)
}
