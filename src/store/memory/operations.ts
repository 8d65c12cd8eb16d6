// The operations of a flush on the memory store's tables, one function each, with the meaning that the port gives
// them. They throw StoreRowError for a row that breaks a rule; the transaction around them takes everything back.
import { StoreRowError } from '../../errors.ts'
import { parentOf } from '../../model/child.ts'
import { blobOf } from '../../model/payload.ts'
import { isEnd } from '../../model/run.ts'
import type { RunKey, RunKind, RunRow } from '../../model/run.ts'
import type { OpAnswer, StoreOp } from '../port.ts'
import { listen, publish, pruneEvents, unlisten } from './events.ts'
import { errorRow, generationRow, mailRow, markRow, recordRow, runRow, text, whole, wholeOrNull } from './rows.ts'
import { idOf } from './tables.ts'
import type { StoredRun, Tables } from './tables.ts'
import { chooseWorkflowVersion, deleteWorkflow, saveWorkflow, setWorkflowStatus, useWorkflowVersion } from './workflows.ts'

type OpOf<Name extends StoreOp['op']> = Extract<StoreOp, { op: Name }>

/** The lane that applies the operations. */
export interface Owner {
  readonly id: string
  readonly epoch: number
}

/** Applies one operation; the answer is undefined where the port names none. */
export function apply(tables: Tables, lane: Owner, op: StoreOp): OpAnswer | undefined {
  switch (op.op) {
    case 'start': return start(tables, lane, op)
    case 'record': return record(tables, lane, op)
    case 'mark': return mark(tables, lane, op)
    case 'wake': return wake(tables, lane, op)
    case 'release': return release(tables, lane, op)
    case 'finish': return finish(tables, lane, op)
    case 'send': return send(tables, op)
    case 'consume': return consume(tables, lane, op)
    case 'reopen': return reopen(tables, lane, op)
    case 'migrate': return migrate(tables, lane, op)
    case 'continue': return continueAsNew(tables, lane, op)
    case 'claim': return claim(tables, lane, op)
    case 'definition': return define(tables, op)
    case 'prune': return prune(tables, op)
    case 'transact': throw new StoreRowError('this store runs no transactions')
    case 'saveWorkflow': return saveWorkflow(tables, op)
    case 'useWorkflowVersion': return useWorkflowVersion(tables, op)
    case 'chooseWorkflowVersion': return chooseWorkflowVersion(tables, op)
    case 'setWorkflowStatus': return setWorkflowStatus(tables, op)
    case 'deleteWorkflow': return deleteWorkflow(tables, op)
    case 'publish': return publish(tables, op, (mail) => send(tables, { op: 'send', mail }))
    case 'listen': return listen(tables, owned(tables, lane, op.run), op, (mail) => send(tables, { op: 'send', mail }))
    case 'unlisten': { unlisten(tables, owned(tables, lane, op.run), op); return; }
    case 'pruneEvents': return pruneEvents(tables, op)
  }
}

function start(tables: Tables, lane: Owner, { run, key, isFree, once }: OpOf<'start'>): OpAnswer | undefined {
  if (once === true && tables.find(run) !== undefined) return { answer: 'exists', run: run.run, hash: '' }
  if (key !== null) {
    const taken = tables.keys.get(idOf(run.space, key.key))
    if (taken !== undefined && taken.expiresAt > run.createdAt) return { answer: 'exists', run: taken.run, hash: taken.hash }
  }
  const row = runRow(run, lane.id, lane.epoch)
  const id = idOf(row.space, row.run)
  if (tables.runs.has(id)) throw new StoreRowError(`the run ${row.run} exists already`)
  const stored: StoredRun = { row, order: tables.nextOrder(), unread: 0, journal: new Map(), marks: new Map(), mail: [], generations: [] }
  tables.set(tables.runs, id, stored)
  if (isFree === true) tables.change(stored, { lane: null, epoch: null, status: 'waiting' })
  if (key !== null) {
    const taken = Object.freeze({ space: row.space, key: text(key.key), run: row.run, hash: text(key.hash), expiresAt: whole(key.expiresAt) })
    tables.set(tables.keys, idOf(row.space, key.key), taken)
  }
  return undefined
}

function record(tables: Tables, lane: Owner, op: OpOf<'record'>): OpAnswer | undefined {
  const { journal } = owned(tables, lane, op.record)
  const row = recordRow(op.record)
  const key = `${row.gen} ${row.path}`
  if (journal.has(key)) throw new StoreRowError(`the journal of run ${row.run} has a record of ${row.path} in generation ${row.gen} already`, { path: row.path })
  tables.set(journal, key, row)
  return undefined
}

