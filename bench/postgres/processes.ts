// Processor time of processes: of this one, and of a server's with all its children, as Linux counts them. Elsewhere nothing is known of a server.
import { readdirSync, readFileSync } from 'node:fs'

/** A tick of /proc is a hundredth of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

export interface ProcessTimes {
  readonly parent: number
  /** Ticks of the process itself, and of children that have ended. */
  readonly own: number
  readonly ended: number
}

/** What /proc/<pid>/stat says. */
export function parseStat(text: string): ProcessTimes {
  // The name in brackets may hold anything; what follows it is fixed.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number)
  const at = (index: number): number => fields[index] ?? 0
  return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) }
}

/** Seconds of processor time that this process has used, in all its threads. */
export function processSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}

/** Seconds that a process and its children have used, those included that have ended. */
export function treeSeconds(root: number): number | undefined {
  const top = timesOf(root)
  if (top === undefined) return undefined
  let ticks = top.own + top.ended
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? timesOf(Number(name)) : undefined
    if (times?.parent === root) ticks += times.own + times.ended
  }
  return ticks / TICKS_PER_SECOND
}

/** The parent of a server process that runs on this machine; undefined for one elsewhere. */
export function postmasterOf(backend: number): number | undefined {
  try {
    if (!readFileSync(`/proc/${backend}/cmdline`, 'utf8').startsWith('postgres')) return undefined
    return timesOf(backend)?.parent
  } catch {
    return undefined // no such process here, or a system without /proc
  }
}

function timesOf(pid: number): ProcessTimes | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return undefined
  }
}
