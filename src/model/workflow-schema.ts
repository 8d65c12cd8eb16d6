// The shape of the graph model as Zod schemas: strict, so an unknown key is refused. They check shape only; that names,
// expressions and templates mean something is checked where a graph is compiled. schema/workflow.json is made from them.
import { z } from 'zod'
import { parseDuration } from '../shared/duration.ts'
import { inlineSchema, workflowReference } from './inline-schema.ts'
import { childSchemas } from './children-schema.ts'
import { untilSchema, waitSchemas } from './waiting-schema.ts'
import { DEFAULT_CONCURRENCY, MAX_STEP_ID, MAX_WORKFLOW_NAME, STEP_ID, WORKFLOW_NAME, type WorkflowModel } from './workflow.ts'

const DURATION = 'a duration such as "500ms", "30s", "1h 30m" or a number of milliseconds'

/** The same as parseDuration, for editors: a test holds the two together. */
const DURATION_PATTERN = '^\\s*(?:\\d+(?:\\.\\d+)?(?:ms|s|m|h|d|w)\\s*)+$'

const duration = z
  .union([z.number().meta({ minimum: 0 }), z.string().max(64).meta({ pattern: DURATION_PATTERN })], { error: `expected ${DURATION}` })
  .refine(isDuration, { error: (issue) => `expected ${DURATION}, got ${JSON.stringify(issue.input)}` })
  .meta({ id: 'Duration', description: 'Milliseconds, or text made of numbers with the units ms, s, m, h, d, w. A day is 24 hours.', examples: ['30s', '1h 30m', 1500] })

