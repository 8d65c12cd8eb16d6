// A store that is moved: every kind of row arrives as it was, an interrupted move leaves nothing behind, and nobody goes on in the source.
import { randomUUID } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow } from '../../../src/index.ts'
import { moveStore, type MoveOptions, type MoveReport } from '../../../src/store/move.ts'
import type { Store, StoreOp } from '../../../src/store/port.ts'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { postgresSource } from '../../../src/store/postgres/transfer-source.ts'
import { postgresTarget } from '../../../src/store/postgres/transfer-target.ts'
import { sqliteStore } from '../../../src/store/sqlite/index.ts'
import { openStore } from '../../../src/store/sqlite/store.ts'
import { sqliteSource } from '../../../src/store/sqlite/transfer-source.ts'
import { sqliteTarget } from '../../../src/store/sqlite/transfer-target.ts'
import type { TransferSource, TransferTarget } from '../../../src/store/transfer.ts'
import { changeWorkflow, claim, collect, consume, finish, keyOf, mark, record, release, reopen, saveWorkflow, send, start, startWithKey, useVersion } from '../../../src/testing/store-cases/samples.ts'
import { storeFile } from './folder.ts'
import { describePostgres, makeSchema } from './postgres-server.ts'

const ODD = 'a\u0000b\u0001c\u00010 🔑 ä\ufffd'
const LONG = `j:"${'x€'.repeat(200_000)}"`

/** Something in every table, and runs in every status; run 7 is owned by a lane that died, run 8 has unread mail. */
const EVERYTHING: readonly StoreOp[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => start(number, { input: number === 1 ? ODD : `j:${number}`, deadline: number === 2 ? 99_000 : null, workflow: ODD.slice(2) })),
  startWithKey(9, ODD, { hash: 'h9', expiresAt: 123_456 }), startWithKey(10, 'k', { hash: 'h10' }),
  { ...start(11), run: { ...start(11).run, space: 3 } },
  record(1, 1, { output: LONG, reads: ['input', 'steps.a'] }), record(1, 2, { path: ODD, output: ODD, kind: 'timer', template: null, templateVersion: null, inputHash: null, input: null }),
  record(3, 1, { status: 'failed', output: null, error: { name: 'E', code: 'X', message: ODD, retryable: false } }), record(7, 1), record(7, 2, { path: 'a' }),
  mark(2, { kind: 'started', attempt: 1 }), mark(2), mark(1, { path: ODD, kind: 'retry', error: { name: 'E', code: 'X', message: 'm\ud800', retryable: true } }), mark(7),
  send(8, 'm1'), send(8, 'm2', { kind: 'resume', body: ODD }), send(2, 'm3'), consume(8, [1]), consume(2, [1]),
  { op: 'publish', event: { space: 0, topic: 'order', id: 'e1', key: ODD, body: ODD, at: 5 } }, { op: 'publish', event: { space: 3, topic: 'order', id: 'e1', key: null, body: LONG, at: 6 } },
  { op: 'listen', run: keyOf(6), topic: 'order', key: null, since: 0, limit: 9 }, { op: 'listen', run: keyOf(7), topic: 'order', key: ODD, since: 6, limit: 9 }, { op: 'unlisten', run: keyOf(7), topic: 'order', key: ODD },
  finish(1, { output: LONG }), finish(3, { status: 'failed', output: null, error: { name: 'E', code: 'X', message: ODD, retryable: false } }), finish(4, { status: 'cancelled', output: null }), finish(9),
  reopen(3, { baseSeq: 0 }), record(3, 1, { gen: 2 }),
  release(2, { wakeAt: 5000, inboxSeen: 1 }), release(5, { status: 'parked', error: { name: 'E', code: 'RUN_PARKED', message: 'why', retryable: false } }), release(6, { wakeAt: null, inboxSeen: 1 }), release(8, { wakeAt: 7000, inboxSeen: 2 }),
  saveWorkflow('v1'), saveWorkflow('v2', { source: ODD }), useVersion('v1'), saveWorkflow('v3', { name: 'b' }), changeWorkflow('archived', { name: 'b' }), changeWorkflow('disabled', { name: 'c' }),
  { op: 'definition', hash: 'd1', workflow: 'w', body: '{"d":1}', at: 7 }, { op: 'prune', space: 3, before: 5, limit: 1 },
]

