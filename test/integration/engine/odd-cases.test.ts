// Odd cases of the language, each of which somebody will write one day: odd names and values, bounds, and what crosses what while a run waits, is paused,
// cancelled, undone, forked, retried or moved to another version.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { TemplateFailedError } from '../../../src/errors.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { journalEnd } from '../../../src/engine/migration.ts'
import { updateRun } from '../../../src/engine/updating.ts'
import type { StepModel, WorkflowModel } from '../../../src/model/workflow.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import type { AnyWorkflow, WorkflowContext } from '../../../src/workflow/contract.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import { Rig } from './rig.ts'

interface World {
  readonly rig: Rig
  readonly calls: string[]
  readonly failing: Set<string>
  readonly slow: Map<string, number>
  readonly act: ReturnType<typeof acting>
  /** A graph of `act`, whose steps may be undone by `undo`. */
  graph(model: Omit<WorkflowModel, 'name'>): AnyWorkflow
  function(run: (ctx: WorkflowContext, input: never) => unknown, version?: string): AnyWorkflow
  /** Starts a run of the first in a process that knows all. */
  begin(workflows: AnyWorkflow | readonly [AnyWorkflow, ...AnyWorkflow[]], input?: unknown): Promise<{ readonly engine: Engine; readonly run: string }>
}

function acting(name: string, rig: Rig, { calls, failing, slow }: Pick<World, 'calls' | 'failing' | 'slow'>) {
  return defineTemplate({
    name, version: '1.0.0', description: 'Acts.', input: z.unknown(), output: z.unknown(),
    async execute(what, context) {
      const path = context.run?.path ?? '?'
      calls.push(path)
      await rig.wait(slow.get(path) ?? 5)
      if (failing.has(path)) throw new TemplateFailedError(`no ${path}`, { retryable: false })
      return what ?? null
    },
  })
}

function world(): World {
  const rig = new Rig()
  const seen = { calls: [] as string[], failing: new Set<string>(), slow: new Map<string, number>() }
  const [act, undo] = [acting('act', rig, seen), acting('undo', rig, seen)]
  return {
    rig, ...seen, act,
    graph: (model) => fromModel({ name: 'odd', ...model }, [act, undo]),
    function: (run, version = '1') => defineWorkflow({ name: 'odd', version, input: z.unknown(), run: run as never }),
    begin: async (workflows, input = {}) => {
      const all = Array.isArray(workflows) ? (workflows as readonly AnyWorkflow[]) : [workflows as AnyWorkflow]
      const engine = await rig.engine(all)
      const { run } = await rig.until(engine.start(all[0] as AnyWorkflow, input))
      return { engine, run }
    },
  }
}

const act = (more: StepModel = {}): StepModel => ({ uses: 'act', ...more })

async function resultOf(steps: Record<string, StepModel>, input?: unknown): Promise<unknown> {
  const { rig, graph, begin } = world()
  const { engine, run } = await begin(graph({ steps }), input)
  return rig.until(engine.result(run))
}