function mark(tables: Tables, lane: Owner, op: OpOf<'mark'>): OpAnswer | undefined {
  const { marks } = owned(tables, lane, op.mark)
  const row = markRow(op.mark)
  const key = `${row.gen} ${row.kind} ${row.attempt} ${row.path}`
  if (marks.has(key)) throw new StoreRowError(`run ${row.run} has a mark ${row.kind} of ${row.path}, attempt ${row.attempt}, already`, { path: row.path })
  tables.set(marks, key, row)
  return undefined
}

function wake(tables: Tables, lane: Owner, { run, wakeAt }: OpOf<'wake'>): OpAnswer | undefined {
  tables.change(owned(tables, lane, run), { wakeAt: wholeOrNull(wakeAt) })
  return undefined
}

function release(tables: Tables, lane: Owner, op: OpOf<'release'>): OpAnswer | undefined {
  const stored = tables.find(op.run)
  if (stored === undefined || !isOwned(stored, lane)) return { answer: 'lost' }
  if (stored.row.inboxCount !== op.inboxSeen) return { answer: 'mail' }
  tables.change(stored, { lane: null, epoch: null, crashes: 0, status: op.status, wakeAt: wholeOrNull(op.wakeAt), error: errorRow(op.error) })
  return undefined
}

function finish(tables: Tables, lane: Owner, op: OpOf<'finish'>): OpAnswer | undefined {
  const stored = tables.find(op.run)
  if (stored === undefined || !isOwned(stored, lane)) return { answer: 'lost' }
  if (stored.row.inboxCount !== op.inboxSeen) return { answer: 'mail' }
  const output = op.output === null ? null : text(op.output)
  const error = errorRow(op.error)
  tables.change(stored, { lane: null, epoch: null, status: op.status, output, error, finishedAt: whole(op.finishedAt), wakeAt: null })
  if (op.tell !== undefined) send(tables, { op: 'send', mail: op.tell })
  return undefined
}

function send(tables: Tables, op: OpOf<'send'>): OpAnswer {
  const stored = tables.find(op.mail)
  if (stored === undefined) return { answer: 'missing' }
  const { row, mail } = stored
  if (isEnd(row.status)) return { answer: 'finished' }
  const isOwned = row.lane !== null
  const sent = mailRow(op.mail, row.inboxCount + 1)
  if (mail.some(({ id }) => id === sent.id)) return { answer: 'sent', owned: isOwned }
  mail.push(sent)
  stored.unread++
  tables.undoBy(() => {
    mail.pop()
    stored.unread--
  })
  tables.change(stored, { inboxCount: sent.number, ...(isOwned ? {} : { wakeAt: sent.sentAt }) })
  return { answer: 'sent', owned: isOwned }
}

function consume(tables: Tables, lane: Owner, op: OpOf<'consume'>): OpAnswer | undefined {
  read(tables, owned(tables, lane, op.run), op.numbers, whole(op.at))
  return undefined
}

function migrate(tables: Tables, lane: Owner, op: OpOf<'migrate'>): OpAnswer | undefined {
  const stored = owned(tables, lane, op.run)
  tables.change(stored, { version: text(op.to.version) })
  read(tables, stored, [whole(op.mail)], whole(op.at))
  return undefined
}

function read(tables: Tables, stored: StoredRun, numbers: readonly number[], consumedAt: number): void {
  for (const number of numbers) {
    const at = placeOf(stored.mail, number)
    const before = stored.mail[at]
    if (before === undefined || before.consumedAt !== null) continue
    stored.mail[at] = Object.freeze({ ...before, consumedAt })
    stored.unread--
    tables.undoBy(() => {
      stored.mail[at] = before
      stored.unread++
    })
  }
}

function reopen(tables: Tables, lane: Owner, op: OpOf<'reopen'>): OpAnswer | undefined {
  const generation = generationRow(op.generation)
  const stored = tables.find(generation)
  if (stored === undefined) return { answer: 'refused', because: 'there is no such run' }
  const { status, gen } = stored.row
  if (status !== 'failed' && status !== 'cancelled' && status !== 'parked') return { answer: 'refused', because: `the run is ${status}` }
  if (gen !== generation.gen - 1) return { answer: 'refused', because: `the run is in generation ${gen}, not ${generation.gen - 1}` }
  stored.generations.push(generation)
  tables.undoBy(() => stored.generations.pop())
  tables.change(stored, { status: 'running', lane: lane.id, epoch: lane.epoch, gen: generation.gen, output: null, error: null, finishedAt: null, wakeAt: null })
  return undefined
}

/** Where a number stands among mail that is in the order of its numbers, some of which may be gone; -1 for nowhere. */
function placeOf(mail: StoredRun['mail'], number: number): number {
  for (let at = Math.min(number, mail.length) - 1; at >= 0; at--) {
    const found = mail[at]?.number ?? 0
    if (found <= number) return found === number ? at : -1
  }
  return -1
}

