// K12 at every crash point: a run whose code has changed is parked with the difference, and one that is asked to go on with a version that it does not fit
// stays with its own, wherever the process dies that finds it. Nothing of it is done, and it goes on when its code is back.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { journalEnd } from '../../src/engine/migration.ts'
import { mortalStore } from '../../src/testing/mortal-store.ts'
import type { Store } from '../../src/store/port.ts'
import { defineTemplate } from '../../src/template/define.ts'
import { defineWorkflow } from '../../src/workflow/define.ts'
import type { AnyWorkflow } from '../../src/workflow/contract.ts'
import { Rig } from '../integration/engine/rig.ts'

interface World {
  readonly rig: Rig
  readonly calls: string[]
  /** The workflow with a first step of another name, or of another result under the same template's version, for each version. */
  readonly of: (version: string, first: string, output?: z.ZodType) => AnyWorkflow
  /** From now on the store dies at this call. */
  arm(call: number, when: 'before' | 'after'): void
  readonly died: () => boolean
  disarm(): void
}

function world(): World {
  let isAlive = true
  let isArmed = false
  let target: { call: number; when: 'before' | 'after' } = { call: 0, when: 'before' }
  let calls = 0
  const strike = (when: 'before' | 'after'): void => {
    if (when === 'before' && isArmed) calls++
    if (isArmed && calls === target.call && when === target.when) isAlive = false
  }
  const rig = new Rig((store: Store) => mortalStore(store, { isAlive: () => isAlive, before: () => strike('before'), after: () => strike('after') }))
  const done: string[] = []
  const of = (version: string, first: string, output: z.ZodType = z.number()): AnyWorkflow => {
    const work = defineTemplate({ name: 'work', version: '1.0.0', description: 'Works.', input: z.string(), output, execute: async (name) => {
      done.push(name)
      await rig.wait(5)
      return 1
    } })
    return defineWorkflow({
      name: 'changed', version, input: z.unknown(),
      async run(ctx) {
        await ctx.step(first, work, first)
        await ctx.sleep('night', '1h')
        await ctx.step('last', work, 'last')
        return version
      },
    })
  }
  return {
    rig, calls: done, of, died: () => !isAlive,
    arm: (call, when) => {
      target = { call, when }
      calls = 0
      isArmed = true
    },
    disarm: () => {
      isAlive = true
      isArmed = false
    },
  }
}

/** Does it with a death at each call, until there is no further call. */
async function everywhere(once: (call: number, when: 'before' | 'after') => Promise<boolean>): Promise<number> {
  for (let call = 1; ; call++) {
    const reached = [await once(call, 'before'), await once(call, 'after')]
    if (!reached.includes(true)) return call - 1
  }
}

test.each([
  ['asks for another step', 'begin', undefined, 'the code asks for step begin'],
  ['gives another result under the same version of a template', 'first', z.string(), 'has changed since without another version'],
] as const)('K12: a run whose code %s', { timeout: 60_000 }, async (_name, step, output, message) => {
  const points = await everywhere(async (call, when) => {
    const { rig, calls, of, arm, died, disarm } = world()
    const before = of('1', 'first')
    const { run } = await rig.until((await rig.engine([before])).start(before, {}))
    await rig.time.advance(5000)
    rig.die()
    const after = of('1', step, output)
    arm(call, when)
    void rig.engine([after]).catch(() => undefined)
    await rig.time.advance(4_000_000)
    const isReached = died()
    rig.die()
    disarm()
    await rig.engine([after])
    await rig.time.advance(4_000_000)
    expect(await rig.details(run), `died ${when} call ${call}`).toMatchObject({ status: 'parked', error: { code: 'NON_DETERMINISM', message: expect.stringContaining(message) as string } })
    expect(calls).toEqual(['first'])
    rig.die()
    const engine = await rig.engine([before])
    await rig.until(engine.postbox.ask(run, 'resume'))
    await rig.until(engine.retry(run, { by: 'ada', reason: 'the code is back' }).catch(() => null))
    await expect(rig.until(engine.result(run)), `died ${when} call ${call}`).resolves.toBe('1')
    expect(calls).toEqual(['first', 'last'])
    return isReached
  })
  expect(points).toBeGreaterThan(4)
})

test('K12: a run that is asked to go on with a version that it does not fit', { timeout: 60_000 }, async () => {
  const points = await everywhere(async (call, when) => {
    const { rig, calls, of, arm, died, disarm } = world()
    const versions = [of('1', 'first'), of('2', 'begin')] as const
    const first = await rig.engine(versions)
    const { run } = await rig.until(first.start(versions[0], {}))
    await rig.time.advance(5000)
    const loaded = await rig.store.load({ space: 0, run })
    if (loaded === undefined) throw new Error('no run')
    arm(call, when)
    void first.postbox.migrate(run, { from: '1', to: '2', by: 'ada', reason: '', checked: journalEnd(loaded) }).catch(() => undefined)
    await rig.time.advance(10_000)
    const isReached = died()
    rig.die()
    disarm()
    const second = await rig.engine(versions)
    await rig.time.advance(10_000)
    const details = await rig.details(run)
    expect(details, `died ${when} call ${call}`).toMatchObject({ status: 'waiting', version: '1', unreadMail: [] })
    // Of what the death kept from being stored nothing is known.
    expect(details.migrations.map(({ refused, takenAt }) => [refused?.code, takenAt !== null])).toEqual(details.migrations.length === 0 ? [] : [['MIGRATION_REFUSED', true]])
    if (!isReached) expect(details.migrations).toHaveLength(1)
    await expect(rig.until(second.result(run))).resolves.toBe('1')
    expect(calls).toEqual(['first', 'last'])
    return isReached
  })
  expect(points).toBeGreaterThan(4)
})
