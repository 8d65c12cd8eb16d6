// Transaction steps on SQLite: what they write and their record are one commit, and nothing else may come of them.
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { createWumbo } from '../../../src/wumbo.ts'
import type { Wumbo } from '../../../src/wumbo-api.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { named } from '../../../src/template/composite.ts'
import { pipe } from '../../../src/template/compose-pipe.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { checkText } from '../../../src/workflow/from-text.ts'
import { OWN_TABLES, checkWords } from '../../../src/store/sqlite/transaction-facade.ts'
import { collect } from '../../../src/testing/store-cases/samples.ts'
import { count, misbehave, misnamed } from '../../fixtures/sqlite-transactions.ts'
import { storeFile } from '../store/folder.ts'

const one = defineWorkflow({ name: 'one', input: z.object({ id: z.string() }), run: (ctx, input) => ctx.step('count', count, input) })
const bad = defineWorkflow({
  name: 'bad', input: z.any(),
  run: (ctx, input: Parameters<typeof misbehave>[0]) => ctx.step('bad', misbehave, input, { timeout: 100 }),
})
const wrong = defineWorkflow({ name: 'wrong', input: z.any(), run: (ctx) => ctx.step('wrong', misnamed, {}) })

async function open(file: string, ...more: readonly ReturnType<typeof defineWorkflow>[]): Promise<Wumbo> {
  const wumbo = await createWumbo({ store: `sqlite:${file}`, workflows: [one, bad, wrong, ...more] as never })
  onTestFinished(() => wumbo.close().catch(() => undefined))
  return wumbo
}

function ask(file: string, sql: string): unknown[] {
  const database = new DatabaseSync(file)
  try {
    return database.prepare(sql).all().map((row) => ({ ...row }))
  } finally {
    database.close()
  }
}

async function failure(wumbo: Wumbo, input: object): Promise<{ readonly attempts: number; readonly code: string; readonly message: string }> {
  const handle = await wumbo.start(bad, input as never)
  await expect(handle.result()).rejects.toThrow()
  const { steps } = await wumbo.runs.get(handle.id)
  const [step] = steps
  expect(step?.status).toBe('failed')
  const error = step?.error
  return { attempts: step?.attempt ?? 0, code: error?.code ?? '', message: error?.message ?? '' }
}

