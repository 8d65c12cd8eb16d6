// What a lane of a PostgreSQL store is opened with.
import type pg from 'pg'
import type { LaneOptions } from '../port.ts'
import type { Address } from './connection.ts'
import type { Kinds } from './kinds.ts'
import type { Holder } from './lane-connection.ts'
import type { ServerTime } from './server-time.ts'
import { LaneFencedError } from '../../errors.ts'

/** The lane that this process had is held by another under the same name. */
export class NameTakenError extends LaneFencedError {}

/** What a lane is opened with. */
export interface LaneParts extends Holder {
  readonly address: Address
  readonly kinds: Kinds
  /** For reads. */
  readonly pool: pg.Pool
  readonly options: LaneOptions
  /** The epoch that this process had the lane under before; null when it had not. */
  readonly before: number | null
  readonly time: ServerTime
  /** Called when the lane is over. */
  ended(): void
}
