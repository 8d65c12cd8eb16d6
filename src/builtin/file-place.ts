// Where the file templates may go: below one root folder, through whatever links there are. It finds and opens; what is
// read or written is file-read.ts and file-write.ts. It guards against paths, not against a program that swaps folders of
// the root at the same time: whoever may do that is inside already.
import { constants } from 'node:fs'
import { mkdir, open, realpath, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { FileFailedError, InputInvalidError } from '../errors.ts'

/** The folder that files are taken from, and whether names that begin with a dot count. */
export interface Place {
  /** A folder; relative ones from where the process runs. */
  readonly root: string
  /** Allow `.env`, `.git/config` and their like. */
  readonly hidden: boolean
}

/** A file inside the root. */
export interface Inside {
  /** Absolute, without links but perhaps the last name. */
  readonly file: string
  /** From the root, with `/`: what is shown and stored. */
  readonly path: string
  /** The root, without links. */
  readonly root: string
}

/** Opens a file for reading: below the root also when links are followed, and a file, no folder, device or pipe. */
export async function openInside(path: string, place: Place): Promise<{ readonly handle: FileHandle; readonly path: string }> {
  const wanted = await placeOf(path, place)
  const real = await attempt(() => realpath(wanted.file), wanted.path)
  assertInside(real, wanted.root, path)
  // O_NONBLOCK: opening a pipe must not wait for a writer. O_NOFOLLOW: what realpath saw as a file is no link now.
  const handle = await attempt(() => open(real, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)), wanted.path)
  try {
    const [opened, named] = await Promise.all([handle.stat(), stat(await realpath(wanted.file))])
    if (!opened.isFile()) throw new FileFailedError(`${wanted.path}: expected a file, got ${opened.isDirectory() ? 'a folder' : 'something else'}`, { path: wanted.path })
    if (opened.ino !== named.ino || opened.dev !== named.dev) throw new FileFailedError(`${wanted.path} was replaced while it was opened`, { path: wanted.path, retryable: true })
    return { handle, path: wanted.path }
  } catch (thrown) {
    await handle.close()
    throw asFileFailure(thrown, wanted.path)
  }
}

/** Finds where a file is to be written: its folder exists below the root, made when `createFolders` says so. */
export async function placeToWrite(path: string, place: Place, createFolders: boolean): Promise<Inside> {
  const wanted = await placeOf(path, place)
  const folder = dirname(wanted.file)
  if (createFolders) {
    assertInside(join(await nearestExisting(folder), basename(wanted.file)), wanted.root, path)
    await attempt(() => mkdir(folder, { recursive: true }), wanted.path)
  }
  const real = await attempt(() => realpath(folder), wanted.path, createFolders ? undefined : 'Make the folder first, or set createFolders.')
  assertInside(join(real, basename(wanted.file)), wanted.root, path)
  return { ...wanted, file: join(real, basename(wanted.file)) }
}

/** The path as it is written, inside the root; links are not looked at yet. */
async function placeOf(path: string, { root, hidden }: Place): Promise<Inside> {
  if (path === '' || path.includes('\0')) throw new InputInvalidError('path: expected the name of a file, got an empty text or one with a NUL character', { path: 'path' })
  const realRoot = await attempt(() => realpath(resolve(root)), root, 'Make the root folder of the template, or name another in its configuration.')
  const file = resolve(realRoot, isAbsolute(path) ? relative(resolve(root), path) : path)
  const below = relative(realRoot, file)
  assertInside(file, realRoot, path)
  const parts = below.split(sep)
  if (!hidden && parts.some((part) => part.startsWith('.'))) {
    throw new FileFailedError(`${shown(path)}: expected a name that does not begin with a dot`, { path, remedy: 'Choose another name, or allow hidden files: `hidden: true` in the configuration of the template.' })
  }
  return { file, path: parts.join('/'), root: realRoot }
}

function assertInside(file: string, root: string, path: string): void {
  const below = relative(root, file)
  if (below !== '' && below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below)) return
  throw new FileFailedError(`${shown(path)}: expected a file below the root folder, got one outside of it`, { path, remedy: 'Name a file below the root folder, or set another `root` in the configuration of the template.' })
}

/** The folder with its existing part freed of links: where mkdir would make the rest. */
async function nearestExisting(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      return join(await realpath(at), relative(at, folder))
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT' || at === dirname(at)) throw asFileFailure(thrown, folder)
    }
  }
}

async function attempt<T>(work: () => Promise<T>, path: string, remedy?: string): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw asFileFailure(thrown, path, remedy)
  }
}

/** What may be gone after a while: the file is in use, or the process or disk has too much open or written. */
const PASSING: ReadonlySet<string> = new Set(['EAGAIN', 'EBUSY', 'EMFILE', 'ENFILE', 'ENOSPC', 'EDQUOT', 'EINTR'])

/** Turns what the file system threw into FileFailedError; our own failures pass. */
export function asFileFailure(thrown: unknown, path: string, remedy?: string): Error {
  if (!(thrown instanceof Error) || !('syscall' in thrown)) return thrown as Error
  const { code = 'UNKNOWN', syscall } = thrown as NodeJS.ErrnoException
  return new FileFailedError(`${shown(path)}: ${code} (${syscall ?? ''})`, {
    cause: thrown, path, retryable: PASSING.has(code), details: { code }, ...(remedy === undefined ? {} : { remedy }),
  })
}

function shown(path: string): string {
  return path.length > 300 ? `${path.slice(0, 299)}…` : path
}
