// Why a store could not be opened, for people: what was tried at which address, and what to do. The address is told without its password.
import pg from 'pg'
import { StoreFailedError, WumboError } from '../../errors.ts'
import { withoutPassword } from '../../shared/postgres-url.ts'
import type { Address } from './connection.ts'

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const WRONG_PASSWORD = '28P01'
const LOGIN_CLASS = '28'
const NO_DATABASE = '3D000'
const MAY_NOT = '42501'
const TOO_MANY = '53300'
const STARTING: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03'])

/** The failure of opening, with a remedy of its own where the server or the network says what is wrong. */
export function openFailure(thrown: unknown, { url, schema }: Pick<Address, 'url' | 'schema'>): WumboError {
  const cause = thrown instanceof WumboError ? thrown.cause : thrown
  if (thrown instanceof WumboError && (cause === undefined || thrown.code !== StoreFailedError.spec.code)) return thrown
  const { host, user, database } = targetOf(url)
  const failed = (message: string, remedy: string, retryable = false): StoreFailedError => new StoreFailedError(message, { cause, remedy, retryable, path: withoutPassword(url), details: { host, user, database, schema } })
  const state = cause instanceof pg.DatabaseError ? (cause.code ?? '') : undefined
  const words = wordsOf(cause)
  if (state === undefined && isLoginWithoutPassword(cause)) {
    return failed(`the server at ${host} wants a password for user ${user}, and there is none`, 'Set PGPASSWORD, add a line to ~/.pgpass (readable by you only), or write the password into the address.')
  }
  if (state === undefined) return failed(`the server at ${host} cannot be reached: ${words}`, 'Start the server, or correct host and port of the store.', true)
  if (state === WRONG_PASSWORD || state.startsWith(LOGIN_CLASS)) {
    return failed(`the server at ${host} refuses the login of user ${user}: ${words}`, 'Correct the user or the password: in the address, in PGPASSWORD, or in ~/.pgpass.')
  }
  if (state === NO_DATABASE) return failed(`the server at ${host} has no database ${database}`, `Create it (createdb ${database}), or correct the name at the end of the address.`)
  if (state === MAY_NOT) return failed(`user ${user} may not use or create the schema ${schema} in database ${database}: ${words}`, `Let somebody who may do so run: create schema ${schema} authorization ${JSON.stringify(user)}`)
  if (state === TOO_MANY) return failed(`the server at ${host} takes no further connection: ${words}`, 'Wait and try again, or raise max_connections of the server.', true)
  if (STARTING.has(state)) return failed(`the server at ${host} is starting or stopping: ${words}`, 'Wait and try again.', true)
  return thrown instanceof WumboError ? thrown : failed(`the store could not be opened: ${words}`, 'See the cause.')
}

/** Where a connection goes, as the driver understands address and environment. */
function targetOf(url: string): { readonly host: string; readonly user: string; readonly database: string } {
  const { host, port, user, database } = new pg.Client({ connectionString: url })
  return { host: host.startsWith('/') ? host : `${host}:${port}`, user: user ?? '', database: database ?? user ?? '' }
}

/** The driver has no code for this one: the server asked for a password and got none. */
function isLoginWithoutPassword(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith('SASL') && cause.message.includes('must be a')
}

/** Node gathers the failures of several addresses of one host in an error that says nothing itself. */
function wordsOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(wordsOf).join('; ')
  return cause instanceof Error ? cause.message : String(cause)
}
