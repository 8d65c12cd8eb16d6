// What the server needs of a Wumbo, as a structure: whoever has these members can be served. Only types.
import type { Definitions } from '../engine/definitions-api.ts'
import type { UpdateSendOptions } from '../engine/updating.ts'
import type { Versions } from '../engine/versions-api.ts'
import type { RunDetails, RunSummary } from '../engine/inspect.ts'
import type { DecisionToSend, SendOptions } from '../engine/postbox.ts'
import type { EventList, EventListOptions, PublishOptions, Published } from '../engine/publishing.ts'
import type { RunObserver } from '../model/event.ts'
import type { RunStatus } from '../model/run.ts'

/** Which runs a page shows. */
export interface ServedFilter {
  readonly workflow?: string
  readonly status?: readonly RunStatus[]
  readonly after?: string
  readonly limit?: number
}

/** A Wumbo as the server sees it. */
export interface ServedWumbo {
  /** All versions, later ones of a name after earlier ones. */
  readonly workflows: readonly { readonly name: string; readonly version: string }[]
  readonly store: { readonly kind: string; readonly facts: Readonly<Record<string, string | number>> }
  readonly lost: Promise<Error>
  /** Whether runs can be started and are worked on at this moment. */
  health(): { readonly ready: boolean; readonly reason: string | null }
  readonly runs: {
    list(filter?: ServedFilter): Promise<{ readonly runs: readonly RunSummary[]; readonly next: string | null }>
    get(id: string): Promise<RunDetails>
    cancel(id: string): Promise<void>
    retry(id: string, options?: { readonly by?: string; readonly reason?: string; readonly from?: string }): Promise<number>
    pause(id: string): Promise<void>
    resume(id: string): Promise<void>
    signal(id: string, name: string, payload?: unknown, options?: SendOptions): Promise<void>
    query(id: string, name: string, args?: unknown): Promise<unknown>
    update(id: string, name: string, args?: unknown, options?: UpdateSendOptions): Promise<unknown>
    decide(id: string, approval: string, decision: DecisionToSend): Promise<void>
  }
  readonly events: {
    publish(topic: string, data?: unknown, options?: PublishOptions): Promise<Published>
    list(filter?: EventListOptions): Promise<EventList>
  }
  readonly definitions: Definitions
  readonly versions: Versions
  start(workflow: string, input: unknown, options?: { readonly id?: string; readonly queue?: string }): Promise<{ readonly id: string; readonly existing: boolean }>
  fork(id: string, options: { readonly at: string; readonly input?: unknown; readonly workflow?: string }): Promise<{ readonly id: string }>
  observe(observer: RunObserver): () => void
  /** Tells other processes of this machine where this one takes commands. */
  announce?(address: { readonly address: string; readonly token: string }): Promise<void>
}

/** How the server is made. */
export interface ServeOptions {
  /** Default 8080. A taken port gives way to the next free one of the 100 above it; 0 takes any. */
  readonly port?: number
  /** What proves a caller of the API. Default: 32 random bytes. */
  readonly token?: string
}

/** A server that listens. */
export interface StatusServer {
  /** `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** True when the port that was asked for was taken. */
  readonly moved: boolean
  /** Bearer token of the API: whoever has it may start, cancel, pause and retry runs, signal them, publish events and decide for people. */
  readonly token: string
  /** Ends open answers and stops listening. The Wumbo stays open. */
  close(): Promise<void>
}
