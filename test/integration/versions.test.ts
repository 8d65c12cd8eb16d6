// Versions through the library on every store: which there are and who lives in them, choosing and going back, moving runs, also after a restart and for
// other workers; and a graph whose text is gone from the project.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow, fromModel } from '../../src/index.ts'
import type { Wumbo, WumboOptions } from '../../src/index.ts'
import { memoryStore } from '../../src/store/memory/index.ts'
import type { Store } from '../../src/store/port.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'
import { sqliteStore } from '../../src/store/sqlite/index.ts'
import { describePostgres, makeSchema } from './store/postgres-server.ts'

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
const say = defineTemplate({ name: 'say', version: '1.0.0', description: 'Says.', input: z.object({ text: z.string() }), output: z.object({ text: z.string() }), execute: (input) => input })
const greet = (version: string) => defineWorkflow({
  name: 'greet', version, input: z.unknown(),
  async run(ctx) {
    await ctx.step('hello', say, { text: 'hello' })
    await ctx.signal('go')
    return ctx.step(version === '1' ? 'bye' : 'farewell', say, { text: version })
  },
})
const [one, two] = [greet('1'), greet('2')]
const other = defineWorkflow({ name: 'greet', version: '3', input: z.unknown(), run: (ctx) => ctx.step('hello', say, { text: 'good morning' }) })

function onEachStore(makes: () => Promise<() => Promise<Store>>): void {
  async function world(): Promise<(options: WumboOptions) => Promise<Wumbo>> {
    const open = await makes()
    return async (options) => {
      const wumbo = await createWumbo({ store: await open(), templates: [say], log: SILENT, ...options })
      onTestFinished(() => wumbo.close())
      return wumbo
    }
  }

  /** Waits until something holds. */
  async function until(holds: () => Promise<boolean>): Promise<void> {
    for (let tries = 0; tries < 400; tries++) {
      if (await holds()) return
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error('it never came to hold')
  }

  test('live runs are counted, moved if they fit, and go on with the other version after a restart', { timeout: 60_000 }, async () => {
    const open = await world()
    const wumbo = await open({ workflows: [one, two, other] })
    const runs = [await wumbo.start(one, {}), await wumbo.start(one, {})]
    for (const run of runs) await until(async () => (await wumbo.runs.get(run.id)).steps.length === 1)
    expect((await wumbo.versions.list('greet')).map(({ version, origin, current, live }) => [version, origin, current, live])).toEqual([['3', 'registered', true, 0], ['2', 'registered', false, 0], ['1', 'registered', false, 2]])
    expect(await wumbo.versions.migrate('greet', { from: '1', to: '2', dryRun: true })).toMatchObject({ to: '2', runs: [{ state: 'fits', drops: [] }, { state: 'fits' }] })
    const refused = await wumbo.versions.migrate('greet', { from: '1', to: '3' })
    expect(refused.runs.map(({ state, why }) => [state, why?.code, why?.path])).toEqual([['stays', 'MIGRATION_REFUSED', 'hello'], ['stays', 'MIGRATION_REFUSED', 'hello']])
    const [first, second] = runs
    expect((await wumbo.versions.migrate('greet', { run: first!.id, to: '2', by: 'ada', reason: 'better' })).runs).toMatchObject([{ run: first!.id, state: 'asked', from: '1' }])
    await until(async () => (await wumbo.runs.get(first!.id)).version === '2')
    expect((await wumbo.runs.get(first!.id)).migrations).toMatchObject([{ from: '1', to: '2', by: 'ada', reason: 'better', refused: null }])
    expect((await wumbo.versions.migrate('greet', { run: first!.id, to: '2' })).runs).toMatchObject([{ state: 'there' }])
    await wumbo.close()
    const again = await open({ workflows: [one, two] })
    for (const run of runs) await again.runs.signal(run.id, 'go', null)
    expect(await (await again.runs.handle(first!.id)).result()).toEqual({ text: '2' })
    expect(await (await again.runs.handle(second!.id)).result()).toEqual({ text: '1' })
    await expect(again.versions.migrate('greet', { to: '2' })).rejects.toMatchObject({ code: 'INPUT_INVALID', path: 'from' })
    await expect(again.versions.migrate('greet', { from: '1', to: '9' })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' })
    await expect(again.versions.list('nobody')).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' })
  })

  test('new runs take the earlier version again, by name and by value, also after a restart, until the newest is chosen', { timeout: 60_000 }, async () => {
    const open = await world()
    const wumbo = await open({ workflows: [one, two] })
    expect(await wumbo.versions.rollback('greet', { by: 'ada' })).toEqual({ name: 'greet', from: '2', to: '1' })
    const version = async (at: Wumbo, what: typeof one | string): Promise<string> => (await at.runs.get((await at.start(what as string, {})).id)).version
    expect([await version(wumbo, 'greet'), await version(wumbo, two), await version(wumbo, one)]).toEqual(['1', '1', '1'])
    expect(await wumbo.definitions.get('greet')).toMatchObject({ version: '1', chosen: true, by: 'ada', origin: 'registered' })
    await expect(wumbo.versions.rollback('greet')).rejects.toMatchObject({ code: 'WORKFLOW_CONFLICT' })
    await wumbo.close()
    const again = await open({ workflows: [one, two, other] })
    expect(await version(again, 'greet')).toBe('1')
    await again.definitions.use('greet', '3')
    expect(await again.definitions.get('greet')).toMatchObject({ version: '3', chosen: false })
    await again.definitions.use('greet', '1')
    await again.close()
    const without = await open({ workflows: [two] })
    await expect(without.start('greet', {})).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND', message: expect.stringContaining('which was chosen for them') as string })
  })

  test('a graph that the project has no more goes on from the store, and is chosen from there', { timeout: 60_000 }, async () => {
    const open = await world()
    const graph = (text: string) => fromModel({ name: 'graph', steps: { a: { sleep: '2s' }, b: { uses: 'say', needs: 'a', with: { text } } }, output: '${{ steps.b.output.text }}' }, [say])
    const [before, after] = [graph('before'), graph('after')]
    const wumbo = await open({ workflows: [before] })
    const run = await wumbo.start(before, {})
    await until(async () => (await wumbo.runs.get(run.id)).status === 'waiting')
    await wumbo.close()
    const again = await open({ workflows: [after] })
    expect(await (await again.runs.handle(run.id)).result()).toBe('before')
  })
}

describe('in memory', () => {
  onEachStore(async () => {
    // Kept over its closing, as a server would be.
    const store: Store = { ...memoryStore(), close: () => Promise.resolve() }
    return () => Promise.resolve(store)
  })
})

describe('on SQLite', () => {
  onEachStore(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wumbo-versions-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    return () => sqliteStore({ file: join(folder, 'w.db') })
  })
})

describePostgres('on PostgreSQL', () => {
  onEachStore(async () => {
    const { url, schema, drop } = makeSchema()
    onTestFinished(drop)
    return () => postgresStore({ url, schema })
  })
})
