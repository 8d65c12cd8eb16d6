// The file of passwords, ~/.pgpass, as libpq reads it: the driver's own reading of it is deprecated. A line is
// `host:port:database:user:password`; a * stands for any, a backslash before : and \. The first line that fits counts.
import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

const GROUP_AND_OTHERS = 0o077
/** What sockets of the file system are called in the file. */
const LOCAL = 'localhost'

/** The address with the password that the file has for it; the address as it is where it has one, or PGPASSWORD has, or the file has none. */
export async function withFilePassword(url: string): Promise<string> {
  const { host, port, user, database, password } = new pg.Client({ connectionString: url })
  if (typeof password === 'string' || user === undefined) return url
  const wanted = [host.startsWith('/') ? LOCAL : host, String(port), database ?? user, user]
  for (const line of await linesOf(process.env['PGPASSFILE'] ?? defaultFile())) {
    const fields = fieldsOf(line)
    const found = fields[wanted.length]
    if (found === undefined || !wanted.every((value, index) => fields[index] === '*' || fields[index] === value)) continue
    // As a parameter: an address without a host has no other place for it.
    return `${url}${url.includes('?') ? '&' : '?'}password=${encodeURIComponent(found)}`
  }
  return url
}

function defaultFile(): string {
  return process.platform === 'win32' ? join(process.env['APPDATA'] ?? homedir(), 'postgresql', 'pgpass.conf') : join(homedir(), '.pgpass')
}

/** None of a file that is not there, or that others may read: such a password is no secret, and libpq ignores it as well. */
async function linesOf(file: string): Promise<readonly string[]> {
  try {
    const stats = await stat(file)
    if (!stats.isFile() || (process.platform !== 'win32' && (stats.mode & GROUP_AND_OTHERS) !== 0)) return []
    return (await readFile(file, 'utf8')).split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
  } catch {
    return []
  }
}

/** The password is all that follows the fourth colon that counts. */
function fieldsOf(line: string): readonly string[] {
  const match = /^((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):(.*)$/.exec(line)
  return match === null ? [] : match.slice(1).map((field) => field.replaceAll(/\\([\\:])/g, '$1'))
}
