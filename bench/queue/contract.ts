// What the queue benchmarks ask of a queue, so that one driver measures all of them. A job carries a number; its body is told that number.

/** A queue that is open in this process. */
export interface Queue {
  /** How the store was made durable, as read back from it. */
  readonly durability: string
  /** The process of the server, if it is known not to be PostgreSQL's. */
  readonly serverPid?: number
  /** Stores the jobs `from` … `to` − 1 in the way that is fastest for many; durable when it resolves. */
  enqueueMany(from: number, to: number): Promise<void>
  /** Stores one job; durable when it resolves. */
  enqueue(n: number): Promise<void>
  /** Begins to work; `body` is called in each job. */
  work(body: (n: number) => void): Promise<Worker>
  /** Ends everything in this process; what waits stays. */
  close(): Promise<void>
  /** Deletes what the queue left behind, where that does not go with its database. */
  clear?(): Promise<void>
}

export interface Worker {
  /** Resolves once the store says that all `total` jobs are done, whose bodies have all been called. */
  settled(total: number): Promise<void>
}

/** How a queue is set; what is left out is its own default. */
export interface QueueSettings {
  /** Jobs that are worked on at a time. */
  readonly concurrency?: number
  /** Jobs that are fetched at a time. */
  readonly fetch?: number
  /** Ends are recorded together when they come within this many milliseconds. */
  readonly batchDelay?: number
  /** Jobs that are stored with one call, and how many calls are open at a time. */
  readonly batch?: number
  readonly calls?: number
}

export interface OpenOptions extends QueueSettings {
  readonly url: string
  /** Marks keys of this measurement, on a server where they do not stand in a database of their own. */
  readonly prefix: string
  /** What the queue is opened for. */
  readonly role: 'enqueue' | 'work' | 'both'
}

export type OpenQueue = (options: OpenOptions) => Promise<Queue>
