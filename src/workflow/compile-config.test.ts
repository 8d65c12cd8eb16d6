import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { GraphHost } from '../../test/fixtures/graph-host.ts'
import { type DefinitionError } from '../errors.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import { defineTemplate } from '../template/define.ts'
import { named } from '../template/composite.ts'
import type { AnyTemplate } from '../template/contract.ts'
import { workflow } from './builder.ts'
import type { GraphWorkflow } from './contract.ts'
import { describeGraph } from './describe.ts'
import { fromModel, fromStored } from './graph.ts'
import type { Problem } from './problems.ts'

const output = z.unknown()
const fail = (): never => { throw new Error('not run') }
/** All settings have defaults. */
const http = defineTemplate({
  name: 'http', version: '1.0.0', description: 'Asks.', input: z.unknown(), output, execute: fail,
  config: z.object({ timeout: z.union([z.number(), z.string()]).default('30s'), headers: z.record(z.string(), z.string()).default({}), proxy: z.object({ host: z.string(), port: z.int().max(65535).default(80) }).optional() }),
})
/** Settings that must be given; `since` is a date in the template and a text in the graph. */
const mail = defineTemplate({
  name: 'mail', version: '2.0.0', description: 'Sends.', input: z.unknown(), output, execute: fail,
  config: z.strictObject({ from: z.email(), auth: z.object({ user: z.string(), retries: z.number().default(3) }), since: z.iso.datetime().transform((text) => new Date(text)).optional() }),
})
const plain = defineTemplate({ name: 'plain', version: '1.0.0', description: 'Has no settings.', input: z.unknown(), output, execute: fail })
const templates: AnyTemplate[] = [http, mail, plain]

const good = { from: 'a@example.com', auth: { user: 'a' } }
const model = (steps: Record<string, unknown>): unknown => ({ name: 'test', steps })

function problemsOf(step: Record<string, unknown>, known = templates): readonly Problem[] {
  try {
    fromModel(model({ a: step }), known)
    return []
  } catch (thrown) {
    return (thrown as DefinitionError).details?.['problems'] as readonly Problem[]
  }
}
const told = (step: Record<string, unknown>, known = templates): string[] => problemsOf(step, known).map(({ code, path }) => `${code} ${path}`)

/** The settings with which each step of a graph runs. */
function settings(graph: Pick<GraphWorkflow, 'source'>): Record<string, unknown> {
  const { opened } = new GraphHost(graph.source())
  return Object.fromEntries(opened.flatMap((one) => (one.kind === 'step' ? [[one.path, one.template.config]] : [])))
}

