// The part of the store's port that keeps events by topic, and who listens to which. The port itself (port.ts) takes these operations and
// reads up; what holds for its flushes and rows holds here. Between publishing and beginning to listen nothing is lost: of two that happen at once one sees the other.
import type { NewEvent, StoredEvent } from '../model/topic.ts'
import type { RunKey, Space } from '../model/run.ts'

/**
 * `publish` stores an event, and sends it, as by `send`, to every run that listens to its topic, and to its key or to all. Answers `published`. An id that the topic
 *   has already stores and sends nothing.
 *   A shared store raises `at` to its own time, which no run's start is ahead of: what is published after a run has started is never older than it, whatever two workers' clocks say.
 * `listen` has a run that the lane owns listen to a topic, to one key of it or (null) to all, and sends it the events that it has missed, oldest first: of those at or
 *   after `since` all, or where it has listened before those since it ceased to. At most `limit`: when there may be more it does not listen yet,
 *   and asking again goes on. Answers `listening`. Whoever listens already gets nothing by it. StoreRowError when the run is not owned.
 * `unlisten` ends that, and remembers up to which event the run has had them. StoreRowError when the run is not owned.
 * `pruneEvents` deletes at most `limit` events of a space from before `before`, the oldest first, and forgets who listened but has ended. Answers
 *   `prunedEvents`.
 */
export type EventOp =
  | { readonly op: 'publish'; readonly event: NewEvent }
  | { readonly op: 'listen'; readonly run: RunKey; readonly topic: string; readonly key: string | null; readonly since: number; readonly limit: number }
  | { readonly op: 'unlisten'; readonly run: RunKey; readonly topic: string; readonly key: string | null }
  | { readonly op: 'pruneEvents'; readonly space: Space; readonly before: number; readonly limit: number }

/** What these operations answer. */
export type EventAnswer =
  /** `runs`: how many got it. `owned`: those of them that a lane owns; a shared store need name none, since its watch tells of their mail. */
  | { readonly answer: 'published'; readonly isNew: boolean; readonly runs: number; readonly owned: readonly RunKey[] }
  /** `mails`: how many events the run got by it. `isWhole`: it listens now. */
  | { readonly answer: 'listening'; readonly mails: number; readonly isWhole: boolean }
  | { readonly answer: 'prunedEvents'; readonly events: number }

/** Which events to list; newest first. */
export interface EventFilter {
  readonly space: Space
  readonly topic?: string
  readonly key?: string
  /** Only events with a lower number: the `next` of the page before. */
  readonly before?: number
  /** At most 1,000; default 50. */
  readonly limit?: number
}

/** One page of a list. */
export interface EventPage {
  readonly events: readonly StoredEvent[]
  /** Hand it in as `before` for the next page; null on the last one. */
  readonly next: number | null
}

/** The reads. They see what was committed. */
export interface EventReads {
  listEvents(filter: EventFilter): Promise<EventPage>
}

/** How many events a page has. */
export function eventLimit({ limit = 50 }: EventFilter): number {
  return Math.max(1, Math.min(limit, 1000))
}
