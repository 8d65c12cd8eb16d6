// One measurement of Wumbo: three-step workflows on a SQLite file, started and awaited in process through the public
// API. Every step is an `effect`, every input and output is validated.
import { join } from 'node:path'
import { createWumbo, defineTemplate, defineWorkflow, fromText } from 'wumbo'
import { z } from 'zod'
import { drive, type ThreeStepOptions, type ThreeStepResult } from '../flight.ts'
import { measure } from '../measurement.ts'
import { requireBuilt } from './built.ts'
import { checkStore, fsyncMode, notePragmas } from './store-check.ts'

const value = z.object({ n: z.number() })

const increment = defineTemplate({
  name: 'increment',
  version: '1.0.0',
  description: 'Adds one.',
  input: value,
  output: value,
  execute: ({ n }) => ({ n: n + 1 }),
})

const three = defineWorkflow({
  name: 'three',
  version: '1',
  input: value,
  async run(ctx, input) {
    const a = await ctx.step('a', increment, input)
    const b = await ctx.step('b', increment, a)
    return await ctx.step('c', increment, b)
  },
})

const yaml = fromText<{ n: number }, { n: number }>(`
name: three-yaml
input: { type: object, required: [n], properties: { n: { type: number } } }
steps:
  a:
    uses: increment
    with: { n: '\${{ input.n }}' }
  b:
    uses: increment
    with: \${{ steps.a.output }}
  c:
    uses: increment
    with: \${{ steps.b.output }}
output: \${{ steps.c.output }}
`, [increment])

await measure<ThreeStepOptions, ThreeStepResult>(async (options) => {
  requireBuilt()
  const file = join(options.folder, 'wumbo.db')
  const notes = notePragmas(options.folder)
  const wumbo = await createWumbo({ store: `sqlite:${file}`, templates: [increment], workflows: [three, yaml] })
  const workflow = options.form === 'yaml' ? yaml : three
  const result = await drive(options, async (input) => {
    const run = await wumbo.start(workflow, input)
    return run.result()
  })
  await wumbo.close()
  const runs = options.warmUp + options.count
  checkStore(file, { runs, steps: 3 * runs })
  return { ...result, fsync: fsyncMode(notes, file) }
})
