// What is refused of workflows that are run inline: with the place, the reason and what to do.
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { echo, template } from '../../test/fixtures/graph-host.ts'
import type { WumboError } from '../errors.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import { defineTemplate } from '../template/define.ts'
import { workflow } from './builder.ts'
import type { AnyWorkflow, GraphWorkflow } from './contract.ts'
import { defineWorkflow } from './define.ts'
import { checkText } from './from-text.ts'
import { fromModel, fromStored } from './graph.ts'
import type { Problem } from './problems.ts'
import { MAX_INLINE_DEPTH, MAX_INLINE_STEPS, MAX_INLINE_WORKFLOWS } from './sub-workflow.ts'

const add = defineTemplate({ name: 'add', version: '1.0.0', description: 'Adds.', input: z.object({ n: z.number() }), output: z.object({ n: z.number() }), execute: ({ n }) => ({ n: n + 1 }) })
const TEMPLATES = [echo, add, template('undo')]

const inline = (reference: string, input?: unknown, more: Omit<StepModel, 'inline'> = {}): StepModel => ({ ...more, inline: { workflow: reference, ...(input === undefined ? {} : { input }) } })
const made = (model: WorkflowModel, others: readonly AnyWorkflow[] = []): GraphWorkflow => fromModel(model, TEMPLATES, others)
const check = made({ name: 'check', input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false }, steps: { a: { uses: 'add', with: { n: '${{ input.n }}' } } }, output: '${{ steps.a.output.n }}' })

function problemsOf(given: Omit<WorkflowModel, 'name'>, others: readonly AnyWorkflow[] = [check]): readonly Problem[] {
  try {
    fromModel({ name: 'test', ...given }, TEMPLATES, others)
    return []
  } catch (thrown) {
    return (thrown as WumboError).details?.['problems'] as readonly Problem[]
  }
}

const told = (given: Omit<WorkflowModel, 'name'>, others?: readonly AnyWorkflow[]): readonly string[] => problemsOf(given, others).map(({ code, path, message }) => `${code} ${path}: ${message}`)

