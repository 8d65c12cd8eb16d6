// The step that shapes of graphs are made of.
import { z } from 'zod'
import { HttpFailedError } from '../../src/errors.ts'
import { defineTemplate } from '../../src/template/define.ts'
import type { TemplateContext } from '../../src/template/contract.ts'
import type { World } from '../../src/testing/simulation.ts'

export const number = z.object({ n: z.number() })

/** Leaves the effect of an attempt in the world. */
export function noteEffect(world: World, context: TemplateContext, input: unknown): void {
  world.effects.push({ key: context.idempotencyKey ?? '', path: context.run?.path ?? '', run: context.run?.id ?? '', attempt: context.attempt, input: JSON.stringify(input) ?? '' })
}

/** A template that adds one, or fails, and leaves its effect in the world. */
export function add(world: World, name: string, { fails = false } = {}) {
  return defineTemplate({
    name, version: '1.0.0', description: 'Adds one, after a while, or fails.', input: number, output: number,
    async execute({ n }, context) {
      noteEffect(world, context, n)
      await world.wait(Math.floor(world.random.next() * 40))
      if (fails) throw new HttpFailedError('it never works')
      return { n: n + 1 }
    },
  })
}
