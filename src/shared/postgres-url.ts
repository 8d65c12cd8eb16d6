// Addresses of PostgreSQL stores as users write them: `postgres://user@host:port/database?schema=name&lease=15s&pooler=transaction`. Reading one
// takes our own parameters out, and gives a form that may be shown: without the password. No driver is loaded here.
import { ConfigInvalidError } from '../errors.ts'
import { parseDuration } from './duration.ts'

/** An address, read. */
export interface PostgresUrl {
  /** What opens the store; what the address does not say is left out. Its `url` may hold a password. */
  readonly options: { readonly url: string; readonly schema?: string; readonly leaseMs?: number; readonly pooler?: 'transaction' }
  /** For people: without any password. */
  readonly shown: string
}

const URL_PREFIX = /^postgres(?:ql)?:\/\//i
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/
/** Parameters that are for us, not for the driver. */
const OURS: ReadonlySet<string> = new Set(['schema', 'lease', 'pooler'])
const SHORTEST_LEASE_MS = 300
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
  const said = (name: string): string | undefined => {
    const found = parameters.findLast((parameter) => nameOf(parameter) === name)
    return found === undefined ? undefined : valueOf(found)
  }
  const [schema, lease, pooler] = [said('schema'), said('lease'), said('pooler')]
  const url = joined(base, parameters.filter((parameter) => !OURS.has(nameOf(parameter))))
  return {
    options: { url, ...(schema === undefined ? {} : { schema }), ...(lease === undefined ? {} : { leaseMs: leaseOf(lease) ?? 0 }), ...(pooler === undefined ? {} : { pooler: 'transaction' as const }) },
    shown,
  }
}

/** What an address is expected to be instead, in words that hold no password; undefined when nothing is wrong. */
export function problemOf(store: string): string | undefined {
  if (!isPostgresUrl(store) || !URL.canParse(store)) return 'an address such as postgres://user@host:5432/database'
  for (const parameter of split(store).parameters) {
    const name = nameOf(parameter)
    const value = valueOf(parameter)
    if (name === 'schema' && !SCHEMA.test(value)) return 'a schema of small letters, digits and "_"'
    if (name === 'lease' && leaseOf(value) === undefined) return 'a lease such as 15s, 300 ms at least'
    if (name === 'pooler' && value !== 'transaction') return 'pooler=transaction, or no pooler'
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

/** Milliseconds; undefined for what is no lease. */
function leaseOf(words: string): number | undefined {
  try {
    const ms = parseDuration(words, 'lease')
    return ms >= SHORTEST_LEASE_MS ? ms : undefined
  } catch {
    return undefined
  }
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
