// The shape of the graph model as Zod schemas: strict, so an unknown key is refused. They check shape only; that names,
// expressions and templates mean something is checked where a graph is compiled. schema/workflow.json is made from them.
import { z } from 'zod'
import { parseDuration } from '../shared/duration.ts'
import { DEFAULT_CONCURRENCY, MAX_STEP_ID, MAX_WORKFLOW_NAME, STEP_ID, WORKFLOW_NAME, type WorkflowModel } from './workflow.ts'

const DURATION = 'a duration such as "500ms", "30s", "1h 30m" or a number of milliseconds'

const duration = z
  .union([z.number().min(0), z.string().max(64)], { error: `expected ${DURATION}` })
  .refine(isDuration, { error: (issue) => `expected ${DURATION}, got ${JSON.stringify(issue.input)}` })
  .meta({ id: 'Duration', description: 'Milliseconds, or text made of numbers with the units ms, s, m, h, d, w.', examples: ['30s', '1h 30m', 1500] })

const id = z.string().max(MAX_STEP_ID).regex(STEP_ID, { error: (issue) => `expected letters, digits and "_", not beginning with a digit, got ${JSON.stringify(issue.input)}` })

const expression = (description: string, examples: string[]): z.ZodString => z.string().min(1).max(4096).meta({ description, examples })
const text = z.string().max(2000)
const binding = (description: string, examples: unknown[]): z.ZodUnknown => z.unknown().meta({ description, examples })

const retry = z
  .strictObject({
    maxAttempts: z.int().min(1).max(1000).optional().meta({ description: 'Attempts in all, the first one included. Default 1: no retry.', examples: [5] }),
    backoff: z.enum(['exponential', 'linear', 'fibonacci', 'fixed']).optional().meta({ description: 'The curve of the waits. Default exponential.' }),
    initialDelay: duration.optional().meta({ description: 'The first wait. Default 1s.' }),
    maxDelay: duration.optional().meta({ description: 'Caps every wait, whatever the curve. Default 5m.' }),
    jitter: z.boolean().optional().meta({ description: 'Spreads each wait evenly over 50 % to 100 % of its length. Default true.' }),
    nonRetryable: z.array(z.string().min(1)).max(100).optional().meta({ description: 'Codes of failures that are not retried.', examples: [['HTTP_FAILED']] }),
  })
  .meta({ id: 'Retry', description: 'How often and when a failed step is tried again.', examples: [{ maxAttempts: 5, backoff: 'exponential', initialDelay: '1s' }] })

// A schema that contains itself has no type that the compiler could infer.
const steps: z.ZodType = z.lazy(() => z.record(id, step)).meta({ id: 'Steps', description: 'Steps by id.' })
const cases: z.ZodType = z.lazy(() => z.array(oneCase).min(1).max(100)).meta({ id: 'Cases', description: 'Cases of a switch, in the order in which they are tried.' })

const body = {
  uses: z.string().min(1).max(200).optional().meta({ description: 'A template: its name, with a version or a range of versions after "@".', examples: ['http.request', 'score-lead@^1', 'score-lead@1.2.0'] }),
  with: binding('The input of the template. Texts may hold ${{ expression }}; a text that is one such expression gives its value.', [{ url: 'https://example.com/people/${{ input.email }}', visits: '${{ steps.enrich.output.visits }}' }]).optional(),
  steps: steps.optional().meta({ description: 'A block: steps in a scope of their own. Other steps see only the output of the block.' }),
  output: binding('What a block gives. Default: the outputs, by id, of those of its steps that no other depends on.', ['${{ steps.charge.output.receipt }}']).optional(),
  switch: cases.optional().meta({ description: 'Cases, tried in order; the first whose condition is true is run. When none is, the step is skipped.' }),
  retry: retry.optional(),
  timeout: duration.optional().meta({ description: 'Per attempt.' }),
  totalTimeout: duration.optional().meta({ description: 'For all attempts and the waits between them.' }),
  heartbeatTimeout: duration.optional().meta({ description: 'An attempt that gives no sign of life for so long counts as timed out.' }),
  level: z.enum(['effect', 'pure']).optional().meta({ description: "Overrides the template's durability level." }),
}

const oneBody = { oneOf: [{ required: ['uses'] }, { required: ['steps'] }, { required: ['switch'] }] }

