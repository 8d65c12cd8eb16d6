// The library as its users hold it: real SQLite files, handles, lists, retry, cancel, events, a second process's view.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { RunFailedError, createWumbo, fileRead, defineTemplate, defineWorkflow, executionPath, fromModel } from '../../src/index.ts'
import type { RunEvent, Wumbo } from '../../src/index.ts'

const number = z.object({ n: z.number() })
const inc = defineTemplate({ name: 'inc', version: '1.0.0', description: 'Adds one.', input: number, output: number, execute: ({ n }) => ({ n: n + 1 }) })
const three = defineWorkflow({
  name: 'three', input: number,
  async run(ctx, { n }) {
    const a = await ctx.step('a', inc, { n })
    const b = await ctx.step('b', inc, a)
    return ctx.step('c', inc, b)
  },
})

let folder: string
let open: Wumbo[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wumbo-facade-'))
})

afterEach(async () => {
  for (const wumbo of open) await wumbo.close()
  open = []
  await rm(folder, { recursive: true, force: true })
})

async function wumbo(options: Parameters<typeof createWumbo>[0] = {}): Promise<Wumbo> {
  const made = await createWumbo({ store: `sqlite:${join(folder, 'w.db')}`, workflows: [three], ...options })
  open.push(made)
  return made
}

