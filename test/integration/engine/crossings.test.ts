// Where two parts of the language meet: signals and forks, clean-ups and compensations, pauses and undoing.
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import { createTestWumbo } from '../../../src/testing/index.ts'
import type { TestWumbo } from '../../../src/testing/index.ts'
import { defineWorkflow, type WorkflowDefinition } from '../../../src/workflow/define.ts'

const anything = z.object({}).loose()

function rig(run: WorkflowDefinition<unknown, unknown, unknown>['run'], more: Partial<WorkflowDefinition<unknown, unknown, unknown>> = {}) {
  const log: string[] = []
  const template = (name: string) => defineTemplate({
    name, version: '1.0.0', description: 'Notes that it ran.', input: z.unknown(), output: z.string(),
    execute: () => {
      log.push(name)
      return name
    },
  })
  const parts = { reserve: template('reserve'), release: template('release'), tidy: template('tidy') }
  const open = async (): Promise<TestWumbo> => {
    const t = await createTestWumbo({ workflows: [defineWorkflow({ name: 'meet', input: anything, ...more, run })], leftovers: 'allow' })
    onTestFinished(() => t.close())
    return t
  }
  return { log, parts, open }
}

test('what a run has taken of its mail is not taken from a fork: its own mail is numbered anew', async () => {
  const { parts, open } = rig(async (ctx) => {
    const first = await ctx.signal<string>('go')
    await ctx.step('reserve', parts.reserve, null)
    const second = await ctx.signal<string>('on')
    return `${first} ${second}`
  })
  const t = await open()
  const run = await t.start('meet', {})
  await t.wumbo.runs.signal(run.id, 'go', 'one')
  await t.advance(0)
  await t.wumbo.runs.signal(run.id, 'on', 'two')
  expect(await run.end()).toMatchObject({ status: 'completed', output: 'one two' })
  const fork = await t.wumbo.fork(run.id, { at: 'reserve' })
  await t.advance(0)
  await fork.signal('on', 'three')
  await t.advance(1000)
  expect(await t.wumbo.runs.get(fork.id)).toMatchObject({ status: 'completed', output: 'one three', unreadMail: [] })
})

test('a cancelled run with a clean-up is cleaned up, and not undone as well', async () => {
  const made = rig(async (ctx) => {
    await ctx.step('reserve', made.parts.reserve, null, { compensate: made.parts.release })
    await ctx.signal('paid')
    return null
  }, { cleanUp: async (ctx) => {
    await ctx.step('tidy', made.parts.tidy, null)
  } })
  const t = await made.open()
  for (const crash of [false, true]) {
    made.log.length = 0
    const run = await t.start('meet', {})
    await t.advance('1m')
    await run.cancel()
    if (crash) await t.crash()
    const { status } = await run.end()
    expect({ status, log: made.log }).toEqual({ status: 'cancelled', log: ['reserve', 'tidy'] })
  }
})

test('a run with a clean-up that fails is undone, and not cleaned up', async () => {
  const made = rig(async (ctx) => {
    await ctx.step('reserve', made.parts.reserve, null, { compensate: made.parts.release })
    throw new Error('no')
  }, { cleanUp: async (ctx) => {
    await ctx.step('tidy', made.parts.tidy, null)
  } })
  const t = await made.open()
  const run = await t.start('meet', {})
  expect((await run.end()).status).toBe('failed')
  expect(made.log).toEqual(['reserve', 'release'])
})

test('a paused run is not undone before it goes on, and a clean-up is refused beside onCancel: compensate', async () => {
  const made = rig(async (ctx) => {
    await ctx.step('reserve', made.parts.reserve, null, { compensate: made.parts.release })
    await ctx.signal('paid', { timeout: '1h' })
    throw new Error('no')
  })
  const t = await made.open()
  const run = await t.start('meet', {})
  await t.advance('1m')
  await t.wumbo.runs.pause(run.id)
  await t.advance('2h')
  expect(made.log).toEqual(['reserve'])
  await t.wumbo.runs.resume(run.id)
  expect((await run.end()).status).toBe('failed')
  expect(made.log).toEqual(['reserve', 'release'])
  expect(() => defineWorkflow({ name: 'both', input: anything, onCancel: 'compensate', cleanUp: () => undefined, run: () => null })).toThrow(/either cleaned up or compensated/)
})
