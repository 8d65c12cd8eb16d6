// The versions of workflows as one process knows them: which there are and how many runs live in each, moving runs from one to another, and going back.
import { InputInvalidError, RunNotFoundError, WorkflowConflictError, WorkflowNotFoundError, errorData } from '../errors.ts'
import type { Payload } from '../model/payload.ts'
import { DEFAULT_SPACE } from '../model/run.ts'
import type { RunRow } from '../model/run.ts'
import type { WorkflowCatalogue } from '../workflow/catalogue.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import type { StoredDefinitions } from './definitions.ts'
import { fitOf, journalEnd } from './migration.ts'
import type { EngineDeps } from './ports.ts'
import type { MigratedRun, MigrateOptions, VersionInUse, Versions } from './versions-api.ts'
import type { MigrationBody } from './migration.ts'

/** What versions work with. */
export interface VersionsHost {
  readonly deps: Pick<EngineDeps, 'store' | 'clock' | 'workflows'>
  readonly catalogue: WorkflowCatalogue
  readonly definitions: StoredDefinitions
  read(payload: Payload | null): Promise<unknown>
  /** A run's id, or the id that its starter gave it. */
  runId(id: string): Promise<string>
  /** Keeps the definition of a graph for the runs that are to have it. Throws when this process cannot write. */
  keep(workflow: AnyWorkflow): Promise<void>
  ask(run: string, body: MigrationBody): Promise<void>
}

interface Living {
  live: number
  parked: number
  oldest: number
}

const LIVE = ['running', 'waiting', 'paused', 'parked'] as const
/** A hash may be cut to so many digits where people type it. */
const LEAST_DIGITS = 6

/** The versions of all workflows of one process. */
export class WorkflowVersions implements Versions {
  readonly #host: VersionsHost

  constructor(host: VersionsHost) {
    this.#host = host
  }

  async list(name: string): Promise<readonly VersionInUse[]> {
    const { catalogue, definitions } = this.#host
    const living = new Map<string, Living>()
    for await (const run of this.#runs(name)) {
      const { live, parked, oldest } = living.get(run.version) ?? { live: 0, parked: 0, oldest: run.createdAt }
      living.set(run.version, { live: live + 1, parked: parked + (run.status === 'parked' ? 1 : 0), oldest: Math.min(oldest, run.createdAt) })
    }
    const found = await definitions.get(name).catch((thrown: unknown) => {
      if (living.size > 0 && thrown instanceof WorkflowNotFoundError) return null
      throw thrown
    })
    const stored = found === null ? [] : await definitions.versions(name)
    const registered = catalogue.registeredNames().includes(name) ? catalogue.all().filter((one) => one.name === name).map(({ version }) => version).reverse() : []
    const kept = new Map(stored.map((one) => [one.hash, one]))
    const only = [...living].sort(([, a], [, b]) => b.oldest - a.oldest).map(([version]) => version)
    const current = definitions.current(name) ?? null
    return [...new Set([...registered, ...kept.keys(), ...only])].map((version) => {
      const runs = living.get(version)
      return {
        version, current: version === current, origin: registered.includes(version) ? 'registered' : kept.has(version) ? 'stored' : 'runs',
        since: kept.get(version)?.createdAt ?? runs?.oldest ?? null, by: kept.get(version)?.by ?? null, live: runs?.live ?? 0, parked: runs?.parked ?? 0,
      }
    })
  }

