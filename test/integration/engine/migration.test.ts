// Runs that go on with another version: while they wait outside of memory, while a body of theirs is at work, while they are parked; those that do
// not fit stay, with the reason; and at whatever moment the process dies, a run has one version or the other, and does each step once.
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Engine } from '../../../src/engine/engine.ts'
import { HttpFailedError } from '../../../src/errors.ts'
import { fitOf, journalEnd } from '../../../src/engine/migration.ts'
import type { Fit } from '../../../src/engine/migration.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import type { AnyWorkflow, FunctionWorkflow, WorkflowContext } from '../../../src/workflow/contract.ts'
import { Rig } from './rig.ts'

const anything = z.unknown()
const DAY = 86_400_000

type Step = (name: string, input?: string) => Promise<string>

function trip(): { readonly calls: string[]; readonly of: (version: string, run: (ctx: WorkflowContext, step: Step) => Promise<unknown>) => FunctionWorkflow<unknown, unknown> } {
  const calls: string[] = []
  const visit = defineTemplate({ name: 'visit', version: '1.0.0', description: 'Visits.', input: z.string(), output: z.string(), execute: (stop) => (calls.push(stop), stop) })
  return { calls, of: (version, run) => defineWorkflow({ name: 'trip', version, input: anything, run: (ctx) => run(ctx, (name, input) => ctx.step(name, visit, input ?? name)) }) }
}

async function fit(rig: Rig, run: string, workflow: AnyWorkflow): Promise<Fit> {
  const loaded = await rig.store.load({ space: 0, run })
  if (loaded === undefined) throw new Error('no such run')
  return rig.until(fitOf(loaded, workflow, { clock: rig.time, read: (payload) => Promise.resolve(payload === null ? undefined : JSON.parse(payload.slice(2) || 'null')) }))
}

async function ask(rig: Rig, engine: Engine, run: string, [from, to]: readonly [string, string]): Promise<void> {
  const loaded = await rig.store.load({ space: 0, run })
  if (loaded === undefined) throw new Error('no such run')
  await rig.until(engine.postbox.migrate(run, { from, to, by: 'ada', reason: 'test', checked: journalEnd(loaded) }))
}

const first = (of: ReturnType<typeof trip>['of']): AnyWorkflow => of('1', async (ctx, step) => {
  await step('a')
  await ctx.sleep('night', '1d')
  return step('b')
})
const second = (of: ReturnType<typeof trip>['of']): AnyWorkflow => of('2', async (ctx, step) => {
  await step('a')
  await ctx.sleep('night', '1d')
  return [await step('c'), ctx.run.version]
})

test('a run that sleeps goes on with the other version, without waking or doing anything again; that is kept with who asked', async () => {
  const rig = new Rig()
  const { calls, of } = trip()
  const [one, two] = [first(of), second(of)]
  const engine = await rig.engine([one, two])
  const { run } = await rig.until(engine.start(one, {}))
  await rig.time.advance(5000)
  expect(await fit(rig, run, two)).toEqual({ fits: true, drops: [] })
  await ask(rig, engine, run, ['1', '2'])
  await rig.time.advance(2000)
  const details = await rig.details(run)
  expect(details).toMatchObject({ status: 'waiting', version: '2', migrations: [{ from: '1', to: '2', by: 'ada', reason: 'test', refused: null }] })
  expect(details.unreadMail).toEqual([])
  expect(details.migrations[0]?.takenAt).not.toBeNull()
  expect(rig.events).toContainEqual(expect.objectContaining({ type: 'run.migrated', run, from: '1', to: '2' }))
  await rig.time.advance(DAY)
  expect(await rig.until(engine.result(run))).toEqual(['c', '2'])
  expect(calls).toEqual(['a', 'c'])
})

test('a run whose body is at work is moved once that has ended, and its result counts', async () => {
  const rig = new Rig()
  let begun = 0
  const slow = defineTemplate({ name: 'slow', version: '1.0.0', description: 'Takes a while.', input: z.string(), output: z.string(), execute: async (name) => { begun++; await rig.wait(60_000); return name } })
  const of = (version: string, last: string): AnyWorkflow => defineWorkflow({ name: 'long', version, input: anything, run: async (ctx) => [await ctx.step('first', slow, 'first'), await ctx.step(last, slow, last)] })
  const [one, two] = [of('1', 'old'), of('2', 'new')]
  const engine = await rig.engine([one, two])
  const { run } = await rig.until(engine.start(one, {}))
  await rig.time.advance(1000)
  await ask(rig, engine, run, ['1', '2'])
  await rig.time.advance(1000)
  expect((await rig.details(run)).version).toBe('1')
  await rig.time.advance(200_000)
  expect(await rig.until(engine.result(run))).toEqual(['first', 'new'])
  expect(begun).toBe(2)
})

test('a run that does not fit stays with its version, and tells where it differs', async () => {
  const rig = new Rig()
  const { calls, of } = trip()
  const one = first(of)
  const other = of('2', async (ctx, step) => { await step('a', 'elsewhere'); await ctx.sleep('night', '1d') })
  const engine = await rig.engine([one, other])
  const { run } = await rig.until(engine.start(one, {}))
  await rig.time.advance(5000)
  const found = await fit(rig, run, other)
  expect(found).toMatchObject({ fits: false, why: { code: 'MIGRATION_REFUSED', path: 'a', details: { recorded: 'step a with visit@1.0.0', asked: 'step a with visit@1.0.0', input: [{ at: '(whole)', recorded: '"a"', now: '"elsewhere"' }] } } })
  await ask(rig, engine, run, ['1', '2'])
  await rig.time.advance(2000)
  expect(await rig.details(run)).toMatchObject({ version: '1', status: 'waiting', migrations: [{ to: '2', refused: { code: 'MIGRATION_REFUSED', path: 'a' } }] })
  await rig.time.advance(DAY)
  expect(await rig.until(engine.result(run))).toBe('b')
  expect(calls).toEqual(['a', 'b'])
})

