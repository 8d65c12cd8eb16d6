// What a lane and its heartbeat thread say to each other, and the memory that both look at.

/** What the thread is started with. */
export interface HeartbeatData {
  readonly url: string
  readonly schema: string
  readonly pooled: boolean
  /** As it is stored. */
  readonly lane: string
  readonly holder: string
  readonly leaseMs: number
  readonly unservedMs: number
  /** See `SHARED`. */
  readonly shared: SharedArrayBuffer
}

/** Places in the shared memory: nanoseconds of the monotonic clock, which all threads of a process share. */
export const SHARED = { heldUntil: 0, turnedAt: 1, length: 2 } as const

/** To the thread. */
export type ToHeartbeat =
  | { readonly say: 'serve'; readonly kinds: readonly number[] }
  /** Others may be waiting for what was just made durable. */
  | { readonly say: 'notify'; readonly of: Hint }
  | { readonly say: 'stop' }

/** A hint to the other workers: runs are due, runs of theirs have mail, there are new kinds. */
export type Hint = 'due' | 'mail' | 'kinds'

/** From the thread. */
export type FromHeartbeat =
  | { readonly say: 'due' }
  | { readonly say: 'mail'; readonly runs: readonly (readonly [space: number, run: string, last: number])[] }
  | { readonly say: 'kinds' }
  | { readonly say: 'unserved'; readonly kinds: readonly number[] }
  | { readonly say: 'connected'; readonly is: boolean; readonly why: string }
  /** The server's time less the monotonic clock, in milliseconds; never too much. */
  | { readonly say: 'time'; readonly offsetMs: number }
  | { readonly say: 'drain' }
  /** Another has taken over. */
  | { readonly say: 'fenced'; readonly why: string }
  /** The lease ran out before it could be renewed. */
  | { readonly say: 'lapsed'; readonly why: string }
  | { readonly say: 'stopped' }
