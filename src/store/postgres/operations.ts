// The operations of a flush that are rare, each a few statements in the transaction of the flush. Those that every run needs are
// carried out many at a time: see segment.ts.
import { StoreRowError } from '../../errors.ts'
import type { OpAnswer } from '../port.ts'
import { definitionChecksum } from './checksum.ts'
import { onEvents } from './events.ts'
import { continueAsNew, migrate, reopen } from './inbox.ts'
import type { RareOp } from './plan.ts'
import { prune } from './prune.ts'
import { stored, whole } from './text.ts'
import { chooseWorkflowVersion, deleteWorkflow, saveWorkflow, setWorkflowStatus, useWorkflowVersion } from './workflows.ts'
import type { Writing } from './writing.ts'

/** Carries out one operation; the answer is undefined where the port names none. */
export async function apply(writing: Writing, op: RareOp): Promise<OpAnswer | undefined> {
  switch (op.op) {
    case 'reopen': return reopen(writing, op.generation)
    case 'migrate': return migrate(writing, op)
    case 'continue': return continueAsNew(writing, op)
    case 'definition': return define(writing, op)
    case 'prune': return prune(writing, op)
    case 'transact': throw new StoreRowError('this store runs no bodies in a flush')
    case 'saveWorkflow': return saveWorkflow(writing, op)
    case 'useWorkflowVersion': return useWorkflowVersion(writing, op)
    case 'chooseWorkflowVersion': return chooseWorkflowVersion(writing, op)
    case 'setWorkflowStatus': return setWorkflowStatus(writing, op)
    case 'deleteWorkflow': return deleteWorkflow(writing, op)
    case 'publish':
    case 'listen':
    case 'unlisten':
    case 'pruneEvents':
      return onEvents(writing, op)
  }
}

async function define({ client }: Writing, { hash, workflow, body, at }: Extract<RareOp, { op: 'definition' }>): Promise<undefined> {
  await client.query('insert into definitions (hash, workflow, body, at, checksum) values ($1, $2, $3, $4, $5) on conflict do nothing', [
    stored(hash), stored(workflow), stored(body), whole(at), definitionChecksum(hash, workflow, body),
  ])
}
