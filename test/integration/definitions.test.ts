// Stored definitions through the library, on real SQLite files: what is created starts by name, also after a restart; statuses hold;
// a run shows what it runs.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow, fromModel, workflow } from '../../src/index.ts'
import type { Finding, Wumbo, WorkflowModel, WumboOptions } from '../../src/index.ts'
import { sqliteStore } from '../../src/store/sqlite/index.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'

const number = z.object({ n: z.number() })
const template = (version: string, by: number) =>
  defineTemplate({ name: 'add', version, description: 'Adds.', input: number, output: number, execute: ({ n }) => ({ n: n + by }) })
const add1 = template('1.0.0', 1)
const add2 = template('2.0.0', 2)
let gateOpen: Promise<void>
let openGate: () => void
const gate = defineTemplate({ name: 'gate', version: '1.0.0', description: 'Waits.', input: number, output: number, async execute(input, { signal }) {
  await Promise.race([gateOpen, new Promise((resolve) => signal.addEventListener('abort', resolve))])
  if (broken) throw new Error('closed')
  return input
} })
let broken = false
const once = defineWorkflow({ name: 'coded', input: number, run: (ctx, input) => ctx.step('a', add1, input) })

/** Adds once or twice; the range decides which template it is. */
const sum = (uses: string, more: object = {}): WorkflowModel => ({
  name: 'sum', input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
  steps: { a: { uses, with: { n: '${{ input.n }}' } } }, output: '${{ steps.a.output.n }}', ...more,
})

let folder: string
let open: Wumbo[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wumbo-definitions-'))
  gateOpen = new Promise((resolve) => (openGate = resolve))
  broken = false
})
afterEach(async () => {
  openGate()
  for (const wumbo of open) await wumbo.close()
  open = []
  await rm(folder, { recursive: true, force: true })
})

async function wumbo(options: WumboOptions = {}): Promise<Wumbo> {
  const made = await createWumbo({ store: `sqlite:${join(folder, 'w.db')}`, templates: [add1, add2, gate], log: SILENT, ...options })
  open.push(made)
  return made
}
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

async function restarted(before: Wumbo, options?: WumboOptions): Promise<Wumbo> {
  await before.close()
  return wumbo(options)
}

const result = async (one: Wumbo, name: string, n: number): Promise<unknown> => (await one.start(name, { n })).result()
const findings = (one: Wumbo): Promise<Finding[]> => collect(one.verify())

