// The owner's note beside the file, `<file>.owner.json`: who owns the store and where it can be reached. It is a hint for
// people and for the command line; only the lock says whether an owner lives.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { parseJson } from '../../shared/parse-json.ts'

/** Who owns a store. `address` and `token` only when the owner has announced them. */
export interface Owner {
  readonly pid: number
  readonly host: string
  /** When it took the store, milliseconds since 1970. */
  readonly since: number
  /** Where it takes commands, for example `http://127.0.0.1:7777`. */
  readonly address?: string
  /** What it takes commands with. */
  readonly token?: string
}

/** What an owner may add to its note. */
export interface Announcement {
  readonly address: string
  readonly token?: string
}

/** Where the note of a file is. */
export function ownerFile(file: string): string {
  return `${file}.owner.json`
}

/**
 * Reads who owns the store `file`; undefined when nobody does. The note of a process that was killed stays, so it counts
 * only while a process with its number lives; on another host that cannot be told, and it counts.
 */
export async function readOwner(file: string): Promise<Owner | undefined> {
  const text = await readFile(ownerFile(file), 'utf8').catch(() => undefined)
  const owner = text === undefined ? undefined : parseOwner(text)
  return owner === undefined || (owner.host === hostname() && !isAlive(owner.pid)) ? undefined : owner
}

/** Reads the note as it stands, alive or not. */
export function readNote(file: string): Owner | undefined {
  try {
    return parseOwner(readFileSync(ownerFile(file), 'utf8'))
  } catch {
    return undefined
  }
}

/** Writes the note of this process, readable by its user only. A reader sees the old note or the new one, whole. */
export function writeNote(file: string, since: number, announcement?: Announcement): void {
  const owner: Owner = { pid: process.pid, host: hostname(), since, ...announcement }
  const temporary = `${ownerFile(file)}.${process.pid}`
  rmSync(temporary, { force: true })
  writeFileSync(temporary, `${JSON.stringify(owner)}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(temporary, ownerFile(file))
}

/** Removes the note of this process; one that a later owner wrote stays. */
export function removeNote(file: string, since: number): void {
  const note = readNote(file)
  if (note?.pid === process.pid && note.since === since) rmSync(ownerFile(file), { force: true })
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = parseJson(text) as Partial<Owner> | null
    return typeof owner?.pid === 'number' && typeof owner.host === 'string' ? (owner as Owner) : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}
