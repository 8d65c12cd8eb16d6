// What a figure depends on besides the code: the machine, its file system, its load, and the versions that ran.
import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'

const ROOT = new URL('../', import.meta.url)

export interface Machine {
  readonly cpu: string
  readonly memory: string
  readonly system: string
  readonly fileSystem: string
}

export function machine(folder: string): Machine {
  const cores = cpus()
  return {
    cpu: `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${platform()} ${release()} ${arch()}`,
    fileSystem: fileSystem(folder),
  }
}

/** The type of the file system that holds `folder`; the data itself is below a temp folder. */
export function fileSystem(folder: string): string {
  try {
    return mountOf(realpathSync(folder), readFileSync('/proc/self/mounts', 'utf8'))
  } catch {
    return 'unknown'
  }
}

/** The type of the mount with the longest path that leads to `path`, from the text of /proc/mounts. */
export function mountOf(path: string, mounts: string): string {
  const leading = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, at = '']) => at === '/' || path === at || path.startsWith(`${at}/`))
    .sort(([, a = ''], [, b = '']) => b.length - a.length)
  return leading[0]?.[2] ?? 'unknown'
}

const WITHOUT_DISK = ['tmpfs', 'ramfs', 'devtmpfs']

/** In memory an fsync costs nothing, so that no figure about durable work would mean anything. */
export function refuseMemory(folder: string): void {
  const type = fileSystem(folder)
  if (!WITHOUT_DISK.includes(type)) return
  throw new Error(`${folder} lies on ${type}, which never reaches a disk; name another folder with --folder`)
}

/** The load average of the last minute. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}

/** Whether others already use more than half of the cores. */
export function isBusy(): boolean {
  return (loadavg()[0] ?? 0) > cpus().length / 2
}

export function versions(peers: Readonly<Record<string, string>>): Record<string, string> {
  return {
    wumbo: `${packageVersion()} (${commit()})`,
    node: process.versions.node,
    sqlite: process.versions['sqlite'] ?? 'unknown',
    ...peers,
  }
}

function packageVersion(): string {
  const text = readFileSync(new URL('package.json', ROOT), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function commit(): string {
  try {
    const git = (...words: string[]): string => execFileSync('git', words, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    const changed = git('status', '--porcelain', '--', 'src', 'package.json') === '' ? '' : ' with changes'
    return git('rev-parse', '--short=10', 'HEAD') + changed
  } catch {
    return 'no commit known'
  }
}
