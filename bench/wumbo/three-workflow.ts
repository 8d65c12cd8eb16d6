// The three-step workflow as Wumbo runs it, in code and as YAML: every step is an `effect`, every input and output is validated.
import { defineTemplate, defineWorkflow, fromText } from 'wumbo'
import { z } from 'zod'

const value = z.object({ n: z.number() })

export const increment = defineTemplate({
  name: 'increment',
  version: '1.0.0',
  description: 'Adds one.',
  input: value,
  output: value,
  execute: ({ n }) => ({ n: n + 1 }),
})

export const three = defineWorkflow({
  name: 'three',
  version: '1',
  input: value,
  async run(ctx, input) {
    const a = await ctx.step('a', increment, input)
    const b = await ctx.step('b', increment, a)
    return await ctx.step('c', increment, b)
  },
})

export const yaml = fromText<{ n: number }, { n: number }>(`
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
