// The tables of the memory store: maps of frozen rows, and a log by which a flush that fails takes back what it did.
// Rows are replaced, never changed, so whoever was given one may keep it.
import type { WorkflowRow, WorkflowVersion } from '../../model/definition.ts'
import type { JournalRecord, Mark } from '../../model/record.ts'
import type { StoredEvent } from '../../model/topic.ts'
import type { Generation, Mail, RunKey, RunRow, Space } from '../../model/run.ts'

/** A run with everything that hangs on it. */
export interface StoredRun {
  row: RunRow
  /** Order of insertion over all runs, from 1. */
  readonly order: number
  /** Mail that is not yet consumed. */
  unread: number
  /** By gen and path. */
  readonly journal: Map<string, JournalRecord>
  /** By gen, path, kind and attempt. */
  readonly marks: Map<string, Mark>
  /** By number, from 1. */
  readonly mail: Mail[]
  readonly generations: Generation[]
}

/** An idempotency key and what it stands for. */
export interface StoredKey {
  readonly space: Space
  readonly key: string
  readonly run: string
  readonly hash: string
  readonly expiresAt: number
}

/** A graph's definition. */
export interface StoredDefinition {
  readonly workflow: string
  readonly body: string
  readonly at: number
}

/** A workflow with its versions, in the order in which they were added. */
export interface StoredWorkflow {
  readonly row: WorkflowRow
  readonly versions: readonly WorkflowVersion[]
}

/** A run that listens, or has listened, to a topic or to one key of it. */
export interface Listener {
  readonly key: string | null
  readonly run: StoredRun
  /** The number of the last event that it has had, or that was not for it. */
  readonly after: number
  readonly isOpen: boolean
}

/** A topic: its events by id, in their order, and who listens, by run and key. */
export interface StoredTopic {
  readonly events: Map<string, StoredEvent>
  readonly listeners: Map<string, Listener>
}

/** All that a memory store holds but its blobs. */
export class Tables {
  readonly runs = new Map<string, StoredRun>()
  /** Runs that live and that nobody owns: where claims look. */
  readonly idle = new Set<StoredRun>()
  readonly keys = new Map<string, StoredKey>()
  readonly definitions = new Map<string, StoredDefinition>()
  readonly workflows = new Map<string, StoredWorkflow>()
  readonly topics = new Map<string, StoredTopic>()
  /** The time of a store that many write: events are never older than it. */
  now = (): number => Number.MIN_SAFE_INTEGER
  /** The epoch of the newest lane; 0 before the first. */
  epoch = 0
  #orders = 0
  #events = 0
  #undo: (() => void)[] = []

  find(key: RunKey): StoredRun | undefined {
    return this.runs.get(idOf(key.space, key.run))
  }

  nextOrder(): number {
    return ++this.#orders
  }

  nextEvent(): number {
    return ++this.#events
  }

  /** The topic of a name, which comes to be by being asked for. */
  topic(space: Space, name: string): StoredTopic {
    const id = idOf(space, name)
    const known = this.topics.get(id)
    if (known !== undefined) return known
    const made: StoredTopic = { events: new Map(), listeners: new Map() }
    this.topics.set(id, made)
    return made
  }

  /** Replaces a run's row, and keeps the set of idle runs right. */
  change(stored: StoredRun, change: Partial<RunRow>): void {
    const before = stored.row
    this.undoBy(() => {
      stored.row = before
      this.place(stored)
    })
    stored.row = Object.freeze({ ...before, ...change })
    this.place(stored)
  }

  /** Puts a run among the idle ones or takes it out, as its row says. */
  place(stored: StoredRun): void {
    const { lane, finishedAt } = stored.row
    if (lane === null && finishedAt === null && this.runs.get(idOf(stored.row.space, stored.row.run)) === stored) this.idle.add(stored)
    else this.idle.delete(stored)
  }

  /** Notes how to take back a change of the flush that is being applied. */
  undoBy(step: () => void): void {
    this.#undo.push(step)
  }

  /** Sets an entry of a map, and notes how to take it back. */
  set<V>(map: Map<string, V>, key: string, value: V): void {
    const before = map.get(key)
    this.undoBy(() => {
      if (before === undefined) map.delete(key)
      else map.set(key, before)
    })
    map.set(key, value)
  }

  /** Deletes an entry of a map, and notes how to take it back. The order of the map's entries may change by it. */
  delete<V>(map: Map<string, V>, key: string): void {
    const before = map.get(key)
    if (before === undefined) return
    this.undoBy(() => map.set(key, before))
    map.delete(key)
  }

  /** Runs `work` as one transaction: when it throws, nothing of it stays. */
  transaction<T>(work: () => T): T {
    this.#undo = []
    try {
      return work()
    } catch (thrown) {
      for (const step of this.#undo.reverse()) step()
      throw thrown
    } finally {
      this.#undo = []
    }
  }
}

/** The key of a run, an idempotency key or a workflow in its map. */
export function idOf(space: Space, name: string): string {
  return `${space}/${name}`
}
