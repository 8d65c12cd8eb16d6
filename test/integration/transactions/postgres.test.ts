// Transaction steps on PostgreSQL: what they write and their record are one commit, and nothing else may come of them.
import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { createWumbo } from '../../../src/wumbo.ts'
import type { Wumbo } from '../../../src/wumbo-api.ts'
import { deferred } from '../../../src/shared/deferred.ts'
import type { Store, StoreOp } from '../../../src/store/port.ts'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { checkText } from '../../../src/workflow/from-text.ts'
import { collect } from '../../../src/testing/store-cases/samples.ts'
import { COUNTERS, count, misbehaving, type Deed } from '../../fixtures/postgres-transactions.ts'
import { count as countOnSqlite } from '../../fixtures/sqlite-transactions.ts'
import { describePostgres, makeSchema } from '../store/postgres-server.ts'

const input = z.object({ schema: z.string(), id: z.string() })
const one = defineWorkflow({ name: 'one', input, run: (ctx, given) => ctx.step('count', count, given) })
const onSqlite = defineWorkflow({ name: 'on-sqlite', input, run: (ctx, { id }) => ctx.step('count', countOnSqlite, { id }) })

interface Place {
  readonly schema: string
  readonly url: string
  query(sql: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>
}

async function place(): Promise<Place> {
  const at = makeSchema()
  onTestFinished(at.drop)
  await at.query(`create schema ${at.schema}`)
  await at.query(COUNTERS)
  return at
}

async function open(at: Place, workflows: readonly unknown[], transactionConnections = 10): Promise<Wumbo> {
  const wumbo = await createWumbo({ store: await postgresStore({ url: at.url, schema: at.schema, lane: 'a', transactionConnections }), workflows: workflows as never })
  onTestFinished(() => wumbo.close().catch(() => undefined))
  return wumbo
}

function doing(deed: Deed, options: object = {}) {
  const template = misbehaving(deed)
  return defineWorkflow({ name: 'bad', input, run: (ctx, given) => ctx.step('bad', template, given, options) })
}

async function failure(at: Place, deed: Deed, options: object = {}): Promise<Record<string, unknown>> {
  const bad = doing(deed, options)
  const wumbo = await open(at, [one, bad])
  const handle = await wumbo.start(bad, { schema: at.schema, id: 'a' })
  await expect(handle.result()).rejects.toThrow()
  const [step] = (await wumbo.runs.get(handle.id)).steps
  expect(step?.status).toBe('failed')
  // What the pool gives next is whole.
  const fresh = await wumbo.start(one, { schema: at.schema, id: 'fresh' })
  expect(await fresh.result()).toEqual({ n: 1 })
  expect(await collect(wumbo.verify())).toEqual([])
  return { attempts: step?.attempt, code: step?.error?.code, message: step?.error?.message }
}

async function counters(at: Place): Promise<unknown[]> {
  return (await at.query('select id, n from counters order by id')).rows
}

describePostgres('transaction steps on PostgreSQL', () => {
  test('K4: what the step wrote and its record are there together, with level, input and output', async () => {
    const at = await place()
    const wumbo = await open(at, [one], 4)
    const handles = await Promise.all(Array.from({ length: 60 }, () => wumbo.start(one, { schema: at.schema, id: 'a' })))
    const ends = await Promise.all(handles.map((handle) => handle.result()))
    expect(ends.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1))
    expect(await counters(at)).toEqual([{ id: 'a', n: 60 }])
    const details = await wumbo.runs.get(handles[0]?.id ?? '')
    expect(details.steps).toMatchObject([{ path: 'count', level: 'transaction', status: 'completed', attempt: 1, input: { id: 'a' }, template: 'count@1.0.0' }])
    expect((await at.query('select key from calls where key = $1', [`${details.id}.1.count`])).rows).toHaveLength(1)
    expect(await collect(wumbo.verify())).toEqual([])
  })

  const refusals: readonly (readonly [string, Deed])[] = [
    ['commit', (tx) => tx.query('commit')],
    ['COMMIT AND CHAIN', (tx) => tx.query(' /* x */ -- y\n COMMIT AND CHAIN')],
    ['rollback', (tx) => tx.query('rollback')],
    ['an empty statement before', (tx) => tx.query('; end')],
    ['prepare transaction', (tx) => tx.query(`prepare transaction 'x'`)],
    ['comments in comments', (tx) => tx.query('/* /* */ */ commit')],
    ['a failed statement that is passed over', (tx) => tx.query('select 1/0').then(undefined, () => undefined)],
    ['a cursor', (tx) => tx.query({ text: 'select 1', submit: () => undefined } as never)],
  ]
  test.each(refusals)('refused, once, with nothing written: %s', async (_, deed) => {
    const at = await place()
    expect(await failure(at, deed)).toMatchObject({ attempts: 1, code: 'TRANSACTION_REFUSED' })
    expect(await counters(at)).toEqual([{ id: 'fresh', n: 1 }])
  })

  test('two statements in one text are refused by the server', async () => {
    const at = await place()
    expect(await failure(at, (tx) => tx.query('select 1; commit'))).toMatchObject({ attempts: 3, code: 'TEMPLATE_FAILED' })
    expect(await counters(at)).toEqual([{ id: 'fresh', n: 1 }])
  })

  test('a body that gets past the words is found out by the number of the transaction, and not recorded', async () => {
    const at = await place()
    const sneaky: Deed = async (tx) => {
      // The connection itself, which is not handed out.
      const hidden = tx as unknown as { readonly client?: { query(sql: string): Promise<unknown> } }
      await hidden.client?.query('commit')
    }
    const bad = doing(sneaky)
    const wumbo = await open(at, [bad])
    await (await wumbo.start(bad, { schema: at.schema, id: 'a' })).result()
    expect(await counters(at)).toEqual([{ id: 'a', n: 1 }])
  })

  test('throwing after writing takes it back, and the attempts are as for other steps', async () => {
    const at = await place()
    expect(await failure(at, () => { throw new Error('thrown after writing') })).toMatchObject({ attempts: 3, code: 'TEMPLATE_FAILED' })
    expect(await counters(at)).toEqual([{ id: 'fresh', n: 1 }])
  })

  test('a deferred constraint that fails at the commit fails the attempt, and nothing is written', async () => {
    const at = await place()
    await at.query('create table parents (id int primary key); create table children (parent int references parents deferrable initially deferred)')
    expect(await failure(at, (tx) => tx.query(`insert into ${at.schema}.children values (7)`))).toMatchObject({ attempts: 3, code: 'STORE_FAILED' })
    expect(await counters(at)).toEqual([{ id: 'fresh', n: 1 }])
  })

  test('a later attempt that succeeds is recorded once, with the failures before it; savepoints are the body\'s', async () => {
    const at = await place()
    const bad = doing(async (tx, attempt) => {
      if (attempt < 3) await tx.query('select * from missing')
      await tx.query('savepoint mine')
      await tx.query('select 1/0').catch(() => undefined)
      await tx.query('rollback to savepoint mine')
    })
    const wumbo = await open(at, [bad])
    const handle = await wumbo.start(bad, { schema: at.schema, id: 'a' })
    expect(await handle.result()).toEqual({ n: 1 })
    expect((await wumbo.runs.get(handle.id)).steps).toMatchObject([{ attempt: 3, status: 'completed', level: 'transaction', failures: [{ attempt: 1 }, { attempt: 2 }] }])
  })

  test('a statement beyond the time limit is cancelled, and so is a body that waits for something else', async () => {
    const at = await place()
    expect(await failure(at, (tx) => tx.query('select pg_sleep(60)'), { timeout: 150, retry: { maxAttempts: 2, initialDelay: 1 } })).toMatchObject({ attempts: 2 })
    expect(await counters(at)).toEqual([{ id: 'fresh', n: 1 }])
    const deaf = await place()
    expect(await failure(deaf, () => new Promise(() => undefined), { timeout: 100, retry: { maxAttempts: 2, initialDelay: 1 } })).toMatchObject({ attempts: 2, code: 'STEP_TIMEOUT' })
    expect(await counters(deaf)).toEqual([{ id: 'fresh', n: 1 }])
  })

  test('a late statement of an attempt that was given up does nothing', async () => {
    const at = await place()
    const gate = deferred<undefined>()
    const late: unknown[] = []
    const bad = doing(async (tx, attempt) => {
      if (attempt > 1) return
      await gate.promise
      late.push(await tx.query(`insert into ${at.schema}.counters values ('late', 1)`).catch((error: unknown) => (error as { code?: string }).code))
    }, { timeout: 400, retry: { maxAttempts: 2, initialDelay: 1 } })
    const wumbo = await open(at, [bad])
    expect(await (await wumbo.start(bad, { schema: at.schema, id: 'a' })).result()).toEqual({ n: 1 })
    gate.resolve(undefined)
    await expect.poll(() => late).toEqual(['TRANSACTION_REFUSED'])
    expect(await counters(at)).toEqual([{ id: 'a', n: 1 }])
  })

  test('K6: a lane that is fenced between the body and the commit keeps nothing', async () => {
    const at = await place()
    const [inside, gate] = [deferred<undefined>(), deferred<undefined>()]
    const bad = doing(async (_, attempt) => {
      if (attempt === 1) inside.resolve(undefined)
      await gate.promise
    })
    const zombie = await open(at, [bad])
    const handle = await zombie.start(bad, { schema: at.schema, id: 'a' })
    handle.result().catch(() => undefined)
    await inside.promise
    // The heir's body waits for the row that the zombie's open transaction has locked.
    const heir = await open(at, [doing(() => undefined)])
    gate.resolve(undefined)
    await expect.poll(async () => (await heir.runs.get(handle.id)).status, { timeout: 10_000 }).toBe('completed')
    expect(await counters(at)).toEqual([{ id: 'a', n: 1 }])
    expect((await heir.runs.get(handle.id)).steps).toHaveLength(1)
    expect(await collect(heir.verify())).toEqual([])
  })

  test('a connection that breaks under a body is no failure of the attempt, unless the body breaks it each time', async () => {
    const at = await place()
    let breaks = 1
    const bad = doing((tx) => (breaks-- > 0 ? tx.query('select pg_terminate_backend(pg_backend_pid())') : undefined))
    const wumbo = await open(at, [bad])
    const handle = await wumbo.start(bad, { schema: at.schema, id: 'a' })
    expect(await handle.result()).toEqual({ n: 1 })
    expect((await wumbo.runs.get(handle.id)).steps).toMatchObject([{ attempt: 1, failures: [] }])
    breaks = Number.POSITIVE_INFINITY
    const worse = await wumbo.start(bad, { schema: at.schema, id: 'b' })
    await expect(worse.result()).rejects.toThrow()
    expect(await counters(at)).toEqual([{ id: 'a', n: 1 }])
  })

  test('a commit that is under way is not given up at the timeout', async () => {
    const at = await place()
    await at.query(`create function dawdle() returns trigger language plpgsql as 'begin perform pg_sleep(0.5); return null; end';
      create constraint trigger slow after insert on counters deferrable initially deferred for each row execute function dawdle()`)
    const slow = doing(() => undefined, { timeout: 250 })
    const wumbo = await open(at, [slow])
    const handle = await wumbo.start(slow, { schema: at.schema, id: 'a' })
    expect(await handle.result()).toEqual({ n: 1 })
    expect((await wumbo.runs.get(handle.id)).steps).toMatchObject([{ attempt: 1, failures: [] }])
    expect(await counters(at)).toEqual([{ id: 'a', n: 1 }])
  })

  test('the commit waits until all records before it are durable', async () => {
    const at = await place()
    const gate = deferred<undefined>()
    const begun = deferred<undefined>()
    const effect = defineTemplate({
      name: 'effect', version: '1.0.0', description: 'An effect.', input: z.object({}), output: z.object({}),
      async execute() {
        await begun.promise
        return {}
      },
    })
    const ready = deferred<undefined>()
    const written = deferred<undefined>()
    const late = misbehaving(async () => {
      begun.resolve(undefined)
      await ready.promise
      written.resolve(undefined)
    })
    const both = defineWorkflow({ name: 'both', input, run: (ctx, given) => ctx.all({ a: (c) => c.step('effect', effect, {}), b: (c) => c.step('late', late, given) }) })
    const inner = await postgresStore({ url: at.url, schema: at.schema, lane: 'a' })
    const slow: Store = {
      ...inner,
      async openLane(options) {
        const lane = await inner.openLane(options)
        return new Proxy(lane, {
          get(target, property) {
            const value: unknown = Reflect.get(target, property, target)
            if (property !== 'flush') return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
            return async (ops: readonly StoreOp[]) => {
              if (ops.some((op) => op.op === 'record')) {
                ready.resolve(undefined)
                await gate.promise
              }
              return target.flush(ops)
            }
          },
        })
      },
    }
    const wumbo = await createWumbo({ store: slow, workflows: [both] })
    onTestFinished(() => wumbo.close())
    const handle = await wumbo.start(both, { schema: at.schema, id: 'a' })
    await written.promise
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect((await at.query('select path from journal')).rows).toEqual([])
    gate.resolve(undefined)
    expect(await handle.result()).toEqual({ a: {}, b: { n: 1 } })
    expect((await wumbo.runs.get(handle.id)).steps.map(({ seq }) => seq)).toEqual([1, 2])
  })

  test('cancelling the run takes back what an open body wrote', async () => {
    const at = await place()
    const inside = deferred<undefined>()
    const bad = doing((_tx, _attempt, signal) => {
      inside.resolve(undefined)
      return new Promise((resolve) => { signal.addEventListener('abort', resolve) })
    })
    const wumbo = await open(at, [bad])
    const handle = await wumbo.start(bad, { schema: at.schema, id: 'a' })
    await inside.promise
    await handle.cancel()
    await expect(handle.result()).rejects.toThrow()
    expect(await counters(at)).toEqual([])
  })

  test('what the body sets for its session goes no further, and cannot make the commit less durable', async () => {
    const at = await place()
    const template = misbehaving(async (tx) => {
      await tx.query('set search_path = pg_catalog')
      await tx.query('set synchronous_commit = off')
      await tx.query('set local statement_timeout = 0')
      await tx.query('create temp table scratch (n int)')
    })
    const look = misbehaving(async (tx) => {
      const { rows } = await tx.query<{ path: string; sync: string; scratch: string | null }>(`select current_setting('search_path') as path, current_setting('synchronous_commit') as sync, to_regclass('scratch')::text as scratch`)
      expect(rows).toEqual([{ path: '"$user", public', sync: 'on', scratch: null }])
    })
    const both = defineWorkflow({ name: 'both', input, async run(ctx, given) { await ctx.step('set', template, given); return ctx.step('look', look, given, { retry: { maxAttempts: 1 } }) } })
    const wumbo = await open(at, [both], 1)
    expect(await (await wumbo.start(both, { schema: at.schema, id: 'a' })).result()).toEqual({ n: 2 })
  })

  test('a large output goes into a blob', async () => {
    const at = await place()
    const wumbo = await createWumbo({ store: await postgresStore({ url: at.url, schema: at.schema }), workflows: [one], limits: { inlinePayload: 2 } })
    onTestFinished(() => wumbo.close())
    expect(await (await wumbo.start(one, { schema: at.schema, id: 'a' })).result()).toEqual({ n: 1 })
    expect((await at.query('select key from blobs')).rows.length).toBeGreaterThan(0)
    expect(await collect(wumbo.verify())).toEqual([])
  })

  test('no connections at all are refused', async () => {
    const at = await place()
    await expect(postgresStore({ url: at.url, schema: at.schema, transactionConnections: 0 })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('a template for SQLite is refused before its first attempt', async () => {
    const at = await place()
    const wumbo = await open(at, [onSqlite])
    const handle = await wumbo.start(onSqlite, { schema: at.schema, id: 'a' })
    await expect(handle.result()).rejects.toThrow()
    expect((await wumbo.runs.get(handle.id)).steps).toMatchObject([{ attempt: 0, error: { code: 'TRANSACTION_UNSUPPORTED', details: { needs: 'sqlite', found: 'postgres' } } }])
  })

  test('tx has the shape of a client and of a pool: taken apart, with a callback, through connect', async () => {
    const at = await place()
    const bad = doing(async (tx) => {
      const { query, connect } = tx
      const client = await connect()
      await client.query('select 1')
      client.release()
      await tx.end()
      const called = await new Promise((resolve) => {
        (query as unknown as (config: object, told: (error: Error | null, result: { rows: unknown[] }) => void) => void)({ text: 'select $1::int as n', values: [7] }, (_error, result) => { resolve(result.rows) })
      })
      expect(called).toEqual([{ n: 7 }])
    })
    const wumbo = await open(at, [bad])
    expect(await (await wumbo.start(bad, { schema: at.schema, id: 'a' })).result()).toEqual({ n: 1 })
  })

  test('parallel branches, waits and pure steps beside transactions keep the journal whole', async () => {
    const number = z.object({ n: z.number() })
    const twice = defineTemplate({ name: 'twice', version: '1.0.0', description: 'Twice.', pure: true, input: number, output: number, execute: ({ n }) => ({ n: 2 * n }) })
    const later = defineTemplate({ name: 'later', version: '1.0.0', description: 'Later.', input: number, output: number, async execute({ n }) { await Promise.resolve(); return { n } } })
    const { workflow, problems } = checkText(`
name: fan
input:
  type: object
  required: [schema, id, many]
  properties:
    schema: { type: string }
    id: { type: string }
    many: { type: array, items: { type: number } }
steps:
  all:
    forEach: input.many
    as: one
    concurrency: 20
    steps:
      a: { uses: count, with: { schema: "\${{ input.schema }}", id: "\${{ input.id }}" } }
      b: { uses: twice, with: { n: "\${{ one }}" } }
      c: { uses: later, with: { n: "\${{ steps.b.output.n }}" } }
      d: { uses: count, with: { schema: "\${{ input.schema }}", id: "\${{ string(steps.a.output.n) }}" } }
      e: { sleep: 1ms }
  end: { needs: all, uses: count, with: { schema: "\${{ input.schema }}", id: "\${{ input.id }}" } }
output: \${{ steps.end.output.n }}
`, [count, twice, later])
    expect(problems).toEqual([])
    const at = await place()
    const wumbo = await open(at, [workflow])
    const many = Array.from({ length: 40 }, (_, index) => index)
    const handles = await Promise.all(['a', 'b', 'c'].map((id) => wumbo.start(workflow as never, { schema: at.schema, id: `x${id}`, many } as never)))
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([41, 41, 41])
    expect(await collect(wumbo.verify())).toEqual([])
  })
})
