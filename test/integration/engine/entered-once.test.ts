// A run that is read twice at the same moment, by a claim and by a look at what the lane owns, is entered once.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

test('a run that is resumed twice at once runs its steps once', async () => {
  const rig = new Rig()
  const calls: string[] = []
  const number = z.object({ n: z.number() })
  const step = defineTemplate({
    name: 'step', version: '1.0.0', description: 'Fails once.', input: number, output: number,
    execute: async ({ n }, context) => {
      calls.push(context.run?.path ?? '')
      await rig.wait(5)
      if (calls.length === 1) throw Object.assign(new Error('no'), { retryable: false })
      return { n }
    },
  })
  const workflow = defineWorkflow({ name: 'w', input: number, run: (ctx, input) => ctx.step('a', step, input) })
  const engine = await rig.engine([workflow])
  const { run } = await rig.until(engine.start(workflow, { n: 1 }))
  await rig.until(engine.result(run).catch(() => undefined))
  // The second retry finds the run reopened; its read comes back while the first one's does.
  const retries = Promise.allSettled([engine.retry(run, { by: 'a', reason: '' }), engine.retry(run, { by: 'b', reason: '' })])
  await rig.until(retries)
  await expect(rig.until(engine.result(run))).resolves.toEqual({ n: 1 })
  expect(calls).toEqual(['a', 'a'])
})
