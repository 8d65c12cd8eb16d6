// The exit codes of the command line, as data, and which failure ends with which. docs/reference/cli.md tells them to users.
import { WumboError } from '../errors.ts'

/** What the process ends with. 128 + signal number for signals, as shells do. */
export const EXIT = {
  ok: 0,
  /** The run failed, was cancelled, timed out or is parked; `verify` found something. */
  badly: 1,
  /** The command line, the input, the project or a definition is not what it must be; a named thing does not exist. */
  usage: 2,
  /** Somebody else owns the store, or the state of the run or of its workflow does not allow it. */
  refused: 3,
  /** Disk, network or another part of the surroundings failed. */
  surroundings: 4,
  /** A defect of Wumbo. */
  defect: 70,
  interrupted: 130,
  terminated: 143,
} as const

const BADLY = new Set(['RUN_FAILED', 'RUN_CANCELLED', 'RUN_TIMEOUT', 'RUN_PARKED'])
const REFUSED = new Set(['STORE_LOCKED', 'STORE_TOO_NEW', 'STORE_MOVED', 'STORE_NOT_EMPTY', 'OWNER_UNREACHABLE', 'RUN_FINISHED', 'RUN_NOT_RETRYABLE', 'FORK_REFUSED', 'MIGRATION_REFUSED', 'WORKFLOW_DISABLED', 'WORKFLOW_CONFLICT', 'KEY_REUSED', 'LANE_FENCED', 'OVERLOADED'])
const SURROUNDINGS = new Set(['STORE_UNSUPPORTED'])

/** The exit code of a command that ended with this throwable. */
export function exitCodeOf(thrown: unknown): number {
  if (!(thrown instanceof WumboError)) return EXIT.defect
  if (BADLY.has(thrown.code)) return EXIT.badly
  if (REFUSED.has(thrown.code)) return EXIT.refused
  if (SURROUNDINGS.has(thrown.code)) return EXIT.surroundings
  switch (thrown.fault) {
    case 'user':
      return EXIT.usage
    case 'operation':
      return EXIT.surroundings
    case 'bug':
      return EXIT.defect
  }
}
