// This process as the owner of a store: it opens it, works on its runs, and lets other commands in over a loopback server of its
// own, announced in the note beside the store.
import { createWumbo, type Logger, type Wumbo, type WumboOptions } from '../index.ts'
import { syncStrategy } from '../execution/sync.ts'
import type { RunDetails } from '../engine/inspect.ts'
import type { RunEvent } from '../model/event.ts'
import type { StatusServer } from '../server/contract.ts'
import { OpenSteps } from '../server/open-steps.ts'
import { runEvents } from '../server/run-events.ts'
import { serve } from '../server/serve.ts'
import { wireRun } from '../server/wire.ts'
import type { Backend, NamedWorkflow } from './backend.ts'
import type { Definitions } from './modules.ts'
import { storeWords, type Settings } from './settings.ts'
import { sharedEvents } from './shared-events.ts'

/** What an owner is made with. */
export interface OwnOptions {
  readonly settings: Settings
  readonly definitions: Definitions
  readonly log: Logger
  /** Takes no run over: for a command that only cancels. Default false. */
  readonly idle?: boolean
  /** Is there for the run that it starts or retries: in a database it leaves all others to the workers. Default false. */
  readonly alone?: boolean
  /** For `wumbo worker`: what it is called, whose runs it takes, and how long bodies get when it stops. */
  readonly worker?: { readonly name: string | undefined; readonly queues: readonly string[] | undefined; readonly drainMs: number }
}

/** Runs that end sooner cost no server: nobody could have asked for it in time. */
const ANNOUNCE_AFTER_MS = 150

/** The owner of a store. */
export class OwnBackend implements Backend {
  readonly owner = null
  readonly wumbo: Wumbo
  readonly #open: OpenSteps
  readonly #lost = new AbortController()
  #announcing: Promise<StatusServer | undefined> | undefined
  #timer: NodeJS.Timeout | undefined
  /** Runs that this process began or reopened. */
  readonly #begun = new Set<string>()

  private constructor(wumbo: Wumbo) {
    this.wumbo = wumbo
    this.#open = new OpenSteps(wumbo)
    void wumbo.lost.then((error) => this.#lost.abort(error))
  }

  /** Opens the store and goes on with its runs. Throws STORE_LOCKED when another process owns it. */
  static async open(own: OwnOptions): Promise<OwnBackend> {
    const { settings, definitions, log } = own
    const options: WumboOptions = {
      store: storeWords(settings.store), templates: definitions.templates, workflows: definitions.workflows, log,
      execution: settings.strategy === 'sync' ? syncStrategy() : { strategy: 'async', ...(settings.concurrency === undefined ? {} : { concurrency: settings.concurrency }) },
      ...(settings.retention === undefined ? {} : { retention: settings.retention }),
      ...claims(own),
    }
    return new OwnBackend(await createWumbo(options))
  }

  get workflows(): Backend['workflows'] {
    return this.wumbo.definitions
  }

  get versions(): Backend['versions'] {
    return this.wumbo.versions
  }

  /** Lets other commands in, a little later: most commands are over by then. */
  announceSoon(): void {
    if (this.wumbo.store.kind !== 'sqlite') return
    this.#timer = setTimeout(() => void this.serve(0).catch(() => undefined), ANNOUNCE_AFTER_MS)
  }

  /** Lets other commands in, and people look. */
  async serve(port: number): Promise<StatusServer> {
    const serving = serve(this.wumbo, { port })
    this.#announcing = serving.catch(() => undefined)
    return serving
  }

  async start(workflow: NamedWorkflow, input: unknown, id: string | undefined): Promise<{ id: string; existing: boolean }> {
    const run = await this.wumbo.start(workflow.name, input, id === undefined ? {} : { id })
    if (!run.existing) this.#begun.add(run.id)
    return { id: run.id, existing: run.existing }
  }

  get mail(): Backend['mail'] {
    return this.wumbo.runs
  }

  get publish(): Backend['publish'] {
    const { events } = this.wumbo
    return (topic, data, options) => events.publish(topic, data, options)
  }

  cancel(id: string): Promise<void> {
    return this.wumbo.runs.cancel(id)
  }

  async fork(id: string, how: Parameters<Backend['fork']>[1]): Promise<string> {
    const run = await this.wumbo.fork(id, how)
    this.#begun.add(run.id)
    return run.id
  }

  async retry(id: string, why: Parameters<Backend['retry']>[1]): Promise<number> {
    const gen = await this.wumbo.runs.retry(id, why)
    this.#begun.add(id)
    return gen
  }

  async details(id: string): Promise<RunDetails> {
    return wireRun(await this.wumbo.runs.get(id))
  }

  async *events(id: string, signal: AbortSignal): AsyncGenerator<RunEvent> {
    const source = { wumbo: this.wumbo, open: this.#open }
    const until = AbortSignal.any([signal, this.#lost.signal])
    yield* this.wumbo.store.kind === 'postgres' ? sharedEvents(source, id, { signal: until, isOwn: this.#begun.has(id) }) : runEvents(source, id, until)
    if (this.#lost.signal.aborted) throw this.#lost.signal.reason
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    // The server last: until the runs are given back, callers may still ask.
    await this.wumbo.close()
    const server = await this.#announcing
    await server?.close()
    this.#open.close()
  }
}

/**
 * Which runs the process takes over besides those that it starts itself. A file has one owner, which goes on with all of them. A database has many
 * processes: a command that is there for one run leaves the others to the workers.
 */
function claims({ settings, idle, alone, worker }: OwnOptions): Pick<WumboOptions, 'limits' | 'queues' | 'worker'> {
  if (worker !== undefined) {
    return { limits: { drainMs: worker.drainMs }, ...(worker.queues === undefined ? {} : { queues: worker.queues }), ...(worker.name === undefined ? {} : { worker: worker.name }) }
  }
  if (idle === true) return { limits: { hotRuns: 0 } }
  return alone === true && settings.store.kind === 'postgres' ? { queues: [] } : {}
}
