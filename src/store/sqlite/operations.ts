// The operations of a flush as statements, in the writer thread. Here are those that every run needs: start, record, mark,
// wake, release and finish. They take cells and texts as they come and build no objects.
import type { OpAnswer } from '../port.ts'
import { checksum } from './checksum.ts'
import { claim } from './claim.ts'
import { listen, pruneEvents, publish, unlisten } from './events.ts'
import type { FlushState } from './flush-state.ts'
import { consume, continueAsNew, deliver, migrate, readMail, reopen, send } from './inbox.ts'
import { prune } from './prune.ts'
import { transact } from './transact.ts'
import { OP } from './wire.ts'
import type { BatchReader } from './wire.ts'
import { definitionChecksum } from './workflow-rows.ts'
import { chooseWorkflowVersion, deleteWorkflow, saveWorkflow, setWorkflowStatus, useWorkflowVersion } from './workflows.ts'

/** Reads one operation and carries it out; the answer is undefined where the port names none. */
export function apply(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const op = from.whole()
  switch (op) {
    case OP.record: return record(state, from)
    case OP.start: return start(state, from)
    case OP.finish: return finish(state, from)
    case OP.mark: return mark(state, from)
    case OP.wake: return wake(state, from)
    case OP.release: return release(state, from)
    case OP.send: return send(state, from)
    case OP.consume: return consume(state, from)
    case OP.reopen: return reopen(state, from)
    case OP.migrate: return migrate(state, from)
    case OP.continue: return continueAsNew(state, from)
    case OP.claim: return claim(state, from)
    case OP.definition: return define(state, from)
    case OP.prune: return prune(state, from)
    case OP.transact: return transact(state, from, record)
    case OP.saveWorkflow: return saveWorkflow(state, from)
    case OP.useWorkflowVersion: return useWorkflowVersion(state, from)
    case OP.chooseWorkflowVersion: return chooseWorkflowVersion(state, from)
    case OP.setWorkflowStatus: return setWorkflowStatus(state, from)
    case OP.deleteWorkflow: return deleteWorkflow(state, from)
    case OP.publish: return publish(state, from)
    case OP.listen: return listen(state, from)
    case OP.unlisten: { unlisten(state, from); return; }
    case OP.pruneEvents: return pruneEvents(state, from)
    default: throw new Error(`the batch is broken: there is no operation ${op}`)
  }
}

function start(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const space = from.whole()
  const run = from.text()
  const once = from.whole() === 1
  const isFree = from.whole() === 1
  const workflow = from.text()
  const version = from.text()
  const queue = from.text()
  const input = from.text()
  const createdAt = from.whole()
  const deadline = from.wholeOrNull()
  const id = from.textOrNull()
  const key = from.textOrNull()
  if (once && state.sql.findRun.get(run, space) !== undefined) {
    if (key !== null) skipKey(from)
    return { answer: 'exists', run, hash: '' }
  }
  if (key !== null) {
    const hash = from.text()
    const expiresAt = from.whole()
    const taken = state.sql.findKey.get(space, key)
    if (taken !== undefined && Number(taken['expires_at']) > createdAt) return { answer: 'exists', run: String(taken['run']), hash: String(taken['hash']) }
    state.sql.putKey.run(space, key, run, hash, createdAt, expiresAt)
  }
  state.enterSpace(space)
  const no = state.nextRun++
  state.sql.insertRun.run(no, space, run, workflow, version, queue, input, createdAt, deadline, id, state.epoch)
  if (isFree) state.sql.freeNewRun.run(no)
  else state.owned.add(space, run, no, 0)
  return undefined
}

function record(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const { cells, text } = from.batch
  const firstCell = from.cell
  const firstUnit = from.unit
  const no = state.ownedRun(from)
  const gen = from.whole()
  const path = from.text()
  const seq = from.whole()
  const sort = from.whole()
  const template = from.textOrNull()
  const templateVersion = from.textOrNull()
  const inputHash = from.textOrNull()
  const input = from.textOrNull()
  const output = from.textOrNull()
  const error = from.textOrNull()
  const attempt = from.whole()
  const startedAt = from.whole()
  const finishedAt = from.whole()
  const reads = from.textOrNull()
  const sum = checksum(text.substring(firstUnit, from.unit), cells, firstCell)
  state.sql.record(sort).run(
    no, gen, path, seq, template, templateVersion, inputHash, input, output, error, attempt, startedAt, finishedAt, reads, sum,
  )
  return undefined
}

function mark(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const no = state.ownedRun(from)
  state.sql.insertMark.run(no, from.whole(), from.text(), from.text(), from.whole(), from.whole(), from.wholeOrNull(), from.textOrNull())
  return undefined
}

function wake(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const no = state.ownedRun(from)
  state.sql.wakeRun.run(from.wholeOrNull(), no)
  return undefined
}

function release(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const space = from.whole()
  const run = from.text()
  const status = from.text()
  const wakeAt = from.wholeOrNull()
  const error = from.textOrNull()
  const inboxSeen = from.whole()
  const no = state.owned.find(space, run)
  if (no === undefined) return { answer: 'lost' }
  if (state.owned.inboxCount(no) !== inboxSeen) return { answer: 'mail' }
  state.sql.releaseRun.run(status, wakeAt, error, no)
  state.owned.remove(space, run, no)
  return undefined
}

function finish(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const space = from.whole()
  const run = from.text()
  const status = from.text()
  const output = from.textOrNull()
  const error = from.textOrNull()
  const finishedAt = from.whole()
  const inboxSeen = from.whole()
  const mail = from.whole() === 1 ? readMail(from) : null
  const no = state.owned.find(space, run)
  if (no === undefined) return { answer: 'lost' }
  if (state.owned.inboxCount(no) !== inboxSeen) return { answer: 'mail' }
  state.sql.finishRun.run(status, output, error, finishedAt, no)
  state.owned.remove(space, run, no)
  if (mail !== null) deliver(state, mail)
  return undefined
}

/** Reads past the rest of an idempotency key. */
function skipKey(from: BatchReader): void {
  from.text()
  from.whole()
}

function define(state: FlushState, from: BatchReader): OpAnswer | undefined {
  const hash = from.text()
  const workflow = from.text()
  const body = from.text()
  state.sql.insertDefinition.run(hash, workflow, body, from.whole(), definitionChecksum(hash, workflow, body))
  return undefined
}
