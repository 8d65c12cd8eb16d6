// Recordings are taken from real stores: those of SQLite and PostgreSQL are replayed like one of a test, values in blobs included.
import { onTestFinished, test, expect } from 'vitest'
import { z } from 'zod'
import { createWumbo } from '../../src/index.ts'
import type { Store } from '../../src/store/port.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'
import { sqliteStore } from '../../src/store/sqlite/index.ts'
import { defineTemplate } from '../../src/template/define.ts'
import { recordRun, replayRun } from '../../src/testing/index.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import { storeFile } from '../integration/store/folder.ts'
import { describePostgres, makeSchema } from '../integration/store/postgres-server.ts'

async function isReplayed(store: Store): Promise<void> {
  let bodies = 0
  const write = defineTemplate({
    name: 'write', version: '1.0.0', description: 'Writes much.', input: z.object({ letters: z.int() }), output: z.object({ text: z.string(), at: z.string() }),
    execute: ({ letters }) => ({ text: 'é'.repeat(letters), at: `${++bodies}` }),
  })
  const workflow = defineWorkflow({ name: 'writer', input: z.object({ letters: z.array(z.int()) }), run: async (ctx, { letters }) => ({ id: await ctx.uuid(), texts: await ctx.map('each', letters, (c, one) => c.step('write', write, { letters: one })) }) })
  const wumbo = await createWumbo({ store, workflows: [workflow], limits: { inlinePayload: 200 } })
  onTestFinished(() => wumbo.close())
  const run = await wumbo.start(workflow, { letters: [1, 5000, 10] }, { id: 'the-writer' })
  await run.result()
  const recording = await recordRun(wumbo, 'the-writer')
  expect(recording.run).toMatchObject({ id: run.id, key: 'the-writer', status: 'completed' })
  expect(bodies).toBe(3)
  expect(await replayRun(recording, workflow)).toEqual({ answers: 4, status: 'completed' })
  expect(bodies).toBe(3)
}

test('a run of an SQLite file is replayed', async () => {
  await isReplayed(await sqliteStore({ file: storeFile() }))
})

describePostgres('on PostgreSQL', () => {
  test('a run of a PostgreSQL database is replayed', async () => {
    const { url, schema, drop } = makeSchema()
    onTestFinished(() => drop())
    await isReplayed(await postgresStore({ url, schema }))
  })
})
