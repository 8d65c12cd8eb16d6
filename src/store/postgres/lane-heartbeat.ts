// Starts the heartbeat of a lane, and hands what it says to whoever watches the lane.
import { LaneFencedError } from '../../errors.ts'
import type { RunKind } from '../../model/run.ts'
import type { LaneWatch } from '../port.ts'
import { Heartbeat } from './heartbeat.ts'
import type { FromHeartbeat } from './heartbeat-wire.ts'
import type { LaneParts } from './lane-parts.ts'
import type { Held } from './lane-connection.ts'
import { restored } from './text.ts'

/** Due runs that no live worker serves are told of after this time, in milliseconds. */
const UNSERVED_MS = 60_000

/** Who is told. */
export interface Listener {
  readonly watch: LaneWatch
  readonly lost: (error: LaneFencedError) => void
}

/** Starts it. */
export function startHeartbeat({ address, lane, holder, kinds, time }: LaneParts, held: Held, { watch, lost }: Listener): Heartbeat {
  const named = (ids: readonly number[]): readonly RunKind[] => ids.flatMap((id) => kinds.kindOf(id) ?? [])
  const hear = (said: FromHeartbeat): void => {
    switch (said.say) {
      case 'due': watch.onDue(); return
      case 'mail':
        for (const [space, run, last] of said.runs) watch.onMail({ space, run: restored(run) }, last)
        return
      case 'kinds': watch.onKinds(); return
      case 'unserved': watch.onUnserved(named(said.kinds)); return
      case 'connected': watch.onConnected(said.is, said.why); return
      case 'time': time.learn(said.offsetMs); return
      case 'drain': watch.onDrain(); return
      case 'fenced': lost(new LaneFencedError(`another process has taken over: ${said.why}`)); return
      case 'lapsed': lost(new LaneFencedError(`the lease ran out before it could be renewed: ${said.why}`)); return
      case 'stopped': return
    }
  }
  const died = (cause: unknown): void => lost(new LaneFencedError(`the heartbeat of the lane ended: ${String(cause)}`, { cause }))
  const { url, schema, pooled, leaseMs } = address
  return new Heartbeat({ data: { url, schema, pooled, lane, holder, leaseMs, unservedMs: Math.max(UNSERVED_MS, leaseMs * 4) }, heldUntil: held.heldUntil, hear, died })
}
