// createWumbo: the composition root of the library. It picks the store, loads the built-in templates, hands the engine the
// system's clock, randomness and hashing, and wraps what the engine does into handles.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import { withBuiltins } from './builtin/index.ts'
import { StoredDefinitions } from './engine/definitions.ts'
import { WorkflowVersions } from './engine/versions.ts'
import { Engine } from './engine/engine.ts'
import { checkQueue } from './engine/start-options.ts'
import { runDetails, runSummary } from './engine/inspect.ts'
import type { RunDetails } from './engine/inspect.ts'
import { fetchPayload, readValue } from './engine/payloads.ts'
import { updateRun } from './engine/updating.ts'
import { listEvents } from './engine/publishing.ts'
import { queryRun } from './engine/query.ts'
import type { EngineDeps, EngineLimits, WorkflowFinder } from './engine/ports.ts'
import { recordingOf } from './engine/recording.ts'
import { FLUSH_LIMITS } from './engine/flush.ts'
import { verifyStore } from './engine/verify.ts'
import { ConfigInvalidError, RunNotFoundError, StoreClosedError } from './errors.ts'
import { asyncStrategy } from './execution/async.ts'
import type { ExecutionStrategy } from './execution/contract.ts'
import type { RunObserver } from './model/event.ts'
import { DEFAULT_SPACE } from './model/run.ts'
import { createLogger } from './platform/logger.ts'
import { clockAt, systemClock } from './shared/clock.ts'
import type { Clock } from './shared/clock.ts'
import { deferred } from './shared/deferred.ts'
import { parseDuration } from './shared/duration.ts'
import { parseJson } from './shared/parse-json.ts'
import { isPostgresUrl, readPostgresUrl, withoutPassword } from './shared/postgres-url.ts'
import { systemRandom } from './shared/random.ts'
import type { Random } from './shared/random.ts'
import { memoryStore } from './store/memory/index.ts'
import { isShared } from './store/port.ts'
import type { LoadedRun, SharedStore, Store, WorkerFacts } from './store/port.ts'
import { sqliteStore, type SqliteStore } from './store/sqlite/index.ts'
import { createRegistry } from './template/registry.ts'
import type { TemplateRegistry } from './template/registry.ts'
import { services } from './template/services.ts'
import { Handle } from './run-handles.ts'
import type { HandleHost } from './run-handles.ts'
import type { MaybePromise } from './template/contract.ts'
import type { AnyWorkflow } from './workflow/contract.ts'
import { fromStored } from './workflow/graph.ts'
import { WorkflowCatalogue } from './workflow/catalogue.ts'
import type { Events, ForkOptions, ListOptions, ReloadOptions, RunHandle, Runs, StartOptions, Wumbo, WumboOptions } from './wumbo-api.ts'

const DEFAULT_STORE = 'sqlite:.wumbo/wumbo.db'
const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** What holds where no limit is given. */
export const DEFAULT_LIMITS: EngineLimits = {
  hotRuns: 10_000, releaseAfterMs: 1000, inlinePayload: 262_144, keptInput: 16_384, bufferBytes: 64 << 20,
  pureDelayMs: 1000, pureRecords: 1000, pureBytes: 262_144, keyTtlMs: 7 * 86_400_000, retentionMs: 90 * 86_400_000,
  eventRetentionMs: 7 * 86_400_000, orphanBlobMs: 86_400_000, drainMs: 10_000, checkPure: false, flush: FLUSH_LIMITS,
}

/**
 * Opens a Wumbo: the store, the engine, and the runs that an earlier process left go on at once.
 *
 * @example
 * await using wumbo = await createWumbo({ store: 'sqlite:.wumbo/wumbo.db', workflows: [onboard] })
 * const run = await wumbo.start(onboard, { email: 'ada@example.com' })
 * console.log(await run.result())
 */
export async function createWumbo(options: WumboOptions = {}): Promise<Wumbo> {
  return openWumbo(options, { clock: systemClock(), random: systemRandom() })
}

/** What a Wumbo sees of the world beside its options: the system's, or what a test has made. */
export interface Surroundings {
  readonly clock: Clock
  readonly random: Random
  readonly standIn?: EngineDeps['standIn']
  /** What the engine finds workflows by, made of what it would find them by. */
  readonly finder?: (finder: WorkflowFinder) => WorkflowFinder
}

