// Waits of graphs on the engine: timeouts and what a retry makes of them, waits that are given up, deaths at any moment.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import { Rig } from './rig.ts'

const bad = defineTemplate({
  name: 'bad', version: '1.0.0', description: 'Fails.', input: z.object({}), output: z.null(),
  execute: () => {
    throw new Error('bad')
  },
})

describe('graphs that wait', () => {
  test('a wait in vain fails its step, and a retry waits anew', async () => {
    const rig = new Rig()
    const graph = fromModel({ name: 'vain', steps: { paid: { signal: { name: 'paid', timeout: '1d' } } }, output: '${{ steps.paid.output }}' }, [])
    const engine = await rig.engine([graph])
    const { run } = await rig.until(engine.start(graph, {}))
    await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_FAILED', cause: { cause: { code: 'WAIT_TIMEOUT', path: 'paid' } } })
    expect((await rig.details(run)).steps).toMatchObject([{ kind: 'signal', path: 'paid', status: 'failed', error: { code: 'WAIT_TIMEOUT' } }])
    await rig.until(engine.retry(run, { by: 'ada', reason: '' }))
    await rig.time.advance(3_600_000)
    expect((await rig.details(run)).status).toBe('waiting')
    await rig.until(engine.postbox.signal(run, 'paid', 7))
    await expect(rig.until(engine.result(run))).resolves.toBe(7)
  })

  test('a wait that was given up takes nothing, live and after a death', async () => {
    for (const deaths of [0, 1, 2]) {
      const rig = new Rig()
      const graph = fromModel({
        name: 'given-up',
        steps: {
          tolerated: { continueOnError: true, steps: { wait: { signal: { name: 'word', timeout: '9d' } }, ask: { approval: {} }, bad: { uses: 'bad' } } },
          pause: { sleep: 5000 },
          word: { needs: 'pause', signal: { name: 'word' } },
        },
        output: '${{ steps.word.output }}',
      }, [bad])
      let engine = await rig.engine([graph])
      const { run } = await rig.until(engine.start(graph, {}))
      for (let i = 0; i < deaths; i++) {
        await rig.time.advance(i === 0 ? 2000 : 6000)
        rig.die()
        engine = await rig.engine([graph])
      }
      await rig.time.advance(20_000)
      expect((await rig.details(run)).approvals).toEqual([])
      await rig.until(engine.postbox.signal(run, 'word', 'here'))
      await expect(rig.until(engine.result(run))).resolves.toBe('here')
      expect((await rig.details(run)).unreadMail).toEqual([])
    }
  })

  test('a death at any moment changes nothing', async () => {
    const graph = fromModel({
      name: 'asked',
      steps: {
        words: { forEach: '[1, 2]', concurrency: 2, signal: { name: 'word', key: '${{ item }}' } },
        ask: { needs: 'words', approval: { form: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } } },
        late: { needs: 'ask', signal: { name: 'late', timeout: '1d', onTimeout: 'continue', fallback: 'none' } },
      },
      output: ['${{ steps.words.output }}', '${{ steps.ask.output.form }}', '${{ steps.late.output }}'],
    }, [])
    for (let steps = 0; steps < 60; steps++) {
      const rig = new Rig()
      const first = await rig.engine([graph])
      const { run } = await rig.until(first.start(graph, {}))
      await rig.until(first.postbox.signal(run, 'word', 'b', { key: 2, id: '2' }))
      first.postbox.signal(run, 'word', 'a', { key: 1, id: '1' }).catch(() => undefined)
      await rig.steps(steps)
      rig.die()
      const second = await rig.engine([graph])
      await rig.until(second.postbox.signal(run, 'word', 'a', { key: 1, id: '1' }))
      await rig.time.advance(2000)
      await rig.until(second.postbox.decide(run, 'ask', { approved: true, by: 'ada', form: { n: 3 } }))
      await expect(rig.until(second.result(run))).resolves.toEqual([['a', 'b'], { n: 3 }, 'none'])
    }
  })
})

test('what a branch waited for that has lost is pending no more', async () => {
  const rig = new Rig()
  const workflow = fromModel({ name: 'lost', steps: { p: { parallel: { branches: { slow: { sleep: '9d' }, sig: { signal: { name: 'never' } }, go: { signal: { name: 'go' } } }, merge: 'first' } }, end: { needs: 'p', signal: { name: 'end' } } } }, [])
  const engine = await rig.engine([workflow])
  const { run } = await rig.until(engine.start(workflow, {}))
  await rig.time.advance(3000)
  expect((await rig.details(run)).pending.map(({ path }) => path).sort()).toEqual(['p.go', 'p.sig', 'p.slow'])
  await rig.until(engine.postbox.signal(run, 'go', 1))
  await rig.time.advance(3000)
  expect((await rig.details(run)).pending.map(({ path }) => path)).toEqual(['end'])
  await rig.until(engine.postbox.ask(run, 'cancel'))
  await expect(rig.until(engine.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
  expect((await rig.details(run)).pending).toEqual([])
})
