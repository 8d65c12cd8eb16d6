// What every store must do, sentence by sentence of the port, as a list of cases. It takes a factory and belongs to no test
// runner: hand each case to yours. A store that passes may stand under the engine.
import { blobCases } from './store-cases/blobs.ts'
import { childCases } from './store-cases/children.ts'
import { claimCases } from './store-cases/claim.ts'
import { kindCases } from './store-cases/kinds.ts'
import { eventCases } from './store-cases/events.ts'
import { exitCases } from './store-cases/exit.ts'
import { inboxCases } from './store-cases/inbox.ts'
import { journalCases } from './store-cases/journal.ts'
import { laneCases } from './store-cases/lane.ts'
import { pruneCases } from './store-cases/prune.ts'
import { readCases } from './store-cases/reads.ts'
import { reopenCases } from './store-cases/reopen.ts'
import { startCases } from './store-cases/start.ts'
import type { StoreFactory } from './store-cases/subject.ts'
import { valueCases } from './store-cases/values.ts'
import { workflowCases } from './store-cases/workflows.ts'

export type { StoreCase, StoreFactory, StoreUnderTest } from './store-cases/subject.ts'

/** Every case, ready to run on a store of its own. */
export function storeConformance(factory: StoreFactory): readonly { readonly name: string; run(): Promise<void> }[] {
  const cases = [
    ...startCases, ...journalCases, ...exitCases, ...inboxCases, ...reopenCases, ...claimCases, ...kindCases, ...pruneCases, ...laneCases, ...readCases,
    ...valueCases, ...blobCases, ...workflowCases, ...childCases, ...eventCases,
  ]
  return cases.map(({ name, run }) => ({
    name,
    async run() {
      const subject = await factory()
      try {
        await run(subject)
      } finally {
        await subject.dispose()
      }
    },
  }))
}