const sleep = z.union([duration, z.string().max(4096).regex(/\$\{\{/)], { error: `expected ${DURATION}, or an expression that gives one` })

const { signal, event, approval } = waitSchemas(sleep, duration)

const id = z.string().max(MAX_STEP_ID).regex(STEP_ID, { error: (issue) => `expected letters, digits and "_", not beginning with a digit, got ${JSON.stringify(issue.input)}` })

const workflowName = z.string().max(MAX_WORKFLOW_NAME).regex(WORKFLOW_NAME, { error: (issue) => `expected words of lower-case letters and digits joined by "-", "." or "_", got ${JSON.stringify(issue.input)}` })

const { child, children } = childSchemas(workflowName)

const NEED = 'expected the id of a step, or an edge such as { step: charge, on: failure }'

/** What an editor shows of a key. */
interface Words {
  readonly description: string
  readonly examples: unknown[]
}

const expression = (description: string, examples: string[]): z.ZodOptional<z.ZodString> => z.string().min(1).max(4096).optional().meta({ description, examples })
const binding = (description: string, examples: unknown[]): z.ZodOptional<z.ZodUnknown> => z.unknown().optional().meta({ description, examples })
const text = (words: Words): z.ZodOptional<z.ZodString> => z.string().max(2000).optional().meta({ ...words })
const time = (description: string, examples: unknown[]): z.ZodOptional<typeof duration> => duration.optional().meta({ description, examples })

const retry = z
  .strictObject({
    maxAttempts: z.int().min(1).max(1000).optional().meta({ description: 'Attempts in all, the first one included, from 1 to 1000. Default 1: no retry.', examples: [5] }),
    backoff: z.enum(['exponential', 'linear', 'fibonacci', 'fixed']).optional().meta({ description: 'How the waits grow, in multiples of initialDelay: exponential 1, 2, 4, 8; linear 1, 2, 3; fibonacci 1, 1, 2, 3; fixed 1, 1, 1. Default exponential.', examples: ['exponential', 'fixed'] }),
    initialDelay: time('The wait before the second attempt: milliseconds or text with a unit. Default 1s.', ['200ms', '5s']),
    maxDelay: time('Caps every wait, whatever the curve: milliseconds or text with a unit. Default 5m.', ['30s', '1h']),
    jitter: z.boolean().optional().meta({ description: 'Spreads each wait evenly over 50 % to 100 % of its length, so that many runs do not try again at one moment. Default true.', examples: [false] }),
    nonRetryable: z.array(z.string().min(1)).max(100).optional().meta({ description: 'Codes or class names of failures that are not tried again, beside those that never are, such as an invalid input. Default none.', examples: [['HTTP_FAILED']] }),
  })
  .meta({ id: 'Retry', description: 'How often and when a failed step is tried again. What is left out comes from the template, else from the defaults.', examples: [{ maxAttempts: 5, backoff: 'exponential', initialDelay: '1s' }] })

const compensate = z
  .strictObject({
    uses: z.string().min(1).max(200).meta({ description: 'The template that undoes the step, as in a step. It takes no settings.', examples: ['seats.release@^1'] }),
    with: binding('The input of the template. Texts may hold ${{ expression }} of step.input, step.output and step.outcome, and of the input of the run. Default: an object with input, output and outcome of the step.', [{ seat: '${{ step.output.seat }}' }]),
    retry: retry.optional().meta({ description: 'How often and when it is tried again. Default: what the template says, else 5 attempts with waits that grow from 1s.', examples: [{ maxAttempts: 10, initialDelay: '5s' }] }),
    timeout: time('How long one attempt may take: milliseconds or text with a unit. Default: what the template says, else none.', ['10s']),
    onUnknown: z.enum(['settle', 'compensate']).optional().meta({ description: 'When nobody knows whether the step was done, since a timeout or a crash cut it off: settle attempts it again until that is known; compensate undoes it with the outcome unknown. Default settle.', examples: ['compensate'] }),
  })
  .meta({ id: 'Compensate', description: 'What undoes a step when its run fails or is cancelled.', examples: [{ uses: 'seats.release', with: { seat: '${{ step.output.seat }}' } }] })
const loop = z
  .strictObject({
    max: z.int().min(1).max(10_000).meta({ description: 'Turns at most, from 1 to 10000.', examples: [20] }),
    until: expression('An expression that is true or false, looked at after each turn: on true the loop ends. It sees last, what the turn has given, and iteration, its number from 0.', ['last.done', 'size(last.items) == 0']),
    while: expression('An expression that is true or false, looked at before each turn, the first one included: on false the loop ends. It sees last, what the turn before has given, and iteration.', ['last == null || last.more']),
    delay: sleep.optional().meta({ description: 'Waits durably between two turns: milliseconds, text with a unit, or an expression that gives either. Default: no wait.', examples: ['10s', '${{ 1000 * (iteration + 1) }}'] }),
    initial: binding('What last is before the first turn; texts may hold ${{ expression }}. Default null.', [{ page: 1, items: [] }]),
    as: id.optional().meta({ description: 'What the output of the turn before is called in expressions. Default last.', examples: ['page'] }),
    onMax: z.enum(['fail', 'continue']).optional().meta({ description: 'When all turns are made and no condition has ended the loop: fail fails the step with LOOP_LIMIT, continue gives the output of the last turn. Default fail.', examples: ['continue'] }),
  })
  .meta({ id: 'Loop', description: 'Repeats a body, one turn after the other, until a condition ends it, at most max times.', examples: [{ max: 20, until: 'last.done', delay: '10s' }], anyOf: [{ required: ['until'] }, { required: ['while'] }] })

const need = z
  .strictObject({
    step: id.meta({ description: 'The id of a step beside this one.', examples: ['charge'] }),
    on: z.enum(['success', 'failure', 'skipped', 'always']).optional().meta({ description: 'What must have become of the step for the edge to be taken. Default success.', examples: ['failure'] }),
    if: expression('An expression that is true or false, looked at when the step has ended. It reads that step, the input, and what lies outside of the scope.', ['steps.charge.output.amount > 100']),
    else: z.literal(true).optional().meta({ description: 'In place of if: the edge is taken when no edge with if that leaves the same step is.', examples: [true] }),
  })
  .meta({ id: 'Need', description: 'An edge from a step that ends before: what must have become of it, and a condition.', examples: [{ step: 'charge', on: 'failure' }, { step: 'score', if: 'steps.score.output.score > 0.5' }], not: { required: ['if', 'else'] } })

// A schema that contains itself has no type that the compiler could infer.
const steps: z.ZodType = z.lazy(() => z.record(id, step)).meta({ id: 'Steps', description: 'Steps by id: letters, digits and _, not beginning with a digit.', examples: [{ score: { uses: 'score-lead@^1', with: '${{ input }}' } }] })
const cases: z.ZodType = z.lazy(() => z.array(oneCase).min(1).max(100)).meta({ id: 'Cases', description: 'Cases of a switch, in the order in which they are tried.', examples: [[{ if: 'input.vip', uses: 'greet.vip' }, { else: true, uses: 'greet' }]] })

const branches: z.ZodType = z.lazy(() => z.record(id, branch)).meta({ id: 'Branches', description: 'Branches by name: letters, digits and _, not beginning with a digit.', examples: [{ fast: { uses: 'quotes.fast' }, exact: { uses: 'quotes.exact' } }] })
const weights = z.record(id, z.number().gt(0).lt(Number.MAX_VALUE)).meta({ id: 'Weights', description: 'A weight greater than 0 for each branch. Only their ratios count.', examples: [{ fast: 0.3, exact: 0.7 }] })
const merge = z.union([
  z.enum(['all', 'any', 'first']),
  z.strictObject({ weighted: weights }),
  z.strictObject({ output: z.unknown().refine((value) => value !== undefined, { error: 'is missing' }).meta({ description: 'What the step gives; texts may hold ${{ expression }} of branches.', examples: ['${{ branches.fast }}'] }) }),
], { error: 'expected all, any, first, { weighted: … } or { output: … }' })
const parallel = z
  .strictObject({
    branches: branches.meta({ description: 'The branches, by name. The name is part of the paths of what they do, such as quotes.fast.', examples: [{ fast: { uses: 'quotes.fast' }, exact: { uses: 'quotes.exact' } }] }),
    merge: merge.optional().meta({ description: 'How what the branches give becomes the output: all, an object of the outputs by name; any, the output of the first that succeeds; first, what the first comes to that ends; weighted, the average of numbers; output, what an expression makes of branches. Default all.', examples: ['any', { weighted: { fast: 0.3, exact: 0.7 } }, { output: '${{ branches.fast.price + branches.exact.price }}' }] }),
    concurrency: z.int().min(1).max(10_000).optional().meta({ description: 'How many branches are at work at a time, from 1 to 10000, in the order in which they stand. Default: all.', examples: [1] }),
  })
  .meta({ id: 'Parallel', description: 'Branches that run side by side, and how what they give becomes one output.', examples: [{ branches: { fast: { uses: 'quotes.fast' }, exact: { uses: 'quotes.exact' } }, merge: 'any' }] })

const body = {
  uses: z.string().min(1).max(200).optional().meta({ description: 'The template that does the work: its name, with a version or a range of versions after "@". Without one: the newest version; what a range means is pinned when the workflow is saved.', examples: ['http.request', 'score-lead@^1', 'score-lead@1.2.0'] }),
  config: binding('Settings of the template, checked by its config schema and fixed before any run: plain values without ${{ }}. What depends on a run goes into with. They are stored with the workflow, so they are no place for secrets. Default: the defaults of the template.', [{ timeout: '10s', maxRedirects: 0 }]),
  with: binding('The input of the template. Texts may hold ${{ expression }}; a text that is one such expression gives its value, whatever its type. Default {}.', [{ url: 'https://example.com/people/${{ input.email }}', visits: '${{ steps.enrich.output.visits }}' }]),
  steps: steps.optional().meta({ description: 'A block: steps in a scope of their own. They see the steps around them; other steps see only the output of the block.', examples: [{ charge: { uses: 'cards.charge', with: { order: '${{ item.id }}' } } }] }),
  output: binding('What a block gives; texts may hold ${{ expression }}. Default: the outputs, by id, of those of its steps that no other depends on.', ['${{ steps.charge.output.receipt }}']),
  switch: cases.optional().meta({ description: 'Cases, tried in order; the first whose condition is true is run, and its output is that of the step. When none is, the step is skipped.', examples: [[{ name: 'vip', if: 'input.vip', uses: 'greet.vip' }, { else: true, uses: 'greet' }]] }),
  parallel: parallel.optional().meta({ description: 'Branches that run side by side, and how what they give becomes one output.', examples: [{ branches: { fast: { uses: 'quotes.fast' }, exact: { uses: 'quotes.exact' } }, merge: 'any' }] }),
  inline: inlineSchema.optional().meta({ description: 'Runs another graph as a part of this one: in the same run, its steps below the path of this step. The output is that of the workflow.', examples: [{ workflow: 'check-order', input: { order: '${{ input.order }}' } }] }),
  sleep: z.union([sleep, untilSchema], { error: (issue) => (typeof issue.input === 'object' ? 'expected until: a moment' : `expected ${DURATION}, or an expression that gives one`) }).optional().meta({ description: 'Waits durably, also over restarts, and costs no memory meanwhile: milliseconds, text with a unit, an expression that gives either, or until with a moment. The output of the step is null.', examples: ['3d', 1500, '${{ input.wait }}', '${{ input.days }}d'] }),
  signal: signal.optional().meta({ description: 'Waits for a signal that somebody sends to the run, also one that came before. The output is its payload.', examples: [{ name: 'paid', timeout: '14d' }] }),
  event: event.optional().meta({ description: 'Waits for an event that is published under a topic, also one that came since the run began. The output has id, topic, key, at (milliseconds since 1970) and data.', examples: [{ topic: 'order.paid', key: '${{ input.order }}' }] }),
  approval: approval.optional().meta({ description: 'Waits until a person has decided. The output has approved, by, at (milliseconds since 1970), form and comment.', examples: [{ title: 'Release order ${{ input.order }}?', assignees: ['warehouse'] }] }),
  child: child.optional().meta({ description: 'Starts a run of another workflow as a child of this one, and waits for its end. The output is that of the child.', examples: [{ workflow: 'ship', input: { parcel: '${{ input.parcel }}' } }] }),
  children: children.optional().meta({ description: 'Starts a child run for each input of a list, and waits until all have ended. The output tells how many have completed and failed.', examples: [{ workflow: 'ship', inputs: '${{ input.parcels }}' }] }),
  retry: retry.optional().meta({ description: 'How often and when the step is tried again after a failure. Default: what the template says, else no retry.', examples: [{ maxAttempts: 5, backoff: 'exponential', initialDelay: '1s' }] }),
  timeout: time('How long one attempt may take: milliseconds or text with a unit. Then it is aborted, and retry decides. Default: what the template says, else none.', ['10s', '5m']),
  totalTimeout: time('How long all attempts and the waits between them may take, also over restarts: milliseconds or text with a unit. Default none.', ['1h']),
  heartbeatTimeout: time('An attempt that gives no sign of life for so long counts as timed out: milliseconds or text with a unit. Default: what the template says, else none.', ['30s']),
  level: z.enum(['effect', 'pure']).optional().meta({ description: 'effect: the result is on disk before anything that depends on it begins; pure: it may be computed again after a crash, and is recorded later. Default: what the template says.', examples: ['pure'] }),
  compensate: z.union([compensate, z.literal(false)], { error: 'expected an object with uses, or false' }).optional().meta({ description: 'The template that undoes the step when the run fails or is cancelled; false undoes nothing. Default: what the template says.', examples: [{ uses: 'seats.release' }, false] }),
}

/** What editors check besides: exactly one body, and keys only beside those that they belong to. */
const NEEDED = { config: ['uses'], with: ['uses'], output: ['steps'], retry: ['uses'], timeout: ['uses'], totalTimeout: ['uses'], heartbeatTimeout: ['uses'], level: ['uses'], compensate: ['uses'] }
const oneBody = { oneOf: [{ required: ['uses'] }, { required: ['steps'] }, { required: ['switch'] }, { required: ['parallel'] }, { required: ['inline'] }, { required: ['sleep'] }, { required: ['signal'] }, { required: ['event'] }, { required: ['approval'] }, { required: ['child'] }, { required: ['children'] }] }

const oneCase = z
  .strictObject({
    if: expression('An expression that is true or false, in CEL, with or without ${{ }}. It is looked at when no case before it was true.', ['steps.score.output.score >= 0.5', "input.kind == 'order'"]),
    else: z.literal(true).optional().meta({ description: 'In place of if: marks the last case, which is run when no other is.', examples: [true] }),
    name: id.optional().meta({ description: 'What the case is called in the paths of a run, such as route.vip. Default case0, case1 … by its place, and else.', examples: ['vip'] }),
    description: text({ description: 'What the case is for, in a sentence. Never part of the logic.', examples: ['Customers of the first hour.'] }),
    ...body,
  })
  .meta({ id: 'Case', description: 'One case of a switch: a body (uses, steps, switch, parallel, inline, sleep, signal, event, approval, child or children), and either if or else.', examples: [{ name: 'vip', if: 'input.vip', uses: 'greet.vip' }, { else: true, uses: 'greet' }], dependentRequired: NEEDED, allOf: [oneBody, { oneOf: [{ required: ['if'] }, { required: ['else'] }] }] })

const branch = z
  .strictObject({
    description: text({ description: 'What the branch is for, in a sentence. Never part of the logic.', examples: ['Asks the fast one.'] }),
    continueOnError: z.boolean().optional().meta({ description: 'A branch that fails counts as skipped. Default false.', examples: [true] }),
    ...body,
  })
  .meta({ id: 'Branch', description: 'One branch of a parallel: exactly one of uses, steps, switch, parallel, inline, sleep, signal, event, approval, child and children.', examples: [{ uses: 'quotes.fast', timeout: '5s' }], dependentRequired: NEEDED, ...oneBody })

const codes = z.array(z.string().min(1).max(200)).min(1).max(100).optional()

const onError = z
  .strictObject({
    codes: codes.meta({ description: 'Failures with one of these codes are handled; all others fail the step as ever. They are codes of Wumbo, such as HTTP_FAILED, or of your own errors. Default: all are handled.', examples: [['HTTP_FAILED', 'STEP_TIMEOUT']] }),
    ...body,
    output: binding('What stands for the output of the step: alone, or as the output of a block; texts may hold ${{ expression }}, which sees error.', [null, { found: false, because: '${{ error.message }}' }]),
  })
  .meta({ id: 'OnError', description: 'What stands in the place of a step that has failed: only an output, or a body, as in a step. Its expressions see error: code, message, path and details.', examples: [{ codes: ['HTTP_FAILED'], output: null }, { uses: 'cards.charge-other', with: '${{ input }}' }], dependentRequired: { ...NEEDED, output: [] }, oneOf: [...oneBody.oneOf, { required: ['output'], not: { required: ['steps'] } }] })

const runError = z
  .strictObject({
    codes: codes.meta({ description: 'Only after failures with one of these codes. Default: after all.', examples: [['RUN_TIMEOUT']] }),
    steps: steps.meta({ description: 'Steps that are run after the failure. They see error and the steps of the run; one that reads a step that has not completed is skipped.', examples: [{ tell: { uses: 'log', with: { message: '${{ error.message }}' } } }] }),
  })
  .meta({ id: 'RunError', description: 'Steps that are run when the run has failed. Their expressions see error: code, message, path and details.', examples: [{ steps: { tell: { uses: 'log', with: { message: '${{ error.message }}' } } } }] })

const final = z
  .strictObject({
    steps: steps.meta({ description: 'Steps that are run at the end. They see outcome, error and the steps of the run; one that reads a step that has not completed is skipped.', examples: [{ release: { uses: 'seats.release', with: '${{ steps.reserve.output }}' } }] }),
  })
  .meta({ id: 'Finally', description: 'Steps that are run when the steps of the run have come to an end. Their expressions see outcome (completed, failed or cancelled) and error, which is null unless the run has failed.', examples: [{ steps: { release: { uses: 'seats.release', with: '${{ steps.reserve.output }}' } } }] })

const step = z
  .strictObject({
    description: text({ description: 'What the step is for, in a sentence. Never part of the logic.', examples: ['Looks the person up.'] }),
    needs: z.union([id, need, z.array(z.union([id, need], { error: NEED })).max(1000)], { error: `${NEED}, or a list of these` }).optional().meta({ description: 'Steps that must have completed before this one begins, or edges with conditions. Only for order: a reference in an expression is a dependency already.', examples: ['reserve', ['reserve', 'charge'], [{ step: 'charge', on: 'failure' }]] }),
    join: z.enum(['all', 'any', 'noneFailed', 'always']).optional().meta({ description: 'Which of needs let the step begin: all, when each edge is taken; any, as soon as one is; noneFailed, when all have ended and none has failed; always, when all have ended. Otherwise the step is skipped. Default all.', examples: ['any', 'always'] }),
    if: expression('An expression that is true or false, in CEL, with or without ${{ }}. On false the step is skipped, and so is what depends on it. Default: the step is run.', ['steps.score.output.score >= 0.5', 'size(input.orders) > 0']),
    forEach: expression('An expression that gives a list, with or without ${{ }}. The body is run for each item, and the output is the list of their outputs in the order of the items.', ['input.orders', 'steps.find.output.people']),
    as: id.optional().meta({ description: 'What an item is called in the expressions of the body; its place, from 0, is index. Only with forEach. Default item.', examples: ['order'] }),
    concurrency: z.int().min(1).max(10_000).optional().meta({ description: `How many items are at work at a time, from 1 to 10000. Only with forEach. Default ${DEFAULT_CONCURRENCY}.`, examples: [1, 50] }),
    loop: loop.optional().meta({ description: 'Repeats the body until a condition ends it, at most max times; the output is that of the last turn. Not beside forEach.', examples: [{ max: 20, until: 'last.done', delay: '10s' }] }),
    continueOnError: z.boolean().optional().meta({ description: 'The run does not fail because of this step; steps that depend on it are skipped all the same. With forEach every item is run. Default false.', examples: [true] }),
    onError: onError.optional().meta({ description: 'What stands in the place of the step when it has failed for good, after its retries; its output becomes that of the step. Default: the step has failed.', examples: [{ output: null }] }),
    ...body,
  })
  .meta({ id: 'Step', description: 'One step: exactly one of uses, steps, switch, parallel, inline, sleep, signal, event, approval, child and children.', examples: [{ uses: 'http.request@^1', with: { url: '${{ input.url }}' }, timeout: '10s' }, { sleep: '3d', needs: 'remind' }], dependentRequired: { ...NEEDED, as: ['forEach'], concurrency: ['forEach'] }, ...oneBody, not: { required: ['forEach', 'loop'] } })

// What stands in the place of a name: a definition, whose own sub-workflows stand beside it.
const inlined: z.ZodType = z.lazy(() => workflowSchema.omit({ workflows: true }).strict()).meta({ id: 'Inlined', description: 'The definition of a workflow that is run inline.', examples: [example()] })

/** A whole workflow. */
export const workflowSchema = z
  .strictObject({
    $schema: z.string().max(2000).optional().meta({ description: 'Names the JSON Schema of the file, for editors. Never part of the logic.', examples: ['./node_modules/wumbo/schema/workflow.json'] }),
    name: workflowName.meta({ description: 'What the workflow is called: lower-case words joined by -, . or _, at most 100 characters.', examples: ['onboard', 'billing.monthly-report'] }),
    description: text({ description: 'What the workflow is for, in a sentence. Never part of the logic.', examples: ['Greets a new customer and reserves a seat.'] }),
    input: z.record(z.string(), z.unknown()).optional().meta({ description: 'JSON Schema (2020-12) of the input. Every input is checked by it before a run starts, and its defaults are filled in. Default: anything.', examples: [{ type: 'object', properties: { email: { type: 'string', format: 'email' } }, required: ['email'] }] }),
    steps: steps.meta({ description: 'The steps, by id. A reference to the output of a step makes a dependency; steps that do not depend on each other run side by side.', examples: [{ enrich: { uses: 'http.request', with: { url: '${{ input.url }}' } }, score: { uses: 'score-lead@^1', with: '${{ steps.enrich.output.body }}' } }] }),
    output: binding('What a run gives; texts may hold ${{ expression }}. Default: the outputs, by id, of the steps that no other depends on.', [{ score: '${{ steps.score.output.score }}' }]),
    onFailure: z.enum(['stop', 'continue']).optional().meta({ description: 'After a failure: stop begins no further step, and lets the open ones finish; continue goes on with what does not depend on the failed step. Either way the run fails. Default stop.', examples: ['continue'] }),
    timeout: time('How long a run may take as a whole, waits included: milliseconds or text with a unit. Default none.', ['1h', '7d']),
    onCancel: z.enum(['compensate', 'leave']).optional().meta({ description: 'When a run is cancelled: compensate undoes the steps that have a compensation, leave leaves them as they are. Default compensate.', examples: ['leave'] }),
    onError: runError.optional().meta({ description: 'Steps that are run when the run has failed. It stays failed, with its own failure.', examples: [{ steps: { tell: { uses: 'log', with: { message: '${{ error.message }}' } } } }] }),
    finally: final.optional().meta({ description: 'Steps that are run when the run has completed, failed, was cancelled or has reached its timeout.', examples: [{ steps: { release: { uses: 'seats.release', with: '${{ steps.reserve.output }}' } } }] }),
    cleanUpTimeout: time('How long finally, and onError, may take after a cancel or after the timeout of the run: milliseconds or text with a unit. Default 30s.', ['2m']),
    workflows: z.record(workflowReference, inlined).optional().meta({ description: 'The definitions of the workflows that are run inline, by name@version, as they were when this one was saved. Need not be written: what is missing is looked up and filled in.', examples: [{ 'check-order': { name: 'check-order', steps: { check: { uses: 'orders.check', with: '${{ input }}' } } } }] }),
    layout: z
      .record(z.string(), z.strictObject({ x: z.number().meta({ description: 'To the right, in pixels.', examples: [120] }), y: z.number().meta({ description: 'Downwards, in pixels.', examples: [80] }) }))
      .optional().meta({ description: 'Where steps are drawn, by path. Never part of the logic: moving a step changes no version.', examples: [{ enrich: { x: 0, y: 0 }, 'orders.charge': { x: 240, y: 80 } }] }),
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
  compensate: Object.keys(compensate.shape),
  loop: Object.keys(loop.shape),
  need: Object.keys(need.shape),
  parallel: Object.keys(parallel.shape),
  inline: Object.keys(inlineSchema.shape),
  branch: Object.keys(branch.shape),
  onError: Object.keys(onError.shape),
  runError: Object.keys(runError.shape),
  finally: Object.keys(final.shape),
  signal: Object.keys(signal.shape),
  event: Object.keys(event.shape),
  approval: Object.keys(approval.shape),
  child: Object.keys(child.shape),
  children: Object.keys(children.shape),
  sleep: Object.keys(untilSchema.shape),
} as const

/** For each key an example of its value, by the object that has the key. */
export const modelExamples: Readonly<Record<keyof typeof modelKeys, ReadonlyMap<string, unknown>>> = {
  workflow: examplesOf(workflowSchema.shape),
  step: examplesOf(step.shape),
  case: examplesOf(oneCase.shape),
  retry: examplesOf(retry.shape),
  compensate: examplesOf(compensate.shape),
  loop: examplesOf(loop.shape),
  need: examplesOf(need.shape),
  parallel: examplesOf(parallel.shape),
  inline: examplesOf(inlineSchema.shape),
  branch: examplesOf(branch.shape),
  onError: examplesOf(onError.shape),
  runError: examplesOf(runError.shape),
  finally: examplesOf(final.shape),
  signal: examplesOf(signal.shape),
  event: examplesOf(event.shape),
  approval: examplesOf(approval.shape),
  child: examplesOf(child.shape),
  children: examplesOf(children.shape),
  sleep: examplesOf(untilSchema.shape),
}

function examplesOf(shape: Readonly<Record<string, z.ZodType>>): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(shape).flatMap(([key, schema]) => {
    const { examples } = schema.meta() ?? {}
    return Array.isArray(examples) && examples.length > 0 ? [[key, examples[0] as unknown] as const] : []
  }))
}

/** The published JSON Schema (2020-12) of the model. */
export function workflowJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(workflowSchema, { target: 'draft-2020-12', io: 'input' })
  return { $schema, $id: 'urn:wumbo:workflow', ...rest }
}
