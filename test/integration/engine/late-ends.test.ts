// Ends that have to wait, and processes that die or lose the run meanwhile: what asked for the end is heard again, and what was on its way writes nothing.
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { StoreOp } from '../../../src/store/port.ts'
import { simulateCluster } from '../../../src/testing/cluster.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { childShapes } from '../../simulation/child-shapes.ts'
import { withLane } from '../../simulation/with-lane.ts'
import { Rig } from './rig.ts'

const waits = defineWorkflow({ name: 'waits', input: z.unknown(), run: (ctx) => ctx.signal('never') })

/** A rig in which mail comes just before the end of a run, once. */
function interrupted(): { readonly rig: Rig; readonly armed: { is: boolean } } {
  const armed = { is: false }
  const rig = new Rig((store) => withLane(store, (lane) => ({
    async flush(ops) {
      const end = ops.find((op): op is Extract<StoreOp, { op: 'finish' }> => op.op === 'finish')
      if (!armed.is || end === undefined) return lane.flush(ops)
      armed.is = false
      const { answers } = await lane.flush([{ op: 'send', mail: { ...end.run, id: 'late', kind: 'signal', body: 'j:{"address":"late","payload":1}', sentAt: 0 } }, ...ops])
      rig.die()
      return { answers: new Map([...answers].map(([index, answer]) => [index - 1, answer])) }
    },
  })))
  return { rig, armed }
}

test.each(['in memory', 'out of memory'])('K9: a cancel is heard again when the end had to wait for other mail and the process died in between: %s', async (where) => {
  const { rig, armed } = interrupted()
  const engine = await rig.engine([waits])
  const { run } = await rig.until(engine.start(waits, {}))
  if (where === 'out of memory') await rig.time.advance(5000)
  armed.is = true
  void engine.postbox.ask(run, 'cancel').catch(() => undefined)
  await rig.time.advance(5000)
  expect(armed.is).toBe(false)
  expect((await rig.details(run)).status).toMatch(/running|waiting/)
  const next = await rig.engine([waits])
  await expect(rig.until(next.result(run))).rejects.toMatchObject({ code: 'RUN_CANCELLED' })
  expect((await rig.details(run)).unreadMail.map(({ kind }) => kind)).toEqual(['signal'])
  // A retry is not cancelled by what was heard before it.
  await rig.until(next.retry(run, { by: 'ada', reason: '' }))
  await rig.time.advance(5000)
  expect((await rig.details(run)).status).toBe('waiting')
})

test('K1: a run that continues as new, and one whose children are being started, is written by its owner alone', { timeout: 60_000 }, async () => {
  const shapes = childShapes.filter(({ name }) => name === 'above-anew' || name === 'outlived')
  for (let seed = 1; seed <= 150; seed++) expect((await simulateCluster({ seed, shapes, runs: 4 })).violations, `seed ${seed}`).toEqual([])
})
