// Connections behind a pooler that gives each transaction another connection of the server. Nothing may be set for longer than a transaction, and
// no statement may be prepared under a name. So each statement that stands alone gets a transaction around it, and each
// transaction begins with what a connection of our own has set once. That costs round trips; it is right, not fast.
import type pg from 'pg'

/** What the driver's `query` is given here: a text with values, or an object with both. */
type Query = string | { readonly text: string; readonly name?: string; readonly values?: unknown[] }
type Run = (query: Query, values?: unknown[]) => Promise<pg.QueryResult>

const BEGIN = /^begin\b[^;]*/i
const END = /^(commit|rollback)\b/i

/** Makes a connection set `local` at the beginning of each transaction. Statements are carried out one after another. */
export function makePooled(client: pg.ClientBase, local: string): void {
  // The overloads of query cannot be met by one function; callbacks are not used by us.
  const plain = client.query.bind(client) as unknown as Run
  let isOpen = false
  let last: Promise<unknown> = Promise.resolve()
  const run: Run = async (query, values) => {
    const text = typeof query === 'string' ? query : query.text
    const given = values ?? (typeof query === 'string' ? undefined : query.values)
    const begin = BEGIN.exec(text)?.[0]
    if (begin !== undefined) {
      const rest = text.slice(begin.length)
      isOpen = rest === ''
      const first = /isolation/i.test(begin) ? begin : `${begin} isolation level read committed`
      return withoutFirst(await plain(`${first}; ${local}${rest === '' ? '' : `; ${rest.replace(/^;/, '')}`}`), local.split(';').length)
    }
    if (END.test(text)) isOpen = false
    if (isOpen || END.test(text)) return plain(text, given)
    await plain(`begin isolation level read committed; ${local}`)
    try {
      const result = await plain(text, given)
      await plain('commit')
      return result
    } catch (thrown) {
      await plain('rollback').catch(() => undefined)
      throw thrown
    }
  }
  const queued: Run = (query, values) => {
    const next = last.then(() => run(query, values))
    last = next.catch(() => undefined)
    return next
  }
  client.query = queued as unknown as typeof client.query
  PLAIN.set(client, plain)
}

const PLAIN = new WeakMap<pg.ClientBase, Run>()

/** Runs a statement that needs no settings, without a transaction around it. No other may be under way on the connection. */
export async function alone<R extends pg.QueryResultRow>(client: pg.ClientBase, text: string, values: unknown[]): Promise<pg.QueryResult<R>> {
  const run = PLAIN.get(client)
  // What the statement gives is said by its text.
  return (run === undefined ? await client.query<R>(text, values) : await run(text, values)) as pg.QueryResult<R>
}

/** Makes a pool's own `query` go through its connections' `query`. */
export function makePooledPool(pool: pg.Pool): void {
  const query: Run = async (text, values) => {
    const client = await pool.connect()
    try {
      const result = await (client.query as unknown as Run)(text, values)
      client.release()
      return result
    } catch (thrown) {
      client.release(thrown instanceof Error ? thrown : true)
      throw thrown
    }
  }
  pool.query = query as unknown as typeof pool.query
}

/** Of several results, those of the statements that were asked for: the settings stand behind the first. */
function withoutFirst(result: pg.QueryResult, settings: number): pg.QueryResult {
  if (!Array.isArray(result)) return result
  const results = result as unknown as pg.QueryResult[]
  return [results[0], ...results.slice(1 + settings)] as unknown as pg.QueryResult
}
