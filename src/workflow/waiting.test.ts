// Waits of graphs: signals, approvals, sleeps until a moment; what is refused, what is opened, what comes of it, what is given up.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { begin, echo, type GraphHost, run } from '../../test/fixtures/graph-host.ts'
import type { DefinitionError } from '../errors.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import { workflow } from './builder.ts'
import type { Operation } from './contract.ts'
import { describeGraph } from './describe.ts'
import { fromModel } from './graph.ts'
import { jsonSchema } from './input-schema.ts'
import type { Problem } from './problems.ts'
import { renameStep } from './rename-step.ts'
import { writeYaml } from './write/yaml.ts'

const input: WorkflowModel['input'] = { type: 'object', required: ['n', 'text', 'flag'], properties: { n: { type: 'number' }, text: { type: 'string' }, flag: { type: 'boolean' } } }
const amount = { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] }

function problemsOf(steps: Record<string, unknown>): readonly Pick<Problem, 'code' | 'path'>[] {
  try {
    fromModel({ name: 'test', input, steps }, [echo])
    return []
  } catch (thrown) {
    return ((thrown as DefinitionError).details?.['problems'] as readonly Problem[]).map(({ code, path }) => ({ code, path }))
  }
}

function waitOf(host: GraphHost, path: string): Extract<Operation, { kind: 'signal' | 'approval' }> {
  const operation = host.operation(path)
  if (operation.kind !== 'signal' && operation.kind !== 'approval') throw new Error(`${path} is no wait`)
  return operation
}

/** What the engine would answer with when a payload comes. */
async function send(host: GraphHost, path: string, payload: unknown): Promise<void> {
  const { check } = waitOf(host, path)
  host.deliver(path, { status: 'completed', output: check === null ? payload : await check(payload) })
}

const started = (steps: Record<string, StepModel>, output?: unknown): GraphHost =>
  begin({ input, steps, ...(output === undefined ? {} : { output }) }, { n: 3, text: 'a/b', flag: true })

describe('what is refused', () => {
  test.each<[Record<string, unknown>, string, string]>([
    [{ signal: {} }, 'MISSING_KEY', 'steps.a.signal.name'],
    [{ signal: { name: 'not a name' } }, 'INVALID_NAME', 'steps.a.signal.name'],
    [{ signal: { name: 'x', nmae: 1 } }, 'UNKNOWN_KEY', 'steps.a.signal.nmae'],
    [{ signal: { name: 'x', timeout: 'soon' } }, 'INVALID_DURATION', 'steps.a.signal.timeout'],
    [{ signal: { name: 'x', onTimeout: 'continue' } }, 'MISPLACED_KEY', 'steps.a.signal.onTimeout'],
    [{ signal: { name: 'x', timeout: '1d', fallback: 1 } }, 'MISPLACED_KEY', 'steps.a.signal.fallback'],
    [{ signal: { name: 'x', schema: { type: 'nothing' } } }, 'INVALID_SCHEMA', 'steps.a.signal.schema.type'],
    [{ signal: { name: 'x', key: '${{ input.flag }}' } }, 'TYPE_MISMATCH', 'steps.a.signal.key'],
    [{ signal: { name: 'x', timeout: '${{ input.flag }}' } }, 'TYPE_MISMATCH', 'steps.a.signal.timeout'],
    [{ signal: { name: 'x' }, with: {} }, 'MISPLACED_KEY', 'steps.a.with'],
    [{ signal: { name: 'x' }, approval: {} }, 'MISPLACED_KEY', 'steps.a'],
    [{ approval: { title: '${{ input.n }}' } }, 'TYPE_MISMATCH', 'steps.a.approval.title'],
    [{ approval: { assignees: '${{ input.text }}' } }, 'TYPE_MISMATCH', 'steps.a.approval.assignees'],
    [{ approval: { form: { properties: { a: { type: 1 } } } } }, 'INVALID_SCHEMA', 'steps.a.approval.form.properties.a.type'],
    [{ sleep: { until: 'tomorrow' } }, 'INVALID_VALUE', 'steps.a.sleep.until'],
    [{ sleep: { until: '${{ input.flag }}' } }, 'TYPE_MISMATCH', 'steps.a.sleep.until'],
    [{ sleep: {} }, 'INVALID_VALUE', 'steps.a.sleep.until'],
  ])('%j', (step, code, path) => {
    expect(problemsOf({ a: step })).toContainEqual({ code, path })
  })

  test('a field that the schema of a payload does not have', () => {
    const steps = (with_: string): Record<string, unknown> => ({ paid: { signal: { name: 'paid', schema: amount } }, b: { uses: 'echo', with: with_ } })
    expect(problemsOf(steps('${{ steps.paid.output.amount }}'))).toEqual([])
    expect(problemsOf(steps('${{ steps.paid.output.amuont }}'))).toEqual([{ code: 'UNKNOWN_FIELD', path: 'steps.b.with' }])
  })

  test('an approval that may not be filled in must be guarded', () => {
    const steps = (with_: string): Record<string, unknown> => ({ ask: { approval: { form: amount } }, b: { uses: 'echo', with: with_ } })
    expect(problemsOf(steps("${{ steps.ask.output.by + 'x' }}"))).toEqual([])
    expect(problemsOf(steps('${{ steps.ask.output.form.amount }}'))).toHaveLength(1)
    expect(problemsOf(steps('${{ steps.ask.output.form != null ? steps.ask.output.form.amount : 0.0 }}'))).toEqual([])
    expect(problemsOf(steps('${{ steps.ask.output.who }}'))).toEqual([{ code: 'UNKNOWN_FIELD', path: 'steps.b.with' }])
  })
})

