// Errors, joins, branches and loops as users hold them, on each store: what was decided is there after a restart, and goes on in another process.
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, fromModel, TemplateFailedError, type WorkflowModel, type Wumbo } from '../../src/index.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'
import { inMemory, onFile, onServer, until } from '../fixtures/places.ts'
import type { Place } from '../fixtures/places.ts'
import { describePostgres } from './store/postgres-server.ts'

const said: string[] = []
const say = defineTemplate({
  name: 'say', version: '1.0.0', description: 'Gives what it is given; says where.', input: z.unknown(), output: z.unknown(),
  execute: (value, context) => {
    said.push(context.run?.path ?? '')
    return value
  },
})
const fail = defineTemplate({ name: 'fail', version: '1.0.0', description: 'Fails.', input: z.unknown(), output: z.unknown(), execute: () => { throw new TemplateFailedError('no luck', { retryable: false, details: { by: 'ada' } }) } })
const unsay = defineTemplate({ name: 'unsay', version: '1.0.0', description: 'Takes it back.', input: z.unknown(), output: z.unknown(), execute: (_, context) => (said.push(context.run?.path ?? ''), null) })

const graph = (model: WorkflowModel) => fromModel(model, [say, fail, unsay])
const wait = { signal: { name: 'go' } } as const

const ends = graph({
  name: 'ends', cleanUpTimeout: '1m',
  steps: {
    told: { uses: 'fail', onError: { steps: { kept: { uses: 'say', with: '${{ error.details }}' } }, output: '${{ steps.kept.output }}' } },
    wait: { ...wait, needs: 'told' },
    bad: { uses: 'fail', needs: 'wait' },
  },
  onError: { steps: { tell: { uses: 'say', with: '${{ [error.code, steps.bad.?error.message.orValue("none")] }}' } } },
  finally: { steps: { close: { uses: 'say', with: '${{ [outcome, steps.told.output] }}' } } },
})
const joined = graph({
  name: 'joined',
  steps: {
    a: { uses: 'say', with: { n: 20 } },
    b: { uses: 'fail' },
    high: { uses: 'say', with: 'high', needs: [{ step: 'a', if: 'steps.a.output.n > 10' }] },
    low: { uses: 'say', with: 'low', needs: [{ step: 'a', else: true }] },
    wait: { ...wait, needs: ['high', 'low'], join: 'any' },
    why: { uses: 'say', with: '${{ steps.b.error }}', needs: [{ step: 'b', on: 'failure' }] },
    fine: { uses: 'say', with: 'fine', needs: ['low', 'wait'], join: 'noneFailed' },
    last: { uses: 'say', with: '${{ has(steps.b.error) }}', needs: ['b', 'fine', 'why'], join: 'always' },
  },
  output: '${{ [steps.why.?output.code.orValue("none"), steps.fine.output, steps.last.output, has(steps.low.output)] }}',
})
const merged = graph({
  name: 'merged',
  steps: {
    all: { parallel: { branches: { x: { uses: 'say', with: 1 }, y: { steps: { wait }, output: '${{ steps.wait.output }}' } } } },
    first: { needs: 'all', parallel: { branches: { ask: { approval: {} }, now: { uses: 'say', with: 'now' } }, merge: 'first' } },
    any: { needs: 'first', parallel: { branches: { bad: { uses: 'fail' }, good: { uses: 'say', with: 'good' } }, merge: 'any' } },
    mean: { needs: 'any', parallel: { branches: { x: { steps: { one: { uses: 'say', with: 10 } }, output: 10 }, y: { steps: { one: { uses: 'say', with: 30 } }, output: 30 } }, merge: { weighted: { x: 3, y: 1 } } } },
    own: { needs: 'mean', parallel: { branches: { x: { uses: 'say', with: 1 } }, merge: { output: { x: '${{ branches.x }}' } } } },
    end: { needs: 'own', signal: { name: 'end' } },
  },
  output: '${{ [steps.all.output, steps.first.output, steps.any.output, steps.mean.output, steps.own.output] }}',
})
const none = graph({ name: 'none', steps: { p: { parallel: { branches: { x: { uses: 'fail' }, y: { uses: 'fail' } }, merge: 'any' } } } })
const turns = graph({
  name: 'turns',
  steps: {
    poll: { loop: { max: 5, initial: 0, until: 'last >= 3', delay: 10 }, steps: { add: { uses: 'say', with: '${{ last + 1 }}' }, go: { signal: { name: 'go', key: '${{ iteration }}' } } }, output: '${{ steps.add.output }}' },
    each: { needs: 'poll', forEach: '[1, 2, 3]', switch: [{ if: 'item > 1', uses: 'say', with: '${{ item * 2 }}' }] },
  },
  output: '${{ [steps.poll.output, steps.each.output] }}',
})
const undone = graph({
  name: 'undone',
  steps: {
    a: { uses: 'say', compensate: { uses: 'unsay' } },
    p: { needs: 'a', parallel: { branches: { x: { uses: 'say', compensate: { uses: 'unsay' } }, y: { steps: { wait } } } } },
    bad: { uses: 'fail', needs: 'p' },
  },
  finally: { steps: { close: { uses: 'say' } } },
})
const workflows = [ends, joined, merged, none, turns, undone]

