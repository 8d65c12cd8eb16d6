// What is sent to a run while it continues as new: whatever moment it comes at, nothing of it is lost, and nothing is taken twice.
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Engine } from '../../../src/engine/engine.ts'
import { journalEnd } from '../../../src/engine/migration.ts'
import { defineTemplate } from '../../../src/template/define.ts'
import { defineWorkflow } from '../../../src/workflow/define.ts'
import type { FunctionWorkflow } from '../../../src/workflow/contract.ts'
import { changed } from '../../fixtures/changed.ts'
import { Rig } from './rig.ts'

const turnInput = z.object({ turn: z.number(), words: z.array(z.string()) })
const step = defineTemplate({ name: 'step', version: '1.0.0', description: 'Gives its input.', input: z.number(), output: z.number(), execute: (n) => n })

/** Each generation does a step; the fourth waits for two words and ends. The version is part of the result. */
function turning(version: string): FunctionWorkflow<unknown, unknown> {
  return defineWorkflow({
    name: 'turning', version, input: turnInput,
    async run(ctx, { turn, words }) {
      await ctx.step('take', step, turn)
      if (turn < 4) return ctx.continueAsNew({ turn: turn + 1, words })
      const heard = [await ctx.signal<string>('word'), await ctx.signal<string>('word')]
      return { version, words: heard }
    },
  }) as FunctionWorkflow<unknown, unknown>
}

/** Each generation takes a word that has come, and goes on. */
const hearing = defineWorkflow({
  name: 'hearing', input: turnInput,
  async run(ctx, { turn, words }) {
    const word = await ctx.signal<string>('word')
    return turn === 3 ? [...words, word] : ctx.continueAsNew({ turn: turn + 1, words: [...words, word] })
  },
})

const MOMENTS = 120

/** A store whose inboxes are read slowly: much can come between the end of a generation and the reading of its mail. */
function slowRig(): Rig {
  const rig: Rig = new Rig((store) => changed(store, { mail: async (...given) => (await rig.wait(20), store.mail(...given)) }))
  return rig
}

/** Does something after so many events of a run that continues as new three times. */
async function atEachMoment(then: (given: { readonly rig: Rig; readonly engine: Engine; readonly run: string; readonly moment: string }) => Promise<void>): Promise<void> {
  for (let events = 0; events < MOMENTS; events++) {
    const rig = events % 2 === 0 ? slowRig() : new Rig()
    const engine = await rig.engine([turning('1'), turning('2')])
    const { run } = await rig.until(engine.start(turning('1'), { turn: 1, words: [] }))
    await rig.steps(events >> 1)
    await then({ rig, engine, run, moment: `after ${events} events` })
  }
}

test('signals', async () => {
  await atEachMoment(async ({ rig, engine, run, moment }) => {
    await rig.until(engine.postbox.signal(run, 'word', 'a', { id: '1' }))
    await rig.steps(1)
    await rig.until(engine.postbox.signal(run, 'word', 'b', { id: '2' }))
    await rig.until(engine.postbox.signal(run, 'word', 'a', { id: '1' }))
    await rig.time.advance(10_000)
    expect(await rig.until(engine.result(run)), moment).toMatchObject({ words: ['a', 'b'] })
  })
})

test('signals that are taken are taken once', async () => {
  for (let events = 0; events < MOMENTS; events++) {
    const rig = new Rig()
    const engine = await rig.engine([hearing])
    const { run } = await rig.until(engine.start(hearing, { turn: 1, words: [] }))
    const sent = ['a', 'b', 'c'].map(async (word) => engine.postbox.signal(run, 'word', word, { id: word }))
    await rig.steps(events)
    rig.die()
    await Promise.allSettled(sent.map((one) => Promise.race([one, Promise.resolve()])))
    const second = await rig.engine([hearing])
    // A run that had all of them before the death has ended.
    for (const word of ['a', 'b', 'c']) await rig.until(second.postbox.signal(run, 'word', word, { id: word }).catch((thrown: unknown) => expect(thrown).toMatchObject({ code: 'RUN_FINISHED' })))
    await rig.time.advance(10_000)
    expect(((await rig.until(second.result(run))) as string[]).toSorted(), `after ${events} events`).toEqual(['a', 'b', 'c'])
  }
})

test('a cancel', async () => {
  await atEachMoment(async ({ rig, engine, run, moment }) => {
    await rig.until(engine.postbox.ask(run, 'cancel'))
    await rig.time.advance(10_000)
    expect((await rig.details(run)).status, moment).toBe('cancelled')
  })
})

test('a pause', async () => {
  await atEachMoment(async ({ rig, engine, run, moment }) => {
    await rig.until(engine.postbox.ask(run, 'pause'))
    await rig.time.advance(10_000)
    expect((await rig.details(run)).status, moment).toBe('paused')
    await rig.until(engine.postbox.ask(run, 'resume'))
    for (const word of ['a', 'b']) await rig.until(engine.postbox.signal(run, 'word', word))
    expect(await rig.until(engine.result(run)), moment).toMatchObject({ words: ['a', 'b'] })
  })
})

test('another version', async () => {
  await atEachMoment(async ({ rig, engine, run, moment }) => {
    const loaded = await rig.store.load({ space: 0, run })
    if (loaded === undefined) throw new Error('no such run')
    await rig.until(engine.postbox.migrate(run, { from: '1', to: '2', by: 'ada', reason: 'test', checked: journalEnd(loaded) }))
    await rig.time.advance(10_000)
    expect((await rig.details(run)).version, moment).toBe('2')
    for (const word of ['a', 'b']) await rig.until(engine.postbox.signal(run, 'word', word))
    expect(await rig.until(engine.result(run)), moment).toMatchObject({ version: '2', words: ['a', 'b'] })
  })
})
