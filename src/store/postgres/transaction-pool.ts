// The connections of transaction steps. They are as the user's own would be: the search path and the types are those of `pg` and the
// server, so that SQL means here what it means elsewhere; what must hold for the journal is set inside each transaction.
import pg from 'pg'
import { CONNECT_TIMEOUT_MS } from './connection.ts'
import type { Address } from './connection.ts'

/** Connections unless told otherwise. */
export const TRANSACTION_CONNECTIONS = 10

/** Beyond those of bodies: to cancel, and to read back. */
const SPARE = 2

/** Lets `max` at a time in, the others in the order in which they came: waiting here has no time limit but that of the step. */
export class Gate {
  #free: number
  readonly #queue: (() => void)[] = []

  constructor(max: number) {
    this.#free = max
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#queue.push(resolve))
  }

  leave(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#free++
    else next()
  }
}

/** Opens the pool; connections come when they are needed. */
export function openTransactionPool({ url, schema }: Address, connections: number): pg.Pool {
  const max = connections + SPARE
  const pool = new pg.Pool({ connectionString: url, application_name: `wumbo ${schema} transactions`, keepAlive: true, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, max })
  // A connection that breaks while nobody uses it leaves the pool by itself; one that breaks in use says so to whoever waits for it.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => { client.on('error', () => undefined) })
  return pool
}
