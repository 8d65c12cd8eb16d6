// Mail that asks a run to go on with another version, taken before the run is entered, by whoever owns it then: it is looked at once more
// whether the journal fits, and that the version has changed and the mail is read is one row. A run that does not fit stays as it is, with the reason.
import { MigrationRefusedError, errorData } from '../errors.ts'
import type { WumboError } from '../errors.ts'
import type { Payload } from '../model/payload.ts'
import type { RunEvent } from '../model/event.ts'
import type { Mail, RunKey, RunRow } from '../model/run.ts'
import type { LoadedRun, StoreOp } from '../store/port.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import type { Flusher } from './flush.ts'
import { cancelOf } from './heed-cancel.ts'
import { fitOf, journalEnd, migrationsIn, VERSION_PATH, type MigrationBody } from './migration.ts'
import { isPaused } from './outstanding-mail.ts'
import type { EngineDeps } from './ports.ts'

/** What taking needs of the engine. */
export interface MigratingHost {
  readonly deps: EngineDeps
  readonly flusher: Flusher
  read(payload: Payload | null): Promise<unknown>
  /** The workflow of this name and version, as far as this process can have it. */
  find(name: string, version: string): Promise<AnyWorkflow | undefined>
}

/** What going on needs beside. */
export interface GoingOnHost extends MigratingHost {
  emit(event: RunEvent): void
  /** Leaves the run to others. */
  giveBack(run: RunRow, isPaused: boolean): void
}

/** The run with the version that it was asked to go on with, if it fits; null when it is left to others, as this process takes no runs or has no code for that version. */
export async function goOnWith(loaded: LoadedRun, host: GoingOnHost): Promise<LoadedRun | null> {
  if (migrationsIn(loaded).length === 0) return loaded
  const { deps } = host
  const migrated = await takeMigrations(loaded, host)
  const { run } = migrated
  if (run.version !== loaded.run.version) host.emit({ run: run.run, workflow: run.workflow, at: deps.clock.now(), type: 'run.migrated', from: loaded.run.version, to: run.version })
  const isOthers = deps.limits.hotRuns === 0 || (deps.store.isShared && (await host.find(run.workflow, run.version)) === undefined)
  if (!isOthers || cancelOf(migrated) !== undefined) return migrated
  host.giveBack(run, isPaused(migrated.mail))
  return null
}

/** Takes what asks for another version, in the order in which it came; gives the run as it is then. */
async function takeMigrations(loaded: LoadedRun, host: MigratingHost): Promise<LoadedRun> {
  let now = loaded
  for (const mail of migrationsIn(loaded)) now = await take(now, mail, host)
  return now
}

async function take(loaded: LoadedRun, mail: Mail, host: MigratingHost): Promise<LoadedRun> {
  const { run } = loaded
  const { deps } = host
  const body = (await host.read(mail.body)) as MigrationBody // as the postbox makes it
  const key: RunKey = { space: run.space, run: run.run }
  const at = deps.clock.now()
  const isNoted = loaded.marks.some(({ kind, path, attempt }) => kind === 'refused' && path === VERSION_PATH && attempt === mail.number)
  const read: LoadedRun = { ...loaded, mail: loaded.mail.map((one) => (one === mail ? { ...mail, consumedAt: at } : one)) }
  const refusal = isNoted ? null : await refusalOf(loaded, body, host)
  if (!isNoted && refusal === null) {
    await written(host, run.run, [{ op: 'migrate', run: key, to: { workflow: run.workflow, queue: run.queue, version: body.to }, mail: mail.number, at }])
    deps.log.info('a run goes on with another version', { run: run.run, workflow: run.workflow, from: run.version, to: body.to, by: body.by })
    return { ...read, run: { ...run, version: body.to } }
  }
  const consume: StoreOp = { op: 'consume', run: key, numbers: [mail.number], at }
  if (refusal === null) {
    await written(host, run.run, [consume])
    return read
  }
  deps.log.warn('a run was asked to go on with another version and stays', { run: run.run, error: refusal.message })
  const mark = { ...key, gen: run.gen, path: VERSION_PATH, kind: 'refused', attempt: mail.number, at, due: null, error: errorData(refusal) } as const
  // The reason before the reading: a death between the two finds the mail and the reason.
  await written(host, run.run, [{ op: 'mark', mark }, consume])
  return { ...read, marks: [...read.marks, mark] }
}

/** Why the run stays with its version; null when it goes on with the other. */
async function refusalOf(loaded: LoadedRun, { from, to, checked }: MigrationBody, host: MigratingHost): Promise<WumboError | null> {
  const { run } = loaded
  if (run.version !== from) return new MigrationRefusedError(`run ${run.run} has version ${run.version} by now, not ${from}`, { details: { run: run.run, from, to } })
  const workflow = await host.find(run.workflow, to)
  if (workflow !== undefined) {
    const fit = await fitOf(loaded, workflow, { clock: host.deps.clock, read: (payload) => host.read(payload) })
    return fit.fits ? null : fit.why
  }
  const end = journalEnd(loaded)
  if (end.gen === checked.gen && end.seq === checked.seq) return null
  return new MigrationRefusedError(`run ${run.run} has gone on since it was looked at, and the worker that has it does not know version ${to} of ${run.workflow}`, { details: { run: run.run, from, to }, remedy: 'Ask again; or register the version with all workers first.' })
}

/** Resolves when all of it is durable. */
async function written({ flusher }: MigratingHost, run: string, ops: readonly StoreOp[]): Promise<void> {
  await Promise.all(ops.map((op) => new Promise<void>((resolve, reject) => {
    flusher.add(op, run, 200, (_answer, error) => (error === undefined ? resolve() : reject(error)))
  })))
}
