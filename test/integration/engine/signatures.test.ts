// A template that has changed under its version while runs lived: what it gives is looked at where a result of it is replayed, and only then.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import type { Template } from '../../../src/template/contract.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import type { AnyWorkflow } from '../../../src/workflow/contract.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import type { Store } from '../../../src/store/port.ts'
import { changed } from '../../fixtures/changed.ts'
import { Rig } from './rig.ts'

const before = z.object({ score: z.number() })

function rate(output: z.ZodType, result: unknown, calls: string[] = [], version = '1.0.0'): Template<unknown, unknown> {
  return defineTemplate({ name: 'rate', version, description: 'Rates.', input: z.unknown(), output, execute: (_, context) => {
    calls.push(context.run?.path ?? '?')
    return result
  } })
}

/** The same workflow in both forms, around one version of the template. */
const forms: Readonly<Record<string, (template: Template<unknown, unknown>) => AnyWorkflow>> = {
  function: (template) => defineWorkflow({
    name: 'rated', input: z.unknown(),
    async run(ctx) {
      const first = await ctx.step('first', template, {})
      await ctx.sleep('night', '1d')
      return [first, await ctx.step('second', template, {})]
    },
  }),
  graph: (template) => fromModel({ name: 'rated', steps: { first: { uses: 'rate' }, night: { sleep: '1d', needs: 'first' }, second: { uses: 'rate', needs: 'night' } }, output: ['${{ steps.first.output }}', '${{ steps.second.output }}'] }, [template]),
}

/** Begins a run with one template and goes on with another, in another process. */
async function gone(made: (template: Template<unknown, unknown>) => AnyWorkflow, now: Template<unknown, unknown>, wrap?: (store: Store) => Store) {
  const rig = new Rig(wrap)
  const first = made(rate(before, { score: 3 }))
  const { run } = await rig.until((await rig.engine([first])).start(first, {}))
  await rig.time.advance(5000)
  rig.die()
  const second = made(now)
  const engine = await rig.engine([second])
  const ended = await rig.until(engine.result(run).catch((thrown: unknown) => thrown))
  return { rig, run, engine, ended }
}

describe.each(Object.entries(forms))('K12: in a %s', (form, made) => {
  test('what gives other results is noticed: the run is parked, the places are told, and the step can be done anew', async () => {
    const calls: string[] = []
    const { rig, run, engine, ended } = await gone(made, rate(z.object({ score: z.string(), by: z.string() }), { score: 'high', by: 'ada' }, calls))
    expect(ended).toMatchObject({ code: 'RUN_PARKED' })
    const { error, steps } = await rig.details(run)
    expect(error).toMatchObject({ code: 'NON_DETERMINISM', path: 'first', details: { output: [{ at: 'output.by' }, { at: 'output.score' }].map((one) => expect.objectContaining(one) as object), template: 'rate', templateVersion: '1.0.0' } })
    expect(error?.message).toContain('step first (number 1 in the journal) was recorded with template rate@1.0.0, which has changed since without another version: ')
    expect(error?.message).toContain('output.by is missing')
    expect(steps[0]).toMatchObject({ template: 'rate@1.0.0' })
    expect(calls).toEqual([])
    await rig.until(engine.retry(run, { by: 'ada', reason: 'with the new result', from: 'first' }))
    await expect(rig.until(engine.result(run))).resolves.toEqual([{ score: 'high', by: 'ada' }, { score: 'high', by: 'ada' }])
    expect(calls).toEqual(['first', 'second'])
  })

  test('what the recorded result still fits goes on: other words, more that may be there, a wider type', async () => {
    for (const output of [before.describe('How good it is.'), z.object({ score: z.number(), by: z.string().optional() }), z.object({ score: z.union([z.number(), z.string()]) })]) {
      const { ended } = await gone(made, rate(output, { score: 4 }))
      expect(ended).toEqual([{ score: 3 }, { score: 4 }])
    }
  })

  test('the implementation alone may change: what is not done takes the new one', async () => {
    expect((await gone(made, rate(before, { score: 9 }))).ended).toEqual([{ score: 3 }, { score: 9 }])
  })

  test('records from before there were signatures count', async () => {
    const { ended } = await gone(made, rate(z.object({ score: z.string() }), { score: 'x' }), unsigned)
    expect(ended).toEqual([{ score: 3 }, { score: 'x' }])
  })

  if (form === 'function') {
    test('a compatible version is a promise and is not looked at', async () => {
      expect((await gone(made, rate(z.object({ score: z.number(), by: z.string() }), { score: 4, by: 'ada' }, [], '1.1.0'))).ended).toEqual([{ score: 3 }, { score: 4, by: 'ada' }])
    })
  }
})

/** A store whose records have no signatures. */
function unsigned(store: Store): Store {
  const load: Store['load'] = async (key) => {
    const loaded = await store.load(key)
    return loaded === undefined ? undefined : { ...loaded, journal: loaded.journal.map((record) => ({ ...record, templateVersion: record.templateVersion?.replace(/\+s.*/, '') ?? null })) }
  }
  return changed(store, { load })
}
