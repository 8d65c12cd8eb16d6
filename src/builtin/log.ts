// The template `log`: writes one line to the run's log. It is declared pure though it writes: a line that comes twice after a
// crash does no harm, and a run should not wait for a commit because of a line.
import { z } from 'zod'
import type { Template } from '../template/contract.ts'
import { defineTemplate } from '../template/define.ts'

const inputSchema = z.strictObject({
  message: z.string().describe('One line.'),
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  fields: z.record(z.string(), z.unknown()).default({}).describe('Plain data beside the message. Values under keys such as password are hidden.'),
})

const outputSchema = z.object({ level: z.enum(['debug', 'info', 'warn', 'error']), message: z.string() })

/** What `log` takes and gives. */
export type LogInput = z.input<typeof inputSchema>
export type LogOutput = z.output<typeof outputSchema>

/** Writes a line to the log, with the run and the step's path beside it. */
export const log: Template<LogInput, LogOutput> = defineTemplate({
  name: 'log',
  version: '1.0.0',
  description: 'Writes a line to the log.',
  kind: 'action',
  category: 'core',
  tags: ['log', 'debug', 'print'],
  input: inputSchema,
  output: outputSchema,
  pure: true,
  execute({ message, level, fields }, context) {
    context.log[level](message, fields)
    return { level, message }
  },
})
