// What graphs do about failures, in the engine: over deaths at any moment, when runs are cancelled or reach their timeout, with steps that
// are undone, and when runs are retried or forked.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { TemplateFailedError } from '../../../src/errors.ts'
import type { WorkflowModel } from '../../../src/model/workflow.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import type { AnyTemplate } from '../../../src/template/contract.ts'
import type { GraphWorkflow } from '../../../src/workflow/contract.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import { Rig } from './rig.ts'

/** What the bodies have done, and which of them fail. */
interface Shop {
  readonly calls: string[]
  readonly failing: Set<string>
  readonly slow: Map<string, number>
}

function shop(rig: Rig): Shop & { readonly templates: readonly AnyTemplate[] } {
  const calls: string[] = []
  const failing = new Set<string>()
  const slow = new Map<string, number>()
  const act = defineTemplate({
    name: 'act', version: '1.0.0', description: 'Acts.', input: z.unknown(), output: z.unknown(),
    async execute(what, context) {
      const path = context.run?.path ?? '?'
      calls.push(path)
      await rig.wait(slow.get(path) ?? 5)
      if (failing.has(path)) throw new TemplateFailedError(`no ${path}`, { retryable: false, details: { at: new Date(0), path } })
      return what
    },
  })
  const undo = defineTemplate({ name: 'undo', version: '1.0.0', description: 'Takes it back.', input: z.unknown(), output: z.unknown(), execute: (_, context) => (calls.push(context.run?.path ?? '?'), null) })
  return { calls, failing, slow, templates: [act, undo] }
}

function graph(templates: readonly AnyTemplate[], model: Omit<WorkflowModel, 'name'>): GraphWorkflow<unknown> {
  return fromModel({ name: 'graph', ...model }, templates)
}

const closing: Omit<WorkflowModel, 'name'> = {
  cleanUpTimeout: '10s',
  steps: { reserve: { uses: 'act', with: 'seat' }, pay: { uses: 'act', with: 'paid', needs: 'reserve' }, wait: { sleep: '1h', needs: 'pay' }, ship: { uses: 'act', needs: 'wait' } },
  onError: { steps: { tell: { uses: 'act', with: '${{ error }}' } } },
  finally: { steps: { release: { uses: 'act', with: '${{ [steps.reserve.output, outcome] }}' }, log: { uses: 'act', needs: 'release', with: '${{ outcome }}' } } },
}

describe('a step with onError', () => {
  const handled: Omit<WorkflowModel, 'name'> = {
    steps: {
      pay: { uses: 'act', onError: { steps: { other: { uses: 'act', with: '${{ error.details }}' } }, output: '${{ steps.other.output }}' } },
      ship: { uses: 'act', with: '${{ steps.pay.output }}' },
    },
    output: '${{ steps.ship.output }}',
  }

  test('sees the same failure live and after a death at any moment', async () => {
    for (let steps = 0; steps < 40; steps++) {
      const rig = new Rig()
      const { failing, templates } = shop(rig)
      failing.add('pay')
      const workflow = graph(templates, handled)
      const first = await rig.engine([workflow])
      const { run } = await rig.until(first.start(workflow, {}))
      await rig.steps(steps)
      rig.die()
      const second = await rig.engine([workflow])
      await expect(rig.until(second.result(run))).resolves.toEqual({ at: '1970-01-01T00:00:00.000Z', path: 'pay' })
      expect((await rig.details(run)).steps.map(({ path, status }) => `${path} ${status}`)).toEqual(['pay failed', 'pay.$onError.other completed', 'ship completed'])
    }
  })

  test('is asked only after its retries', async () => {
    const rig = new Rig()
    const { calls, failing, templates } = shop(rig)
    const [act] = templates
    const workflow = graph([act as AnyTemplate], { steps: { a: { uses: 'act', retry: { maxAttempts: 3, initialDelay: '1s' }, timeout: 2, onError: { output: '${{ error.code }}' } } } })
    failing.add('a')
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ a: 'STEP_TIMEOUT' })
    expect(calls).toEqual(['a', 'a', 'a'])
  })

  test('K10: leaves it in doubt: it is settled and undone when the run fails later', async () => {
    const rig = new Rig()
    const { calls, failing, slow, templates } = shop(rig)
    const workflow = graph(templates, { steps: { pay: { uses: 'act', timeout: 20, compensate: { uses: 'undo' }, onError: { codes: ['STEP_TIMEOUT'], output: null } }, ship: { uses: 'act', needs: 'pay' } } })
    slow.set('pay', 60)
    failing.add('ship')
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    const ended = engine.result(run)
    await rig.time.advance(26)
    slow.set('pay', 1)
    await expect(rig.until(ended)).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { path: 'ship' } })
    expect(calls.filter((one) => one !== 'pay')).toEqual(['ship', '$settle.pay', '$compensate.pay'])
  })

  test('K10: a step in its place is undone like any other', async () => {
    const rig = new Rig()
    const { calls, failing, templates } = shop(rig)
    const workflow = graph(templates, { steps: { pay: { uses: 'act', onError: { steps: { other: { uses: 'act', compensate: { uses: 'undo' } } } } }, ship: { uses: 'act', needs: 'pay' } } })
    for (const path of ['pay', 'ship']) failing.add(path)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(calls).toEqual(['pay', 'pay.$onError.other', 'ship', '$compensate.pay.$onError.other'])
  })

  test('is done anew when the step fails again in a retry from it', async () => {
    const rig = new Rig()
    const { calls, failing, templates } = shop(rig)
    const workflow = graph(templates, handled)
    for (const path of ['pay', 'ship']) failing.add(path)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    await rig.until(engine.retry(run, { by: 'ada', reason: 'once more', from: 'pay' }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    expect(calls).toEqual(['pay', 'pay.$onError.other', 'ship', 'pay', 'pay.$onError.other', 'ship'])
  })
})

