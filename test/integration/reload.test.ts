// wumbo.reload(): what new starts take, what runs go on with, and that a refused reload changes nothing.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow, fromModel } from '../../src/index.ts'
import type { AnyTemplate, RunEvent, Wumbo, WumboOptions } from '../../src/index.ts'

let folder: string
let wumbo: Wumbo | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wumbo-reload-'))
})

afterEach(async () => {
  await wumbo?.close()
  await rm(folder, { recursive: true, force: true })
})

async function open(options: WumboOptions): Promise<Wumbo> {
  // Runs leave memory as soon as they sleep, so that they are entered again.
  wumbo = await createWumbo({ store: `sqlite:${join(folder, 'w.db')}`, limits: { releaseAfterMs: 0 }, ...options })
  return wumbo
}

function seen(where: Wumbo, wanted: (event: RunEvent) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = where.observe((event) => {
      if (!wanted(event)) return
      stop()
      resolve()
    })
  })
}

const word = (said: string, version = '1.0.0'): AnyTemplate => defineTemplate({ name: 'word', version, description: 'Says a word.', input: z.unknown(), output: z.string(), execute: () => said })
const graph = (template: AnyTemplate) => fromModel({ name: 'say', steps: { one: { uses: 'word' }, wait: { sleep: '300ms', needs: 'one' }, two: { uses: 'word', needs: 'wait' } }, output: '${{[steps.one.output, steps.two.output]}}' }, [template])
const says = (name: string, said: string, version = '1') => defineWorkflow({
  name, version, input: z.unknown(),
  async run(ctx) {
    await ctx.sleep('wait', '300ms')
    return said
  },
})
const slept = (event: RunEvent): boolean => event.type === 'run.waiting'

test('new runs take the new workflows and templates', async () => {
  const [before, after] = [word('before'), word('after', '1.1.0')]
  const open1 = await open({ templates: [before], workflows: [graph(before)] })
  expect(await (await open1.start('say', {})).result()).toEqual(['before', 'before'])
  open1.reload({ templates: [after], workflows: [graph(after)] })
  expect(open1.templates.versions('word')).toEqual(['1.1.0'])
  expect(open1.templates.has('log')).toBe(true)
  expect(await (await open1.start('say', {})).result()).toEqual(['after', 'after'])
})

test('a sleeping graph keeps its version: with the templates of now, or as it was when they do not fit', async () => {
  const [before, mended, raised] = [word('before'), word('mended'), word('raised', '2.0.0')]
  for (const [after, expected] of [[mended, ['before', 'mended']], [raised, ['before', 'before']]] as const) {
    const here = await open({ templates: [before], workflows: [graph(before)] })
    const sleeps = seen(here, slept)
    const run = await here.start('say', {})
    await sleeps
    here.reload({ templates: [after], workflows: [] })
    expect(await run.result()).toEqual(expected)
    await expect(here.start('say', {})).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' })
    await here.close()
  }
})

test('a sleeping function takes the code of its version, or the code from before when there is none', async () => {
  for (const [workflows, expected] of [[[says('talk', 'mended')], 'mended'], [[says('talk', 'raised', '2')], 'before'], [[], 'before']] as const) {
    const here = await open({ workflows: [says('talk', 'before')] })
    const sleeps = seen(here, slept)
    const run = await here.start('talk', {})
    await sleeps
    here.reload({ workflows })
    here.reload({ workflows })
    expect(await run.result()).toBe(expected)
    await here.close()
  }
})

test('a run in memory goes on with the code that it has', async () => {
  let leave = (): void => undefined
  const inside = new Promise<void>((resolve) => (leave = resolve))
  const held = defineTemplate({ name: 'held', version: '1.0.0', description: 'Waits.', input: z.unknown(), output: z.string(), execute: () => inside.then(() => 'here') })
  const make = (said: string) => defineWorkflow({ name: 'talk', input: z.unknown(), run: async (ctx) => `${await ctx.step('hold', held, {})} ${said}` })
  const here = await open({ workflows: [make('before')] })
  const run = await here.start('talk', {})
  here.reload({ workflows: [make('after')] })
  leave()
  expect(await run.result()).toBe('here before')
  expect(await (await here.start('talk', {})).result()).toBe('here after')
})

test('what is left out stays', async () => {
  const here = await open({ templates: [word('one')], workflows: [says('talk', 'one')] })
  here.reload({ workflows: [says('sing', 'two')] })
  expect([here.templates.has('word'), here.workflows.map(({ name }) => name)]).toEqual([true, ['sing']])
  here.reload({ templates: [] })
  expect([here.templates.has('word'), here.workflows.map(({ name }) => name)]).toEqual([false, ['sing']])
})

test('a refused reload changes nothing', async () => {
  const here = await open({ templates: [word('one')], workflows: [says('talk', 'one')] })
  const before = [here.templates.resolve('word'), here.workflows]
  expect(() => here.reload({ templates: [word('two'), word('three')], workflows: [] })).toThrow(expect.objectContaining({ code: 'TEMPLATE_EXISTS' }))
  expect(() => here.reload({ templates: [], workflows: [says('talk', 'two'), says('talk', 'three')] })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  expect([here.templates.resolve('word'), here.workflows]).toEqual(before)
})

test('runs that were parked for want of their workflow go on when it comes', async () => {
  const first = await open({ workflows: [says('talk', 'well')] })
  const sleeps = seen(first, slept)
  await first.start('talk', {}, { id: 'mine' })
  await sleeps
  await first.close()
  const second = await open({})
  await expect((await second.runs.handle('mine')).result()).rejects.toMatchObject({ code: 'RUN_PARKED' })
  const ended = seen(second, (event) => event.type === 'run.ended')
  second.reload({ workflows: [says('talk', 'well')] })
  await ended
  expect(await (await second.runs.handle('mine')).result()).toBe('well')
})

test('a closed Wumbo is not reloaded', async () => {
  const here = await open({})
  await here.close()
  expect(() => here.reload({})).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }))
})