describe('createWumbo', () => {
  test('starts runs with typed handles and finds them again after a restart', async () => {
    const first = await wumbo()
    const handle = await first.start(three, { n: 1 }, { id: 'mine' })
    const result: { n: number } = await handle.result()
    expect(result).toEqual({ n: 4 })
    expect(await handle.status()).toBe('completed')
    expect(first.store.facts).toMatchObject({ synchronous: 2 })
    await first.close()
    const second = await wumbo()
    const again = await second.start('three', { n: 1 }, { id: 'mine' })
    expect(again).toMatchObject({ id: handle.id, existing: true })
    expect(await again.result()).toEqual({ n: 4 })
    expect((await second.runs.get('mine')).steps.map(({ path }) => path)).toEqual(['a', 'b', 'c'])
    expect(executionPath(await second.runs.get(handle.id)).map(({ node, action, key }) => `${node} ${action} ${key}`)).toEqual([
      '$input write $input', 'a write a', 'b read a', 'b write b', 'c read b', 'c write c',
    ])
  })

  test('rebuilds a graph that it does not know from its stored definition: with the settings of its templates, under the version that the run names', async () => {
    const asked: unknown[] = []
    const ask = () => defineTemplate({
      name: 'ask', version: '1.0.0', description: 'Says how it is set.', input: z.unknown(), output: z.string(), config: z.object({ who: z.string(), times: z.number().default(1) }),
      execute: (_input, _context, config) => {
        asked.push(config)
        return config.who
      },
    })
    const template = ask()
    const graph = fromModel({
      name: 'settings',
      steps: { one: { uses: 'ask', config: { who: 'ada' } }, wait: { sleep: '400ms', needs: 'one' }, two: { uses: 'ask', config: { who: 'grace', times: 2 }, needs: 'wait', if: "${{steps.one.output == 'ada'}}" } },
      output: '${{steps.two.?output.orValue(null)}}',
    }, [template])
    const first = await wumbo({ workflows: [graph], templates: [template] })
    const slept = new Promise<void>((resolve) => {
      first.observe((event) => {
        if (event.type === 'step.completed' && event.path === 'one') resolve()
      })
    })
    const handle = await first.start(graph, {}, { id: 'set' })
    await slept
    await first.close()
    expect(asked).toHaveLength(1)
    const second = await wumbo({ workflows: [], templates: [ask()] })
    const again = await second.runs.handle('set')
    expect(await again.result()).toBe('grace')
    expect(asked).toEqual([{ who: 'ada', times: 1 }, { who: 'grace', times: 2 }])
    expect((await second.runs.get(handle.id)).version).toBe(graph.version)
    expect(second.workflows.map(({ name, version }) => `${name}@${version}`)).toEqual([`settings@${graph.version}`])
  })

  test('refuses bad input at the door, names the nearest workflow, and keeps nothing', async () => {
    const one = await wumbo()
    await expect(one.start(three, { n: 'x' } as never)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    await expect(one.start('tree', { n: 1 })).rejects.toThrow(/did you mean "three"/)
    await expect(one.runs.get('nobody')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' })
    await expect(createWumbo({ store: 'oracle:x' })).rejects.toMatchObject({ code: 'CONFIG_INVALID', path: 'store' })
    expect((await one.runs.list()).runs).toEqual([])
  })

  test('tells events after the fact is durable and ends with the run', async () => {
    const one = await wumbo()
    const seen: RunEvent['type'][] = []
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    const waits = defineTemplate({ name: 'waits', version: '1.0.0', description: 'Waits.', input: number, output: number, async execute(input) { await gate; return input } })
    const slow = defineWorkflow({ name: 'slow', input: number, run: (ctx, input) => ctx.step('w', waits, input) })
    const handle = await one.start(slow, { n: 1 })
    const listening = (async () => {
      for await (const event of handle.events()) seen.push(event.type)
    })()
    await new Promise((resolve) => setImmediate(resolve))
    release()
    await handle.result()
    await listening
    expect(seen).toEqual(['step.completed', 'run.ended'])
  })

  test('a failed run is retried from its failure; a failing handle rejects with the cause', async () => {
    let broken = true
    const gate = defineTemplate({ name: 'gate', version: '1.0.0', description: 'Fails while broken.', input: number, output: number, execute(input) { if (broken) throw new Error('closed'); return input } })
    const gated = defineWorkflow({ name: 'gated', input: number, async run(ctx, input) { return ctx.step('gate', gate, await ctx.step('a', inc, input)) } })
    const one = await wumbo({ workflows: [gated] })
    const handle = await one.start(gated, { n: 1 })
    const failure = await handle.result().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(RunFailedError)
    expect(failure).toMatchObject({ code: 'RUN_FAILED', path: 'gate', cause: { code: 'STEP_FAILED', cause: { message: expect.stringContaining('closed') as string } } })
    broken = false
    await one.runs.retry(handle.id, { by: 'ada', reason: 'mended' })
    expect(await (await one.runs.handle(handle.id)).result()).toEqual({ n: 2 })
    expect((await one.runs.get(handle.id)).generations).toMatchObject([{ gen: 2, by: 'ada', reason: 'mended' }])
  })

  test('a graph runs on the same engine and keeps its definition', async () => {
    const model = {
      name: 'graph', input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
      steps: { a: { uses: 'inc@^1', with: { n: '${{ input.n }}' } }, b: { uses: 'inc', with: '${{ steps.a.output }}' } },
      output: { sum: '${{ steps.a.output.n + steps.b.output.n }}' },
    }
    const graph = fromModel(model, [inc])
    const one = await wumbo({ workflows: [graph], templates: [inc] })
    expect(await (await one.start(graph, { n: 1 } as never)).result()).toEqual({ sum: 5 })
    await expect(one.start('graph', { n: 'x' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test("a user's configured template takes the place of the built-in one", async () => {
    const files = fileRead.configure({ root: folder })
    const one = await wumbo({ templates: [files] })
    expect(one.templates.resolve('file.read')).toBe(files)
    expect(one.templates.resolve('file.write')).toBeDefined()
  })

  test('one process writes; others look at the same file and are told who owns it', async () => {
    const one = await wumbo()
    const handle = await one.start(three, { n: 1 })
    await handle.result()
    const reader = await wumbo({ readOnly: true })
    expect((await reader.runs.list()).runs.map(({ id }) => id)).toEqual([handle.id])
    await expect(reader.start(three, { n: 1 })).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await expect(createWumbo({ store: `sqlite:${join(folder, 'w.db')}` })).rejects.toMatchObject({ code: 'STORE_LOCKED', message: expect.stringContaining(String(process.pid)) as string })
    const findings: unknown[] = []
    for await (const finding of reader.verify()) findings.push(finding)
    expect(findings).toEqual([])
  })

  test('a thousand runs at once are each done once', async () => {
    const one = await wumbo()
    const results = await Promise.all(Array.from({ length: 1000 }, async (_, n) => (await one.start(three, { n })).result()))
    expect(results).toEqual(Array.from({ length: 1000 }, (_, n) => ({ n: n + 3 })))
    const { runs } = await one.runs.list({ limit: 1000, status: ['completed'] })
    expect(runs).toHaveLength(1000)
  })
})
