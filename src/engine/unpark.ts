// Runs that are parked for want of their workflow: they go on when it is there again, and are taken up when somebody asked for another version of it,
// since nobody else claims runs that nobody serves.
import { DEFAULT_SPACE } from '../model/run.ts'
import type { RunKind, RunRow } from '../model/run.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import type { Flusher } from './flush.ts'
import { migrationsIn } from './migration.ts'
import type { EngineDeps } from './ports.ts'

/** What it needs of taking over. */
export interface UnparkHost {
  readonly deps: EngineDeps
  readonly flusher: Flusher
  find(run: RunRow): Promise<AnyWorkflow | undefined>
  hasQueue(queue: string): boolean
  /** A run can be claimed. */
  sent(): void
  /** Takes runs of a kind that nobody serves. */
  take(kind: RunKind): Promise<void>
}

/** Looks at all parked runs. */
export async function unparkRuns(host: UnparkHost): Promise<void> {
  const { store, clock } = host.deps
  const unknown = new Set<string>()
  for (let after: string | null | undefined; after !== null; ) {
    const page = await store.listRuns({ status: ['parked'], limit: 1000, ...(after === undefined ? {} : { after }) })
    for (const run of page.runs) {
      if (run.error?.code !== 'WORKFLOW_NOT_FOUND') continue
      const version = `${run.workflow}@${run.version}`
      if (!unknown.has(version) && (await host.find(run)) !== undefined) {
        const mail = { space: DEFAULT_SPACE, run: run.run, id: `${run.run}.unpark.${run.inboxCount + 1}`, kind: 'unpark', body: null, sentAt: clock.now() } as const
        host.flusher.add({ op: 'send', mail }, null, 100, () => host.sent())
        continue
      }
      unknown.add(version)
      if (store.isShared && run.inboxCount > 0 && host.hasQueue(run.queue) && migrationsIn({ mail: await store.mail(run, 0) }).length > 0) await host.take(run)
    }
    after = page.next
  }
}