describe('names', () => {
  test.each(['toString', 'hasOwnProperty', 'steps', 'input', 'item', 'error', 'last', 'size', 'has', 'length', 'a'.repeat(100)])('a step may be called %s', async (id) => {
    expect(await resultOf({ [id]: act({ with: 1 }), other: act({ with: `\${{ steps.${id}.output }}` }) })).toEqual({ other: 1 })
  })

  test.each(['constructor', '__proto__', 'prototype', 'a-b', 'ä', '1a', '', 'in', 'true', 'null', '$x', 'a'.repeat(101)])('a step may not be called %j', (id) => {
    const steps = JSON.parse(`{ ${JSON.stringify(id)}: { "uses": "act" } }`) as Record<string, StepModel>
    expect(() => world().graph({ steps })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })

  test.each(['a/b', '../x', '[x]', '%41', '🙂', 'x'.repeat(200), ' ', 'a\nb', 0, -0, 1e21, 1.5])('a signal may have the key %j, and the same as text', async (key) => {
    const { rig, function: made, begin } = world()
    const { engine, run } = await begin(made((ctx) => ctx.signal('go', { key })))
    await rig.until(engine.postbox.signal(run, 'go', 'yes', { key: String(key) }))
    expect(await rig.until(engine.result(run))).toBe('yes')
  })

  test.each(['x'.repeat(201), '\ud800'])('a signal may not have the key %j', async (key) => {
    const { rig, function: made, begin } = world()
    const { engine, run } = await begin(made((ctx) => ctx.signal('go')))
    await expect(engine.postbox.signal(run, 'go', 1, { key })).rejects.toMatchObject({ code: 'DEFINITION_INVALID', path: 'key' })
    await rig.until(engine.postbox.signal(run, 'go', 1))
  })
})

describe('values', () => {
  test.each([[null], [0], [''], [[]], ['x'], ['\u0000'], ['\ud800'], [[[[1]]]]])('%j comes back as it was: as input, payload and output', async (value) => {
    const { rig, graph, begin } = world()
    const { engine, run } = await begin(graph({ steps: { a: act({ with: '${{ input }}' }), s: { signal: { name: 'go' } } }, output: ['${{ steps.a.output }}', '${{ steps.s.output }}'] }), value)
    await rig.until(engine.postbox.signal(run, 'go', value))
    expect(await rig.until(engine.result(run))).toEqual([value, value])
  })

  test('nothing as input is no value, and nothing as payload is null', async () => {
    const { rig, graph } = world()
    const workflow = graph({ steps: { a: act({ with: '${{ input }}' }) } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, undefined))
    await expect(rig.until(engine.result(run))).rejects.toThrow('input holds nothing')
    const other = world()
    const second = await other.begin(other.graph({ steps: { s: { signal: { name: 'go' } } } }))
    await other.rig.until(second.engine.postbox.signal(second.run, 'go', undefined))
    expect(await other.rig.until(second.engine.result(second.run))).toEqual({ s: null })
  })

  test.each([[() => 1], [Symbol('x')], [{ toJSON: () => 1 }], [new (class X { y = 1 })()], [JSON.parse('{"__proto__": 1}') as unknown]])('%s is refused where it is handed in', async (value) => {
    const { rig, graph } = world()
    const workflow = graph({ steps: { s: { signal: { name: 'go' } } } })
    const engine = await rig.engine([workflow])
    await expect(rig.until(engine.start(workflow, value))).rejects.toMatchObject({ code: 'VALUE_NOT_STORABLE' })
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(engine.postbox.signal(run, 'go', value)).rejects.toMatchObject({ code: 'VALUE_NOT_STORABLE' })
  })

  test('what is thrown and is no error fails the run with its words', async () => {
    for (const [thrown, message] of [[undefined, 'undefined'], [null, 'null'], ['x', 'x'], [7, '7'], [{ a: 1 }, '{"a":1}'], [Symbol('s'), 'Symbol(s)']] as const) {
      const { rig, function: made, begin } = world()
      const { engine, run } = await begin(made(() => { throw thrown }))  
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', message: `the run failed: ${message}` })
    }
  })

  test('a result of megabytes goes through lists, loops and branches', async () => {
    const large = 'x'.repeat(1_000_000)
    expect(await resultOf({
      a: act({ with: large }),
      each: act({ forEach: '[1, 2]', with: '${{ steps.a.output }}' }),
      turn: act({ loop: { max: 2, until: 'iteration == 1', initial: '${{ steps.a.output }}' }, with: '${{ last }}' }),
      both: { parallel: { branches: { x: act({ with: '${{ steps.turn.output }}' }), y: act({ with: '${{ steps.each.output[1] }}' }) }, merge: { output: '${{ size(branches.x) + size(branches.y) }}' } } },
    })).toEqual({ both: 2_000_000 })
  })
})

describe('bounds', () => {
  test.each<[StepModel['loop'], unknown]>([[{ max: 3, while: 'false' }, null], [{ max: 3, while: 'false', initial: { a: 1 } }, { a: 1 }], [{ max: 1, until: 'false', onMax: 'continue' }, 0]])('a loop with %j gives %j', async (loop, output) => {
    expect(await resultOf({ l: act({ loop: loop as NonNullable<typeof loop>, with: '${{ iteration }}' }) })).toEqual({ l: output })
  })

  test.each<StepModel>([
    { loop: { max: 0, until: 'true' } }, { loop: { max: 1.5, until: 'true' } }, { loop: { max: 10_001, until: 'true' } }, { loop: { max: 3 } }, { timeout: 0 }, { totalTimeout: '0s' }, { forEach: '[1]', concurrency: 0 },
    { forEach: '[1]', concurrency: 1e9 }, { retry: { maxAttempts: 100_000 } },
  ])('%j is refused', (more) => {
    expect(() => world().graph({ steps: { a: act(more) } })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })

  test.each(['2000-01-01T00:00:00Z', 0, -5])('a sleep until %s, which is past, is over at once', async (until) => {
    expect(await resultOf({ s: { sleep: { until } }, x: act({ needs: 's', with: 1 }) })).toEqual({ x: 1 })
  })

  test('a wait for no time takes what is there, and else is over', async () => {
    const { rig, graph, begin } = world()
    const { engine, run } = await begin(graph({ steps: { nap: { sleep: '1s' }, s: { needs: 'nap', signal: { name: 'go', timeout: 0, onTimeout: 'continue', fallback: 'late' } }, t: { needs: 's', signal: { name: 'go', timeout: 0, onTimeout: 'continue', fallback: 'late' } } }, output: ['${{ steps.s.output }}', '${{ steps.t.output }}'] }))
    await rig.until(engine.postbox.signal(run, 'go', 'there'))
    expect(await rig.until(engine.result(run))).toEqual(['there', 'late'])
  })

  test('blocks are nested 16 deep and not deeper; branches are not counted', async () => {
    const nested = (depth: number): StepModel => Array.from({ length: depth }).reduce<StepModel>((step, _, at) => ({ steps: { [`s${at}`]: step } }), act({ with: 1 }))
    expect(JSON.stringify(await resultOf({ top: nested(15) }))).toContain('{"s0":1}')
    expect(() => world().graph({ steps: { top: nested(16) } })).toThrow(/nested more than 16 deep/)
    const branches = Array.from({ length: 100 }).reduce<StepModel>((step) => ({ parallel: { branches: { b: step }, merge: 'any' } }), act({ with: 1 }))
    expect(await resultOf({ top: branches })).toEqual({ top: 1 })
  })
})

describe('what crosses what', () => {
  test('two signals at once reach their waits, whichever was opened first', async () => {
    const { rig, function: made, begin } = world()
    const { engine, run } = await begin(made((ctx) => Promise.all([ctx.signal('x', { key: 'a' }), ctx.signal('x', { key: 'b' })])))
    await rig.until(Promise.all([engine.postbox.signal(run, 'x', 1, { key: 'b' }), engine.postbox.signal(run, 'x', 2, { key: 'a' })]))
    expect(await rig.until(engine.result(run))).toEqual([2, 1])
  })

  test('a signal that is sent to a parked run is taken when its code is back', async () => {
    const { rig, function: made, begin, act: template } = world()
    const workflow = made(async (ctx) => { await ctx.step('a', template, 1); await ctx.sleep('n', '1h'); return ctx.signal('x') })
    const { run } = await begin(workflow)
    await rig.time.advance(5000)
    rig.die()
    const changed = await rig.engine([made(async (ctx) => ctx.step('b', template, 1))])
    await rig.time.advance(4_000_000)
    await rig.until(changed.postbox.signal(run, 'x', 7))
    await rig.time.advance(10_000)
    expect(await rig.details(run)).toMatchObject({ status: 'parked', unreadMail: [{ address: 'x', payload: 7 }] })
    rig.die()
    const engine = await rig.engine([workflow])
    await rig.until(engine.postbox.ask(run, 'resume'))
    await rig.time.advance(1000)
    expect(await rig.until(engine.result(run))).toBe(7)
  })

  test('an update is taken by a run that is paused and out of memory, and seen when it goes on', async () => {
    const { rig, function: made, begin, act: template } = world()
    const { engine, run } = await begin(made(async (ctx) => {
      let n = 0
      ctx.setUpdate('add', {}, (by: unknown) => (n += by as number))
      await ctx.signal('go')
      return ctx.step('a', template, n)
    }))
    await rig.until(engine.postbox.ask(run, 'pause'))
    await rig.time.advance(10_000)
    expect(await rig.until(updateRun(engine.deps, engine, run, { name: 'add', args: 5 }))).toBe(5)
    await rig.until(engine.postbox.signal(run, 'go', null))
    await rig.time.advance(10_000)
    expect(await rig.details(run)).toMatchObject({ status: 'paused', unreadMail: [] })
    await rig.until(engine.postbox.ask(run, 'resume'))
    expect(await rig.until(engine.result(run))).toBe(5)
  })

  test('a run that is being undone is paused, goes on undoing, and takes no cancel', async () => {
    const { rig, graph, begin, failing, slow, calls } = world()
    failing.add('c')
    slow.set('$compensate.b', 1000)
    const { engine, run } = await begin(graph({ steps: { a: act({ compensate: { uses: 'undo' } }), b: act({ needs: 'a', compensate: { uses: 'undo' } }), c: act({ needs: 'b' }) } }))
    await rig.time.advance(100)
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await rig.until(engine.postbox.ask(run, 'pause'))
    await rig.time.advance(100_000)
    expect(await rig.details(run)).toMatchObject({ status: 'paused', compensation: null })
    await rig.until(engine.postbox.ask(run, 'resume'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(await rig.details(run)).toMatchObject({ status: 'failed', compensation: 'compensated', unreadMail: [] })
    expect(calls).toEqual(['a', 'b', 'c', '$compensate.b', '$compensate.a'])
  })

  test('a fork of a fork undoes what it did itself, and nothing that it has from others', async () => {
    const { rig, graph, begin, failing, calls } = world()
    const { engine, run } = await begin(graph({ steps: { a: act({ compensate: { uses: 'undo' } }), b: act({ needs: 'a', compensate: { uses: 'undo' } }), s: { signal: { name: 'x' }, needs: 'b' }, c: act({ needs: 's' }) } }))
    await rig.time.advance(3000)
    const first = await rig.until(engine.fork(run, { at: 'b' }))
    await rig.time.advance(3000)
    const second = await rig.until(engine.fork(first, { at: 's' }))
    await rig.time.advance(3000)
    await expect(rig.until(engine.fork(second, { at: 'c' }))).rejects.toMatchObject({ code: 'STEP_NOT_FOUND' })
    failing.add('c')
    const undone: string[][] = []
    for (const one of [second, first, run]) {
      calls.length = 0
      await rig.until(engine.postbox.signal(one, 'x', 1))
      await expect(rig.until(engine.result(one))).rejects.toMatchObject({ code: 'RUN_FAILED' })
      undone.push(calls.filter((path) => path.startsWith('$')))
    }
    expect(undone).toEqual([[], ['$compensate.b'], ['$compensate.b', '$compensate.a']])
  })

  test('a run moves to another version while it waits for a decision, a signal and a moment', async () => {
    const { rig, function: made, begin, act: template } = world()
    const of = (version: string) => made(async (ctx) => {
      const [asked, sent] = await Promise.all([ctx.approval('ask'), ctx.signal('x'), ctx.sleep('n', '1h')])
      return [asked.approved, sent, await ctx.step(`last-${version}`, template, version)]
    }, version)
    const { engine, run } = await begin([of('1'), of('2')])
    await rig.time.advance(3000)
    await rig.until(engine.postbox.signal(run, 'x', 5))
    const loaded = await rig.store.load({ space: 0, run })
    if (loaded === undefined) throw new Error('no run')
    await rig.until(engine.postbox.migrate(run, { from: '1', to: '2', by: 'ada', reason: '', checked: journalEnd(loaded) }))
    await rig.time.advance(3000)
    await rig.until(engine.postbox.decide(run, 'ask', { approved: true, by: 'ada' }))
    expect(await rig.until(engine.result(run))).toEqual([true, 5, '2'])
  })

  test('contests in contests: the earliest of all wins, and the others are forgotten', async () => {
    const { rig, function: made, begin } = world()
    const { engine, run } = await begin(made((ctx) => ctx.race({
      a: (c) => c.any({ x: (d) => d.sleep('s', '2h').then(() => 'x'), y: (d) => d.race({ p: (e) => e.sleep('s', '1h').then(() => 'p'), q: (e) => e.signal('never') }) }),
      b: (c) => c.sleep('s', '3h'),
    })))
    expect(await rig.until(engine.result(run))).toBe('p')
    expect((await rig.details(run)).steps.map(({ path }) => path)).toEqual(['a.y.p.s'])
  })

  test('a run that goes on as new keeps mail that nothing has taken', async () => {
    const { rig, function: made, begin, act: template } = world()
    const { engine, run } = await begin(made(async (ctx, { n }: { readonly n: number }) => {
      if (n === 3) return [await ctx.signal('x'), n]
      await ctx.step('a', template, n)
      return ctx.continueAsNew({ n: n + 1 })
    }), { n: 0 })
    await rig.until(engine.postbox.signal(run, 'x', 'kept'))
    expect(await rig.until(engine.result(run))).toEqual(['kept', 3])
  })

  test('a cancelled run that was asking asks anew when it is retried', async () => {
    for (const end of [{}, { finally: { steps: { c: act() } } }]) {
      const { rig, graph, begin, calls } = world()
      const { engine, run } = await begin(graph({ steps: { a: act(), q: { approval: {}, needs: 'a' } }, output: '${{ steps.q.output.by }}', ...end }))
      await rig.time.advance(3000)
      await rig.until(engine.postbox.ask(run, 'cancel'))
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
      await rig.until(engine.retry(run, { by: 'ada', reason: 'a slip' }))
      await rig.time.advance(3000)
      expect((await rig.details(run)).approvals).toMatchObject([{ path: 'q' }])
      await rig.until(engine.postbox.decide(run, 'q', { approved: true, by: 'ada' }))
      expect(await rig.until(engine.result(run))).toBe('ada')
      expect(calls.filter((path) => path === 'a')).toEqual(['a'])
    }
  })

  const parts: Record<string, StepModel> = {
    l: { loop: { max: 3, until: 'iteration == 2' }, steps: { one: act({ with: '${{ iteration }}' }) } },
    p: { needs: 'l', parallel: { branches: { x: act({ with: 1 }), y: act({ with: 2 }) } } },
    e: { needs: 'p', forEach: '[1, 2]', steps: { one: act(), two: act({ needs: 'one' }) } },
    s: { needs: 'e', switch: [{ if: 'true', name: 'big', ...act() }] },
    h: { needs: 's', ...act(), onError: { steps: { told: act() } } },
    z: act({ needs: 'h' }),
  }
  const order = ['l[0].one', 'l[1].one', 'l[2].one', 'p.x', 'p.y', 'e[0].one', 'e[1].one', 'e[0].two', 'e[1].two', 's.big', 'h', 'h.$onError.told', 'z']

  test.each([['l[1]', 'l[1].one'], ['l[1].one', 'l[1].one'], ['l', 'l[0].one'], ['p.x', 'p.x'], ['p', 'p.x'], ['e[1]', 'e[1].one'], ['e', 'e[0].one'], ['e[1].two', 'e[1].two'], ['s', 's.big'], ['s.big', 's.big']])('a retry and a fork from %s begin at %s', async (at, first) => {
    const { rig, graph, begin, calls, failing } = world()
    for (const path of ['h', 'z']) failing.add(path)
    const { engine, run } = await begin(graph({ steps: parts }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(calls).toEqual(order)
    failing.delete('z')
    for (const again of ['fork', 'retry'] as const) {
      calls.length = 0
      if (again === 'retry') await rig.until(engine.retry(run, { by: 'ada', reason: 'anew', from: at }))
      const id = again === 'retry' ? run : await rig.until(engine.fork(run, { at }))
      expect(await rig.until(engine.result(id))).toEqual({ z: {} })
      expect(calls, again).toEqual(order.slice(order.indexOf(first)))
    }
  })
})
