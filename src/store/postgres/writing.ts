// What the operations that are carried out one by one are handed.
import type pg from 'pg'

/** The lane that carries out an operation: its connection, on which a transaction is open and the epoch proven, its id as it is stored, and its epoch. */
export interface Writing {
  readonly client: pg.ClientBase
  readonly lane: string
  readonly epoch: number
}
