// The stored definitions of a store, as one process works with them: it checks, stores and finds them, and keeps the status of each name
// in memory, so that a start asks no store. What a registered workflow is, is the catalogue's business; which status may follow
// which, the model's.
import { DefinitionError, InputInvalidError, PayloadTooLargeError, WorkflowConflictError, WorkflowDisabledError, WorkflowNotFoundError } from '../errors.ts'
import { saysNothing } from '../model/definition.ts'
import type { VersionSummary, WorkflowRow, WorkflowStatus } from '../model/definition.ts'
import { partsOf, referenceTo } from '../model/inline.ts'
import { DEFAULT_SPACE } from '../model/run.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import type { Clock } from '../shared/clock.ts'
import { didYouMean } from '../shared/nearest.ts'
import { parseJson } from '../shared/parse-json.ts'
import type { OpAnswer, Store, StoreOp } from '../store/port.ts'
import type { TemplateRegistry } from '../template/registry.ts'
import { canonicalModel, inlinedBy, templatesOf } from '../workflow/canonical.ts'
import type { WorkflowCatalogue } from '../workflow/catalogue.ts'
import type { AnyWorkflow, GraphWorkflow } from '../workflow/contract.ts'
import { fromModel, fromStored } from '../workflow/graph.ts'
import type { InlineSource } from '../workflow/inline-finder.ts'
import { parseDefinition } from './definition-body.ts'
import type { ChangeOptions, CreatedWorkflow, CreateOptions, DefinedWorkflow, DefinitionFilter, Definitions, DefinitionVersion } from './definitions-api.ts'
import { matches, mergePage } from './definition-list.ts'

/** What stored definitions work with. */
export interface DefinitionsHost {
  readonly store: Store
  readonly catalogue: WorkflowCatalogue
  readonly templates: TemplateRegistry
  /** Only looks: what is in memory is read anew before it is used, since another process writes. */
  readonly readOnly: boolean
  readonly now: () => number
  /** Makes an operation durable. Throws when this process cannot write. */
  readonly submit: (op: StoreOp, bytes: number) => Promise<OpAnswer | undefined>
}

/** Texts of a definition are at most so long, in UTF-16 units. */
const MAX_TEXT = 1 << 20
const PAGE = 1000
/** What others changed is looked up so often, in milliseconds. */
const FOLLOW_MS = 5000
/** A hash may be cut to so many digits where people type it. */
const LEAST_DIGITS = 6

/** The definitions of one process. */
export class StoredDefinitions implements Definitions {
  readonly #host: DefinitionsHost
  /** Every row of the store, by name. */
  #rows = new Map<string, WorkflowRow>()
  /** Versions that are being compiled, by name and hash: however many starts wait for one, it is read once. */
  readonly #compiling = new Map<string, Promise<AnyWorkflow>>()
  /** Counts changes by this process. */
  #changes = 0

  constructor(host: DefinitionsHost) {
    this.#host = host
  }