describe('the end of a run', () => {
  test('onError and finally, over a death at any moment, whatever fails', async () => {
    for (const failures of [[], ['pay'], ['reserve'], ['pay', '$onError.tell', '$finally.log'], ['$finally.release']]) {
      for (let steps = 0; steps < 60; steps += 2) {
        const rig = new Rig()
        const { failing, templates } = shop(rig)
        for (const path of failures) failing.add(path)
        const workflow = graph(templates, closing)
        const first = await rig.engine([workflow])
        const { run } = await rig.until(first.start(workflow, {}))
        await rig.steps(steps)
        rig.die()
        const second = await rig.engine([workflow])
        const [failure] = failures
        if (failure === undefined) await expect(rig.until(second.result(run))).resolves.toEqual({ ship: {} })
        else await expect(rig.until(second.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { path: failure } })
        const paths = (await rig.details(run)).steps.filter(({ path }) => path.startsWith('$')).map(({ path, status }) => `${path} ${status}`)
        const expected: Readonly<Record<string, readonly string[]>> = {
          '': ['$finally.release completed', '$finally.log completed'],
          pay: ['$onError.tell completed', '$finally.release completed', '$finally.log completed'],
          reserve: ['$onError.tell completed', '$finally.release skipped', '$finally.log skipped'],
          'pay,$onError.tell,$finally.log': ['$onError.tell failed', '$finally.release completed', '$finally.log failed'],
          '$finally.release': ['$finally.release failed', '$finally.log skipped'],
        }
        expect(paths).toEqual(expected[failures.join()])
      }
    }
  })

  test('tells what failed at the end with the failure of the run', async () => {
    const rig = new Rig()
    const { failing, templates } = shop(rig)
    for (const path of ['pay', '$finally.log']) failing.add(path)
    const workflow = graph(templates, closing)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ cause: { code: 'STEP_FAILED', path: 'pay', details: { finally: { code: 'TEMPLATE_FAILED', path: '$finally.log' } } } })
  })

  test('finally when it is cancelled at any moment, with a death at any moment after it', async () => {
    for (let before = 0; before < 24; before += 3) {
      for (let after = 0; after < 30; after += 2) {
        const rig = new Rig()
        const { calls, templates } = shop(rig)
        const workflow = graph(templates, closing)
        const first = await rig.engine([workflow])
        const { run } = await rig.until(first.start(workflow, {}))
        await rig.steps(before)
        await rig.until(first.postbox.ask(run, 'cancel'))
        await rig.steps(after)
        rig.die()
        const second = await rig.engine([workflow])
        await expect(rig.until(second.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED', cause: { message: 'the run was cancelled' } })
        const { steps, unreadMail } = await rig.details(run)
        const paths = steps.map(({ path, status }) => `${path} ${status}`)
        const isReserved = paths.includes('reserve completed')
        expect(paths.filter((path) => path.startsWith('$'))).toEqual(isReserved ? ['$finally.release completed', '$finally.log completed'] : ['$finally.release skipped', '$finally.log skipped'])
        expect(unreadMail).toEqual([])
        expect(calls).not.toContain('ship')
        expect(calls).not.toContain('$onError.tell')
      }
    }
  })

  test('a cancel in the middle of it tells the failure that was there before, and what failed at the end', async () => {
    for (const [at, failures] of [['$onError.tell', []], ['$finally.release', []], ['$finally.log', ['$finally.log']]] as const) {
      const rig = new Rig()
      const { calls, failing, slow, templates } = shop(rig)
      for (const path of ['pay', ...failures]) failing.add(path)
      slow.set(at, 100)
      const workflow = graph(templates, closing)
      const engine = await rig.engine([workflow])
      const { run } = await rig.until(engine.start(workflow, {}))
      await rig.time.advance(50)
      expect(calls.at(-1)).toBe(at)
      await rig.until(engine.postbox.ask(run, 'cancel'))
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
      const { error } = await rig.details(run)
      expect(error).toMatchObject({ message: 'the run was cancelled after it had failed: step pay failed: no pay', cause: { path: 'pay' } })
      if (failures.length > 0) expect(error?.cause?.details).toMatchObject({ finally: { path: '$finally.log' } })
      expect(calls.filter((path) => path === at)).toHaveLength(2)
      expect(calls.at(-1)).toBe('$finally.log')
    }
  })

  test('finally when it is cancelled, or has reached its timeout, while people are asked, with a death at any moment after it', async () => {
    for (const end of ['cancelled', 'timed out'] as const) {
      for (let after = 0; after < 40; after++) {
        const rig = new Rig()
        const { templates } = shop(rig)
        const steps: WorkflowModel['steps'] = { a: { uses: 'act', with: 'seat' }, ask: { needs: 'a', approval: {} }, other: { approval: {} } }
        const workflow = graph(templates, { steps, finally: { steps: { release: { uses: 'act', with: '${{ [steps.a.output, outcome] }}' } } }, ...(end === 'timed out' ? { timeout: 900 } : {}) })
        const first = await rig.engine([workflow])
        const { run } = await rig.until(first.start(workflow, {}))
        await rig.time.advance(end === 'timed out' ? 899 : 100)
        expect((await rig.details(run)).approvals).toHaveLength(2)
        if (end === 'cancelled') await rig.until(first.postbox.ask(run, 'cancel'))
        await rig.steps(after)
        rig.die()
        const second = await rig.engine([workflow])
        await expect(rig.until(second.result(run))).rejects.toMatchObject({ code: end === 'cancelled' ? 'RUN_CANCELLED' : 'RUN_TIMEOUT' })
        const { approvals, steps: recorded } = await rig.details(run)
        expect(approvals).toEqual([])
        expect(recorded.map(({ path }) => path).filter((path) => path.startsWith('$'))).toEqual(['$finally.$givenUp', '$finally.release'])
        expect(recorded.map(({ path }) => path).filter((path) => path.endsWith('.withdrawn')).sort()).toEqual(['ask.withdrawn', 'other.withdrawn'])
      }
    }
  })

  test('is not held up by a pause once the run is cancelled or has reached its timeout', async () => {
    for (const end of ['RUN_CANCELLED', 'RUN_TIMEOUT'] as const) {
      const rig = new Rig()
      const { calls, slow, templates } = shop(rig)
      slow.set('$finally.release', 500)
      const workflow = graph(templates, { ...closing, ...(end === 'RUN_TIMEOUT' ? { timeout: '1s' } : {}) })
      const engine = await rig.engine([workflow])
      const { run } = await rig.until(engine.start(workflow, {}))
      await rig.time.advance(100)
      if (end === 'RUN_CANCELLED') await rig.until(engine.postbox.ask(run, 'cancel'))
      await rig.time.advance(end === 'RUN_CANCELLED' ? 100 : 1000)
      await rig.until(engine.postbox.ask(run, 'pause'))
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: end })
      expect(calls.at(-1)).toBe('$finally.log')
    }
  })

  test('finally when it is cancelled outside of memory, and where its code is not known', async () => {
    const rig = new Rig()
    const { calls, templates } = shop(rig)
    const workflow = graph(templates, closing)
    const first = await rig.engine([workflow])
    const { run } = await rig.until(first.start(workflow, {}))
    await rig.time.advance(5000)
    rig.die()
    const idle = await rig.engine([], { hotRuns: 0 })
    await rig.until(idle.postbox.ask(run, 'cancel'))
    await rig.time.advance(100)
    expect(await rig.details(run)).toMatchObject({ status: 'parked', error: { code: 'WORKFLOW_NOT_FOUND' } })
    rig.die()
    const second = await rig.engine([workflow])
    await expect(rig.until(second.result(run).catch(async (error: unknown) => ((error as { code: string }).code === 'RUN_PARKED' ? second.result(run) : Promise.reject(error as Error))))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(calls).toEqual(['reserve', 'pay', '$finally.release', '$finally.log'])
  })

  test('onError and finally when it has reached its timeout, in memory and out of it', async () => {
    for (const timeout of [8, 60_000]) {
      const rig = new Rig()
      const { calls, templates } = shop(rig)
      const workflow = graph(templates, { ...closing, timeout })
      const engine = await rig.engine([workflow])
      const { run } = await rig.until(engine.start(workflow, {}))
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_TIMEOUT' })
      expect(calls.filter((path) => path.startsWith('$'))).toEqual(['$onError.tell', '$finally.release', '$finally.log'])
      expect(await rig.details(run)).toMatchObject({ status: 'failed', error: { code: 'RUN_TIMEOUT' } })
    }
  })

  test('onError alone: nothing when it is cancelled, all when it has reached its timeout', async () => {
    const { cleanUpTimeout: _, finally: __, ...model } = closing
    const rig = new Rig()
    const { calls, templates } = shop(rig)
    const workflow = graph(templates, { ...model, timeout: '2h', steps: { ...model.steps, wait: { sleep: '3h', needs: 'pay' } } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(100)
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    const { run: late } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(late))).rejects.toMatchObject({ code: 'RUN_TIMEOUT' })
    expect(calls).toEqual(['reserve', 'pay', 'reserve', 'pay', '$onError.tell'])
  })

  test('is bounded after a cancel and after a timeout, which is told with the end', async () => {
    for (const error of [{ code: 'RUN_CANCELLED', message: expect.stringMatching(/longer than it may/) as string }, { code: 'RUN_TIMEOUT', details: { finally: { code: 'RUN_TIMEOUT' } } }]) {
      const rig = new Rig()
      const { slow, templates } = shop(rig)
      slow.set('$finally.release', 60_000)
      const workflow = graph(templates, { ...closing, ...(error.code === 'RUN_TIMEOUT' ? { timeout: 1000 } : {}) })
      const engine = await rig.engine([workflow])
      const { run } = await rig.until(engine.start(workflow, {}))
      await rig.time.advance(100)
      if (error.code === 'RUN_CANCELLED') await rig.until(engine.postbox.ask(run, 'cancel'))
      const begun = rig.time.now()
      await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: error.code })
      expect(await rig.details(run)).toMatchObject({ error })
      expect((await rig.details(run)).finishedAt ?? 0).toBeLessThanOrEqual(begun + 12_000)
    }
  })

  test('K10: comes before what is undone, also after a cancel and a timeout, over a death at any moment', async () => {
    const ends = ['failed', 'cancelled', 'timed out'] as const
    for (const end of ends) {
      for (let after = 0; after < 45; after += 2) {
        const rig = new Rig()
        const { calls, failing, templates } = shop(rig)
        const steps = { ...closing.steps, pay: { uses: 'act', needs: 'reserve', compensate: { uses: 'undo' } } }
        const workflow = graph(templates, { ...closing, steps: end === 'failed' ? { ...steps, wait: { uses: 'act', needs: 'pay' } } : steps, ...(end === 'timed out' ? { timeout: '10s' } : {}) })
        if (end === 'failed') failing.add('wait')
        const first = await rig.engine([workflow])
        const { run } = await rig.until(first.start(workflow, {}))
        if (end !== 'failed') await rig.time.advance(end === 'cancelled' ? 100 : 9_999)
        if (end === 'cancelled') await rig.until(first.postbox.ask(run, 'cancel'))
        await rig.steps(after)
        rig.die()
        const second = await rig.engine([workflow])
        await expect(rig.until(second.result(run))).rejects.toMatchObject({ code: { failed: 'RUN_FAILED', cancelled: 'RUN_CANCELLED', 'timed out': 'RUN_TIMEOUT' }[end] })
        const { steps: recorded, compensation } = await rig.details(run)
        expect(recorded.filter(({ path }) => path.startsWith('$') && !path.startsWith('$onError')).map(({ path }) => path)).toEqual(['$finally.release', '$finally.log', '$compensate', '$compensate.pay'])
        expect(compensation).toBe('compensated')
        expect(new Set(calls).has('$compensate.pay')).toBe(true)
      }
    }
  })

  test('a step that was cut off by a cancel is in doubt, and settled and undone after finally', async () => {
    const rig = new Rig()
    const { calls, slow, templates } = shop(rig)
    slow.set('pay', 1000)
    const workflow = graph(templates, { ...closing, steps: { ...closing.steps, pay: { uses: 'act', needs: 'reserve', compensate: { uses: 'undo' } } } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(100)
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(calls).toEqual(['reserve', 'pay', '$finally.release', '$finally.log', '$settle.pay', '$compensate.pay'])
  })

  test('with onCancel leave: finally, and nothing is undone', async () => {
    const rig = new Rig()
    const { calls, templates } = shop(rig)
    const workflow = graph(templates, { ...closing, onCancel: 'leave', steps: { ...closing.steps, pay: { uses: 'act', needs: 'reserve', compensate: { uses: 'undo' } } } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(100)
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    expect(calls).toEqual(['reserve', 'pay', '$finally.release', '$finally.log'])
  })

  test('an undoing that is stuck after a cancel is given up by another', async () => {
    const rig = new Rig()
    const { templates } = shop(rig)
    const [act] = templates
    const stubborn = defineTemplate({ name: 'undo', version: '1.0.0', description: 'Never takes it back.', input: z.unknown(), output: z.unknown(), execute: () => { throw new TemplateFailedError('never', { retryable: false }) } })
    const workflow = graph([act as AnyTemplate, stubborn], { ...closing, steps: { ...closing.steps, pay: { uses: 'act', needs: 'reserve', compensate: { uses: 'undo' } } } })
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(100)
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_PARKED' })
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await rig.time.advance(5000)
    expect(await rig.details(run)).toMatchObject({ status: 'cancelled', error: { code: 'COMPENSATION_FAILED' } })
  })

  test('is done anew by a retry: after a failure, after a cancel, and when only the end failed', async () => {
    const rig = new Rig()
    const { calls, failing, templates } = shop(rig)
    const workflow = graph(templates, { ...closing, steps: { reserve: { uses: 'act' }, pay: { uses: 'act', needs: 'reserve' }, wait: { sleep: '10s', needs: 'pay' } } })
    const engine = await rig.engine([workflow])
    failing.add('pay')
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    failing.clear()
    failing.add('$finally.log')
    await rig.until(engine.retry(run, { by: 'ada', reason: 'paid by now' }))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ cause: { path: '$finally.log' } })
    failing.clear()
    await rig.until(engine.retry(run, { by: 'ada', reason: 'logs work' }))
    await expect(rig.until(engine.result(run))).resolves.toEqual({ wait: null })
    const ends = ['$finally.release', '$finally.log']
    expect(calls).toEqual(['reserve', 'pay', '$onError.tell', ...ends, 'pay', ...ends, ...ends])
    const { run: other } = await rig.until(engine.start(workflow, {}))
    await rig.time.advance(100)
    await rig.until(engine.postbox.ask(other, 'cancel'))
    await expect(rig.until(engine.result(other))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
    calls.length = 0
    await rig.until(engine.retry(other, { by: 'ada', reason: 'a slip' }))
    await expect(rig.until(engine.result(other))).resolves.toEqual({ wait: null })
    expect(calls).toEqual(ends)
  })

  test('is not taken over by a fork', async () => {
    const rig = new Rig()
    const { calls, failing, templates } = shop(rig)
    failing.add('pay')
    const workflow = graph(templates, closing)
    const engine = await rig.engine([workflow])
    const { run } = await rig.until(engine.start(workflow, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED' })
    failing.clear()
    const fork = await rig.until(engine.fork(run, { at: 'pay' }))
    await expect(rig.until(engine.result(fork))).resolves.toEqual({ ship: {} })
    expect(calls).toEqual(['reserve', 'pay', '$onError.tell', '$finally.release', '$finally.log', 'pay', 'ship', '$finally.release', '$finally.log'])
    await expect(rig.until(engine.fork(run, { at: '$finally.log' }))).rejects.toMatchObject({ code: 'STEP_NOT_FOUND' })
  })
})
