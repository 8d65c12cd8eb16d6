// Undoing and forking on real stores, as users hold them: what is recorded is there after a restart, large values are shared and outlive the run
// that they came from, and the store is whole.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { TemplateFailedError, createWumbo, defineTemplate, defineWorkflow, fromModel } from '../../src/index.ts'
import type { Wumbo } from '../../src/index.ts'
import { Housekeeping } from '../../src/engine/housekeeping.ts'
import { memoryStore } from '../../src/store/memory/index.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'
import { sqliteStore } from '../../src/store/sqlite/index.ts'
import type { Store } from '../../src/store/port.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'
import { makeSchema, postgresUrl } from './store/postgres-server.ts'

const LARGE = 'x'.repeat(300_000)
const said: string[] = []
let fails = true

const undo = defineTemplate({
  name: 'undo', version: '1.0.0', description: 'Takes it back.', output: z.object({}),
  input: z.object({ input: z.object({ id: z.string() }), output: z.object({ text: z.string() }), outcome: z.literal('completed') }),
  execute: ({ input, output }) => (said.push(`undo ${input.id} ${output.text.length}`), {}),
})
const write = defineTemplate({
  name: 'write', version: '1.0.0', description: 'Writes much.', input: z.object({ id: z.string() }), output: z.object({ text: z.string() }), compensate: undo,
  execute: ({ id }) => (said.push(`write ${id}`), { text: LARGE }),
})
const last = defineTemplate({
  name: 'last', version: '1.0.0', description: 'Fails, or does not.', input: z.object({ n: z.number() }), output: z.number(),
  execute({ n }) {
    if (fails) throw new TemplateFailedError('no', { retryable: false })
    return n
  },
})
const workflow = (compensate: boolean) => defineWorkflow({
  name: compensate ? 'undone' : 'kept', input: z.object({ id: z.string() }),
  async run(ctx, { id }) {
    const { text } = await ctx.step('write', write, { id }, compensate ? {} : { compensate: false })
    return ctx.step('last', last, { n: text.length })
  },
})

const stores: readonly [string, () => Promise<() => Promise<Store>>][] = [
  ['memory', async () => {
    const store = memoryStore()
    return async () => store
  }],
  ['sqlite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wumbo-undo-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    return () => sqliteStore({ file: join(folder, 'w.db') })
  }],
  ...(postgresUrl === undefined ? [] : [['postgres', async () => {
    const { url, schema, drop } = makeSchema()
    onTestFinished(drop)
    return () => postgresStore({ url, schema, lane: 'a' })
  }] as [string, () => Promise<() => Promise<Store>>]]),
]

describe.each(stores)('%s', (kind, make) => {
  test('K10: a run is undone with its large result, in code and in a graph, and the store is whole', async () => {
    said.length = 0
    fails = true
    const open = await make()
    const graph = fromModel({ name: 'graph', steps: { write: { uses: 'write', with: { id: 'g' } }, last: { uses: 'last', with: { n: 1 }, needs: 'write' } } }, [write, last])
    const wumbo = await createWumbo({ store: await open(), templates: [write, last, undo], workflows: [workflow(true), graph] })
    onTestFinished(() => wumbo.close().catch(() => undefined))
    const run = await wumbo.start('undone', { id: 'f' })
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
    await expect((await wumbo.start('graph', {})).result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(said).toEqual(['write f', 'undo f 300000', 'write g', 'undo g 300000'])
    expect(await wumbo.runs.get(run.id)).toMatchObject({ status: 'failed', compensation: 'compensated' })
    expect(await collect(wumbo.verify())).toEqual([])
  })

  test('a fork shares large values with the run that it came from, and keeps them when that one is deleted', async () => {
    said.length = 0
    fails = true
    const open = await make()
    const store = await open()
    const wumbo: Wumbo = await createWumbo({ store, workflows: [workflow(false)] })
    onTestFinished(() => wumbo.close().catch(() => undefined))
    const run = await wumbo.start('kept', { id: 'f' })
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
    fails = false
    const before = (await collect(store.blobs.list())).length
    const fork = await wumbo.fork(run.id, { at: 'last' })
    expect(await fork.result()).toBe(LARGE.length)
    expect((await collect(store.blobs.list())).length).toBe(before)
    expect(said).toEqual(['write f'])
    expect(await wumbo.runs.get(fork.id)).toMatchObject({ forkedFrom: { run: run.id, gen: 1, at: 'last' }, key: null })
    if (kind === 'memory') return
    // The run that it came from is deleted, as retention does.
    await wumbo.close()
    const again = await open()
    const writer = await again.openLane()
    onTestFinished(() => again.close().catch(() => undefined))
    const finishedFirst = (await again.getRun({ space: 0, run: run.id }))?.finishedAt ?? 0
    const keeping = new Housekeeping(
      { store: again, clock: { now: () => finishedFirst + 2 }, limits: { retentionMs: 1, eventRetentionMs: 1, orphanBlobMs: 86_400_000 } } as never,
      { add: (op: never, _owner: unknown, _bytes: unknown, told: (answer: unknown, error: unknown) => void) => void writer.flush([op]).then(({ answers }) => told(answers.get(0), undefined), (error: unknown) => told(undefined, error)) } as never,
    )
    expect(await keeping.sweep()).toEqual({ runs: 1, blobs: 0 })
    expect(await again.getRun({ space: 0, run: run.id })).toBeUndefined()
    await writer.close()
    await again.close()
    const look = await createWumbo({ store: await open(), readOnly: true })
    onTestFinished(() => look.close().catch(() => undefined))
    expect((await look.runs.get(fork.id)).steps[0]).toMatchObject({ path: 'write', output: { text: LARGE } })
    expect(await collect(look.verify())).toEqual([])
  })
})