  /**
   * Reads all rows anew. Once at open is enough where one process writes, as on SQLite.
   * REFRESH POINT: with several workers on one store, whoever hears of another worker's change (or waits for none) calls this.
   */
  async refresh(): Promise<void> {
    for (;;) {
      const before = this.#changes
      const rows = new Map<string, WorkflowRow>()
      for (let after: string | null | undefined; after !== null; ) {
        const page = await this.#host.store.listWorkflows({ space: DEFAULT_SPACE, limit: PAGE, ...(after === undefined ? {} : { after }) })
        for (const row of page.workflows) rows.set(row.name, row)
        after = page.next
      }
      // What this process changed meanwhile may be missing from what was read.
      if (before !== this.#changes) continue
      this.#rows = rows
      return
    }
  }

  /** Why no run of this name may start; undefined when one may. Never asks the store. */
  refusal(name: string): WorkflowDisabledError | undefined {
    const status = this.#rows.get(name)?.status ?? 'enabled'
    if (status === 'enabled') return undefined
    return new WorkflowDisabledError(`workflow ${name} is ${status}; no run of it is started`, {
      path: name, details: { workflow: name, status }, remedy: `Enable it: wumbo workflow enable ${name}, or wumbo.definitions.enable(${JSON.stringify(name)}). Running runs go on, and failed ones can be retried.`,
    })
  }

  /** The workflow that new runs of this name take: registered, else stored, else handed to start() before. */
  find(name: string): AnyWorkflow | Promise<AnyWorkflow> {
    const { catalogue } = this.#host
    const chosen = this.#rows.get(name)?.chosen ?? null
    if (chosen !== null) return catalogue.find(name, chosen) ?? this.#compiled(name, chosen)
    const registered = catalogue.registered(name)
    if (registered !== undefined) return registered
    const version = this.#rows.get(name)?.version ?? null
    return version === null ? catalogue.newest(name, this.#rows.keys()) : (catalogue.find(name, version) ?? this.#compiled(name, version))
  }

  current(name: string): string | undefined {
    const { catalogue } = this.#host
    return this.#rows.get(name)?.chosen ?? catalogue.registered(name)?.version ?? this.#rows.get(name)?.version ?? catalogue.latest(name)?.version
  }

  /** True when somebody chose the version that new runs of this name take. */
  hasChoice(name: string): boolean {
    return (this.#rows.get(name)?.chosen ?? null) !== null
  }

  /** Reads all rows anew now and then, so that what others changed counts here too; gives what stops it. */
  follow(clock: Pick<Clock, 'timer'>): () => void {
    let isStopped = false
    let stop = (): void => undefined
    const next = (): void => {
      // A store that is away is told elsewhere.
      if (!isStopped) stop = clock.timer(FOLLOW_MS, () => void this.refresh().catch(() => undefined).then(next))
    }
    next()
    return () => {
      isStopped = true
      stop()
    }
  }

  async create(definition: WorkflowModel | GraphWorkflow<never, unknown>, options: CreateOptions = {}): Promise<CreatedWorkflow> {
    const { catalogue, templates } = this.#host
    const model = modelOf(definition)
    const graph = fromModel(model, templates, await this.#inlined(model as WorkflowModel)) // whatever it is: all of it is checked there
    const { name, version: hash, definition: body } = graph
    if (catalogue.registered(name) !== undefined) {
      throw new WorkflowConflictError(`workflow ${name} is registered by this process, in its code or in a file, and would win over a stored one`, { path: name, remedy: 'Give the definition another name, or take the registered workflow out of the code or the project\'s folder and start the process again.' })
    }
    const text = await textOf(definition, options)
    const answer = await this.#change({ op: 'saveWorkflow', ...this.#asked(name, options), hash, body: checkText('definition', body), ...text }, body.length + text.source.length)
    catalogue.remember(graph)
    return { name, version: hash, templates: templatesOf(parseJson(body) as WorkflowModel), added: answer.added, status: answer.workflow.status }
  }

  /** The workflows that a model runs inline, as new runs take them now: from then on they are a part of it. */
  async #inlined(model: WorkflowModel): Promise<InlineSource> {
    const found = new Map<string, AnyWorkflow>()
    for (const reference of inlinedBy(model).keys()) {
      const { name, version } = partsOf(reference)
      const known = await this.#known(name, version)
      if (known !== undefined) found.set(reference, known)
      // Without that version it is told whether there is another.
      const other = known === undefined && version !== undefined ? await this.#known(name, undefined) : undefined
      if (other !== undefined) found.set(name, other)
    }
    return {
      find: (name, version) => found.get(version === undefined ? name : referenceTo({ name, version })),
      names: () => [...this.#host.catalogue.registeredNames(), ...this.#rows.keys()],
    }
  }

  async #known(name: string, version: string | undefined): Promise<AnyWorkflow | undefined> {
    try {
      return version === undefined ? await this.find(name) : (this.#host.catalogue.find(name, version) ?? (await this.#compiled(name, version)))
    } catch (thrown) {
      if (thrown instanceof WorkflowNotFoundError) return undefined
      throw thrown
    }
  }

  async list(filter: DefinitionFilter = {}): ReturnType<Definitions['list']> {
    const { store, readOnly } = this.#host
    if (readOnly) await this.refresh()
    const page = await store.listWorkflows({ space: DEFAULT_SPACE, ...filter })
    const registered = this.#host.catalogue.registeredNames().map((name) => this.#defined(name)).filter((one) => matches(one, filter))
    return mergePage(registered, { workflows: page.workflows.map((row) => this.#defined(row.name, row)), next: page.next }, filter.limit)
  }

  async get(name: string): Promise<DefinedWorkflow> {
    await this.#mustKnow(name)
    return this.#defined(name)
  }

  async versions(name: string): Promise<readonly VersionSummary[]> {
    await this.#mustKnow(name)
    return this.#host.store.workflowVersions({ space: DEFAULT_SPACE, name })
  }

  async version(name: string, hash?: string): Promise<DefinitionVersion> {
    await this.#mustKnow(name)
    const current = this.#rows.get(name)?.version ?? null
    const wanted = hash === undefined ? current : await this.#whole(name, hash)
    const version = wanted === null ? undefined : await this.#host.store.workflowVersion({ space: DEFAULT_SPACE, name }, wanted)
    if (version === undefined) throw new WorkflowNotFoundError(`no version of workflow ${name} is stored`, { path: name, remedy: 'Its code or file is its definition.' })
    const definition = parseDefinition(version.body, version.hash)
    return { ...version, name, current: version.hash === current, definition, templates: templatesOf(definition) }
  }

  async use(name: string, hash: string, options: ChangeOptions = {}): Promise<DefinedWorkflow> {
    await this.#mustKnow(name)
    const registered = this.#host.catalogue.registered(name)
    if (registered !== undefined) return this.#choose(name, hash === registered.version ? null : await this.#registeredOrStored(name, hash), options)
    await this.#change({ op: 'useWorkflowVersion', ...this.#asked(name, options), hash: await this.#whole(name, hash) })
    return this.#defined(name)
  }

  async #choose(name: string, version: string | null, options: ChangeOptions): Promise<DefinedWorkflow> {
    const { workflow } = await this.#change({ op: 'chooseWorkflowVersion', ...this.#asked(name, options), version })
    if (saysNothing(workflow)) this.#forget(name)
    return this.#defined(name)
  }

  async #registeredOrStored(name: string, version: string): Promise<string> {
    const found = this.#host.catalogue.all().filter((one) => one.name === name && (one.version === version || (version.length >= LEAST_DIGITS && one.version.startsWith(version))))
    return found.length === 1 && found[0] !== undefined ? found[0].version : this.#whole(name, version)
  }

  enable(name: string, options: ChangeOptions = {}): Promise<DefinedWorkflow> {
    return this.#setStatus(name, 'enabled', options)
  }

  disable(name: string, options: ChangeOptions = {}): Promise<DefinedWorkflow> {
    return this.#setStatus(name, 'disabled', options)
  }

  archive(name: string, options: ChangeOptions = {}): Promise<DefinedWorkflow> {
    return this.#setStatus(name, 'archived', options)
  }

  async delete(name: string): Promise<void> {
    await this.#mustKnow(name)
    const { catalogue, store } = this.#host
    if (catalogue.registered(name) !== undefined) {
      throw new WorkflowConflictError(`workflow ${name} is registered by this process; to delete what is stored of it would let it start again`, { path: name, remedy: 'Take it out of the code or the project\'s folder, start the process again, then delete it. Or leave it archived.' })
    }
    const answer = await this.#submit({ op: 'deleteWorkflow', space: DEFAULT_SPACE, name })
    if (answer?.answer === 'missing') throw this.#unknown(name)
    if (answer?.answer === 'refused') {
      const { runs: [live] } = await store.listRuns({ space: DEFAULT_SPACE, workflow: name, status: ['running', 'waiting', 'paused', 'parked'], limit: 1 })
      throw new WorkflowConflictError(`workflow ${name} cannot be deleted: ${answer.because}${live === undefined ? '' : ` (${live.run} is ${live.status})`}`, {
        path: name, remedy: this.#rows.get(name)?.status === 'archived' ? 'Wait for the end of its runs, or cancel them: `wumbo runs list`.' : `Archive it first: wumbo workflow archive ${name}`,
      })
    }
    this.#forget(name)
  }

  async #setStatus(name: string, status: WorkflowStatus, options: ChangeOptions): Promise<DefinedWorkflow> {
    await this.#mustKnow(name)
    const { workflow } = await this.#change({ op: 'setWorkflowStatus', ...this.#asked(name, options), status })
    // Such a row is not kept: see the port.
    if (saysNothing(workflow)) this.#forget(name)
    return this.#defined(name, workflow)
  }

  /** Makes a change durable, then known. */
  async #change(op: Extract<StoreOp, { op: 'saveWorkflow' | 'useWorkflowVersion' | 'chooseWorkflowVersion' | 'setWorkflowStatus' }>, bytes = 0): Promise<Extract<OpAnswer, { answer: 'workflow' }>> {
    const answer = await this.#submit(op, bytes)
    if (answer?.answer === 'workflow') {
      this.#changes++
      this.#rows.set(op.name, answer.workflow)
      return answer
    }
    if (answer?.answer === 'refused') throw new WorkflowConflictError(`workflow ${op.name} cannot be changed: ${answer.because}`, { path: op.name, remedy: `Enable it first: wumbo workflow enable ${op.name}` })
    throw this.#unknown(op.name)
  }

  #submit(op: StoreOp, bytes = 0): Promise<OpAnswer | undefined> {
    return this.#host.submit(op, 200 + bytes)
  }

  #forget(name: string): void {
    this.#changes++
    this.#rows.delete(name)
  }

  #asked(name: string, { by = 'api' }: ChangeOptions): { space: number; name: string; at: number; by: string } {
    if (typeof by !== 'string' || by.length > 500 || !by.isWellFormed()) throw new InputInvalidError('by: expected text of at most 500 characters', { path: 'by' })
    return { space: DEFAULT_SPACE, name, at: this.#host.now(), by }
  }

  #compiled(name: string, hash: string): Promise<AnyWorkflow> {
    const key = `${name}@${hash}`
    const known = this.#compiling.get(key)
    if (known !== undefined) return known
    const compiling = this.#compile(name, hash).finally(() => this.#compiling.delete(key))
    this.#compiling.set(key, compiling)
    return compiling
  }

