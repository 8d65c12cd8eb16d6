// Failures of SQLite as failures of the catalogue, and how they cross from a thread to its caller. Which class it is
// depends on SQLite's result code, never on the text of the message.
import {
  BlobMissingError, IllegalTransitionError, LaneFencedError, PayloadCorruptError, StoreClosedError, StoreFailedError, StoreLockedError, StoreMovedError, StoreRowError, StoreTooNewError,
  StoreUnsupportedError, WumboError, errorData, errorFromData,
} from '../../errors.ts'
import type { ErrorData, FailureClass } from '../../errors.ts'

// https://www.sqlite.org/rescode.html
const PRIMARY = 0xff
const BUSY = 5
const CORRUPT = 11
const FULL = 13
const TOOBIG = 18
const CONSTRAINT = 19
const MISMATCH = 20
const AUTH = 23
const NOTADB = 26

/** A row that SQLite refuses by a rule: a second row under one key, a type or a size that a column does not take. */
const ROW_CODES: ReadonlySet<number> = new Set([CONSTRAINT, MISMATCH, TOOBIG])
/** Failures after which the file is as it was before, without a look at it. */
const HARMLESS_CODES: ReadonlySet<number> = new Set([BUSY, FULL])
const BROKEN_CODES: ReadonlySet<number> = new Set([CORRUPT, NOTADB])

/** SQLite's primary result code of a throwable, or undefined when it is not SQLite's. */
export function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined
  const { code, errcode } = thrown as Error & { readonly code?: unknown; readonly errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & PRIMARY : undefined
}

/** True when a row is at fault, so that the other rows of the flush are sound. */
export function isRowFailure(thrown: unknown): boolean {
  const code = resultCode(thrown)
  return code === undefined ? thrown instanceof StoreRowError : ROW_CODES.has(code)
}

/** True when it is not certain what the file holds: the connection must be closed, and the file read again. */
export function isDoubtful(thrown: unknown): boolean {
  const code = resultCode(thrown)
  return code !== undefined && !ROW_CODES.has(code) && !HARMLESS_CODES.has(code)
}

/** True when the authorizer has denied a statement. */
export function isRefused(thrown: unknown): boolean {
  return resultCode(thrown) === AUTH
}

/** True when the file itself is not what SQLite once wrote. */
export function isDamage(thrown: unknown): boolean {
  return BROKEN_CODES.has(resultCode(thrown) ?? 0)
}

/** Turns whatever a statement threw into a failure of the catalogue; `doing` says what was being done. */
export function storeFailure(thrown: unknown, doing: string): WumboError {
  if (thrown instanceof WumboError) return thrown
  const code = resultCode(thrown)
  const message = `${doing}: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  if (code === undefined) return new StoreFailedError(message, { cause: thrown })
  if (ROW_CODES.has(code)) return new StoreRowError(message, { cause: thrown })
  return new StoreFailedError(message, { cause: thrown, retryable: !BROKEN_CODES.has(code), details: { sqlite: code } })
}

const CLASSES: ReadonlyMap<string, FailureClass> = new Map(
  [
    BlobMissingError, IllegalTransitionError, LaneFencedError, PayloadCorruptError, StoreClosedError, StoreFailedError, StoreLockedError, StoreMovedError, StoreRowError, StoreTooNewError,
    StoreUnsupportedError,
  ].map((each) => [each.spec.code, each]),
)

/** A failure as it is sent to another thread. */
export function failureToWire(thrown: unknown): ErrorData {
  return errorData(storeFailure(thrown, 'the store failed'))
}

/** A failure as it arrives: an instance of its own class again. */
export function failureFromWire(data: ErrorData): WumboError {
  const known = CLASSES.get(data.code)
  if (known === undefined) return errorFromData(data)
  return new known(data.message, {
    retryable: data.retryable,
    ...(data.remedy === undefined ? {} : { remedy: data.remedy }),
    ...(data.path === undefined ? {} : { path: data.path }),
    ...(data.details === undefined ? {} : { details: data.details }),
    ...(data.cause === undefined ? {} : { cause: errorFromData(data.cause) }),
  })
}
