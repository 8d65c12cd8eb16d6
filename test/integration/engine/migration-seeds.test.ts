// Runs of two versions, asked back and forth between them while they sleep and work, by processes that die at moments that a seed decides: each ends with
// what the version that it has at its end gives, no answer is lost, and a step that is recorded is done once per death at most.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { journalEnd } from '../../../src/engine/migration.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { seededRandom } from '../../../src/shared/random.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import { Rig } from './rig.ts'

const SEEDS = 60
const RUNS = 3

test.each(Array.from({ length: SEEDS }, (_, seed) => [seed]))('seed %i', async (seed) => {
  const random = seededRandom(seed + 1)
  const rig = new Rig()
  const work = defineTemplate({ name: 'work', version: '1.0.0', description: 'Works a while.', input: z.string(), output: z.string(), execute: async (name) => { await rig.wait(500); return name } })
  const of = (version: string) => defineWorkflow({
    name: 'two', version, input: z.unknown(),
    async run(ctx) {
      const done = [await ctx.step('first', work, 'first')]
      await ctx.sleep('nap', '20s')
      done.push(await ctx.step('second', work, 'second'))
      await ctx.sleep('night', '60s')
      return [...done, await ctx.step('last', work, `last of ${version}`)]
    },
  })
  const versions = [of('1'), of('2')] as const
  let engine = await rig.engine(versions)
  const runs: string[] = []
  for (let at = 0; at < RUNS; at++) runs.push((await rig.until(engine.start(versions[at % 2] ?? versions[0], {}))).run)
  for (let turn = 0; turn < 12; turn++) {
    const run = runs[Math.floor(random.next() * RUNS)] ?? ''
    const loaded = await rig.store.load({ space: 0, run })
    if (loaded !== undefined && loaded.run.finishedAt === null && random.next() < 0.7) {
      const from = loaded.run.version
      void engine.postbox.migrate(run, { from, to: from === '1' ? '2' : '1', by: 'seed', reason: '', checked: journalEnd(loaded) }).catch(() => undefined)
    }
    if (random.next() < 0.5) await rig.steps(Math.floor(random.next() * 40))
    else await rig.time.advance(Math.floor(random.next() * 15_000))
    if (random.next() < 0.4) {
      rig.die()
      engine = await rig.engine(versions)
    }
  }
  await rig.time.advance(200_000)
  for (const run of runs) {
    const { status, output, version, migrations, unreadMail, steps } = await rig.details(run)
    expect({ status, unreadMail }).toEqual({ status: 'completed', unreadMail: [] })
    const last = steps.find(({ path }) => path === 'last')
    expect(output).toEqual(['first', 'second', last?.output])
    // It may have been asked once more between its last step and its end: the record stands, and no longer fits the other version.
    expect(last?.output).toBe(`last of ${version}`)
    expect(migrations.every(({ takenAt }) => takenAt !== null) || migrations.at(-1)?.takenAt === null).toBe(true)
  }
})
