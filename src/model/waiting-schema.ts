// The shapes of waits as Zod schemas; workflow-schema.ts puts them into steps.
import { z } from 'zod'
import { TOPIC } from './topic.ts'
import { SIGNAL_NAME } from './waiting.ts'

const text = (max: number): z.ZodString => z.string().min(1).max(max)
const jsonSchema = (description: string): z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodUnknown>> =>
  z.record(z.string(), z.unknown()).optional().meta({ description, examples: [{ type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] }] })

/** A moment to sleep until. */
export const untilSchema = z
  .strictObject({
    until: z.union([z.number(), text(4096)], { error: 'expected milliseconds since 1970, a text such as "2030-01-31T08:00:00Z", or an expression that gives one' }).meta({ description: 'The moment: milliseconds since 1970, an ISO text with its offset from UTC, or an expression that gives either. One that is past is over at once.', examples: ['2030-01-31T08:00:00Z', '${{ input.notBefore }}'] }),
  })
  .meta({ id: 'Until', description: 'Sleeps until a moment.', examples: [{ until: '2030-01-31T08:00:00Z' }] })

/** The waits; `wait` is the schema of a duration or of an expression that gives one, `duration` that of a duration alone. */
export function waitSchemas(wait: z.ZodType, duration: z.ZodType): { readonly signal: z.ZodObject; readonly event: z.ZodObject; readonly approval: z.ZodObject } {
  const bounded = {
    timeout: wait.optional().meta({ description: 'How long to wait: milliseconds, text with a unit, or an expression that gives either. It counts from the first moment of the wait, over restarts. Default: as long as it takes.', examples: ['14d', '${{ input.patience }}'] }),
    onTimeout: z.enum(['fail', 'continue']).optional().meta({ description: 'When nothing has come in time: fail fails the step with WAIT_TIMEOUT, continue goes on with fallback. Only with timeout. Default fail.', examples: ['continue'] }),
    fallback: z.unknown().optional().meta({ description: 'The output when nothing has come in time; texts may hold ${{ expression }}. Only with onTimeout: continue. Default null.', examples: [{ amount: 0 }] }),
  }
  const signal = z
    .strictObject({
      name: z.string().regex(SIGNAL_NAME, { error: (issue) => `expected a letter or _ and then letters, digits, _ or -, at most 100, got ${JSON.stringify(issue.input)}` }).meta({ description: 'What the sender calls the signal: a letter or _, then letters, digits, _ or -.', examples: ['paid'] }),
      key: z.union([z.number(), text(4096)], { error: 'expected a text or a number' }).optional().meta({ description: 'Tells apart signals of one name: whoever sends names the same key. A text that may hold ${{ expression }}, or a number. Default: no key.', examples: ['${{ item.id }}'] }),
      schema: jsonSchema('JSON Schema (2020-12) of the payload, with defaults filled in. A payload that it refuses is set aside with the reason, and the wait goes on. Default: anything.'),
      ...bounded,
    })
    .meta({ id: 'Signal', description: 'Waits for a signal that somebody sends to the run.', examples: [{ name: 'paid', timeout: '14d' }] })
  const event = z
    .strictObject({
      topic: z.string().regex(TOPIC, { error: (issue) => `expected a topic such as order.paid: words of letters, digits, _ and - parted by . : or /, at most 200 characters, got ${JSON.stringify(issue.input)}` }).meta({ description: 'What the event is published under: words of letters, digits, _ and -, parted by ".", ":" or "/".', examples: ['order.paid'] }),
      key: z.union([z.number(), text(4096)], { error: 'expected a text or a number' }).optional().meta({ description: 'Only events that were published with this key: a text that may hold ${{ expression }}, or a number. Name one where the topic is busy, since the run gets every event of the topic otherwise. Default: any.', examples: ['${{ input.order }}'] }),
      where: text(4096).optional().meta({ description: 'An expression that is true or false of the event, in CEL, with or without ${{ }}: event has id, topic, key, at (milliseconds since 1970) and data. Other events are left to other waits of the run. Default: any event.', examples: ['event.data.amount >= input.amount'] }),
      schema: jsonSchema('JSON Schema (2020-12) of the data of the event, with defaults filled in. An event that it refuses is set aside with the reason, and the wait goes on. Default: anything.'),
      lookback: duration.optional().meta({ description: 'How long before the start of the run an event may have been published: milliseconds or text with a unit. Default 0: none that is older than the run.', examples: ['10m'] }),
      ...bounded,
    })
    .meta({ id: 'Event', description: 'Waits for an event that somebody publishes under a topic, for every run that waits for it.', examples: [{ topic: 'order.paid', key: '${{ input.order }}', timeout: '14d' }] })
  const approval = z
    .strictObject({
      title: text(4096).optional().meta({ description: 'What is to be decided, for people; may hold ${{ expression }}. Default: the id of the step.', examples: ['Release order ${{ input.order }}?'] }),
      assignees: z.union([z.array(text(4096)).max(1000), text(4096)], { error: 'expected a list of names, or an expression that gives one' }).optional().meta({ description: 'Who is asked; may hold ${{ expression }}. It is shown, and keeps nobody from deciding. Default: nobody in particular.', examples: [['warehouse'], '${{ input.managers }}'] }),
      form: jsonSchema('JSON Schema (2020-12) of what is to be filled in with the decision. Default: nothing need be.'),
      ...bounded,
    })
    .meta({ id: 'Approval', description: 'Waits until a person has approved or rejected.', examples: [{ title: 'Release order ${{ input.order }}?', assignees: ['warehouse'] }] })
  return { signal, event, approval }
}