test('waits that the other version does not know are named and let go; a step that has begun is not', async () => {
  const rig = new Rig()
  const { of } = trip()
  const one = first(of)
  const awake = of('2', async (_ctx, step) => [await step('a'), await step('c')])
  const engine = await rig.engine([one, awake])
  const { run } = await rig.until(engine.start(one, {}))
  await rig.time.advance(5000)
  expect(await fit(rig, run, awake)).toEqual({ fits: true, drops: ['night'] })
  await ask(rig, engine, run, ['1', '2'])
  expect(await rig.until(engine.result(run))).toEqual(['a', 'c'])

  const broken = defineTemplate({ name: 'broken', version: '1.0.0', description: 'Fails.', input: z.string(), output: z.string(), execute: () => { throw new HttpFailedError('down') } })
  const retrying = defineWorkflow({ name: 'trip', version: '3', input: anything, run: async (ctx) => ctx.step('pay', broken, 'x', { retry: { maxAttempts: 5, initialDelay: '1h', maxDelay: '1h' } }) })
  const { run: other } = await rig.until(engine.start(retrying, {}))
  await rig.time.advance(5000)
  expect(await fit(rig, other, awake)).toMatchObject({ fits: false, why: { code: 'MIGRATION_REFUSED', path: 'pay' } })
})

test('a run that is parked, since its code is another or is gone, goes on with a version that fits', async () => {
  const rig = new Rig()
  const { of } = trip()
  const one = first(of)
  const two = second(of)
  const { run } = await rig.until((await rig.engine([one])).start(one, {}))
  await rig.time.advance(5000)
  rig.die()
  await rig.engine([two])
  await rig.time.advance(DAY)
  expect(await rig.details(run)).toMatchObject({ status: 'parked', error: { code: 'WORKFLOW_NOT_FOUND' } })
  rig.die()
  const again = await rig.engine([two])
  await ask(rig, again, run, ['1', '2'])
  await rig.time.advance(1000)
  expect(await rig.until(again.result(run))).toEqual(['c', '2'])
})

test('a process that takes no run over gives a run another version and leaves it', async () => {
  const rig = new Rig()
  const { calls, of } = trip()
  const [one, two] = [first(of), second(of)]
  const engine = await rig.engine([one, two])
  const runs = [await rig.until(engine.start(one, {})), await rig.until(engine.start(one, {}))].map(({ run }) => run)
  await rig.time.advance(5000)
  await rig.until(engine.close())
  const idle = await rig.engine([one, two], { hotRuns: 0 })
  for (const run of runs) await ask(rig, idle, run, ['1', '2'])
  await rig.time.advance(1000)
  for (const run of runs) expect((await rig.details(run)).version).toBe('2')
  await rig.until(idle.close())
  const next = await rig.engine([two])
  await rig.time.advance(DAY)
  for (const run of runs) expect(await rig.until(next.result(run))).toEqual(['c', '2'])
  expect(calls).toEqual(['a', 'a', 'c', 'c'])
})

test('a paused run stays paused, a cancelled one is cancelled, one that has ended is not moved', async () => {
  const rig = new Rig()
  const { of } = trip()
  const [one, two] = [first(of), second(of)]
  const engine = await rig.engine([one, two])
  const { run } = await rig.until(engine.start(one, {}))
  await rig.time.advance(5000)
  await rig.until(engine.postbox.ask(run, 'pause'))
  await rig.time.advance(2000)
  await ask(rig, engine, run, ['1', '2'])
  await rig.time.advance(2000)
  expect(await rig.details(run)).toMatchObject({ version: '2', status: 'paused' })
  await rig.until(engine.postbox.ask(run, 'cancel'))
  await rig.time.advance(2000)
  expect((await rig.details(run)).status).toBe('cancelled')
  await expect(ask(rig, engine, run, ['2', '1'])).rejects.toMatchObject({ code: 'RUN_FINISHED' })
  expect(await fit(rig, run, one)).toMatchObject({ fits: false, why: { message: expect.stringContaining('ended as cancelled') as string } })
})

test('killed at every moment of a migration, a run ends with the one version or the other, and does each step once', async () => {
  let isOver = false
  for (let at = 0; !isOver; at++) {
    const rig = new Rig()
    const { calls, of } = trip()
    const [one, two] = [first(of), second(of)]
    const engine = await rig.engine([one, two])
    const { run } = await rig.until(engine.start(one, {}))
    await rig.time.advance(5000)
    void ask(rig, engine, run, ['1', '2']).catch(() => undefined)
    const asked = rig.time.now()
    await rig.steps(at)
    isOver = rig.time.now() > asked + 60_000
    if (isOver) continue
    rig.die()
    const next = await rig.engine([one, two])
    await rig.time.advance(2 * DAY)
    const { version, migrations, unreadMail } = await rig.details(run)
    expect(await rig.until(next.result(run))).toEqual(version === '2' ? ['c', '2'] : 'b')
    expect(migrations.every(({ takenAt }) => takenAt !== null)).toBe(true)
    expect(unreadMail).toEqual([])
    expect(calls).toEqual(['a', version === '2' ? 'c' : 'b'])
  }
})
