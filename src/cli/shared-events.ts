// The events of a run in a store that many processes write. Those of this process come as they happen; what others do with the run is looked
// up now and then, so that whoever waits for its end does not wait for ever.
import type { RunEvent } from '../model/event.ts'
import { runEvents, type RunEventSource } from '../server/run-events.ts'

/** Between two looks at a run that others may be at work on, and at one that this process began, in milliseconds. */
const LOOK_MS = 500
const LOOK_AT_OWN_MS = 5000

/** Like runEvents; `isOwn` tells whether this process began the run. */
export async function* sharedEvents(source: RunEventSource, id: string, { signal, isOwn }: { readonly signal: AbortSignal; readonly isOwn: boolean }): AsyncGenerator<RunEvent> {
  const told = new Set<string>()
  while (!signal.aborted) {
    const round = AbortSignal.any([signal, AbortSignal.timeout(isOwn ? LOOK_AT_OWN_MS : LOOK_MS)])
    for await (const event of runEvents(source, id, round)) {
      const name = nameOf(event)
      if (name !== undefined && told.has(name)) continue
      if (name !== undefined) told.add(name)
      yield event
      if (event.type === 'run.ended' || event.type === 'run.parked') return
    }
  }
}

/** What each look tells again: undefined for what is told once only. */
function nameOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'step.completed': case 'step.failed': case 'step.skipped': return `end ${event.path}`
    case 'step.started': case 'step.retrying': return `${event.type} ${event.attempt} ${event.path}`
    default: return undefined
  }
}