  async #compile(name: string, hash: string): Promise<AnyWorkflow> {
    const version = await this.#host.store.workflowVersion({ space: DEFAULT_SPACE, name }, hash)
    const body = version?.body ?? (await this.#host.store.definition(hash))
    if (body === undefined) {
      if (this.#rows.get(name)?.chosen !== hash) throw this.#unknown(name)
      throw new WorkflowNotFoundError(`new runs of workflow ${name} take version ${hash}, which was chosen for them, and this process does not have it`, { path: name, remedy: `Register that version beside the others, or choose another: wumbo workflow use ${name} VERSION` })
    }
    return this.#host.catalogue.remember(fromStored(parseDefinition(body, hash), this.#host.templates, hash))
  }

  #defined(name: string, row: WorkflowRow | undefined = this.#rows.get(name)): DefinedWorkflow {
    const registered = this.#host.catalogue.registered(name)
    const chosen = row?.chosen ?? null
    const version = chosen ?? registered?.version ?? row?.version ?? null
    return {
      name, origin: registered === undefined ? 'stored' : 'registered', form: registered?.form ?? (version === null ? null : 'graph'), status: row?.status ?? 'enabled', version, chosen: chosen !== null,
      createdAt: row?.createdAt ?? null, updatedAt: row?.updatedAt ?? null, by: row?.by ?? null,
    }
  }