describe('a workflow that is run inline is refused', () => {
  test('when there is none of the name, with the nearest and what is known', () => {
    expect(problemsOf({ steps: { a: inline('chek', { n: 1 }) } })).toEqual([
      { code: 'UNKNOWN_WORKFLOW', path: 'steps.a.inline.workflow', message: 'there is no workflow "chek". Did you mean "check"?', remedy: 'Known: check.' },
    ])
    expect(problemsOf({ steps: { a: inline('x') } }, [])[0]?.remedy).toContain('No workflow is known here')
  })

  test('when there is none of the version', () => {
    expect(told({ steps: { a: inline('check@1234', { n: 1 }) } })).toEqual(['UNKNOWN_VERSION steps.a.inline.workflow: there is a workflow check, but no version 1234 of it'])
  })

  test('when it is a function', () => {
    const run = defineWorkflow({ name: 'code', input: z.object({}), run: () => 1 })
    expect(told({ steps: { a: inline('code') } }, [run])).toEqual(['INLINE_REFUSED steps.a.inline.workflow: code is a function: a graph runs other graphs inline, which are data and are kept with it'])
  })

  test('when workflows run each other, with the whole way round', () => {
    const older = made({ name: 'test', steps: { x: { uses: 'echo' } } })
    const b = made({ name: 'b', steps: { y: inline('test') } }, [older])
    const c = made({ name: 'c', steps: { z: inline('b') } }, [b])
    expect(told({ steps: { a: inline('test') } }, [older])).toEqual(['CYCLE steps.a.inline.workflow: the workflow runs itself: test → test'])
    expect(told({ steps: { a: inline('b') } }, [b])).toEqual(['CYCLE steps.a.inline.workflow: the workflows run each other: test → b → test'])
    expect(told({ steps: { a: inline('c') } }, [c])).toEqual(['CYCLE steps.a.inline.workflow: the workflows run each other: test → c → b → test'])
    const beside = { p: { name: 'p', steps: { x: inline('q') } }, q: { name: 'q', steps: { x: inline('p') } } }
    expect(told({ steps: { a: inline('p') }, workflows: beside })).toContain('CYCLE workflows.q.steps.x.inline.workflow: the workflows run each other: p → q → p')
  })

  test('when they are nested too deep, or are too many steps', () => {
    let inner = made({ name: 'level-1', steps: { x: { uses: 'echo' } } })
    for (let level = 2; level <= MAX_INLINE_DEPTH; level++) inner = made({ name: `level-${level}`, steps: { x: inline(inner.name) } }, [inner])
    expect(told({ steps: { a: inline(inner.name) } }, [inner])).toEqual([])
    const deeper = made({ name: 'deeper', steps: { x: inline(inner.name) } }, [inner])
    expect(told({ steps: { a: inline('deeper') } }, [deeper])).toEqual([`DEPTH_LIMIT steps.a.inline.workflow: workflows are run inline more than ${MAX_INLINE_DEPTH} deep`])
    let wide = made({ name: 'wide-0', steps: { x: { uses: 'echo' } } })
    const ten = (name: string): Readonly<Record<string, StepModel>> => Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`s${index}`, inline(name)]))
    for (let level = 1; level <= 3; level++) wide = made({ name: `wide-${level}`, steps: ten(wide.name) }, [wide])
    expect(told({ steps: ten('wide-3') }, [wide])).toEqual([`SIZE_LIMIT steps: the graph has 21,110 steps with those of the workflows that it runs inline, more than ${MAX_INLINE_STEPS.toLocaleString('en-US')}`])
  })

  test('in no time, however many ways lead through definitions beside it', { timeout: 20_000 }, () => {
    const level = (at: number): StepModel => inline(`l${at}`)
    const beside = Object.fromEntries(Array.from({ length: MAX_INLINE_DEPTH }, (_, at) => [`l${at}`, { name: `l${at}`, steps: at + 1 === MAX_INLINE_DEPTH ? { x: { uses: 'echo' } } : { x: level(at + 1), y: level(at + 1) } }]))
    expect(told({ steps: { a: inline('l0') }, workflows: beside })[0]).toContain('SIZE_LIMIT')
    const chain = (length: number): NonNullable<WorkflowModel['workflows']> => Object.fromEntries(Array.from({ length }, (_, at) => [`l${at}`, { name: `l${at}`, steps: { x: at + 1 === length ? { uses: 'echo' } : level(at + 1) } }]))
    expect(told({ steps: { a: inline('l0') }, workflows: chain(MAX_INLINE_WORKFLOWS) })[0]).toContain('DEPTH_LIMIT')
    expect(told({ steps: { a: inline('l0') }, workflows: chain(3000) })).toEqual([`SIZE_LIMIT workflows: there are 3,000 definitions, more than ${MAX_INLINE_WORKFLOWS}`])
    const many = Array.from({ length: MAX_INLINE_WORKFLOWS + 1 }, (_, at) => made({ name: `w${at}`, steps: { x: { uses: 'echo' } } }))
    expect(told({ steps: Object.fromEntries(many.map(({ name }) => [name, inline(name)])) }, many)).toEqual([`SIZE_LIMIT steps: the graph runs 201 different workflows inline, more than ${MAX_INLINE_WORKFLOWS}`])
  })

  test('when its input is not what it takes, as that of a template', () => {
    expect(told({ steps: { a: inline('check', { n: 'two' }) } })).toEqual(['TYPE_MISMATCH steps.a.inline.input.n: workflow check: expected a number, got "two"'])
    expect(problemsOf({ steps: { a: inline('check') } })).toMatchObject([{ code: 'MISSING_INPUT', path: 'steps.a.inline.input', remedy: 'Add n to input.' }])
    expect(told({ steps: { a: inline('check', { n: 1, m: 2 }) } })[0]).toContain('SURPLUS_INPUT steps.a.inline.input.m')
    expect(told({ input: { type: 'object', properties: { n: { type: 'string' } }, required: ['n'] }, steps: { a: inline('check', { n: '${{ input.n }}' }) } })[0]).toContain('TYPE_MISMATCH steps.a.inline.input.n')
  })

  test('when its output is used as what it is not', () => {
    expect(told({ steps: { a: inline('check', { n: 1 }), b: { uses: 'add', with: { n: '${{ steps.a.output }}' } } } })).toEqual([])
    expect(told({ steps: { a: inline('check', { n: 1 }), b: { uses: 'echo', if: 'steps.a.output', with: 1 } } })[0]).toContain('TYPE_MISMATCH steps.b.if')
    expect(told({ steps: { a: inline('check', { n: 1 }), b: { uses: 'echo', with: '${{ steps.a.output.m }}' } } })).toHaveLength(1)
  })

  test.each(['retry', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'level', 'compensate', 'config', 'with'] as const)('with %s', (key) => {
    const value = { retry: { maxAttempts: 2 }, timeout: 1, totalTimeout: 1, heartbeatTimeout: 1, level: 'pure', compensate: { uses: 'undo' }, config: {}, with: { n: 1 } }[key]
    const [problem] = problemsOf({ steps: { a: inline('check', { n: 1 }, { [key]: value }) } })
    expect(problem).toMatchObject({ code: 'MISPLACED_KEY', path: `steps.a.${key}`, on: 'key' })
    expect(problem?.remedy).not.toBe('Leave it out.')
  })

  test('with an output, another body, or a key that there is not', () => {
    expect(told({ steps: { a: { inline: { workflow: 'check', input: { n: 1 } }, output: 1 } } })[0]).toContain('MISPLACED_KEY steps.a.output')
    expect(told({ steps: { a: { inline: { workflow: 'check', input: { n: 1 } }, uses: 'echo' } } })[0]).toContain('MISPLACED_KEY steps.a')
    expect(problemsOf({ steps: { a: { inline: { workflw: 'check' } as never } } })).toMatchObject([{ code: 'UNKNOWN_KEY', path: 'steps.a.inline.workflw', remedy: 'Keys are: workflow, input.' }])
    expect(told({ steps: { a: inline('Not a name') } })[0]).toContain('INVALID_NAME steps.a.inline.workflow')
  })

  test('when it has what belongs to a run of its own', () => {
    const withTimeout = made({ name: 'late', timeout: '1h', steps: { x: { uses: 'echo' } } })
    const leaves = made({ name: 'leaves', onCancel: 'leave', steps: { x: { uses: 'echo' } } })
    expect(told({ steps: { a: inline('late') } }, [withTimeout])[0]).toContain('INLINE_REFUSED steps.a.inline.workflow: late has a timeout')
    expect(told({ steps: { a: inline('leaves') } }, [leaves])[0]).toContain('leaves says onCancel: leave, and this workflow compensate')
    expect(told({ onCancel: 'leave', steps: { a: inline('leaves') } }, [leaves])).toEqual([])
  })

  test('where what it does at its end would not be done, or what it does would not be undone', () => {
    const closes = made({ name: 'closes', steps: { x: { uses: 'echo' } }, finally: { steps: { y: { uses: 'echo' } } } })
    const around = made({ name: 'around', steps: { x: inline('closes') } }, [closes])
    const undoes = made({ name: 'undoes', steps: { x: { uses: 'echo', compensate: { uses: 'undo' } } } })
    const inBranch = (name: string): Omit<WorkflowModel, 'name'> => ({ steps: { p: { parallel: { branches: { b: { steps: { c: inline(name) } } } } } } })
    expect(told(inBranch('around'), [around])).toEqual(['INLINE_REFUSED steps.p.parallel.branches.b.steps.c.inline.workflow: around has a finally, which would not be run when the branch is given up'])
    expect(told(inBranch('undoes'), [undoes])).toEqual([])
    expect(told({ steps: { a: { uses: 'echo' } }, finally: { steps: { b: inline('undoes') } } }, [undoes])[0]).toContain('INLINE_REFUSED finally.steps.b.inline.workflow: undoes cannot be run inline here: steps.x.compensate')
    expect(told({ steps: { a: { uses: 'echo' } }, finally: { steps: { b: inline('around') } } }, [around])).toEqual([])
  })

  test('when its schema is code that changes its input', () => {
    const fine = workflow('fine', { input: z.object({ n: z.number(), by: z.number().default(1) }) }).step('x', { uses: add, with: ({ input }) => ({ n: input.n }) }).build()
    const changes = workflow('changes', { input: z.object({ at: z.string().transform((text) => text.length) }) }).step('x', { uses: add, with: ({ input }) => ({ n: input.at }) }).build()
    expect(told({ steps: { a: inline('fine', { n: 1 }) } }, [fine])).toEqual([])
    expect(told({ steps: { a: inline('changes', { at: 'x' }) } }, [changes])[0]).toContain('INLINE_REFUSED steps.a.inline.workflow: changes cannot be run inline here: input: its schema makes something else of what is sent')
  })
})