/** Opens a Wumbo in given surroundings: for createWumbo and the test kit. */
export async function openWumbo(options: WumboOptions, { clock, random, standIn, finder: foundBy = (found) => found }: Surroundings): Promise<Wumbo> {
  const templates = createRegistry(withBuiltins(options.templates ?? []))
  const workflows = new WorkflowCatalogue(options.workflows ?? [])
  const store = await openStore(options.store ?? DEFAULT_STORE, options.readOnly ?? false)
  const lost = deferred<Error>()
  const observers = new Set<RunObserver>()
  try {
    const deps: EngineDeps = {
      store, observers, clock: isShared(store) ? clockAt(clock, () => store.now()) : clock, random, sha256,
      execution: strategy(options.execution), services: options.services ?? services(),
      log: options.log ?? createLogger({ level: 'warn' }),
      workflows: foundBy(finder(workflows, templates, (workflow) => toStart(workflow, { definitions, workflows }))),
      limits: limitsOf(options), queues: options.queues?.map((queue) => checkQueue(queue)) ?? null,
      worker: isShared(store) ? workerFacts(options) : null,
      ...(standIn === undefined ? {} : { standIn }),
    }
    const readOnly = options.readOnly === true
    const definitions: StoredDefinitions = new StoredDefinitions({ store, catalogue: workflows, templates, readOnly, now: () => deps.clock.now(), submit: (op, bytes) => wumbo.engine().submit(op, bytes) })
    if (!readOnly) await definitions.refresh()
    const engine = readOnly ? null : await Engine.open(deps, (error) => lost.resolve(error))
    const wumbo: OpenWumbo = new OpenWumbo({ deps, engine, templates, workflows, definitions, lost: lost.promise })
    return wumbo
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}

const NO_KEY = Object.freeze({})

interface Parts {
  readonly deps: EngineDeps
  readonly engine: Engine | null
  readonly templates: TemplateRegistry
  readonly workflows: WorkflowCatalogue
  readonly definitions: StoredDefinitions
  readonly lost: Promise<Error>
}

class OpenWumbo implements Wumbo, HandleHost {
  readonly templates: TemplateRegistry
  readonly lost: Promise<Error>
  readonly runs: Runs
  readonly events: Events
  readonly definitions: StoredDefinitions
  readonly versions: Wumbo['versions']
  readonly store: Wumbo['store']
  readonly workers: Wumbo['workers']
  readonly #parts: Parts
  readonly #unfollow: (() => void) | null
  #closed: Promise<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.templates = parts.templates
    this.lost = parts.lost
    this.definitions = parts.definitions
    this.versions = new WorkflowVersions({
      deps: parts.deps, catalogue: parts.workflows, definitions: parts.definitions, runId: (id) => this.#runId(id), read: (payload) => readValue(payload, { blobs: parts.deps.store.blobs, sha256 }),
      ask: (run, body) => this.engine().postbox.migrate(run, body),
      keep: async ({ form, version: hash, name, ...rest }) => {
        const body = form === 'graph' && 'definition' in rest ? rest.definition : null
        if (body !== null) await this.engine().submit({ op: 'definition', hash, workflow: name, body, at: parts.deps.clock.now() }, body.length)
      },
    })
    this.#unfollow = parts.engine !== null && parts.deps.store.isShared ? parts.definitions.follow(parts.deps.clock) : null
    this.store = { kind: parts.deps.store.kind, facts: parts.deps.store.facts }
    this.workers = {
      list: async () => (await sharedStore(parts.deps.store).workers()),
      drain: async (worker) => {
        const store = sharedStore(parts.deps.store)
        this.engine() // a Wumbo that only looks asks nobody to stop
        return store.drain(worker)
      },
    }
    this.events = {
      publish: async (topic, data, published) => this.engine().publish(topic, data, published),
      list: (filter) => listEvents(parts.deps.store, filter),
    }
    this.runs = {
      list: (options) => this.#list(options ?? {}),
      get: (id) => this.#get(id),
      export: async (id) => {
        const { store } = parts.deps
        return recordingOf(await this.#load(id), { whole: async (payload) => fetchPayload(payload, { blobs: store.blobs, sha256 }), definition: (hash) => store.definition(hash) })
      },
      handle: async <O>(id: string) => new Handle<O>(this, { run: await this.#runId(id), existing: true, completion: null }),
      cancel: async (id) => this.engine().postbox.ask(await this.#runId(id), 'cancel'),
      pause: async (id) => this.engine().postbox.ask(await this.#runId(id), 'pause'),
      resume: async (id) => this.engine().postbox.ask(await this.#runId(id), 'resume'),
      signal: async (id, name, payload, sent) => this.engine().postbox.signal(await this.#runId(id), name, payload, sent),
      query: async (id, name, args) => queryRun(parts.deps, await this.#runId(id), name, args),
      update: async (id, name, args, sent) => updateRun(parts.deps, this.engine(), await this.#runId(id), { name, args, ...sent }),
      decide: async (id, approval, decision) => this.engine().postbox.decide(await this.#runId(id), approval, decision),
      retry: async (id, retry) => this.engine().retry(await this.#runId(id), { by: retry?.by ?? 'api', reason: retry?.reason ?? '', ...(retry?.from === undefined ? {} : { from: retry.from }) }),
    }
  }

  get workflows(): readonly AnyWorkflow[] {
    return this.#parts.workflows.all()
  }

  async start(workflow: AnyWorkflow | string, input: unknown, options: StartOptions = {}): Promise<RunHandle<never>> {
    const { definitions } = this.#parts
    const engine = this.engine()
    const name = typeof workflow === 'string' ? workflow : workflow.name
    const refusal = definitions.refusal(name)
    if (refusal !== undefined) {
      // A start that was accepted before stays the run that it is.
      const existing = options.id === undefined ? undefined : await engine.existing(name, input, options.id)
      if (existing !== undefined) return new Handle<never>(this, existing)
      throw refusal
    }
    const made = taken(workflow, this.#parts)
    const known = made instanceof Promise ? await made : made
    const accepted = await engine.start(known, input, options.id === undefined && options.queue === undefined ? NO_KEY : { ...(options.id === undefined ? {} : { key: options.id }), ...(options.queue === undefined ? {} : { queue: options.queue }) })
    return new Handle<never>(this, accepted)
  }

  async fork(id: string, { workflow, ...options }: ForkOptions): Promise<RunHandle<unknown>> {
    const engine = this.engine()
    const known = workflow === undefined ? undefined : await toStart(workflow, this.#parts)
    const run = await engine.fork(await this.#runId(id), { ...options, ...(known === undefined ? {} : { workflow: known }) })
    return new Handle<unknown>(this, { run, existing: false, completion: null })
  }

  reload({ templates, workflows }: ReloadOptions): void {
    if (this.#closed !== undefined) throw new StoreClosedError('this Wumbo is closed')
    // Refused before anything changes: the catalogue checks itself in the same way, and nothing can come in between.
    const next = templates === undefined ? undefined : withBuiltins(templates)
    createRegistry(next)
    if (workflows !== undefined) this.#parts.workflows.replace(workflows)
    if (next !== undefined) this.templates.replace(next)
    this.#parts.engine?.workflowsChanged()
  }

  observe(observer: RunObserver): () => void {
    const { observers } = this.#parts.deps
    observers.add(observer)
    return () => observers.delete(observer)
  }

  async announce(address: Parameters<Wumbo['announce']>[0]): Promise<void> {
    const { deps, engine } = this.#parts
    if (engine !== null && isAnnouncing(deps.store)) await deps.store.announce(address)
  }

  verify(options: Parameters<Wumbo['verify']>[0] = {}): ReturnType<Wumbo['verify']> {
    const { store, limits } = this.#parts.deps
    return verifyStore(store, { sha256, orphanBlobMs: limits.orphanBlobMs, ...options })
  }

  health(): ReturnType<Wumbo['health']> {
    const reason = this.#closed !== undefined ? 'it is stopping' : (this.#parts.engine?.trouble ?? null)
    return { ready: reason === null, reason }
  }

  get drained(): Promise<void> {
    return this.engine().drained
  }

  metrics(): ReturnType<Wumbo['metrics']> {
    return this.engine().metrics()
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const { engine, deps } = this.#parts
    this.#unfollow?.()
    await engine?.close()
    await deps.execution.shutdown(deps.limits.drainMs)
    await deps.store.close()
  }

  get deps(): EngineDeps {
    return this.#parts.deps
  }

  engine(): Engine {
    if (this.#closed !== undefined) throw new StoreClosedError('this Wumbo is closed')
    if (this.#parts.engine === null) throw new StoreClosedError('this Wumbo was opened with readOnly: true; it can only look', { remedy: 'Open it without readOnly, or send the command to the process that owns the store.' })
    return this.#parts.engine
  }

  async #list(options: ListOptions): ReturnType<Runs['list']> {
    const page = await this.#parts.deps.store.listRuns({ space: DEFAULT_SPACE, ...options })
    return { runs: page.runs.map(runSummary), next: page.next }
  }

  async #get(id: string): Promise<RunDetails> {
    const { store } = this.#parts.deps
    const loaded = await this.#load(id)
    return runDetails(loaded, { read: (payload) => readValue(payload, { blobs: store.blobs, sha256 }), definition: (hash) => store.definition(hash) })
  }

  async #load(id: string): Promise<LoadedRun> {
    const loaded = await this.#parts.deps.store.load({ space: DEFAULT_SPACE, run: await this.#runId(id) })
    if (loaded === undefined) throw new RunNotFoundError(`there is no run ${id}`)
    return loaded
  }

  /** A run's id, or the id that its starter gave it. */
  async #runId(id: string): Promise<string> {
    const { store } = this.#parts.deps
    if (RUN_ID.test(id) && (await store.getRun({ space: DEFAULT_SPACE, run: id })) !== undefined) return id
    const key = await store.findKey(DEFAULT_SPACE, id)
    if (key === undefined) throw new RunNotFoundError(`there is no run ${id}, and no run was started with that id`)
    return key.run
  }
}

function sharedStore(store: Store): SharedStore {
  if (isShared(store)) return store
  throw new ConfigInvalidError(`store: a store of kind ${store.kind} has one process and no workers`, { path: 'store', remedy: 'Use a PostgreSQL store for many workers.' })
}

/** What others are told of this process. */
function workerFacts({ worker, queues, execution }: WumboOptions): WorkerFacts {
  const { version } = parseJson(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  const concurrency = execution !== undefined && !('execute' in execution) ? (execution.concurrency ?? null) : null
  return { name: worker ?? `${hostname()}-${process.pid}`, host: hostname(), pid: process.pid, version, queues: queues ?? null, concurrency }
}

function isAnnouncing(store: Store): store is SqliteStore {
  return typeof (store as Partial<SqliteStore>).announce === 'function'
}

async function openStore(store: string | Store, readOnly: boolean): Promise<Store> {
  if (typeof store !== 'string') return store
  if (store === 'memory') return memoryStore()
  if (store.startsWith('sqlite:') && store.length > 7) {
    const file = resolve(store.slice(7))
    if (!readOnly) await mkdir(dirname(file), { recursive: true })
    return sqliteStore({ file, readOnly })
  }
  if (isPostgresUrl(store)) {
    const { options } = readPostgresUrl(store, 'store')
    // Loaded here, so that whoever keeps to a file never waits for the driver.
    const { postgresStore } = await import('./store/postgres/index.ts')
    return postgresStore({ ...options, readOnly })
  }
  throw new ConfigInvalidError(`store: expected "sqlite:<file>", "postgres://user@host/database" or "memory", got ${JSON.stringify(withoutPassword(store))}`, { path: 'store' })
}

function strategy(given: WumboOptions['execution']): ExecutionStrategy {
  if (given === undefined) return asyncStrategy()
  return 'execute' in given ? given : asyncStrategy(given.concurrency === undefined ? {} : { concurrency: given.concurrency })
}

function limitsOf(options: WumboOptions): EngineLimits {
  const retentionMs = options.retention === null ? null : options.retention === undefined ? DEFAULT_LIMITS.retentionMs : parseDuration(options.retention, 'retention')
  // A process that takes nothing over keeps what it has begun: nobody may be there to wake it.
  const alone = options.queues?.length === 0 ? { releaseAfterMs: Number.POSITIVE_INFINITY } : {}
  const limits = { ...DEFAULT_LIMITS, ...alone, ...options.limits, retentionMs }
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value === 'number' && !(value >= 0)) throw new ConfigInvalidError(`limits.${name}: expected a number from 0, got ${value}`, { path: `limits.${name}` })
  }
  return limits
}

/** The workflow that a new run is to have. Throws WorkflowDisabledError, WorkflowNotFoundError. */
function toStart(workflow: AnyWorkflow | string, { definitions, workflows }: Pick<Parts, 'definitions' | 'workflows'>): MaybePromise<AnyWorkflow> {
  const refusal = definitions.refusal(typeof workflow === 'string' ? workflow : workflow.name)
  if (refusal !== undefined) throw refusal
  return taken(workflow, { definitions, workflows })
}

function finder(workflows: WorkflowCatalogue, templates: TemplateRegistry, child: WorkflowFinder['child']): WorkflowFinder {
  return {
    child,
    find: (name, version) => workflows.find(name, version),
    rebuild: (definition, version) => {
      try {
        return workflows.remember(fromStored(parseJson(definition), templates, version))
      } catch {
        return workflows.before(version)
      }
    },
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** What a start takes: a choice that stands for new runs holds by name, and by value for the newest registered version. */
function taken(workflow: AnyWorkflow | string, { definitions, workflows }: Pick<Parts, 'definitions' | 'workflows'>): AnyWorkflow | Promise<AnyWorkflow> {
  if (typeof workflow === 'string') return definitions.find(workflow)
  const { name } = workflow
  return definitions.hasChoice(name) && workflows.registered(name) === workflow ? definitions.find(name) : workflows.adopt(workflow)
}
