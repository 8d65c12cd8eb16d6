// Follows a run until it ends, is parked, or the command is interrupted. When the process that works on it goes away, another
// is sought, and where there is none this one takes its place: the run goes on from its journal.
import type { RunDetails } from '../engine/inspect.ts'
import { OwnerUnreachableError } from '../errors.ts'
import type { RunEvent } from '../model/event.ts'
import { isOwnerGone, type Backend } from './backend.ts'
import type { RunView } from './run-view.ts'

/** What following needs. */
export interface Following {
  readonly view: RunView
  /** Ends the following; the run goes on or is kept. */
  readonly signal: AbortSignal
  /** Finds the next backend when the owner went away. */
  readonly connect: () => Promise<Backend>
  /** Called with each backend that replaces the one before, so that somebody closes it. */
  readonly replaced: (backend: Backend) => void
}

/** The run when it has ended or is parked; null when `signal` came first. */
export async function follow(first: Backend, id: string, { view, signal, connect, replaced }: Following): Promise<RunDetails | null> {
  const told = new Set<string>()
  for (let backend = first; ; ) {
    try {
      if (await showEvents(backend.events(id, signal), { view, told })) return await backend.details(id)
      if (signal.aborted) return null
      throw new OwnerUnreachableError('the process that works on the run has ended')
    } catch (thrown) {
      if (signal.aborted) return null
      if (backend.owner === null || !isOwnerGone(thrown)) throw thrown
      backend = await connect()
      replaced(backend)
      view.print(backend.owner === null ? 'The process that worked on the run has ended; it goes on here.\n' : `The run goes on in process ${backend.owner.pid}.\n`)
    }
  }
}

/** True when the run has ended or is parked. Steps that were told before are not told again. */
async function showEvents(events: AsyncIterable<RunEvent>, { view, told }: { view: RunView; told: Set<string> }): Promise<boolean> {
  for await (const event of events) {
    const ended = event.type === 'step.completed' || event.type === 'step.failed' || event.type === 'step.skipped'
    if (!ended || !told.has(event.path)) view.event(event)
    if (ended) told.add(event.path)
    if (event.type === 'run.ended' || event.type === 'run.parked') return true
  }
  return false
}