describe('definitions that stand beside', () => {
  test('are checked where they stand', () => {
    const { problems } = checkText(`name: test
steps:
  a: { inline: { workflow: part } }
workflows:
  part:
    name: part
    steps:
      x: { uses: ecko }
      y: { uses: echo, with: '\${{ steps.z.output }}' }
  other: { name: another, steps: { x: { uses: echo } } }
`, TEMPLATES)
    expect(problems.map(({ code, path, at }) => `${at.line} ${code} ${path}`)).toEqual(['8 UNKNOWN_TEMPLATE workflows.part.steps.x.uses', '9 UNKNOWN_STEP workflows.part.steps.y.with'])
  })

  test('have the name under which they stand, and none beside them', () => {
    expect(told({ steps: { a: inline('part') }, workflows: { part: { name: 'other', steps: { x: { uses: 'echo' } } } } })).toEqual(['INVALID_NAME steps.a.inline.workflow: the definition that stands under part is called other'])
    expect(told({ steps: { a: inline('part') }, workflows: { part: { name: 'part', steps: { x: { uses: 'echo' } }, workflows: {} } } })[0]).toContain('UNKNOWN_KEY workflows.part.workflows')
  })
})

test('a stored definition of which a part is gone is refused by name', () => {
  const stored = JSON.parse(made({ name: 'test', steps: { a: inline('check', { n: 1 }) } }, [check]).definition) as WorkflowModel
  expect(() => fromStored({ ...stored, workflows: {} }, TEMPLATES)).toThrow(/there is no workflow "check"/)
})
