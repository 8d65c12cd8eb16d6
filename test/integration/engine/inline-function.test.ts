// Workflows that a durable function runs inline: functions and graphs, over deaths at any moment, with another version, in branches that lose, and what is refused.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { TemplateFailedError, type WumboError } from '../../../src/errors.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import type { AnyWorkflow, FunctionWorkflow, GraphWorkflow, WorkflowContext } from '../../../src/workflow/contract.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import { Rig } from './rig.ts'

function shop(rig: Rig) {
  const calls: string[] = []
  const failing = new Set<string>()
  const undo = defineTemplate({ name: 'undo', version: '1.0.0', description: 'Takes it back.', input: z.unknown(), output: z.unknown(), execute: (_, context) => (calls.push(context.run?.path ?? '?'), null) })
  const act = defineTemplate({
    name: 'act', version: '1.0.0', description: 'Acts.', input: z.unknown(), output: z.unknown(), compensate: undo,
    async execute(what, context) {
      const path = context.run?.path ?? '?'
      calls.push(path)
      await rig.wait(5)
      if (failing.has(path)) throw new TemplateFailedError(`no ${path}`, { retryable: false })
      return what
    },
  })
  return { calls, failing, act, undo }
}

type Shop = ReturnType<typeof shop>

const rated = ({ act }: Shop, version = '1'): FunctionWorkflow<{ n: number }, number> => defineWorkflow({
  name: 'rated', version, input: z.object({ n: z.number(), by: z.number().default(10) }),
  async run(ctx, { n, by }) {
    const a = (await ctx.step('first', act, n)) as number
    await ctx.sleep('nap', '1h')
    return ((await ctx.step('second', act, a * by)) as number) + 1
  },
})

const seats = ({ act }: Shop, more: object = {}): GraphWorkflow<{ film: string }, { film: string }> => fromModel({
  name: 'seats', input: { type: 'object', properties: { film: { type: 'string' } }, required: ['film'] },
  steps: { hold: { uses: 'act', with: '${{ input.film }}' }, each: { forEach: '[1, 2]', uses: 'act', with: '${{ item }}' }, pay: { uses: 'act', with: '${{ steps.hold.output }}', needs: 'each' } },
  output: { film: '${{ steps.pay.output }}' }, ...more,
}, [act]) as GraphWorkflow<{ film: string }, { film: string }>

const evening = (it: Shop, { version = '1', film = seats(it) } = {}) => defineWorkflow({
  name: 'evening', input: z.object({}),
  async run(ctx) {
    const rating = await ctx.inline('rate', rated(it, version), { n: 4 })
    const [one, two] = await Promise.all([ctx.inline('film', film, { film: `no ${rating}` }, { key: 'a' }), ctx.inline('film', seats(it), { film: 'b' }, { key: 'b' })])
    return { rating, one, two, home: await ctx.step('home', it.act, 'home') }
  },
})

async function begun(rig: Rig, workflow: AnyWorkflow, input: unknown = {}) {
  const engine = await rig.engine([workflow])
  return { engine, ...(await rig.until(engine.start(workflow, input as never))) }
}

