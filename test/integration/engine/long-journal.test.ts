// Runs whose journal grows long are told of once.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { LONG_JOURNAL } from '../../../src/engine/long-journal.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { fromModel } from '../../../src/workflow/graph.ts'
import { Rig } from './rig.ts'

const tick = defineTemplate({ name: 'tick', version: '1.0.0', description: 'Gives its input.', input: z.number(), output: z.number(), pure: true, execute: (n) => n })
const counting = defineWorkflow({
  name: 'counting', input: z.number(),
  async run(ctx, count: number) {
    for (let n = 0; n < count; n++) await ctx.step('tick', tick, n)
    await ctx.sleep('night', '1d')
    return count
  },
})
const each = fromModel({ name: 'each', steps: { all: { forEach: 'input', concurrency: 100, uses: 'tick', with: '${{ item }}' } }, output: '${{ size(steps.all.output) }}' }, [tick])

const warnings = (rig: Rig): readonly string[] => rig.logged.filter((message) => message.includes('continue as new'))

test('a run is told of once when it passes 5,000 records, also over a death', async () => {
  const rig = new Rig()
  const first = await rig.engine([counting])
  const { run } = await rig.until(first.start(counting, LONG_JOURNAL + 10))
  await rig.time.advance(60_000)
  expect(warnings(rig)).toHaveLength(1)
  rig.die()
  const second = await rig.engine([counting])
  await expect(rig.until(second.result(run))).resolves.toBe(LONG_JOURNAL + 10)
  expect(warnings(rig)).toHaveLength(1)
}, 60_000)

test('one that stays below is not, and a graph is', async () => {
  const rig = new Rig()
  const engine = await rig.engine([counting, each])
  await rig.until(engine.result((await rig.until(engine.start(counting, LONG_JOURNAL - 2))).run))
  expect(warnings(rig)).toHaveLength(0)
  const list = Array.from({ length: LONG_JOURNAL }, (_, index) => index)
  await expect(rig.until(engine.result((await rig.until(engine.start(each, list))).run))).resolves.toBe(LONG_JOURNAL)
  expect(warnings(rig)).toHaveLength(1)
}, 60_000)