describe('signal', () => {
  test('asks by name and key, checks by the schema, and gives the payload', async () => {
    const host = started({ paid: { signal: { name: 'paid', key: '${{ input.text }}', schema: amount, timeout: '${{ input.n }}d' } } }, '${{ steps.paid.output.amount }}')
    expect(waitOf(host, 'paid')).toMatchObject({ kind: 'signal', address: 'paid[a%2Fb]', timeoutMs: 3 * 86_400_000, reads: ['$input'] })
    await expect(send(host, 'paid', { amount: 'much' })).rejects.toMatchObject({ code: 'SIGNAL_INVALID' })
    await send(host, 'paid', { amount: 12 })
    expect(host.output).toBe(12)
  })

  test('without a payload it gives null', async () => {
    const host = started({ go: { signal: { name: 'go' } } }, '${{ steps.go.output }}')
    expect(waitOf(host, 'go')).toMatchObject({ address: 'go', timeoutMs: null })
    await send(host, 'go', undefined)
    expect(host.output).toBeNull()
  })

  test('in time or not: it fails, or goes on with what is said', () => {
    const { late } = waitOf(started({ a: { signal: { name: 'x', timeout: '1d' } } }), 'a')
    expect(late !== undefined && 'error' in late && late.error()).toMatchObject({ code: 'WAIT_TIMEOUT', path: 'a' })
    expect(waitOf(started({ a: { signal: { name: 'x', timeout: '1d', onTimeout: 'continue' } } }), 'a').late).toEqual({ value: null })
    expect(waitOf(started({ a: { signal: { name: 'x', timeout: '1d', onTimeout: 'continue', fallback: { n: '${{ input.n }}' } } } }), 'a').late).toEqual({ value: { n: 3 } })
    expect(waitOf(started({ a: { signal: { name: 'x' } } }), 'a').late).toBeUndefined()
  })

  test('a key of the wrong kind fails the step', () => {
    const host = begin({ steps: { a: { signal: { name: 'x', key: '${{ input.key }}' } } } }, { key: ['no'] })
    expect(host.drain().failure).toMatchObject({ cause: { code: 'EXPRESSION_FAILED' } })
  })

  test('for each item, in a switch and in a loop', async () => {
    const host = started({
      each: { forEach: '[1, 2]', signal: { name: 'item', key: '${{ item }}' } },
      way: { switch: [{ if: 'input.flag', signal: { name: 'way' } }, { else: true, approval: {} }] },
      turn: { loop: { max: 2, until: 'last == 2' }, signal: { name: 'turn' } },
    })
    expect(waitOf(host, 'each[1]').address).toBe('item[2]')
    expect(waitOf(host, 'way.case0').address).toBe('way')
    await send(host, 'turn[0]', 1)
    expect(waitOf(host, 'turn[1]').address).toBe('turn')
  })

  test('is given up with what stands around it, and told to the host', () => {
    const withdrawn: string[] = []
    const source = fromModel({ name: 'test', steps: { block: { continueOnError: true, steps: { wait: { signal: { name: 'x' } }, bad: { uses: 'echo' } } }, after: { signal: { name: 'x' } } } }, [echo]).source()
    const opened: string[] = []
    source.begin({}, { open: ({ path }) => opened.push(path), complete: () => undefined, fail: () => undefined, drop: (path) => withdrawn.push(path) })
    source.deliver('block.bad', { status: 'failed', error: new Error('bad') as never })
    expect(withdrawn).toEqual(['block.wait'])
    expect(() => source.deliver('block.wait', { status: 'completed', output: 1 })).not.toThrow()
  })
})