/** A file with everything in it, whose owner died. */
async function makeSource(ops: readonly StoreOp[] = EVERYTHING): Promise<string> {
  const file = storeFile()
  const { store, kill } = await openStore({ file })
  const lane = await store.openLane()
  await lane.flush(ops)
  await store.blobs.put('blob-2', Buffer.from('zwei'))
  await store.blobs.put('blob-1', Buffer.alloc(300_000, 7))
  await kill()
  return file
}

/** All that a store says of itself, without who owns what. */
async function everything(store: Store): Promise<unknown> {
  const { runs } = await store.listRuns({ limit: 1000 })
  const blobs = await collect(store.blobs.list())
  return {
    loaded: await Promise.all(runs.map((row) => store.load(row))),
    keys: [await store.findKey(0, ODD), await store.findKey(0, 'k')], definition: await store.definition('d1'), wake: await store.nextWake(),
    workflows: await Promise.all((await store.listWorkflows({ space: 0 })).workflows.map(async (row) => ({ row, versions: await Promise.all((await store.workflowVersions(row)).map(({ hash }) => store.workflowVersion(row, hash))) }))),
    events: [await store.listEvents({ space: 0 }), await store.listEvents({ space: 3 })],
    blobs: await Promise.all(blobs.map(async ({ key, bytes }) => ({ key, bytes, data: Buffer.from((await store.blobs.get(key)) ?? []).toString('hex') })).sort()),
    findings: (await collect(store.check())).map(({ code, run }) => `${code} ${String(run)}`),
  }
}

/** A target of which some methods do something else. */
function changed(how: (target: TransferTarget) => Partial<TransferTarget>): (target: TransferTarget) => TransferTarget {
  return (target) => {
    const other = how(target)
    return new Proxy(target, {
      get(of, name) {
        const value: unknown = Reflect.get(other, name) ?? Reflect.get(of, name)
        return typeof value === 'function' ? (value as () => unknown).bind(of) : value
      },
    })
  }
}

