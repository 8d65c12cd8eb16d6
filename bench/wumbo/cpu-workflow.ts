// A run of one step that computes.
import { defineTemplate, defineWorkflow } from 'wumbo'
import { z } from 'zod'
import { burn } from './cpu-work.ts'

const input = z.object({ rounds: z.number() })

let told: () => void = () => undefined

/** Calls `listener` at the end of each step in this process. */
export function onStep(listener: () => void): void {
  told = listener
}

const compute = defineTemplate({
  name: 'compute',
  version: '1.0.0',
  description: 'Keeps a processor busy.',
  input,
  output: z.object({ hash: z.string() }),
  execute: ({ rounds }) => {
    const hash = burn(rounds)
    told()
    return { hash }
  },
})

export const computing = defineWorkflow({ name: 'computing', version: '1', input, run: (ctx, task) => ctx.step('compute', compute, task) })