describe('a workflow that a function runs inline', () => {
  test('comes to the same end over a death at any moment; its paths are below its name', async () => {
    for (let steps = 0; steps < 90; steps += 2) {
      const rig = new Rig()
      const it = shop(rig)
      const { run } = await begun(rig, evening(it))
      await rig.steps(steps)
      rig.die()
      const second = await rig.engine([evening(it)])
      await expect(rig.until(second.result(run))).resolves.toEqual({ rating: 41, one: { film: 'no 41' }, two: { film: 'b' }, home: 'home' })
      const { steps: done } = await rig.details(run)
      expect(done.map(({ path }) => path).filter((path) => !path.includes('film'))).toEqual(['rate', 'rate.first', 'rate.nap', 'rate.second', 'home'])
      expect(done.map(({ path }) => path).filter((path) => path.includes('film[a]')).toSorted()).toEqual(['film[a]', 'film[a].each', 'film[a].each[0]', 'film[a].each[1]', 'film[a].hold', 'film[a].pay'])
    }
  })

  test('is recorded with its version, and parks a run that is taken up with another one, by name', async () => {
    for (const other of [(it: Shop) => evening(it, { version: '2' }), (it: Shop) => evening(it, { film: seats(it, { output: { film: 'other' } }) })]) {
      const rig = new Rig()
      const it = shop(rig)
      const { run } = await begun(rig, evening(it))
      for (let left = 400; left > 0 && !it.calls.includes('film[a].each[0]'); left--) await rig.steps(1)
      rig.die()
      const second = await rig.engine([other(it)])
      const thrown = (await rig.until(second.result(run).catch((error: unknown) => error))) as WumboError
      expect(thrown).toMatchObject({ code: 'RUN_PARKED', cause: { code: 'NON_DETERMINISM', message: expect.stringMatching(/^choice (rate|film\[a\]) .*was recorded with the workflow (rated@1|seats@\w{40}), the code asks for the workflow (rated@2|seats@\w{40})/) as string } })
      rig.die()
      const back = await rig.engine([evening(it)])
      await rig.until(back.postbox.ask(run, 'resume'))
      await rig.time.advance(100)
      await expect(rig.until(back.result(run))).resolves.toMatchObject({ home: 'home' })
    }
  })

  test('K10: is undone with all other steps of the run, the last first', async () => {
    const rig = new Rig()
    const it = shop(rig)
    it.failing.add('home')
    const { engine, run } = await begun(rig, defineWorkflow({ name: 'evening', input: z.object({}), run: async (ctx) => {
      await ctx.step('before', it.act, 0)
      await ctx.inline('rate', rated(it), { n: 4 })
      await ctx.inline('film', seats(it), { film: 'b' })
      return ctx.step('home', it.act, 'home')
    } }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { path: 'home' } })
    expect(it.calls.slice(it.calls.indexOf('home') + 1)).toEqual(['film.pay', 'film.each[1]', 'film.each[0]', 'film.hold', 'rate.second', 'rate.first', 'before'].map((path) => `$compensate.${path}`))
  })

  test('throws what it throws, which may be caught', async () => {
    const rig = new Rig()
    const it = shop(rig)
    it.failing.add('rate.second')
    it.failing.add('film.pay')
    const { engine, run } = await begun(rig, defineWorkflow({ name: 'caught', input: z.object({}), run: async (ctx) => {
      const told = (thrown: unknown): unknown => [(thrown as WumboError).code, (thrown as WumboError).path]
      return [await ctx.inline('rate', rated(it), { n: 4 }).catch(told), await ctx.inline('film', seats(it), { film: 'b' }).catch(told), await ctx.inline('bad', rated(it), { n: 'x' } as never).catch(told), await ctx.inline('worse', seats(it), {} as never).catch(told)]
    } }))
    await expect(rig.until(engine.result(run))).resolves.toEqual([['STEP_FAILED', 'rate.second'], ['STEP_FAILED', 'film.pay'], ['INPUT_INVALID', 'input.n'], ['INPUT_INVALID', 'input.film']])
  })

  test('is given up where its branch has lost, and waits inside as the run does', async () => {
    const rig = new Rig()
    const it = shop(rig)
    const waits = fromModel({ name: 'waits', steps: { sure: { approval: { title: 'Sure?' } }, after: { uses: 'act', needs: 'sure' } } }, [it.act])
    const asks = defineWorkflow({ name: 'asks', input: z.object({}), run: async (ctx) => {
      return ctx.signal('go')
    } })
    const { engine, run } = await begun(rig, defineWorkflow({ name: 'race', input: z.object({}), run: async (ctx) => {
      const won = await ctx.race({ slow: (c) => c.inline('wait', waits, {}), fast: (c) => c.inline('rate', rated(it), { n: 1 }) })
      return [won, await ctx.inline('ask', asks, {})]
    } }))
    await rig.time.advance(4 * 3_600_000)
    const { approvals, steps } = await rig.details(run)
    expect([approvals, steps.map(({ path }) => path).filter((path) => path.startsWith('slow.'))]).toEqual([[], ['slow.wait', expect.stringContaining('slow.wait.sure') as string, expect.stringContaining('slow.wait.sure') as string]])
    await rig.until(engine.postbox.signal(run, 'go', 7))
    await expect(rig.until(engine.result(run))).resolves.toEqual([11, 7])
    expect(it.calls).not.toContain('slow.wait.after')
  })
})