function continueAsNew(tables: Tables, lane: Owner, op: OpOf<'continue'>): OpAnswer | undefined {
  const generation = generationRow(op.generation)
  const stored = owned(tables, lane, generation)
  if (stored.row.gen !== generation.gen - 1) throw new StoreRowError(`the run is in generation ${stored.row.gen}, not ${generation.gen - 1}`)
  const { journal, marks, generations } = stored
  const mail = [...stored.mail]
  const before = { journal: [...journal], marks: [...marks], generations: [...generations] }
  tables.undoBy(() => {
    for (const [key, row] of before.journal) journal.set(key, row)
    for (const [key, row] of before.marks) marks.set(key, row)
    generations.splice(0, generations.length, ...before.generations)
    stored.mail.splice(0, stored.mail.length, ...mail)
  })
  journal.clear()
  marks.clear()
  generations.splice(0, generations.length, generation)
  const dropped = new Set(op.drop)
  const blank = new Set(op.blank)
  const kept = mail.filter(({ number, consumedAt }) => consumedAt === null || !dropped.has(number)).map((one) => (one.consumedAt !== null && blank.has(one.number) ? Object.freeze({ ...one, kind: 'taken' as const, body: null }) : one))
  stored.mail.splice(0, stored.mail.length, ...kept)
  tables.change(stored, { gen: generation.gen, input: text(op.input) })
  return undefined
}

function claim(tables: Tables, lane: Owner, { limit, now, kinds }: OpOf<'claim'>): OpAnswer {
  const due = [...tables.idle].filter((stored) => dueAt(stored) <= now && (kinds === null || kinds.some((kind) => isOfKind(stored.row, kind))))
  due.sort((a, b) => (a.row.wakeAt ?? 0) - (b.row.wakeAt ?? 0) || a.order - b.order)
  const runs = due.slice(0, Math.max(0, limit)).map((stored): RunKey => {
    tables.change(stored, { status: 'running', lane: lane.id, epoch: lane.epoch, wakeAt: null, error: null })
    return { space: stored.row.space, run: stored.row.run }
  })
  return { answer: 'claimed', runs }
}

function isOfKind(row: RunKind, { queue, workflow, version }: RunKind): boolean {
  return row.queue === queue && row.workflow === workflow && row.version === version
}

/** When an idle run can be claimed: 0 for now, infinity for never. */
export function dueAt({ row, unread }: StoredRun): number {
  if (unread > 0) return 0
  return row.status === 'parked' || row.status === 'paused' ? Number.POSITIVE_INFINITY : (row.wakeAt ?? 0)
}

function define(tables: Tables, { hash, workflow, body, at }: OpOf<'definition'>): OpAnswer | undefined {
  if (tables.definitions.has(hash)) return undefined
  tables.set(tables.definitions, text(hash), Object.freeze({ workflow: text(workflow), body: text(body), at: whole(at) }))
  return undefined
}

function prune(tables: Tables, { space, before, limit }: OpOf<'prune'>): OpAnswer {
  const old = [...tables.runs.values()].filter(({ row }) => row.space === space && row.finishedAt !== null && row.finishedAt < before && !isWanted(tables, row))
  const pruned = old.sort(oldestFirst).slice(0, Math.max(0, limit))
  for (const { row } of pruned) tables.delete(tables.runs, idOf(row.space, row.run))
  for (const [id, key] of [...tables.keys]) if (key.space === space && key.expiresAt <= before) tables.delete(tables.keys, id)
  return { answer: 'pruned', runs: pruned.length, blobs: [...new Set(pruned.flatMap((stored) => [...blobsOf(stored)]))] }
}

/** True for a child whose parent may still read its result. */
function isWanted(tables: Tables, row: RunRow): boolean {
  const link = parentOf(row)
  const parent = link === null ? undefined : tables.find({ space: row.space, run: link.run })
  return link !== null && parent !== undefined && !isEnd(parent.row.status) && !parent.generations.some(({ gen, baseSeq }) => baseSeq === 0 && gen > link.gen)
}

/** By creation, then by insertion. */
export function oldestFirst(a: StoredRun, b: StoredRun): number {
  return a.row.createdAt - b.row.createdAt || a.order - b.order
}

/** Every blob that a row of the run names. */
export function* blobsOf(stored: StoredRun): Generator<string> {
  const { row, journal, mail } = stored
  const payloads = [row.input, row.output, ...[...journal.values()].flatMap(({ input, output }) => [input, output]), ...mail.map(({ body }) => body)]
  for (const payload of payloads) {
    const reference = blobOf(payload)
    if (reference !== undefined) yield reference.blob
  }
}

function isOwned({ row }: StoredRun, lane: Owner): boolean {
  return row.lane === lane.id && row.epoch === lane.epoch
}

function owned(tables: Tables, lane: Owner, key: RunKey): StoredRun {
  const stored = tables.find(key)
  if (stored === undefined || !isOwned(stored, lane)) {
    throw new StoreRowError(`the run ${key.run} is not owned by this lane: ${stored === undefined ? 'there is no such run' : `it is ${stored.row.status}`}`)
  }
  return stored
}
