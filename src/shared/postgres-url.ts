// Addresses of PostgreSQL stores as users write them: `postgres://user@host:port/database?schema=name`. Reading one takes our own parameter
// out, and gives a form that may be shown: without the password. No driver is loaded here.
import { ConfigInvalidError } from '../errors.ts'

/** An address, read. */
export interface PostgresUrl {
  /** What the driver is given: without `schema`. It may hold a password. */
  readonly url: string
  /** The schema that holds the tables; undefined for the default one. */
  readonly schema: string | undefined
  /** For people: without any password. */
  readonly shown: string
}

const URL_PREFIX = /^postgres(?:ql)?:\/\//i
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/
/** Parameters that hold secrets. */
const SECRET = /^(?:password|sslpassword)$/i

/** True for what begins as the address of a PostgreSQL store does. */
export function isPostgresUrl(store: string): boolean {
  return URL_PREFIX.test(store)
}

/** Reads an address. Throws ConfigInvalidError, which does not tell the password, when it cannot be one; `path` says where it stood. */
export function readPostgresUrl(store: string, path: string): PostgresUrl {
  const shown = withoutPassword(store)
  const problem = problemOf(store)
  if (problem !== undefined) throw new ConfigInvalidError(`${path}: expected ${problem}, got ${JSON.stringify(shown)}`, { path, remedy: 'Write postgres://user@host:5432/database?schema=wumbo. Letters such as / or @ in a password are written as %2F and %40; or leave it to PGPASSWORD.' })
  const { base, parameters } = split(store)
  const schema = parameters.findLast(isSchema)
  const rest = parameters.filter((parameter) => !isSchema(parameter))
  return { url: joined(base, rest), schema: schema === undefined ? undefined : valueOf(schema), shown }
}

/** What an address is expected to be instead, in words that hold no password; undefined when nothing is wrong. */
export function problemOf(store: string): string | undefined {
  if (!isPostgresUrl(store) || !URL.canParse(store)) return 'an address such as postgres://user@host:5432/database'
  for (const parameter of split(store).parameters) {
    if (isSchema(parameter) && !SCHEMA.test(valueOf(parameter))) return 'a schema of small letters, digits and "_"'
  }
  return undefined
}

/** A text without the passwords of addresses in it. */
export function withoutPassword(text: string): string {
  // Up to the last @ before the path: a password that is written wrongly may hold such letters itself.
  const plain = text.replace(/^([a-z][a-z0-9+.-]*:\/*)([^:@?#]*):[^?#]*@/i, '$1$2@')
  const { base, parameters } = split(plain)
  return joined(base, parameters.filter((each) => !SECRET.test(nameOf(each))))
}

function joined(base: string, parameters: readonly string[]): string {
  return parameters.length === 0 ? base : `${base}?${parameters.join('&')}`
}

function split(url: string): { readonly base: string; readonly parameters: readonly string[] } {
  const at = url.indexOf('?')
  return at < 0 ? { base: url, parameters: [] } : { base: url.slice(0, at), parameters: url.slice(at + 1).split('&').filter((each) => each !== '') }
}

function isSchema(parameter: string): boolean {
  return nameOf(parameter) === 'schema'
}

function nameOf(parameter: string): string {
  return parameter.split('=', 1)[0] ?? ''
}

function valueOf(parameter: string): string {
  const value = parameter.slice(nameOf(parameter).length + 1)
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