describePostgres('moving from SQLite to PostgreSQL', () => {
  function makeTarget() {
    const schema = makeSchema()
    onTestFinished(schema.drop)
    return schema
  }

  async function move(file: string, at: ReturnType<typeof makeTarget>, { change = (target: TransferTarget) => target, ...options }: Partial<MoveOptions> & { change?: (target: TransferTarget) => TransferTarget } = {}): Promise<MoveReport> {
    const source = await sqliteSource(file)
    try {
      const target = await postgresTarget(at)
      try {
        return await moveStore(source, change(target), { id: randomUUID(), at: 1000, ...options })
      } finally {
        await target.close()
      }
    } finally {
      await source.close()
    }
  }

  async function openTarget({ url, schema }: ReturnType<typeof makeTarget>) {
    const store = await postgresStore({ url, schema })
    onTestFinished(() => store.close())
    return store
  }

  const countRuns = async (at: ReturnType<typeof makeTarget>): Promise<number> => Number((await at.query('select count(*) as count from run_starts')).rows[0].count)

  test('every kind of row arrives as the next owner of the source would have found it', async () => {
    const [file, copy] = [await makeSource(), await makeSource()]
    const next = await sqliteStore({ file: copy })
    await (await next.openLane()).close()
    const expected = await everything(next)
    await next.close()

    const at = makeTarget()
    const progress: string[] = []
    const { tables } = await move(file, at, { onProgress: ({ doing, done, total }) => progress.push(`${doing} ${done}/${total}`) })
    expect(tables).toMatchObject({ runs: { rows: 11 }, journal: { rows: 6 }, blobs: { rows: 2 }, keys: { rows: 2 }, workflow_versions: { rows: 3 }, spaces: { rows: 2 }, events: { rows: 2 }, listeners: { rows: 2 } })
    expect(progress.at(-1)).toMatch(/^checking (\d+)\/\1$/)
    const store = await openTarget(at)
    expect(await everything(store)).toEqual(expected)

    // Numbers go on above those that came, and a run that had ended can be reopened.
    const lane = await store.openLane()
    const { answers } = await lane.flush([claim(10_000), start(20), reopen(4), record(20, 1)])
    expect(answers.get(0)).toMatchObject({ answer: 'claimed' })
    // Who listens goes on listening, from where it was.
    const event = { space: 0, topic: 'order', id: 'e2', key: null, body: 'j:2', at: 7 }
    const told = (await lane.flush([{ op: 'publish', event }, { op: 'publish', event: { ...event, id: 'e1' } }])).answers
    expect([...told.values()]).toMatchObject([{ isNew: true, runs: 1 }, { isNew: false }])
    expect((await store.listEvents({ space: 0 })).events.map(({ id }) => id)).toEqual(['e2', 'e1'])
    expect((await store.load(keyOf(7)))?.run).toMatchObject({ crashes: 1, status: 'running', lane: lane.id })
    expect((await store.listRuns({ limit: 2 })).runs.map(({ run }) => run)).toEqual([keyOf(20).run, keyOf(11).run])
    expect(await collect(store.check())).toEqual([])
    await lane.close()
  })

  test('afterwards nobody opens the source, neither to work nor to look, and it is not moved twice', async () => {
    const file = await makeSource()
    const at = makeTarget()
    await move(file, at)
    const refused = { code: 'STORE_MOVED', remedy: expect.stringContaining(`schema=${at.schema}`) }
    await expect(createWumbo({ store: `sqlite:${file}` })).rejects.toMatchObject(refused)
    await expect(sqliteStore({ file, readOnly: true })).rejects.toMatchObject(refused)
    await expect(move(file, makeTarget())).rejects.toMatchObject(refused)
  })

  test('a target that holds anything is refused, and nothing changes on either side', async () => {
    const file = await makeSource()
    const at = makeTarget()
    const store = await openTarget(at)
    const lane = await store.openLane()
    await expect(move(file, at)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await lane.flush([start(1)])
    await lane.close()
    await expect(move(file, at)).rejects.toMatchObject({ code: 'STORE_NOT_EMPTY', message: expect.stringContaining('run_starts') })
    expect(await countRuns(at)).toBe(1)
    await (await sqliteStore({ file, readOnly: true })).close()
  })

  test('a source that a process owns is refused, and a missing one', async () => {
    const file = await makeSource()
    const owner = await sqliteStore({ file })
    await owner.openLane()
    await expect(sqliteSource(file)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await owner.close()
    await expect(sqliteSource(`${file}-none`)).rejects.toMatchObject({ code: 'STORE_MISSING' })
    const source = await sqliteSource(file)
    const wumbo = createWumbo({ store: `sqlite:${file}` })
    await expect(wumbo).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await source.close()
  })

  test.each(['copying', 'checking'] as const)('a move that is interrupted while %s leaves the target empty and the source as it was, and can be repeated', async (where) => {
    const file = await makeSource()
    const at = makeTarget()
    const interrupt = new AbortController()
    const onProgress: MoveOptions['onProgress'] = ({ doing, done }) => {
      if (doing === where && done > 5) interrupt.abort()
    }
    await expect(move(file, at, { signal: interrupt.signal, onProgress })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(await countRuns(at)).toBe(0)
    await (await sqliteStore({ file, readOnly: true })).close()
    expect((await move(file, at)).tables?.runs.rows).toBe(11)
  })

  test('a connection that is lost on the way leaves nothing, and so does a server that gives back something else', async () => {
    const file = await makeSource()
    const at = makeTarget()
    const cut = changed((target) => ({
      async write(table, rows) {
        if (table === 'marks') await at.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [`wumbo ${at.schema}`])
        await target.write(table, rows)
      },
    }))
    await expect(move(file, at, { change: cut })).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(await countRuns(at)).toBe(0)
    const lying = changed((target) => ({
      async *rows(table) {
        for await (const rows of target.rows(table)) yield table === 'runs' ? rows.slice(1) : rows
      },
    }))
    await expect(move(file, at, { change: lying })).rejects.toMatchObject({ code: 'PAYLOAD_CORRUPT', path: 'runs' })
    expect(await countRuns(at)).toBe(0)
    expect((await move(file, at)).tables?.runs.rows).toBe(11)
  })

  const dying = (when: 'before' | 'after') => changed((target) => ({
    async commit(note) {
      if (when === 'after') await target.commit(note)
      return 'unknown'
    },
  }))

  test.each(['before', 'after'] as const)('a move that was lost just %s it was kept is in doubt: nobody opens the source, and the next try finds out', async (when) => {
    const file = await makeSource()
    const at = makeTarget()
    await expect(move(file, at, { change: dying(when) })).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await expect(createWumbo({ store: `sqlite:${file}` })).rejects.toMatchObject({ code: 'STORE_MOVED', message: expect.stringContaining('may have been moved') })
    await expect(move(file, makeTarget())).rejects.toMatchObject({ code: 'STORE_MOVED' })
    const { tables } = await move(file, at)
    expect(tables?.runs.rows).toBe(when === 'after' ? undefined : 11)
    expect(await countRuns(at)).toBe(11)
    await expect(createWumbo({ store: `sqlite:${file}` })).rejects.toMatchObject({ code: 'STORE_MOVED', message: expect.stringContaining('was moved') })
  })

  test('a damaged record stops the move before anything is kept', async () => {
    const file = await makeSource()
    const database = new DatabaseSync(file)
    database.exec(`update journal set output = 'j:3' where path = 'a'`)
    database.close()
    const at = makeTarget()
    await expect(move(file, at)).rejects.toMatchObject({ code: 'PAYLOAD_CORRUPT', path: 'a' })
    expect(await countRuns(at)).toBe(0)
  })

  test('a path that PostgreSQL cannot index is refused with its table', async () => {
    const path = Array.from({ length: 9000 }, (_, index) => String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000))).join('')
    const file = await makeSource([start(1), record(1, 1, { path })])
    await expect(move(file, makeTarget())).rejects.toMatchObject({ code: 'STORE_ROW_REFUSED', path: 'journal' })
    await (await sqliteStore({ file, readOnly: true })).close()
  })

  test('the number of an event that is gone is not given again, there and back: who listens no more would take a new one for one that it had', async () => {
    const gone: StoreOp[] = [start(1), { op: 'listen', run: keyOf(1), topic: 'order', key: null, since: 0, limit: 9 }, ...['a', 'b', 'c'].map((id): StoreOp => ({ op: 'publish', event: { space: 0, topic: 'order', id, key: null, body: 'j:1', at: 5 } })), { op: 'unlisten', run: keyOf(1), topic: 'order', key: null }, { op: 'pruneEvents', space: 0, before: 100, limit: 9 }]
    const missed = async (store: Store): Promise<unknown> => {
      const lane = await store.openLane()
      const answers = [...(await lane.flush([claim(10_000)])).answers.values(), ...(await lane.flush([{ op: 'publish', event: { space: 0, topic: 'order', id: randomUUID(), key: null, body: 'j:2', at: 6 } }, { op: 'listen', run: keyOf(1), topic: 'order', key: null, since: 0, limit: 9 }, { op: 'unlisten', run: keyOf(1), topic: 'order', key: null }, { op: 'pruneEvents', space: 0, before: 9_000_000_000_000, limit: 9 }])).answers.values()]
      await lane.close()
      await store.close()
      return answers.find(({ answer }) => answer === 'listening')
    }
    const at = makeTarget()
    await move(await makeSource(gone), at)
    expect(await missed(await openTarget(at))).toMatchObject({ mails: 1 })
    const back = storeFile()
    const [source, target] = [await postgresSource(at), await sqliteTarget(back)]
    await moveStore(source, target, { id: randomUUID(), at: 1000 })
    await target.close()
    await source.close()
    expect(await missed(await sqliteStore({ file: back }))).toMatchObject({ mails: 1 })
  })

  test('runs that wait and runs that were at work finish in the target', async () => {
    const file = storeFile()
    const add = defineTemplate({ name: 'add', version: '1.0.0', description: 'Adds.', input: z.object({ n: z.number() }), output: z.object({ n: z.number() }), execute: ({ n }) => ({ n: n + 1 }) })
    const slow = defineWorkflow({
      name: 'slow', input: z.object({ n: z.number(), ms: z.number() }),
      async run(ctx, { n, ms }) {
        const a = await ctx.step('a', add, { n })
        await ctx.sleep('nap', ms)
        return ctx.step('b', add, a)
      },
    })
    const before = await createWumbo({ store: `sqlite:${file}`, workflows: [slow] })
    const handles = await Promise.all(Array.from({ length: 60 }, (_, n) => before.start(slow, { n, ms: n % 3 === 0 ? 1 : 2500 }, { id: `run-${n}` })))
    await Promise.all(handles.filter((_, n) => n % 3 === 0).map((handle) => handle.result()))
    await before.close()
    const at = makeTarget()
    await move(file, at)
    const after = await createWumbo({ store: `${at.url}?schema=${at.schema}`, workflows: [slow] })
    const results = await Promise.all(handles.map(async (_, n) => (await after.start(slow, { n, ms: n % 3 === 0 ? 1 : 2500 }, { id: `run-${n}` })).result()))
    expect(results).toEqual(handles.map((_, n) => ({ n: n + 2 })))
    expect(await collect(after.verify())).toEqual([])
    await after.close()
  })
})

