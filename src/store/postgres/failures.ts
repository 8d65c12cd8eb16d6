// Failures of PostgreSQL as failures of the catalogue. Which class it is depends on the SQLSTATE, never on the text of the message.
import pg from 'pg'
import { LaneFencedError, StoreFailedError, StoreRowError, WumboError } from '../../errors.ts'

// https://www.postgresql.org/docs/current/errcodes-appendix.html; WU is ours: see migrations/0002-flush.ts.
const FENCED = 'WU001'
const ROW = 'WU002'
const UNIQUE_VIOLATION = '23505'
/** A serialization failure and a deadlock: the same flush may well go through when it is tried again. */
const COLLISIONS: ReadonlySet<string> = new Set(['40001', '40P01'])
/** Data that a column does not take, a constraint, a row or an index entry that is too large. */
const ROW_CLASSES: ReadonlySet<string> = new Set(['22', '23', '54'])
/** The connection is gone, or the server ends it. */
const LOST_CLASSES: ReadonlySet<string> = new Set(['08'])
const LOST: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '57P05', '25P03'])

/** Thrown by code that is wrong, never by a connection. */
const DEFECTS = [TypeError, RangeError, ReferenceError, SyntaxError] as const

/** The SQLSTATE of a throwable, or undefined when it does not come from the server. */
export function sqlState(thrown: unknown): string | undefined {
  return thrown instanceof pg.DatabaseError ? (thrown.code ?? '') : undefined
}

export function isUniqueViolation(thrown: unknown): boolean {
  return sqlState(thrown) === UNIQUE_VIOLATION
}

/** True when a row is at fault, so that the other rows of the flush are sound. */
export function isRowFailure(thrown: unknown): boolean {
  const state = sqlState(thrown)
  return state === undefined ? thrown instanceof StoreRowError : state === ROW || ROW_CLASSES.has(state.slice(0, 2))
}

/** True when another has taken over. */
export function isFenced(thrown: unknown): boolean {
  return thrown instanceof LaneFencedError || sqlState(thrown) === FENCED
}

/** True when another transaction was in the way and this one was taken back. */
export function isCollision(thrown: unknown): boolean {
  return COLLISIONS.has(sqlState(thrown) ?? '')
}

/** True when the connection is of no use any more, and what was sent last may have been committed or not. */
export function isLost(thrown: unknown): boolean {
  if (thrown instanceof WumboError || DEFECTS.some((defect) => thrown instanceof defect)) return false
  const state = sqlState(thrown)
  return state === undefined || LOST.has(state) || LOST_CLASSES.has(state.slice(0, 2))
}

/** Turns whatever a statement threw into a failure of the catalogue; `doing` says what was being done. */
export function storeFailure(thrown: unknown, doing: string): WumboError {
  if (thrown instanceof WumboError) return thrown
  const state = sqlState(thrown)
  const message = `${doing}: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  if (state === FENCED) return fencedError(thrown)
  if (isRowFailure(thrown)) return new StoreRowError(message, { cause: thrown })
  return new StoreFailedError(message, { cause: thrown, ...(state === undefined ? {} : { details: { sqlState: state } }) })
}

/** The failure of a lane that was taken over. */
export function fencedError(thrown: unknown): LaneFencedError {
  return thrown instanceof LaneFencedError ? thrown : new LaneFencedError(`another process has taken over: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown })
}

/** Runs what reads or writes outside a flush. */
export async function attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw storeFailure(thrown, doing)
  }
}
