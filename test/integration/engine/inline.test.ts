// Graphs that run others inline, in the engine: over deaths at any moment, when runs are cancelled or reach their timeout, with steps that are undone,
// and when runs are retried.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { TemplateFailedError } from '../../../src/errors.ts'
import type { WorkflowModel } from '../../../src/model/workflow.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import type { AnyTemplate } from '../../../src/template/contract.ts'
import type { GraphWorkflow } from '../../../src/workflow/contract.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import { Rig } from './rig.ts'

interface Shop {
  readonly calls: string[]
  readonly failing: Set<string>
  readonly templates: readonly AnyTemplate[]
}

function shop(rig: Rig): Shop {
  const calls: string[] = []
  const failing = new Set<string>()
  const act = defineTemplate({
    name: 'act', version: '1.0.0', description: 'Acts.', input: z.unknown(), output: z.unknown(),
    async execute(what, context) {
      const path = context.run?.path ?? '?'
      calls.push(path)
      await rig.wait(5)
      if (failing.has(path)) throw new TemplateFailedError(`no ${path}`, { retryable: false })
      return what
    },
  })
  const undo = defineTemplate({ name: 'undo', version: '1.0.0', description: 'Takes it back.', input: z.unknown(), output: z.unknown(), execute: (what, context) => (calls.push(`${context.run?.path ?? '?'} ${JSON.stringify(what)}`), null) })
  return { calls, failing, templates: [act, undo] }
}

/** Takes a seat, pays for it, and frees it at its end. */
const seats: WorkflowModel = {
  name: 'seats', input: { type: 'object', properties: { film: { type: 'string' } }, required: ['film'] },
  steps: { hold: { uses: 'act', with: '${{ input.film }}', compensate: { uses: 'undo', with: '${{ [input.film, step.output] }}' } }, wait: { sleep: '1h', needs: 'hold' }, pay: { uses: 'act', with: '${{ steps.hold.output }}', needs: 'wait', compensate: { uses: 'undo', with: 'paid' } } },
  output: '${{ steps.pay.output }}',
  onError: { steps: { tell: { uses: 'act', with: '${{ error.path }}' } } },
  finally: { steps: { free: { uses: 'act', with: '${{ [input.film, outcome] }}' } } },
}

const evening: WorkflowModel = {
  name: 'evening', steps: { dine: { uses: 'act', with: 'soup', compensate: { uses: 'undo', with: 'dined' } }, film: { inline: { workflow: 'seats', input: { film: '${{ steps.dine.output + " opera" }}' } } }, home: { uses: 'act', needs: 'film' } },
  finally: { steps: { end: { uses: 'act', with: '${{ outcome }}' } } },
}

function graphs({ templates }: Shop, more: Partial<WorkflowModel> = {}): GraphWorkflow<unknown> {
  return fromModel({ ...evening, ...more }, templates, [fromModel(seats, templates)])
}

const end = ['film.$inline.$finally.free', '$finally.end']