describe('approval', () => {
  test('tells what is asked for, then waits under its path, and gives the decision', async () => {
    const host = started({ ask: { approval: { title: 'Spend ${{ input.n }}?', assignees: ['${{ input.text }}'], form: amount, timeout: '1h' } } }, '${{ steps.ask.output }}')
    expect(host.operation('ask.request')).toEqual({ kind: 'request', path: 'ask.request', request: { title: 'Spend 3?', assignees: ['a/b'], form: amount } })
    host.deliver('ask.request', { status: 'completed', output: undefined })
    expect(waitOf(host, 'ask')).toMatchObject({ kind: 'approval', address: 'ask', timeoutMs: 3_600_000 })
    const decision = { approved: true, by: 'ada', at: 1, comment: null }
    await expect(send(host, 'ask', { ...decision, form: { amount: 'x' } })).rejects.toMatchObject({ code: 'SIGNAL_INVALID' })
    await send(host, 'ask', { ...decision, form: { amount: 2 } })
    expect(host.output).toEqual({ ...decision, form: { amount: 2 } })
  })

  test('a rejection need not fill in the form; the title is the id', async () => {
    const host = started({ ask: { approval: { form: amount } } }, '${{ steps.ask.output }}')
    expect(host.operation('ask.request')).toMatchObject({ request: { title: 'ask', assignees: [] } })
    host.deliver('ask.request', { status: 'completed', output: undefined })
    await send(host, 'ask', { approved: false, by: 'ada', at: 1, form: undefined, comment: 'no' })
    expect(host.output).toEqual({ approved: false, by: 'ada', at: 1, form: null, comment: 'no' })
  })
})

test.each([['2030-01-31T08:00:00Z', Date.parse('2030-01-31T08:00:00Z')], [1000, 1000], ['${{ input.n }}', 3], ['2030-01-31T08:00:0${{ 1 }}Z', Date.parse('2030-01-31T08:00:01Z')]])('sleep until %j', (until, moment) => {
  const host = started({ a: { sleep: { until } } })
  expect(host.operation('a')).toMatchObject({ kind: 'timer', until: moment })
  expect(run({ input, steps: { a: { sleep: { until } } }, output: '${{ steps.a.output }}' }, { n: 3, text: '', flag: true }).output).toBeNull()
})

describe('all forms', () => {
  const model: WorkflowModel = {
    name: 'waits', input,
    steps: {
      embargo: { sleep: { until: '${{ input.text }}' } },
      paid: { needs: ['embargo'], signal: { name: 'paid', key: '${{ input.n }}', schema: amount, timeout: '14d', onTimeout: 'continue', fallback: { amount: 0 } } },
      ask: { approval: { title: 'Spend ${{ steps.paid.output.amount }}?', assignees: ['ada', '${{ input.text }}'], form: { type: 'object' }, timeout: '1d' } },
    },
  }

  test('the builder makes the model that YAML says', () => {
    const built = workflow('waits', { input: jsonSchema({ type: 'object', required: ['n', 'text', 'flag'], properties: { n: { type: 'number' }, text: { type: 'string' }, flag: { type: 'boolean' } } }) })
      .sleep('embargo', { until: (names) => names.input.text })
      .signal('paid', { needs: 'embargo', name: 'paid', key: ({ input: given }) => given.n, schema: jsonSchema({ type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] }), timeout: '14d', onTimeout: 'continue', fallback: { amount: 0 } })
      .approval('ask', { assignees: ({ input: given }) => ['ada', given.text], form: z.object({}), timeout: '1d' })
      .output(({ steps }) => [steps.paid.amount, steps.ask.approved, steps.ask.by])
      .model()
    expect(built.steps['embargo']).toEqual(model.steps['embargo'])
    expect(built.steps['paid']).toEqual(model.steps['paid'])
    expect(built.steps['ask']?.approval).toMatchObject({ assignees: ['ada', '${{ input.text }}'], timeout: '1d', form: { type: 'object' } })
    expect(built.output).toEqual(['${{ steps.paid.output.amount }}', '${{ steps.ask.output.approved }}', '${{ steps.ask.output.by }}'])
  })

  test('the version does not depend on how a duration is written', () => {
    const version = (timeout: string | number): string => fromModel({ name: 'test', steps: { a: { signal: { name: 'x', timeout } } } }, []).version
    expect(version('1d')).toBe(version(86_400_000))
    expect(version('1d')).not.toBe(version('2d'))
  })

  test('a step that is renamed is renamed in waits', () => {
    const renamed = renameStep(model, 'steps.paid', 'money')
    expect(renamed.steps['ask']?.approval?.title).toBe('Spend ${{ steps.money.output.amount }}?')
    expect(writeYaml(renamed, { schema: null })).toContain('money:')
  })

  test('a description tells what is waited for', () => {
    expect(describeGraph(fromModel(model, [])).nodes.map(({ body }) => body)).toEqual([
      { kind: 'sleep', until: '${{ input.text }}' },
      { kind: 'signal', name: 'paid', timeout: '14d', onTimeout: 'continue' },
      { kind: 'approval', timeout: '1d', onTimeout: 'fail' },
    ])
  })
})

test('one lookback, however it is written, is one version', () => {
  const versions = ['10m', 600_000, '600s'].map((lookback) => fromModel({ name: 'w', steps: { e: { event: { topic: 't', lookback } } } }, []).version)
  expect(new Set(versions).size).toBe(1)
})