describe('config', () => {
  test('gives the template that runs its settings, each step its own', () => {
    const graph = fromModel(model({ a: { uses: 'http', config: { timeout: 5 } }, b: { uses: 'http', config: { proxy: { host: 'p' } } }, c: { uses: 'http' }, d: { switch: [{ else: true, uses: 'mail', config: good }] } }), templates)
    expect(settings(graph)).toEqual({
      'a': { timeout: 5, headers: {} }, 'b': { timeout: '30s', headers: {}, proxy: { host: 'p', port: 80 } }, 'c': { timeout: '30s', headers: {} }, 'd.else': { from: 'a@example.com', auth: { user: 'a', retries: 3 } },
    })
    expect([...graph.templates]).toEqual([['http@1.0.0', http], ['mail@2.0.0', mail]])
  })

  test('is one template where two steps say the same', () => {
    const { opened } = new GraphHost(fromModel(model({ a: { uses: 'http', config: { timeout: 5 } }, b: { uses: 'http@^1', config: { timeout: 5 } } }), templates).source())
    const [a, b] = opened.map((one) => (one.kind === 'step' ? one.template : undefined))
    expect(a).toBe(b)
  })

  test('is part of the version, whatever the order of its keys', () => {
    const version = (config?: unknown): string => fromModel(model({ a: { uses: 'http', ...(config === undefined ? {} : { config }) } }), templates).version
    expect(version({ timeout: 5 })).not.toBe(version())
    expect(version({ timeout: 5 })).not.toBe(version({ timeout: 6 }))
    expect(version({ timeout: 5, headers: { a: '1', b: '2' } })).toBe(version({ headers: { b: '2', a: '1' }, timeout: 5 }))
  })

  test('survives the way through the store and through a drawing', () => {
    const graph = fromModel(model({ a: { uses: 'mail', config: { ...good, since: '2026-01-01T00:00:00Z' } } }), templates)
    const again = fromStored(JSON.parse(graph.definition), graph.templates.values())
    expect(again.version).toBe(graph.version)
    expect(settings(again)).toEqual({ a: { from: 'a@example.com', auth: { user: 'a', retries: 3 }, since: new Date('2026-01-01T00:00:00Z') } })
    expect(describeGraph(graph).nodes[0]?.body).toEqual({ kind: 'step', template: 'mail@2.0.0' })
  })

  test('replaces the settings of a template that is registered with some', () => {
    const known = [http.configure({ timeout: 1, headers: { a: 'b' } })]
    const graph = fromModel(model({ a: { uses: 'http' }, b: { uses: 'http', config: { timeout: 2 } } }), known)
    expect(settings(graph)).toEqual({ a: { timeout: 1, headers: { a: 'b' } }, b: { timeout: 2, headers: {} } })
    expect(settings(fromStored(JSON.parse(graph.definition), graph.templates.values()))).toEqual(settings(graph))
  })
})

describe('config is refused', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['of a template without settings', { uses: 'plain', config: {} }, ['SURPLUS_CONFIG steps.a.config']],
    ['with an unknown setting', { uses: 'http', config: { tiemout: 5 } }, ['SURPLUS_CONFIG steps.a.config.tiemout']],
    ['with an unknown setting inside of another', { uses: 'http', config: { proxy: { host: 'p', prot: 1 } } }, ['SURPLUS_CONFIG steps.a.config.proxy.prot']],
    ['with an unknown setting of a strict schema, once', { uses: 'mail', config: { ...good, more: 1 } }, ['SURPLUS_CONFIG steps.a.config.more']],
    ['that is not there', { uses: 'mail' }, ['MISSING_CONFIG steps.a.config', 'MISSING_CONFIG steps.a.config']],
    ['without a setting that is needed', { uses: 'mail', config: { from: 'a@example.com' } }, ['MISSING_CONFIG steps.a.config']],
    ['without one inside of another', { uses: 'mail', config: { ...good, auth: {} } }, ['MISSING_CONFIG steps.a.config.auth']],
    ['with a misspelled setting that is needed, once', { uses: 'mail', config: { form: 'a@example.com', auth: { user: 'a' } } }, ['SURPLUS_CONFIG steps.a.config.form']],
    ['with a value that the schema refuses', { uses: 'mail', config: { ...good, from: 'nobody' } }, ['INVALID_CONFIG steps.a.config.from']],
    ['of another kind', { uses: 'http', config: [] }, ['INVALID_CONFIG steps.a.config']],
    ['that is null', { uses: 'http', config: null }, ['INVALID_CONFIG steps.a.config']],
    ['with all its problems at once', { uses: 'mail', config: { from: 3, more: 1, auth: {} } }, ['MISSING_CONFIG steps.a.config.auth', 'INVALID_CONFIG steps.a.config.from', 'SURPLUS_CONFIG steps.a.config.more']],
    ['with an expression', { uses: 'http', config: { headers: { a: 'x ${{ input.token }}' } } }, ['EXPRESSION_REFUSED steps.a.config.headers.a']],
    ['with an expression beside an unknown setting', { uses: 'http', config: { tiemout: 5, headers: { a: '${{ input.x }}' } } }, ['EXPRESSION_REFUSED steps.a.config.headers.a', 'SURPLUS_CONFIG steps.a.config.tiemout']],
    ['with what is no JSON', { uses: 'http', config: { headers: new Map() } }, ['INVALID_CONFIG steps.a.config.headers']],
    ['with what is no number', { uses: 'http', config: { timeout: Number.NaN } }, ['INVALID_CONFIG steps.a.config.timeout']],
    ['of a block', { steps: { b: { uses: 'plain' } }, config: {} }, ['MISPLACED_KEY steps.a.config']],
    ['of a switch', { switch: [{ else: true, uses: 'plain' }], config: {} }, ['MISPLACED_KEY steps.a.config']],
  ])('%s', (_, step, problems) => {
    expect(told(step)).toEqual(problems)
  })

  test('with the nearest name, the names there are, and what is expected', () => {
    expect(problemsOf({ uses: 'http', config: { tiemout: 5 } })).toMatchObject([{ message: 'http@1.0.0 has no setting "tiemout". Did you mean "timeout"?', remedy: 'Settings are: timeout, headers, proxy.', on: 'key' }])
    expect(problemsOf({ uses: 'mail', config: { ...good, auth: {} } })).toMatchObject([{ message: 'mail@2.0.0 needs the setting "user" (a text)', remedy: 'Add it: config: { auth: { user: … } }.' }])
    expect(problemsOf({ uses: 'mail' }).map(({ message }) => message)).toEqual(['mail@2.0.0 needs the setting "auth" (an object)', 'mail@2.0.0 needs the setting "from" (a text)'])
    expect(problemsOf({ uses: 'http', config: { headers: { a: 'x ${{ input.token }}' } } })).toMatchObject([{ span: [2, 20], remedy: 'Write the value itself, or hand over by with what depends on the run.' }])
  })

  test('of a template that got another name after its settings, or before', () => {
    const naming = { version: '1.0.0', description: 'Another name.' }
    const known = [named(http.configure({ timeout: 1 }), { name: 'after', ...naming }), named(mail, { name: 'before', ...naming })]
    expect(told({ uses: 'after' }, known)).toEqual([])
    expect(told({ uses: 'after', config: { timeout: 2 } }, known)).toEqual(['SURPLUS_CONFIG steps.a.config'])
    expect(told({ uses: 'before' }, known)).toEqual(['MISSING_CONFIG steps.a.config'])
  })

  test('together with what is wrong elsewhere in the step', () => {
    expect(told({ uses: 'http', config: { tiemout: 5 }, with: '${{ steps.b.output }}' })).toEqual(['SURPLUS_CONFIG steps.a.config.tiemout', 'UNKNOWN_STEP steps.a.with'])
  })
})