  async migrate(name: string, options: MigrateOptions): Promise<{ readonly to: string; readonly runs: readonly MigratedRun[] }> {
    const { run, dryRun = false } = options
    if (options.from === undefined && run === undefined) throw new InputInvalidError('from: expected the version whose runs are to be moved, got nothing', { path: 'from', remedy: `Name it, or one run. See wumbo workflow versions ${name}` })
    const known = await this.list(name)
    const to = whole(options.to, name, known)
    const from = options.from === undefined ? undefined : whole(options.from, name, known)
    const workflow = await this.#workflow(name, to)
    const ids: string[] = []
    if (run !== undefined) ids.push(await this.#host.runId(run))
    else for await (const one of this.#runs(name)) if (one.version === from) ids.push(one.run)
    if (!dryRun) await this.#host.keep(workflow)
    const runs: MigratedRun[] = []
    for (const id of ids) runs.push(await this.#migrateOne(id, workflow, { ...options, ...(from === undefined ? {} : { from }), dryRun }))
    return { to, runs }
  }

  async rollback(name: string, { to, by }: { readonly to?: string; readonly by?: string } = {}): Promise<{ readonly name: string; readonly from: string | null; readonly to: string }> {
    const known = (await this.list(name)).filter(({ origin }) => origin !== 'runs')
    const at = known.findIndex(({ current }) => current)
    const target = to === undefined ? known[at + 1]?.version : whole(to, name, known)
    if (target === undefined || at < 0) throw new WorkflowConflictError(`workflow ${name} has no version before the one that new runs take`, { path: name, remedy: `Name the one that they are to take: wumbo workflow versions ${name}` })
    await this.#host.definitions.use(name, target, by === undefined ? {} : { by })
    return { name, from: known[at]?.version ?? null, to: target }
  }

  async #migrateOne(id: string, workflow: AnyWorkflow, { from, dryRun, by = 'api', reason = '' }: MigrateOptions): Promise<MigratedRun> {
    const { deps } = this.#host
    const loaded = await deps.store.load({ space: DEFAULT_SPACE, run: id })
    if (loaded === undefined) throw new RunNotFoundError(`there is no run ${id}`)
    const { run } = loaded
    const known = { run: id, from: run.version, status: run.status, drops: [], why: null }
    if (run.workflow !== workflow.name) throw new InputInvalidError(`run: ${id} is a run of ${run.workflow}, not of ${workflow.name}`, { path: 'run' })
    if (run.version === workflow.version) return { ...known, state: 'there' }
    if (from !== undefined && run.version !== from) return { ...known, state: 'stays', why: errorData(new InputInvalidError(`run ${id} has version ${run.version}, not ${from}`, { path: 'from' })) }
    const fit = await fitOf(loaded, workflow, { clock: deps.clock, read: (payload) => this.#host.read(payload) })
    if (!fit.fits) return { ...known, state: 'stays', why: errorData(fit.why) }
    if (dryRun !== true) await this.#host.ask(id, { from: run.version, to: workflow.version, by, reason, checked: journalEnd(loaded) })
    return { ...known, drops: fit.drops, state: dryRun === true ? 'fits' : 'asked' }
  }

  /** The runs of a workflow that have not ended. */
  async *#runs(workflow: string): AsyncGenerator<RunRow> {
    for (let after: string | null | undefined; after !== null; ) {
      const page: Awaited<ReturnType<EngineDeps['store']['listRuns']>> = await this.#host.deps.store.listRuns({ space: DEFAULT_SPACE, workflow, status: LIVE, limit: 1000, ...(after === undefined ? {} : { after }) })
      yield* page.runs
      after = page.next
    }
  }

  async #workflow(name: string, version: string): Promise<AnyWorkflow> {
    const { store, workflows } = this.#host.deps
    const known = workflows.find(name, version)
    if (known !== undefined) return known
    const body = (await store.workflowVersion({ space: DEFAULT_SPACE, name }, version))?.body ?? (await store.definition(version))
    const made = body === undefined ? undefined : workflows.rebuild(body, version)
    if (made !== undefined) return made
    throw new WorkflowNotFoundError(`this process does not have version ${version} of workflow ${name}`, { path: version, remedy: 'Ask a process that has its code, or register it here beside the others.' })
  }
}

/** The version that is meant: whole, or the beginning of a hash. */
function whole(version: string, name: string, known: readonly VersionInUse[]): string {
  const exact = known.find((one) => one.version === version)
  if (exact !== undefined) return exact.version
  const found = known.filter((one) => version.length >= LEAST_DIGITS && one.version.startsWith(version))
  if (found.length === 1 && found[0] !== undefined) return found[0].version
  throw new WorkflowNotFoundError(found.length === 0 ? `workflow ${name} has no version ${JSON.stringify(version)}. Known: ${known.slice(0, 5).map((one) => one.version.slice(0, 12)).join(', ')}${known.length > 5 ? ' …' : ''}` : `${version} may be one of ${found.length} versions of workflow ${name}`, {
    path: version, remedy: `Name one of its versions: wumbo workflow versions ${name}`,
  })
}