const oneCase = z
  .strictObject({
    if: expression('An expression that is true or false.', ['steps.score.output.score >= 0.5']).optional(),
    else: z.literal(true).optional().meta({ description: 'Marks the last case, which is run when no other is.' }),
    name: id.optional().meta({ description: 'What the case is called in paths. Default case0, case1 … and else.', examples: ['vip'] }),
    description: text.optional(),
    ...body,
  })
  .meta({ id: 'Case', description: 'One case of a switch: a body (uses, steps or switch), and either if or else.', ...oneBody })

const step = z
  .strictObject({
    description: text.optional(),
    needs: z.union([id, z.array(id).max(1000)], { error: 'expected the id of a step, or a list of ids' }).optional().meta({ description: 'Steps that must have completed before. A reference in an expression is a dependency already.', examples: ['reserve', ['reserve', 'charge']] }),
    if: expression('An expression that is true or false; on false the step is skipped.', ['steps.score.output.score >= 0.5']).optional(),
    forEach: expression('An expression that gives a list; the body is run for each item, and the output is the list of their outputs.', ['input.orders']).optional(),
    as: id.optional().meta({ description: 'What an item is called in expressions, beside index. Default item.', examples: ['order'] }),
    concurrency: z.int().min(1).max(10_000).optional().meta({ description: `Items at work at a time, at most. Default ${DEFAULT_CONCURRENCY}.` }),
    continueOnError: z.boolean().optional().meta({ description: 'The run does not fail because of this step; steps that depend on it are skipped all the same. Default false.' }),
    ...body,
  })
  .meta({ id: 'Step', description: 'One step: exactly one of uses, steps and switch.', ...oneBody })

/** A whole workflow. */
export const workflowSchema = z
  .strictObject({
    name: z.string().max(MAX_WORKFLOW_NAME).regex(WORKFLOW_NAME, { error: (issue) => `expected words of lower-case letters and digits joined by "-", "." or "_", got ${JSON.stringify(issue.input)}` }).meta({ description: 'Lower-case words joined by -, . or _.', examples: ['onboard', 'billing.monthly-report'] }),
    description: text.optional().meta({ description: 'What the workflow is for, in a sentence.' }),
    input: z.record(z.string(), z.unknown()).optional().meta({ description: 'JSON Schema (2020-12) of the input. Default: anything.', examples: [{ type: 'object', properties: { email: { type: 'string', format: 'email' } }, required: ['email'] }] }),
    steps: steps.meta({ description: 'The steps, by id. A reference to the output of a step makes a dependency.' }),
    output: binding('What a run gives. Default: the outputs, by id, of the steps that no other depends on.', [{ score: '${{ steps.score.output.score }}' }]).optional(),
    onFailure: z.enum(['stop', 'continue']).optional().meta({ description: 'After a failure: stop begins no further step; continue goes on with what does not depend on the failed step. Either way the run fails. Default stop.' }),
    timeout: duration.optional().meta({ description: 'For a run as a whole.' }),
    layout: z.record(z.string(), z.strictObject({ x: z.number(), y: z.number() })).optional().meta({ description: 'Where steps are drawn, by path. Never part of the logic.' }),
  })
  .meta({
    title: 'Wumbo workflow',
    description: 'A durable workflow as a graph of steps. Each step uses a template; references between steps are dependencies.',
    examples: [example()],
  })

function example(): WorkflowModel {
  return {
    name: 'onboard',
    input: { type: 'object', properties: { email: { type: 'string', format: 'email' } }, required: ['email'] },
    steps: {
      enrich: { uses: 'http.request@^1', with: { url: 'https://api.example.com/people/${{ input.email }}' }, retry: { maxAttempts: 5, initialDelay: '1s' }, timeout: '10s' },
      score: { uses: 'score-lead@^1', with: '${{ steps.enrich.output.body }}' },
      reserve: { uses: 'seats.reserve', if: 'steps.score.output.score >= 0.5' },
    },
    output: { score: '${{ steps.score.output.score }}' },
  }
}

function isDuration(value: number | string): boolean {
  try {
    parseDuration(value)
    return true
  } catch {
    return false
  }
}

/** The keys that a workflow, a step and a case may have: for telling the nearest of them. */
export const modelKeys = {
  workflow: Object.keys(workflowSchema.shape),
  step: Object.keys(step.shape),
  case: Object.keys(oneCase.shape),
  retry: Object.keys(retry.shape),
} as const

/** The published JSON Schema (2020-12) of the model. */
export function workflowJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(workflowSchema, { target: 'draft-2020-12', io: 'input' })
  return { $schema, $id: 'urn:wumbo:workflow', ...rest }
}