describe('the builder', () => {
  const input = z.object({})

  test('says the settings of a configured template as they were given', () => {
    const built = workflow('test', { input }).step('a', { uses: mail.configure({ ...good, since: '2026-01-01T00:00:00Z' }), with: 1 }).step('b', { uses: http.configure({ timeout: 7 }) }).step('c', { uses: http }).build()
    const said = JSON.parse(built.definition) as WorkflowModel
    expect(said.steps).toEqual({
      a: { uses: 'mail@2.0.0', config: { ...good, since: '2026-01-01T00:00:00Z' }, with: 1 }, b: { uses: 'http@1.0.0', config: { timeout: 7 } }, c: { uses: 'http@1.0.0' },
    } satisfies Record<string, StepModel>)
    const read = fromModel({ ...said, steps: { ...said.steps, a: { ...said.steps['a'], uses: 'mail' } } }, templates)
    expect(read.version).toBe(built.version)
    expect(settings(read)).toEqual(settings(built))
  })

  test('refuses settings that are no data, with their path', () => {
    const odd = defineTemplate({ name: 'odd', version: '1.0.0', description: 'Takes a date.', input: z.unknown(), output, execute: fail, config: z.object({ at: z.custom<Date>((value) => value instanceof Date) }), jsonSchema: { config: { type: 'object', properties: { at: {} } } } })
    expect(() => workflow('test', { input }).step('a', { uses: odd.configure({ at: new Date(0) }) }).build()).toThrow(/steps\.a\.config\.at: expected JSON, got an object of a class/)
  })
})
