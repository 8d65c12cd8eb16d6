// The tick told a lane that was alone that another one had lapsed, once it had held its lease for a lease time: its heartbeat then ran some
// twenty times a second. Stores from before get the function anew.
import { tickFunction } from './0003-tick.ts'

export const lapse = tickFunction