describe('create', () => {
  test('K1: stores a model with its templates pinned; it starts by name at once and after a restart', async () => {
    const first = await wumbo()
    const created = await first.definitions.create(sum('add@^1'), { by: 'ada' })
    expect(created).toMatchObject({ name: 'sum', version: expect.stringMatching(/^[0-9a-f]{40}$/), templates: ['add@1.0.0'], added: true, status: 'enabled' })
    expect(await result(first, 'sum', 1)).toBe(2)
    const second = await restarted(first)
    expect(await result(second, 'sum', 2)).toBe(3)
    await expect(second.start('sum', { n: 'x' })).rejects.toMatchObject({ code: 'INPUT_INVALID' })
    expect((await second.runs.list()).runs.map(({ version }) => version)).toEqual([created.version, created.version])
    expect(await second.definitions.get('sum')).toMatchObject({ origin: 'stored', form: 'graph', status: 'enabled', version: created.version, by: 'ada' })
    expect(await findings(second)).toEqual([])
  })

  test('however many starts wait for a stored definition after a restart, it is read once', async () => {
    const first = await wumbo()
    await first.definitions.create(sum('add@^1'))
    await first.close()
    const store = await sqliteStore({ file: join(folder, 'w.db') })
    let reads = 0
    const counted = { ...store, workflowVersion: (...given: Parameters<typeof store.workflowVersion>) => (reads++, store.workflowVersion(...given)) }
    const second = await wumbo({ store: counted })
    expect(await Promise.all(Array.from({ length: 50 }, (_, n) => result(second, 'sum', n)))).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
    expect(await result(second, 'sum', 1)).toBe(2)
    expect(reads).toBe(1)
  })

  test('takes what the builder made, and keeps it as data', async () => {
    const one = await wumbo()
    const built = workflow('sum', { input: number }).step('a', { uses: add2, with: ({ input }) => ({ n: input.n }) }).output(({ steps }) => steps.a.n).build()
    expect(await one.definitions.create(built)).toMatchObject({ version: built.version, templates: ['add@2.0.0'] })
    expect(await (await one.start(built, { n: 1 })).result()).toBe(3)
    const second = await restarted(one)
    expect(await result(second, 'sum', 1)).toBe(3)
    expect(await second.definitions.version('sum')).toMatchObject({ format: 'model', definition: JSON.parse(built.definition), current: true })
  })

  test('the same again adds nothing; other words around the same logic become its text', async () => {
    const one = await wumbo()
    const said = (words: string, uses: string): string => `# ${words}\n${JSON.stringify(sum(uses))}`
    const { version } = await one.definitions.create(sum('add@^1'), { source: said('one', 'add@^1'), format: 'yaml' })
    const two = said('two', 'add@1.0.0')
    expect(await one.definitions.create(sum('add@1.0.0'), { source: two, format: 'yaml' })).toMatchObject({ version, added: false })
    expect(await one.definitions.versions('sum')).toHaveLength(1)
    expect(await one.definitions.version('sum')).toMatchObject({ source: two, format: 'yaml', templates: ['add@1.0.0'] })
  })

  test('what is not right is refused with all its paths, and nothing is kept', async () => {
    const one = await wumbo({ workflows: [once] })
    await expect(one.definitions.create(sum('ad'))).rejects.toMatchObject({ code: 'DEFINITION_INVALID', message: expect.stringMatching(/steps\.a\.uses.*ad.*"add"/s) })
    const inline = { ...sum('add'), steps: { a: { uses: 'add', with: { n: () => 1 } } } }
    await expect(one.definitions.create(inline)).rejects.toMatchObject({ code: 'DEFINITION_INVALID', path: 'steps.a.with.n' })
    await expect(one.definitions.create(once as never)).rejects.toMatchObject({ code: 'DEFINITION_INVALID', path: 'coded', remedy: expect.stringContaining('createWumbo({ workflows') })
    await expect(one.definitions.create({ ...sum('add'), name: 'coded' })).rejects.toMatchObject({ code: 'WORKFLOW_CONFLICT', remedy: expect.stringContaining('another name') })
    await expect(one.definitions.create(sum('add'), { source: 'a\ud800', format: 'yaml' })).rejects.toMatchObject({ code: 'INPUT_INVALID', path: 'source' })
    await expect(one.definitions.create(sum('add'), { source: 'x' })).rejects.toMatchObject({ code: 'INPUT_INVALID', path: 'format' })
    await expect(one.definitions.create(sum('add'), { format: 'yaml' })).rejects.toMatchObject({ code: 'INPUT_INVALID', path: 'source' })
    await expect(one.definitions.create(sum('add'), { source: 'x'.repeat((1 << 20) + 1), format: 'yaml' })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
    expect((await one.definitions.list()).workflows.map(({ name }) => name)).toEqual(['coded'])
    await expect(one.start('sum', { n: 1 })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' })
  })

  test('a reader can look and not write', async () => {
    const one = await wumbo()
    const reader = await wumbo({ readOnly: true })
    await one.definitions.create(sum('add@^1'))
    expect(await reader.definitions.get('sum')).toMatchObject({ status: 'enabled' })
    await one.definitions.disable('sum')
    expect((await reader.definitions.list({ status: ['disabled'] })).workflows).toHaveLength(1)
    await expect(reader.definitions.enable('sum')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })

  test('a definition whose template is gone is refused when it starts, and starts again when the template is back', async () => {
    const one = await restarted(await wumbo().then(async (first) => (await first.definitions.create(sum('add@^1')), first)), { templates: [add2] })
    await expect(one.start('sum', { n: 1 })).rejects.toMatchObject({ code: 'DEFINITION_INVALID', message: expect.stringMatching(/add.*1\.0\.0/) })
    expect(await result(await restarted(one), 'sum', 1)).toBe(2)
  })
})

describe('versions', () => {
  test('new runs take the newest, running ones keep theirs; an earlier one can be used again', async () => {
    const one = await wumbo()
    const first = await one.definitions.create(sum('add@^1'))
    const second = await one.definitions.create(sum('add@^2'))
    expect(await result(one, 'sum', 1)).toBe(3)
    expect((await one.definitions.versions('sum')).map(({ hash }) => hash)).toEqual([second.version, first.version])
    expect(await one.definitions.use('sum', first.version.slice(0, 8), { by: 'bob' })).toMatchObject({ version: first.version, by: 'bob' })
    expect(await result(one, 'sum', 1)).toBe(2)
    const again = await restarted(one)
    expect(await result(again, 'sum', 1)).toBe(2)
    expect(await again.definitions.version('sum', second.version)).toMatchObject({ hash: second.version, current: false, templates: ['add@2.0.0'] })
    await expect(again.definitions.use('sum', 'abcdef12')).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND', message: expect.stringContaining(second.version.slice(0, 12)) })
    await expect(again.definitions.use('sum', second.version.slice(0, 3))).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' })
  })

  test('a registered workflow wins over a stored one of its name', async () => {
    const first = await wumbo()
    await first.definitions.create(sum('add@^1'))
    const registered = fromModel(sum('add@^2'), [add1, add2])
    const second = await restarted(first, { workflows: [registered] })
    expect(await result(second, 'sum', 1)).toBe(3)
    expect(await second.definitions.get('sum')).toMatchObject({ origin: 'registered', version: registered.version })
    await second.definitions.archive('sum')
    await expect(second.definitions.delete('sum')).rejects.toMatchObject({ code: 'WORKFLOW_CONFLICT' })
  })

  test('one that was only handed to start() does not', async () => {
    const one = await wumbo()
    await (await one.start(fromModel(sum('add@^2'), [add1, add2]), { n: 1 } as never)).result()
    await one.definitions.create(sum('add@^1'))
    expect(await result(one, 'sum', 1)).toBe(2)
  })
})

describe('status', () => {
  test.each(['disable', 'archive'] as const)('%s refuses starts, by name and by value, also after a restart, until it is enabled', async (how) => {
    const first = await wumbo({ workflows: [once] })
    await first.definitions.create(sum('add@^1'))
    for (const name of ['sum', 'coded']) await first.definitions[how](name, { by: 'ada' })
    const refused = { code: 'WORKFLOW_DISABLED', status: 409, remedy: expect.stringContaining('enable') }
    await expect(first.start('sum', { n: 1 })).rejects.toMatchObject(refused)
    await expect(first.start(once, { n: 1 })).rejects.toMatchObject(refused)
    const second = await restarted(first, { workflows: [once] })
    for (const name of ['sum', 'coded']) await expect(second.start(name, { n: 1 })).rejects.toMatchObject(refused)
    expect((await second.runs.list()).runs).toEqual([])
    for (const name of ['sum', 'coded']) expect(await second.definitions.enable(name)).toMatchObject({ status: 'enabled' })
    expect(await result(second, 'sum', 1)).toBe(2)
    expect(await (await second.start(once, { n: 1 })).result()).toEqual({ n: 2 })
  })

  test('K2: a start that was accepted before stays the run that it is', async () => {
    const one = await wumbo({ workflows: [once] })
    const run = await one.start(once, { n: 1 }, { id: 'mine' })
    await one.definitions.disable('coded')
    const again = await one.start('coded', { n: 1 }, { id: 'mine' })
    expect([again.id, again.existing, await again.result()]).toEqual([run.id, true, { n: 2 }])
    await expect(one.start('coded', { n: 2 }, { id: 'mine' })).rejects.toMatchObject({ code: 'KEY_REUSED' })
    await expect(one.start('coded', { n: 1 }, { id: 'other' })).rejects.toMatchObject({ code: 'WORKFLOW_DISABLED' })
  })

  test('K5: running runs go on, and a failed one is retried', async () => {
    const one = await wumbo()
    await one.definitions.create(sum('gate'))
    const run = await one.start('sum', { n: 1 })
    await one.definitions.archive('sum')
    broken = true
    openGate()
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
    broken = false
    await one.runs.retry(run.id)
    expect(await (await one.runs.handle(run.id)).result()).toBe(1)
  })

  test('an archived workflow takes no version and is not disabled; a disabled one takes versions and stays disabled', async () => {
    const one = await wumbo()
    const { version } = await one.definitions.create(sum('add@^1'))
    await one.definitions.archive('sum')
    for (const wrong of [() => one.definitions.create(sum('add@^2')), () => one.definitions.use('sum', version), () => one.definitions.disable('sum')]) {
      await expect(wrong()).rejects.toMatchObject({ code: 'WORKFLOW_CONFLICT', remedy: expect.stringContaining('wumbo workflow enable sum') })
    }
    await one.definitions.enable('sum')
    await one.definitions.disable('sum')
    expect(await one.definitions.create(sum('add@^2'))).toMatchObject({ status: 'disabled', added: true })
    await expect(one.start('sum', { n: 1 })).rejects.toMatchObject({ code: 'WORKFLOW_DISABLED' })
  })

  test('a name that nothing has is refused with the nearest', async () => {
    const one = await wumbo({ workflows: [once] })
    await one.definitions.create(sum('add@^1'))
    const { definitions } = one
    for (const wrong of [() => definitions.disable('som'), () => definitions.get('som'), () => definitions.versions('som'), () => definitions.version('som'), () => definitions.delete('som'), () => definitions.use('som', 'abcdef')]) {
      await expect(wrong()).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND', message: expect.stringMatching(/"som".*"sum".*coded, sum/) })
    }
    await expect(one.start('som', { n: 1 })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND', message: expect.stringContaining('"sum"') })
    await expect(one.definitions.version('coded')).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' })
  })
})

describe('delete', () => {
  test('only what is archived and runs no more; a run keeps its definition, and can be retried', async () => {
    const one = await wumbo()
    const { version } = await one.definitions.create(sum('gate'))
    await expect(one.definitions.delete('sum')).rejects.toMatchObject({ code: 'WORKFLOW_CONFLICT', remedy: expect.stringContaining('archive sum') })
    const run = await one.start('sum', { n: 1 })
    await one.definitions.archive('sum')
    await expect(one.definitions.delete('sum')).rejects.toMatchObject({ code: 'WORKFLOW_CONFLICT', message: expect.stringContaining(run.id) })
    broken = true
    openGate()
    await run.result().catch(() => undefined)
    await one.definitions.delete('sum')
    await expect(one.definitions.get('sum')).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' })
    const second = await restarted(one)
    await expect(second.start('sum', { n: 1 })).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' })
    broken = false
    expect((await second.runs.get(run.id)).definition).toMatchObject({ name: 'sum' })
    await second.runs.retry(run.id)
    expect(await (await second.runs.handle(run.id)).result()).toBe(1)
    expect((await second.definitions.create(sum('gate'))).version).toBe(version)
    expect(await findings(second)).toEqual([])
  })
})

describe('list', () => {
  test('shows registered and stored ones by name, once, in pages and by filter', async () => {
    const registered = ['b', 'd', 'f'].map((name) => defineWorkflow({ name, input: number, run: () => 1 }))
    const one = await wumbo({ workflows: registered })
    for (const name of ['a', 'c', 'e', 'ee']) await one.definitions.create({ ...sum('add'), name })
    await one.definitions.disable('d')
    await one.definitions.archive('e')
    const pages: string[][] = []
    for (let after: string | undefined | null; after !== null; ) {
      const page = await one.definitions.list({ limit: 2, ...(after === undefined ? {} : { after }) })
      pages.push(page.workflows.map(({ name }) => name))
      after = page.next
    }
    expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e', 'ee'], ['f']])
    const of = async (filter: Parameters<typeof one.definitions.list>[0]): Promise<string[]> => (await one.definitions.list(filter)).workflows.map(({ name, origin, status }) => `${name} ${origin} ${status}`)
    expect(await of({ status: ['disabled', 'archived'] })).toEqual(['d registered disabled', 'e stored archived'])
    expect(await of({ prefix: 'e', status: ['enabled'] })).toEqual(['ee stored enabled'])
    expect(await of({ text: 'f' })).toEqual(['f registered enabled'])
  })

  test('a status whose workflow no code has any more is shown, and can be deleted', async () => {
    const first = await wumbo({ workflows: [once] })
    await first.definitions.archive('coded')
    const second = await restarted(first)
    expect((await second.definitions.list()).workflows).toMatchObject([{ name: 'coded', origin: 'stored', form: null, version: null, status: 'archived' }])
    await second.definitions.delete('coded')
    expect((await second.definitions.list()).workflows).toEqual([])
  })
})

describe('a run shows what it runs', () => {
  test('a graph: its exact definition and pinned templates, also when the workflow has changed since', async () => {
    const one = await wumbo()
    await one.definitions.create(sum('add@^1'))
    const run = await one.start('sum', { n: 1 })
    await run.result()
    await one.definitions.create(sum('add@^2', { description: 'Another.' }))
    const details = await one.runs.get(run.id)
    expect(details).toMatchObject({ form: 'graph', templates: ['add@1.0.0'], definition: { name: 'sum', steps: { a: { uses: 'add@1.0.0' } } } })
  })

  test('a function: the templates that its journal names', async () => {
    const one = await wumbo({ workflows: [once] })
    const run = await one.start(once, { n: 1 })
    await run.result()
    expect(await one.runs.get(run.id)).toMatchObject({ form: 'function', definition: null, templates: ['add@1.0.0'] })
  })

  test('verify tells a definition that is not what was written, of a workflow and of a run', async () => {
    const one = await wumbo()
    const { version } = await one.definitions.create(sum('add@^1'))
    await result(one, 'sum', 1)
    await one.close()
    const database = new DatabaseSync(join(folder, 'w.db'))
    database.exec(`update definitions set body = replace(body, 'input.n', 'input.m')`)
    database.exec(`update workflow_versions set body = replace(body, 'input.n', 'input.m')`)
    database.close()
    const second = await wumbo()
    const told = (await findings(second)).map(({ code, message }) => `${code} ${message.includes(version)}`)
    expect(told.sort()).toEqual(['DEFINITION_DAMAGED true', 'VERSION_DAMAGED true'])
    await expect(second.start('sum', { n: 1 })).rejects.toMatchObject({ code: 'PAYLOAD_CORRUPT' })
    const { runs: [run] } = await second.runs.list()
    await expect(second.runs.get(run?.id ?? '')).rejects.toMatchObject({ code: 'PAYLOAD_CORRUPT', details: { version } })
  })

  test('a definition that was hashed by other rules keeps the version under which it is stored', async () => {
    const one = await wumbo()
    const { version } = await one.definitions.create(sum('add@^1'))
    await one.close()
    const store = await sqliteStore({ file: join(folder, 'w.db') })
    const lane = await store.openLane()
    const { body, source } = (await store.workflowVersion({ space: 0, name: 'sum' }, version)) ?? { body: '', source: '' }
    await lane.flush([{ op: 'saveWorkflow', space: 0, name: 'sum', hash: 'older', format: 'yaml', body, source, at: 1, by: 'ada' }])
    await lane.close()
    await store.close()
    const second = await wumbo()
    const run = await second.start('sum', { n: 1 })
    expect(await run.result()).toBe(2)
    expect(await second.runs.get(run.id)).toMatchObject({ version: 'older', form: 'graph', templates: ['add@1.0.0'] })
    expect(await findings(second)).toEqual([])
  })

  test('a run that was parked for want of a template goes on when it is back', async () => {
    const one = await wumbo()
    await one.definitions.create(sum('gate'))
    const run = await one.start('sum', { n: 1 })
    const without = await restarted(one, { templates: [add1], limits: { drainMs: 0 } })
    await expect.poll(async () => (await without.runs.get(run.id)).status).toBe('parked')
    openGate()
    await without.definitions.create(sum('add')) // the name has another version by now
    const back = await restarted(without)
    expect(await (await back.runs.handle(run.id)).result()).toBe(1)
  })
})

test('a text that says another workflow than the definition is refused: people would be shown what does not run', async () => {
  const wumbo = await createWumbo({ store: 'memory' })
  try {
    const model = { name: 'said', steps: { a: { uses: 'log', with: { message: 'one' } } } }
    const source = 'name: said\nsteps:\n  a: { uses: log, with: { message: two } }\n'
    await expect(wumbo.definitions.create(model, { source, format: 'yaml' })).rejects.toMatchObject({ code: 'INPUT_INVALID', path: 'source' })
    await expect(wumbo.definitions.create(model, { source: source.replace('two', 'one'), format: 'yaml' })).resolves.toMatchObject({ name: 'said', added: true })
  } finally {
    await wumbo.close()
  }
})