describe('refused by name', () => {
  const it = shop(new Rig())
  const empty = z.object({})
  const of = (more: object): FunctionWorkflow<Record<string, never>, unknown> => defineWorkflow({ name: 'other', input: empty, run: () => 1, ...more })
  const closes = fromModel({ name: 'closes', steps: { a: { uses: 'act' } }, finally: { steps: { b: { uses: 'act' } } } }, [it.act])
  const nested = Array.from({ length: 15 }).reduce<GraphWorkflow<unknown>>((inner, _, index) => fromModel({ name: `n${index}`, steps: { a: { inline: { workflow: inner.name } } } }, [it.act], [inner]), fromModel({ name: 'leaf', steps: { a: { uses: 'act' } } }, [it.act]))
  const again = (ctx: WorkflowContext): Promise<unknown> => ctx.inline('deeper', of({ run: again }), {})

  test.each<[string, (ctx: WorkflowContext) => Promise<unknown>, RegExp]>([
    ['a name', (ctx) => ctx.inline('x', 'other' as never, {}), /expected a workflow, got string/],
    ['an option that there is not', (ctx) => ctx.inline('x', of({}), {}, { kye: 1 } as never), /there is no such option. Did you mean "key"/],
    ['a timeout', (ctx) => ctx.inline('x', of({ timeout: '1h' }), {}), /inline x: other has a timeout/],
    ['a clean-up', (ctx) => ctx.inline('x', of({ cleanUp: () => undefined }), {}), /inline x: other has a cleanUp/],
    ['another onCancel', (ctx) => ctx.inline('x', of({ onCancel: 'leave' }), {}), /inline x: other says onCancel: leave, and around compensate/],
    ['a graph with a finally', (ctx) => ctx.inline('x', closes, {}), /inline x: closes has a finally/],
    ['no end', again, /run inline more than 16 deep/],
    ['a graph that is too deep where it stands', (ctx) => ctx.inline('x', of({ run: (c: WorkflowContext) => c.inline('y', nested, {}) }), {}), /run inline more than 16 deep/],
    ['to continue the run as new', (ctx) => ctx.inline('x', of({ run: (c: WorkflowContext) => c.continueAsNew({}) }), {}), /inline cannot continue the run of another as new/],
    ['a query of another', (ctx) => (ctx.setQuery('at', () => 1), ctx.inline('x', of({ run: (c: WorkflowContext) => { c.setQuery('at', () => 2) } }), {})), /query at: another workflow of this run has set it/],
    ['an update of what is inside', async (ctx) => { await ctx.inline('x', of({ run: (c: WorkflowContext) => { c.setUpdate('to', {}, () => 2) } }), {}); ctx.setUpdate('to', {}, () => 1) }, /update to: another workflow of this run has set it, under x/],
  ])('%s', async (_, run, message) => {
    const rig = new Rig()
    const { engine, run: id } = await begun(rig, defineWorkflow({ name: 'around', input: empty, run }))
    await expect(rig.until(engine.result(id))).rejects.toMatchObject({ cause: { code: 'DEFINITION_INVALID', message: expect.stringMatching(message) as string } })
  })
})