describe('a graph that is run inline', () => {
  test('comes to the same end over a death at any moment, whatever fails', async () => {
    const expected: Readonly<Record<string, readonly string[]>> = {
      '': ['film.$inline.$finally.free completed', '$finally.end completed'],
      'film.pay': ['film.$inline.$onError.tell completed', 'film.$inline.$finally.free completed', '$finally.end completed'],
      'film.$inline.$finally.free': ['film.$inline.$finally.free failed', '$finally.end completed'],
    }
    for (const [failure, ends] of Object.entries(expected)) {
      for (let steps = 0; steps < 70; steps += 2) {
        const rig = new Rig()
        const first = shop(rig)
        if (failure !== '') first.failing.add(failure)
        const workflow = graphs(first)
        const engine = await rig.engine([workflow])
        const { run } = await rig.until(engine.start(workflow, {}))
        await rig.steps(steps)
        rig.die()
        const second = await rig.engine([workflow])
        if (failure === '') await expect(rig.until(second.result(run))).resolves.toEqual({ home: {} })
        else await expect(rig.until(second.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { path: failure } })
        const shown = (await rig.details(run)).steps.filter(({ path }) => /(^|\.)\$(inline|finally)/.test(path)).map(({ path, status }) => `${path} ${status}`)
        expect(shown).toEqual(ends)
      }
    }
  })

  test('K10: is undone with all other steps of the run, the last first, each by what its own workflow says', async () => {
    const rig = new Rig()
    const it = shop(rig)
    it.failing.add('home')
    const workflow = graphs(it)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { path: 'home' } })
    expect(it.calls.slice(it.calls.indexOf('$finally.end') + 1)).toEqual(['$compensate.film.pay "paid"', '$compensate.film.hold ["soup opera","soup opera"]', '$compensate.dine "dined"'])
  })

  test('does what it does at its end when the run is cancelled at any moment, with a death at any moment after it', async () => {
    for (let before = 0; before < 30; before += 3) {
      for (let after = 0; after < 30; after += 3) {
        const rig = new Rig()
        const it = shop(rig)
        const workflow = graphs(it, { cleanUpTimeout: '10s', onCancel: 'compensate' })
        const engine = await rig.engine([workflow])
        const { run } = await rig.until(engine.start(workflow, {}))
        await rig.steps(before)
        await rig.until(engine.postbox.ask(run, 'cancel'))
        await rig.steps(after)
        rig.die()
        const second = await rig.engine([workflow])
        await expect(rig.until(second.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED', cause: { message: 'the run was cancelled' } })
        const { steps } = await rig.details(run)
        const paths = steps.map(({ path, status }) => `${path} ${status}`)
        const isInside = paths.includes('dine completed')
        expect(paths.filter((path) => path.includes('$finally') && !path.includes('$givenUp'))).toEqual(isInside ? end.map((path) => `${path} completed`) : ['$finally.end completed'])
        if (isInside) expect(steps.find(({ path }) => path === 'film.$inline.$finally.free')?.output).toEqual(['soup opera', 'cancelled'])
        expect(it.calls).not.toContain('film.$inline.$onError.tell')
        expect(it.calls).not.toContain('home')
      }
    }
  })

  test('does so too when the run has reached its timeout, and when it waits out of memory', async () => {
    for (const timeout of [12, 60_000]) {
      const rig = new Rig()
      const it = shop(rig)
      const workflow = graphs(it, { timeout })
      const engine = await rig.engine([workflow])
      const { run } = await rig.until(engine.start(workflow, {}))
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_TIMEOUT' })
      expect(it.calls.filter((path) => path.includes('$') && !path.startsWith('$compensate'))).toEqual(['film.$inline.$onError.tell', ...end])
    }
  })

  test('goes on with its own end when the run is cancelled while that is under way', async () => {
    for (const death of [false, true]) {
      const rig = new Rig()
      const it = shop(rig)
      it.failing.add('film.hold')
      const workflow = graphs(it)
      const engine = await rig.engine([workflow])
      const { run } = await rig.until(engine.start(workflow, {}))
      for (let left = 300; left > 0 && !it.calls.includes('film.$inline.$onError.tell'); left--) await rig.steps(1)
      await rig.until(engine.postbox.ask(run, 'cancel'))
      if (death) rig.die()
      const second = death ? await rig.engine([workflow]) : engine
      await expect(rig.until(second.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
      const { steps } = await rig.details(run)
      expect(steps.filter(({ path, kind }) => path.includes('$') && kind === 'step' && !path.startsWith('$compensate')).map(({ path, status }) => `${path} ${status}`)).toEqual(['film.$inline.$onError.tell completed', ...end.map((path) => `${path} completed`)])
    }
  })

  test('is retried from a step of it; its end is done anew', async () => {
    const rig = new Rig()
    const it = shop(rig)
    it.failing.add('film.pay')
    const workflow = graphs(it, { steps: { film: { inline: { workflow: 'seats', input: { film: 'opera' } } } } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { path: 'film.pay' } })
    it.failing.clear()
    await rig.until(engine.retry(run, { by: 'ada', reason: 'once more' }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ film: 'opera' })
    expect(it.calls.filter((path) => path === 'film.$inline.$finally.free')).toHaveLength(2)
  })

  test('is taken over by a fork behind it as it ended, and done anew by one inside of it', async () => {
    const rig = new Rig()
    const it = shop(rig)
    const workflow = graphs(it)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.until(engine.result(run))
    it.calls.length = 0
    const behind = await rig.until(engine.fork(run, { at: 'home' }))
    await rig.until(engine.result(behind))
    expect(it.calls.splice(0)).toEqual(['home', '$finally.end'])
    const inside = await rig.until(engine.fork(run, { at: 'film.pay' }))
    await rig.until(engine.result(inside))
    expect(it.calls.splice(0)).toEqual(['film.pay', 'film.$inline.$finally.free', 'home', '$finally.end'])
    await rig.until(engine.fork(run, { at: 'film' }).then((fork) => engine.result(fork)))
    expect(it.calls).toEqual(['film.hold', 'film.pay', 'film.$inline.$finally.free', 'home', '$finally.end'])
  })

  test('a run that has failed behind it keeps what it did at its end when it is retried', async () => {
    const rig = new Rig()
    const it = shop(rig)
    it.failing.add('home')
    const plain = fromModel({ ...evening, steps: { film: { inline: { workflow: 'plain', input: {} } }, home: { uses: 'act', needs: 'film' } } }, it.templates, [fromModel({ name: 'plain', steps: { a: { uses: 'act' } }, finally: { steps: { free: { uses: 'act' } } } }, it.templates)])
    const engine = await rig.engine([plain])
    const { run } = await rig.until(engine.start(plain, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    it.calls.length = 0
    it.failing.clear()
    await rig.until(engine.retry(run, { by: 'ada', reason: 'once more' }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ home: {} })
    expect(it.calls).toEqual(['home', '$finally.end'])
  })
})