test('K4: what the step wrote and its record are there together, with level, input and output', async () => {
  const file = storeFile()
  const wumbo = await open(file)
  const handles = await Promise.all(Array.from({ length: 50 }, () => wumbo.start(one, { id: 'a' })))
  const ends = await Promise.all(handles.map((handle) => handle.result()))
  expect(ends.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
  expect(ask(file, 'select n from counters')).toEqual([{ n: 50 }])
  const details = await wumbo.runs.get(handles[0]?.id ?? '')
  expect(details.steps).toMatchObject([{ path: 'count', level: 'transaction', status: 'completed', attempt: 1, input: { id: 'a' }, template: 'count@1.0.0' }])
  expect(Object.isFrozen(ends[0])).toBe(true)
  expect(ask(file, `select count(*) as n from calls where key = '${details.id}.1.count'`)).toEqual([{ n: 1 }])
  expect(await collect(wumbo.verify())).toEqual([])
})

test.each([
  ['throw', 3, 'TEMPLATE_FAILED', 'thrown after writing'],
  ['terminal', 1, 'TEMPLATE_FAILED', 'cannot be mended'],
  ['no-table', 3, 'TEMPLATE_FAILED', 'no such table'],
  ['promise', 1, 'DEFINITION_INVALID', 'synchronous'],
  ['bad-output', 1, 'OUTPUT_INVALID', 'n'],
  ['huge', 1, 'PAYLOAD_TOO_LARGE', ''],
  ['spin', 3, 'STEP_TIMEOUT', 'was stopped'],
])('what is written before it fails by %s is taken back, and the attempts are as for other steps', async (how, attempts, code, message) => {
  const file = storeFile()
  const wumbo = await open(file)
  const beside = await wumbo.start(one, { id: 'beside' })
  const failed = await failure(wumbo, { id: 'a', how })
  expect(failed).toMatchObject({ attempts, code })
  expect(failed.message).toContain(message)
  await beside.result()
  expect(await (await wumbo.start(one, { id: 'beside' })).result()).toEqual({ n: 2 })
  expect(ask(file, 'select id, n from counters')).toEqual([{ id: 'beside', n: 2 }])
})

test('a later attempt that succeeds is recorded once, with the failures before it', async () => {
  const file = storeFile()
  const wumbo = await open(file)
  const handle = await wumbo.start(bad, { id: 'a', how: 'throw-twice' } as never)
  expect(await handle.result()).toEqual({ n: 1 })
  const { steps } = await wumbo.runs.get(handle.id)
  expect(steps).toMatchObject([{ attempt: 3, status: 'completed', level: 'transaction', failures: [{ attempt: 1 }, { attempt: 2 }] }])
})

test('an iteration that is left in the middle keeps nothing from being committed', async () => {
  const file = storeFile()
  const wumbo = await open(file)
  expect(await (await wumbo.start(bad, { id: 'a', how: 'leave-iteration' } as never)).result()).toEqual({ n: 1 })
  expect(await collect(wumbo.verify())).toEqual([])
})

test.each([
  'commit', 'rollback', 'begin', 'release wumbo_transaction', 'rollback to wumbo_transaction', 'insert into counters values (\'x\', 1); commit',
  'update runs set status = \'completed\'', 'delete from JOURNAL', 'select * from "runs"', 'create trigger t after insert on counters begin delete from lanes; end; insert into counters values (\'y\', 1)',
  'create trigger t after insert on journal begin delete from counters; end', 'drop table marks', 'alter table inbox rename to other', 'create index i on keys (key)',
  'pragma foreign_keys = off', 'attach \':memory:\' as other', 'select * from records',
])('refused, once, with nothing written: %s', async (sql) => {
  const file = storeFile()
  const wumbo = await open(file)
  await (await wumbo.start(one, { id: 'before' })).result()
  expect(await failure(wumbo, { id: 'a', sql })).toMatchObject({ attempts: 1, code: 'TRANSACTION_REFUSED' })
  expect(await (await wumbo.start(one, { id: 'before' })).result()).toEqual({ n: 2 })
  expect(ask(file, 'select id, n from counters')).toEqual([{ id: 'before', n: 2 }])
  expect(await collect(wumbo.verify())).toEqual([])
})

test('savepoints of its own are the body\'s', async () => {
  const wumbo = await open(storeFile())
  const sql = `savepoint mine; insert into counters values ('b', 5); rollback to mine; release mine`
  expect(await (await wumbo.start(bad, { id: 'a', sql } as never)).result()).toEqual({ n: 1 })
})

test('the tables that are refused are all that the store has', async () => {
  const file = storeFile()
  await (await open(file)).close()
  const found = ask(file, `select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_%' order by name`)
  expect(found.map((row) => (row as { name: string }).name)).toEqual([...OWN_TABLES].sort())
})

test('where SQLite cannot be told, words are looked at', () => {
  for (const sql of ['COMMIT', 'select 1; rollback', 'delete from "journal"', '/* x */ pragma a']) expect(() => { checkWords(sql) }, sql).toThrow('may not say')
  for (const sql of [`insert into accounts values ('commit; drop table runs')`, 'select runs2 from running']) expect(() => { checkWords(sql) }, sql).not.toThrow()
})

test('a body that its module does not export is named', async () => {
  const wumbo = await open(storeFile())
  const handle = await wumbo.start(wrong, {})
  await expect(handle.result()).rejects.toThrow()
  expect((await wumbo.runs.get(handle.id)).steps).toMatchObject([{ attempt: 1, error: { code: 'DEFINITION_INVALID' } }])
})

test('a store of another kind refuses the step before its first attempt', async () => {
  const wumbo = await createWumbo({ store: 'memory', workflows: [one] })
  onTestFinished(() => wumbo.close())
  const thrown: unknown = await (await wumbo.start(one, { id: 'a' })).result().catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(Error)
  const [run] = (await wumbo.runs.list()).runs
  expect((await wumbo.runs.get(run?.id ?? '')).steps).toMatchObject([{ attempt: 0, error: { code: 'TRANSACTION_UNSUPPORTED', details: { needs: 'sqlite', found: 'memory' } } }])
})

test('the start of a graph with a transaction of another kind of store is refused', async () => {
  const { workflow } = checkText('name: graph\nsteps:\n  a: { uses: count, with: { id: a } }\n', [count])
  const wumbo = await createWumbo({ store: 'memory', workflows: [workflow] as never })
  onTestFinished(() => wumbo.close())
  await expect(wumbo.start(workflow as never, undefined as never)).rejects.toMatchObject({ code: 'TRANSACTION_UNSUPPORTED', path: 'graph' })
  expect((await wumbo.runs.list()).runs).toEqual([])
})

test('a direct call is refused, and so is a part of a composition', async () => {
  await expect(count({ id: 'a' })).rejects.toMatchObject({ code: 'TRANSACTION_UNSUPPORTED' })
  expect(() => named(count, { name: 'counted', version: '1.0.0', description: 'Counts.' })).not.toThrow()
  const name = defineTemplate({ name: 'name', version: '1.0.0', description: 'Names.', input: z.object({}), output: z.object({ id: z.string() }), execute: () => ({ id: 'a' }) })
  expect(() => pipe(name, count)).toThrow('it cannot be a part of one')
})

test('in YAML it is a step like others; parallel branches, waits and pure steps beside it keep the journal whole', async () => {
  const number = z.object({ n: z.number() })
  const twice = defineTemplate({ name: 'twice', version: '1.0.0', description: 'Twice.', pure: true, input: number, output: number, execute: ({ n }) => ({ n: 2 * n }) })
  const later = defineTemplate({ name: 'later', version: '1.0.0', description: 'Later.', input: number, output: number, async execute({ n }) { await Promise.resolve(); return { n } } })
  const { workflow, problems } = checkText(`
name: fan
input:
  type: object
  required: [id, many]
  properties:
    id: { type: string }
    many: { type: array, items: { type: number } }
steps:
  all:
    forEach: input.many
    as: one
    concurrency: 20
    steps:
      a: { uses: count, with: { id: "\${{ input.id }}" } }
      b: { uses: twice, with: { n: "\${{ one }}" } }
      c: { uses: later, with: { n: "\${{ steps.b.output.n }}" } }
      d: { uses: count, with: { id: "\${{ string(steps.a.output.n) }}" } }
      e: { sleep: 1ms }
  end: { needs: all, uses: count, with: { id: "\${{ input.id }}" } }
output: \${{ steps.end.output.n }}
`, [count, twice, later])
  expect(problems).toEqual([])
  const wumbo = await open(storeFile(), workflow as never)
  const many = Array.from({ length: 40 }, (_, index) => index)
  const handles = await Promise.all(['a', 'b', 'c'].map((id) => wumbo.start(workflow as never, { id, many } as never)))
  expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([41, 41, 41])
  expect(await collect(wumbo.verify())).toEqual([])
})

test('the level of a transaction cannot be changed', async () => {
  const changed = defineWorkflow({ name: 'changed', input: z.object({}), run: (ctx) => ctx.step('count', count, { id: 'a' }, { level: 'pure' }) })
  const wumbo = await open(storeFile(), changed as never)
  const handle = await wumbo.start(changed, {})
  await expect(handle.result()).rejects.toThrow()
  expect((await wumbo.runs.get(handle.id)).steps).toMatchObject([{ attempt: 0, error: { code: 'DEFINITION_INVALID', path: 'count.level' } }])
})

test('K10: a transaction that is undone is, and one that never committed is not in doubt', async () => {
  const file = storeFile()
  const said: string[] = []
  const back = defineTemplate({
    name: 'back', version: '1.0.0', description: 'Takes it back.', output: z.object({}),
    input: z.object({ input: z.object({ id: z.string() }), output: z.looseObject({ n: z.number() }), outcome: z.literal('completed') }),
    execute: ({ input, output }) => (said.push(`${input.id} ${output.n}`), {}),
  })
  const undone = defineWorkflow({
    name: 'undone', input: z.any(),
    async run(ctx) {
      await ctx.step('count', count, { id: 'a' }, { compensate: back })
      return ctx.step('bad', misbehave, { id: 'b', how: 'spin' }, { timeout: 50, retry: { maxAttempts: 1 }, compensate: back })
    },
  })
  const wumbo = await open(file, undone as never)
  const handle = await wumbo.start(undone, {})
  await expect(handle.result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
  expect(said).toEqual(['a 1'])
  expect((await wumbo.runs.get(handle.id)).steps.map(({ path, status }) => `${path} ${status}`)).toEqual(['count completed', 'bad failed', '$compensate completed', '$compensate.count completed'])
  expect(await collect(wumbo.verify())).toEqual([])
})