async function open(place: Place): Promise<Wumbo> {
  const wumbo = await createWumbo({ store: await place(), workflows, limits: { releaseAfterMs: 30 } })
  onTestFinished(() => wumbo.close())
  return wumbo
}

/** Begins a run in one process and goes on in another, once it waits. */
async function restarted(place: Place, workflow: (typeof workflows)[number]): Promise<{ readonly wumbo: Wumbo; readonly id: string }> {
  const first = await open(place)
  const { id } = await first.start(workflow, {})
  await until(first, id, 'waiting')
  await first.close()
  return { wumbo: await open(place), id }
}

const cases = (place: () => Promise<Place>): void => {
  test('errors: a handler in the place of a step, onError and finally at the end, over a restart', async () => {
    const { wumbo, id } = await restarted(await place(), ends)
    const run = await wumbo.runs.handle(id)
    await run.signal('go', null)
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
    const { status, error, steps } = await wumbo.runs.get(id)
    expect({ status, path: error?.path }).toEqual({ status: 'failed', path: 'bad' })
    expect(Object.fromEntries(steps.filter(({ path }) => path.includes('$')).map(({ path, output }) => [path, output]))).toEqual({ 'told.$onError.kept': { by: 'ada' }, '$onError.tell': ['TEMPLATE_FAILED', 'no luck'], '$finally.close': ['failed', { by: 'ada' }] })
    await expect(collect(wumbo.verify())).resolves.toEqual([])
  })

  test('finally: done when a run is cancelled in another process, and not onError', async () => {
    const { wumbo, id } = await restarted(await place(), ends)
    const run = await wumbo.runs.handle(id)
    await run.cancel()
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect((await wumbo.runs.get(id)).steps.filter(({ path }) => path.startsWith('$')).map(({ path, output }) => [path, output])).toEqual([['$finally.close', ['cancelled', { by: 'ada' }]]])
  })

  test('joins: conditions, else, any, noneFailed, always and a handled failure, over a restart', async () => {
    const { wumbo, id } = await restarted(await place(), joined)
    const run = await wumbo.runs.handle(id)
    await run.signal('go', null)
    expect(await run.result()).toEqual(['TEMPLATE_FAILED', 'fine', true, false])
    const { steps } = await wumbo.runs.get(id)
    expect(steps.find(({ path }) => path === 'low')).toMatchObject({ status: 'skipped', reads: ['a'] })
    expect(steps.find(({ path }) => path === 'why')?.output).toMatchObject({ code: 'TEMPLATE_FAILED', message: 'no luck', path: 'b', details: { by: 'ada' } })
    await expect(collect(wumbo.verify())).resolves.toEqual([])
  })

  test('parallel: every way to merge, over a restart; what loses is asked no more', async () => {
    const { wumbo, id } = await restarted(await place(), merged)
    const run = await wumbo.runs.handle(id)
    await run.signal('go', 2)
    await expect.poll(async () => (await wumbo.runs.get(id)).steps.some(({ path }) => path === 'own.x'), { timeout: 10_000, interval: 10 }).toBe(true)
    expect((await wumbo.runs.get(id)).approvals).toEqual([])
    await run.signal('end', null)
    expect(await run.result()).toEqual([{ x: 1, y: 2 }, 'now', 'good', 15, { x: 1 }])
    const { steps } = await wumbo.runs.get(id)
    expect(steps.filter(({ kind }) => kind === 'choice').map(({ path, status, output }) => [path, status, output ?? null])).toEqual([['first', 'completed', { branch: 'now' }], ['first.ask.withdrawn', 'skipped', null], ['any', 'completed', { branch: 'good' }]])
    const failed = await wumbo.start(none, {})
    await expect(failed.result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect((await wumbo.runs.get(failed.id)).error).toMatchObject({ path: 'p', cause: { code: 'BRANCHES_FAILED', details: { branches: { x: { code: 'STEP_FAILED' }, y: { code: 'STEP_FAILED' } } } } })
    await expect(collect(wumbo.verify())).resolves.toEqual([])
  })

  test('loops and lists: each turn with its own signal, over a restart', async () => {
    const { wumbo, id } = await restarted(await place(), turns)
    const run = await wumbo.runs.handle(id)
    for (const turn of [1, 0, 2]) await run.signal('go', null, { key: turn })
    expect(await run.result()).toEqual([3, [null, 4, 6]])
    expect((await wumbo.runs.get(id)).steps.filter(({ kind }) => kind === 'choice').map(({ path, status, output }) => [path, status, output ?? null])).toEqual([
      ['poll', 'completed', { iterations: 3 }], ['each', 'completed', { items: 3 }], ['each[0]', 'skipped', null], ['each[1]', 'completed', { case: 'case0' }], ['each[2]', 'completed', { case: 'case0' }],
    ])
  })

  test('K10: a failure after a parallel undoes what its branches did, after finally, over a restart', async () => {
    const { wumbo, id } = await restarted(await place(), undone)
    said.length = 0
    const run = await wumbo.runs.handle(id)
    await run.signal('go', null)
    await expect(run.result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(said).toEqual(['$finally.close', '$compensate.p.x', '$compensate.a'])
    expect(await wumbo.runs.get(id)).toMatchObject({ compensation: 'compensated' })
  })
}

describe('memory', () => cases(inMemory))
describe('sqlite', () => cases(onFile))
describePostgres('postgres', () => cases(onServer))