describePostgres('moving from PostgreSQL to SQLite', () => {
  /** A schema with everything in it, whose workers are gone. */
  async function makePostgres() {
    const at = makeSchema()
    onTestFinished(at.drop)
    await moveBetween(await sqliteSource(await makeSource()), await postgresTarget(at))
    return at
  }

  async function moveBetween(source: TransferSource, target: TransferTarget, options: Partial<MoveOptions> = {}): Promise<MoveReport> {
    try {
      return await moveStore(source, target, { id: randomUUID(), at: 1000, ...options })
    } finally {
      await target.close()
      await source.close()
    }
  }

  test('everything comes back as it was; from then on nobody opens the schema, not even who had looked at it before', async () => {
    const at = await makePostgres()
    const before = await postgresStore({ url: at.url, schema: at.schema })
    onTestFinished(() => before.close())
    const expected = await everything(before)
    const file = storeFile()
    const { tables } = await moveBetween(await postgresSource(at), await sqliteTarget(file))
    expect(tables).toMatchObject({ runs: { rows: 11 }, journal: { rows: 6 }, blobs: { rows: 2 } })
    const store = await sqliteStore({ file })
    expect(await everything(store)).toEqual(expected)
    const lane = await store.openLane()
    expect((await lane.flush([claim(10_000), start(20), reopen(4)])).answers.get(0)).toMatchObject({ answer: 'claimed' })
    expect(await collect(store.check())).toEqual([])
    await store.close()

    const refused = { code: 'STORE_MOVED', remedy: expect.stringContaining(`sqlite:${file}`) }
    await expect(before.openLane()).rejects.toThrow()
    await expect(postgresStore(at)).rejects.toMatchObject(refused)
    await expect(postgresStore({ ...at, readOnly: true })).rejects.toMatchObject(refused)
    await expect(postgresSource(at)).rejects.toMatchObject(refused)
    await expect(postgresTarget(at)).rejects.toMatchObject(refused)
  })

  test('what a worker that died left is given as its next owner would find it', async () => {
    const at = makeSchema()
    onTestFinished(at.drop)
    const store = await postgresStore(at)
    const lane = await store.openLane()
    await lane.flush([start(1), record(1, 1), start(2)])
    await expect((async () => moveBetween(await postgresSource(at), await sqliteTarget(storeFile())))()).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await lane.close()
    await store.close()
    // As a process leaves it that was killed, and whose lease has run out.
    await at.query(`update lanes set is_open = true, lease_until = clock_timestamp() - interval '1 minute'`)
    await at.query('update runs set lane = l.id, epoch = l.epoch, wake_at = 77 from lanes l where no = 1')
    const file = storeFile()
    await moveBetween(await postgresSource(at), await sqliteTarget(file))
    const moved = await sqliteStore({ file, readOnly: true })
    expect((await moved.getRun(keyOf(1)))).toMatchObject({ lane: null, wakeAt: null, crashes: 1, status: 'running' })
    expect((await moved.getRun(keyOf(2)))).toMatchObject({ lane: null, crashes: 0 })
    await moved.close()
  })

  test('a worker that stood still for longer than its lease writes nothing when it wakes up', async () => {
    const at = makeSchema()
    onTestFinished(at.drop)
    const store = await postgresStore(at)
    const lane = await store.openLane()
    await lane.flush([start(1)])
    await at.query(`update lanes set lease_until = clock_timestamp() - interval '1 minute'`)
    const file = storeFile()
    await moveBetween(await postgresSource(at), await sqliteTarget(file))
    await expect(lane.flush([record(1, 1)])).rejects.toMatchObject({ code: 'LANE_FENCED' })
    expect((await at.query('select count(*)::integer as count from journal')).rows).toEqual([{ count: 0 }])
    await store.close()
    const moved = await sqliteStore({ file, readOnly: true })
    expect(await moved.getRun(keyOf(1))).toMatchObject({ lane: null, crashes: 1 })
    await moved.close()
  })

  test('an interrupted move leaves no file and the schema as it was', async () => {
    const at = await makePostgres()
    const file = storeFile()
    const interrupt = new AbortController()
    const onProgress: MoveOptions['onProgress'] = ({ doing }) => {
      if (doing === 'checking') interrupt.abort()
    }
    await expect(moveBetween(await postgresSource(at), await sqliteTarget(file), { signal: interrupt.signal, onProgress })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(readdirSync(dirname(file)).filter((name) => name !== 'wumbo.db.lock' && name !== 'wumbo.db-blobs')).toEqual([])
    await (await postgresStore(at)).close()
    // As a process leaves it that was killed on the way.
    writeFileSync(`${file}.moving`, 'half')
    expect((await moveBetween(await postgresSource(at), await sqliteTarget(file))).tables?.blobs.rows).toBe(2)
  })

  test.each(['before', 'after'] as const)('a move that was lost just %s it was kept is found out by the next try', async (when) => {
    const at = await makePostgres()
    const file = storeFile()
    const dying = changed((target) => ({
      async commit(note) {
        if (when === 'after') await target.commit(note)
        return 'unknown'
      },
    }))
    await expect(moveBetween(await postgresSource(at), dying(await sqliteTarget(file)))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await expect(postgresStore(at)).rejects.toMatchObject({ code: 'STORE_MOVED', message: expect.stringContaining('may have been moved') })
    const { tables } = await moveBetween(await postgresSource(at), await sqliteTarget(file))
    expect(tables?.runs.rows).toBe(when === 'after' ? undefined : 11)
    await expect(postgresStore(at)).rejects.toMatchObject({ code: 'STORE_MOVED', message: expect.stringContaining('was moved') })
    const store = await sqliteStore({ file, readOnly: true })
    expect((await store.listRuns({ limit: 1000 })).runs).toHaveLength(11)
    await store.close()
  })

  test('a file that is there, and a record that is damaged, stop the move', async () => {
    const at = await makePostgres()
    const file = await makeSource()
    await expect(moveBetween(await postgresSource(at), await sqliteTarget(file))).rejects.toMatchObject({ code: 'STORE_NOT_EMPTY' })
    await at.query(`update journal set output = 'j:3' where path = 'a'`)
    await expect(moveBetween(await postgresSource(at), await sqliteTarget(storeFile()))).rejects.toMatchObject({ code: 'PAYLOAD_CORRUPT', path: 'journal' })
    await (await postgresStore(at)).close()
  })
})