  /** The whole hash of a version that may have been cut. */
  async #whole(name: string, hash: string): Promise<string> {
    const hashes = (await this.#host.store.workflowVersions({ space: DEFAULT_SPACE, name })).map((version) => version.hash)
    const found = hashes.filter((one) => one === hash || (hash.length >= LEAST_DIGITS && one.startsWith(hash)))
    if (found.length === 1 && found[0] !== undefined) return found[0]
    const shown = hashes.slice(0, 5).map((one) => one.slice(0, 12)).join(', ')
    throw new WorkflowNotFoundError(found.length === 0 ? `workflow ${name} has no version ${hash}. Stored: ${shown || 'none'}${hashes.length > 5 ? ' …' : ''}` : `${hash} may be one of ${found.length} versions of workflow ${name}`, {
      path: hash, remedy: `Name one of its versions: wumbo workflow versions ${name}`,
    })
  }

  async #mustKnow(name: string): Promise<void> {
    if (this.#host.readOnly) await this.refresh()
    if (!this.#rows.has(name) && this.#host.catalogue.registered(name) === undefined) throw this.#unknown(name)
  }

  #unknown(name: string): WorkflowNotFoundError {
    const known = [...new Set([...this.#host.catalogue.registeredNames(), ...this.#rows.keys()])].sort()
    const shown = known.slice(0, 20).join(', ')
    return new WorkflowNotFoundError(`there is no workflow ${JSON.stringify(name)}.${didYouMean(name, known)} Known: ${shown || 'none'}${known.length > 20 ? ' …' : ''}`, { path: name, remedy: 'Correct the name: wumbo workflow list' })
  }
}

/** The model of what is to be stored. */
function modelOf(definition: unknown): unknown {
  const { form, name, definition: body } = (typeof definition === 'object' && definition !== null ? definition : {}) as Partial<GraphWorkflow>
  if (typeof definition === 'function' || (form as string | undefined) === 'function') {
    const called = typeof name === 'string' ? `workflow ${name}` : 'this'
    throw new DefinitionError(`${called} is a function; only graphs are stored, since code is not data`, {
      ...(typeof name === 'string' ? { path: name } : {}), remedy: 'Register it with createWumbo({ workflows: […] }) or put its file into the project; or write it as a graph.',
    })
  }
  return form === 'graph' && typeof body === 'string' ? (parseJson(body)) : definition
}

/** What is kept as the user's text. */
async function textOf(definition: unknown, { source, format }: CreateOptions): Promise<{ readonly source: string; readonly format: 'yaml' | 'json' | 'model' }> {
  if (source === undefined && (format === undefined || format === 'model')) return { source: checkText('source', `${JSON.stringify(modelOf(definition), null, 2)}\n`), format: 'model' }
  if (source === undefined) throw new InputInvalidError(`source: expected the text that is ${format}, got nothing`, { path: 'source' })
  if (format !== 'yaml' && format !== 'json' && format !== 'model') throw new InputInvalidError(`format: expected "yaml" or "json" with a source, got ${JSON.stringify(format) ?? 'nothing'}`, { path: 'format' })
  const text = checkText('source', source)
  if (format !== 'model') await refuseOther(text, definition)
  return { source: text, format }
}

/** The text is what people are shown: it must say what runs. */
async function refuseOther(source: string, definition: unknown): Promise<void> {
  const { textError } = await import('../workflow/from-text.ts') // the parser of YAML is not loaded by processes that only run
  const { DefinitionText } = await import('../workflow/text/definition-text.ts')
  const text = DefinitionText.read(source)
  if (text.problems.length > 0) throw textError(text.problems, 'source')
  if (JSON.stringify(canonicalModel(text.model)) === JSON.stringify(canonicalModel(modelOf(definition)))) return
  throw new InputInvalidError('source: the text says another workflow than the definition', { path: 'source', remedy: 'Send the text and what it says, or leave source out.' })
}

function checkText(path: string, text: string): string {
  if (typeof text !== 'string' || !text.isWellFormed()) throw new InputInvalidError(`${path}: expected well-formed text`, { path })
  if (text.length <= MAX_TEXT) return text
  throw new PayloadTooLargeError(`${path}: expected at most ${MAX_TEXT} characters, got ${text.length}`, { path, remedy: 'Split the workflow, or move data out of its definition.' })
}
