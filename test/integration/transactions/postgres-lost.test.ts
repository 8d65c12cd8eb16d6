// K4 when the connection is lost at the commit of a transaction step: it is read back whether the commit was kept, never guessed.
import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { createWumbo } from '../../../src/wumbo.ts'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { collect } from '../../../src/testing/store-cases/samples.ts'
import { openCommitProxy, type Loss } from '../../fixtures/commit-proxy.ts'
import { COUNTERS, count } from '../../fixtures/postgres-transactions.ts'
import { describePostgres, makeSchema } from '../store/postgres-server.ts'

const twice = defineWorkflow({
  name: 'twice', input: z.object({ schema: z.string() }),
  async run(ctx, { schema }) {
    await ctx.step('a', count, { schema, id: 'all' })
    return (await ctx.step('b', count, { schema, id: 'all' })).n
  },
})

describePostgres('a lost commit', () => {
  test.each<Loss>(['answer', 'late', 'request'])('fails no attempt: %s', async (loss) => {
    const at = makeSchema()
    onTestFinished(at.drop)
    await at.query(`create schema ${at.schema}`)
    await at.query(COUNTERS)
    const proxy = await openCommitProxy(at.url)
    onTestFinished(() => proxy.close())
    const wumbo = await createWumbo({ store: await postgresStore({ url: proxy.url, schema: at.schema, lane: 'a' }), workflows: [twice] })
    onTestFinished(() => wumbo.close().catch(() => undefined))
    proxy.next = loss
    const handle = await wumbo.start(twice, { schema: at.schema })
    expect(await handle.result()).toBe(2)
    expect(proxy.lost).toBe(1)
    const { steps } = await wumbo.runs.get(handle.id)
    expect(steps.map((step) => [step.path, step.attempt])).toEqual([['a', 1], ['b', 1]])
    expect((await at.query('select n from counters')).rows).toEqual([{ n: 2 }])
    expect(await collect(wumbo.verify())).toEqual([])
  })
})
