import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { CaseModel, StepModel, WorkflowModel } from './workflow.ts'
import { modelKeys, workflowJsonSchema, workflowSchema } from './workflow-schema.ts'

const good: WorkflowModel = {
  $schema: './workflow.json',
  name: 'onboard',
  description: 'Greets people.',
  input: { type: 'object' },
  onFailure: 'continue',
  timeout: '1h 30m',
  layout: { a: { x: 1, y: 2 } },
  steps: {
    a: { uses: 'http.request@^1', config: { maxRedirects: 0 }, with: { url: '${{ input.url }}' }, retry: { maxAttempts: 3, initialDelay: '1s', jitter: false }, timeout: 500 },
    b: { forEach: 'steps.a.output.items', as: 'part', concurrency: 3, steps: { c: { uses: 'x' } }, output: '${{ steps.c.output }}', needs: ['a'] },
    s: { sleep: '${{ input.wait }}', if: 'input.vip' },
    p: { loop: { max: 3, until: 'last.done', while: 'iteration < 5', delay: '1s', initial: { n: '${{ input.n }}' }, as: 'page', onMax: 'continue' }, uses: 'x' },
    r: { needs: 'b', switch: [{ if: 'input.vip', name: 'vip', uses: 'x' }, { else: true, steps: { d: { uses: 'y' } } }], continueOnError: true },
  },
  output: { a: '${{ steps.a.output }}' },
}

/** The paths of the problems, with the keys that are not known. */
function problems(model: unknown): string[] {
  const result = workflowSchema.safeParse(model)
  return (result.error?.issues ?? []).map((issue) => [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys : [])].join('.'))
}

describe('the schema of the graph model', () => {
  test('accepts every key of the model', () => {
    expect(problems(good)).toEqual([])
  })

  test('refuses unknown keys on every level', () => {
    const model = { ...good, onn: 1, steps: { a: { uses: 'x', retyr: {}, retry: { max: 1 } }, r: { switch: [{ else: true, uses: 'x', iff: 1 }] } } }
    expect(problems(model).sort()).toEqual(['onn', 'steps.a.retry.max', 'steps.a.retyr', 'steps.r.switch.0.iff'])
  })

  test.each([
    [{ name: 'Not A Name' }, 'name'],
    [{ timeout: '5 min' }, 'timeout'],
    [{ onFailure: 'retry' }, 'onFailure'],
    [{ steps: { '1a': { uses: 'x' } } }, 'steps.1a'],
    [{ steps: { a: { uses: 'x', timeout: 'soon' } } }, 'steps.a.timeout'],
    [{ steps: { a: { uses: 'x', retry: { maxAttempts: 0 } } } }, 'steps.a.retry.maxAttempts'],
    [{ steps: { a: { uses: 'x', concurrency: 0 } } }, 'steps.a.concurrency'],
    [{ steps: { a: { uses: 'x', level: 'transaction' } } }, 'steps.a.level'],
    [{ steps: { a: { sleep: 'soon' } } }, 'steps.a.sleep'],
    [{ steps: { a: { sleep: 'input.wait' } } }, 'steps.a.sleep'],
    [{ steps: { a: { loop: { until: 'true' }, uses: 'x' } } }, 'steps.a.loop.max'],
    [{ steps: { a: { loop: { max: 0, until: 'true' }, uses: 'x' } } }, 'steps.a.loop.max'],
    [{ steps: { a: { loop: { max: 1, until: 'true', onMax: 'stop' }, uses: 'x' } } }, 'steps.a.loop.onMax'],
    [{ timeout: -1 }, 'timeout'],
    [{ steps: { a: { switch: [] } } }, 'steps.a.switch'],
    [{ steps: { a: 'x' } }, 'steps.a'],
  ])('refuses %j', (part, path) => {
    expect(problems({ ...good, ...part })).toEqual([path])
  })

  test('knows the keys that the types know', () => {
    const step: Record<keyof StepModel, true> = {
      description: true, needs: true, join: true, if: true, forEach: true, as: true, concurrency: true, loop: true, continueOnError: true, onError: true, uses: true, config: true, sleep: true, signal: true, event: true, approval: true, child: true, children: true, with: true, steps: true,
      output: true, switch: true, parallel: true, inline: true, retry: true, timeout: true, totalTimeout: true, heartbeatTimeout: true, level: true, compensate: true,
    }
    const one: Record<keyof CaseModel, true> = {
      description: true, name: true, if: true, else: true, uses: true, config: true, sleep: true, signal: true, event: true, approval: true, child: true, children: true, with: true, steps: true, output: true, switch: true, parallel: true, inline: true, retry: true, timeout: true,
      totalTimeout: true, heartbeatTimeout: true, level: true, compensate: true,
    }
    const whole: Record<keyof WorkflowModel, true> = { $schema: true, name: true, description: true, input: true, steps: true, output: true, onFailure: true, onCancel: true, onError: true, finally: true, cleanUpTimeout: true, timeout: true, workflows: true, layout: true }
    expect(modelKeys.step.toSorted()).toEqual(Object.keys(step).sort())
    expect(modelKeys.case.toSorted()).toEqual(Object.keys(one).sort())
    expect(modelKeys.workflow.toSorted()).toEqual(Object.keys(whole).sort())
  })
})

describe('the published JSON Schema', () => {
  test('is the file schema/workflow.json; write it anew with `vitest -u`', async () => {
    await expect(`${JSON.stringify(workflowJsonSchema(), null, 2)}\n`).toMatchFileSnapshot('../../schema/workflow.json')
  })

  test('describes every key, with examples', () => {
    interface Property { readonly description?: string; readonly examples?: unknown[]; readonly $ref?: string }
    const schema = workflowJsonSchema() as { readonly $defs: Readonly<Record<string, Property>> }
    /** A key's own word, else that of what it refers to. */
    const said = (property: Property | undefined, what: 'description' | 'examples'): unknown =>
      property === undefined ? undefined : (property[what] ?? said(schema.$defs[property.$ref?.replace('#/$defs/', '') ?? ''], what))
    const nameless: string[] = []
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return
      for (const [key, child] of Object.entries(value)) {
        if (key === 'examples' || key === 'dependentRequired') continue
        const properties = key === 'properties' ? (child as Record<string, Property>) : {}
        for (const [name, property] of Object.entries(properties)) {
          if (said(property, 'description') === undefined || !Array.isArray(said(property, 'examples'))) nameless.push(`${path}.${name}`)
        }
        walk(child, `${path}.${key}`)
      }
    }
    walk(schema, '')
    expect(nameless).toEqual([])
  })

  test('refuses and accepts durations as the parser does', () => {
    const pattern = JSON.stringify(workflowJsonSchema()).match(/"pattern":"(\^[^"]*ms[^"]*)"/)?.[1] ?? ''
    const editor = new RegExp(JSON.parse(`"${pattern}"`) as string, 'u')
    const parser = (text: string): boolean => problems({ ...good, timeout: text }).length === 0
    for (const text of ['1s', '1.5h', ' 1h 30m ', '1h30m', '2w1ms', '0ms']) expect([text, editor.test(text), parser(text)]).toEqual([text, true, true])
    for (const text of ['', 'soon', '1', '-1s', '1 s', '1S', '.5s', '1s,2s', '1h 30']) expect([text, editor.test(text), parser(text)]).toEqual([text, false, false])
  })

  test('lets editors tell what stands beside the wrong body', () => {
    const check = new Ajv2020({ strict: false }).compile(workflowJsonSchema())
    const accepts = (step: object): boolean => check({ name: 'x', steps: { a: step } })
    expect([{ uses: 'x', with: 1, config: {}, retry: {} }, { sleep: '3d' }, { sleep: '${{ input.x }}' }, { steps: { b: { uses: 'x' } }, output: 1 }, { switch: [{ if: 'x', uses: 'y' }, { else: true, sleep: 1 }] }, { forEach: 'x', as: 'y', sleep: 1 }, { loop: { max: 2, until: 'true' }, uses: 'x' }, { uses: 'x', onError: { output: null } }, { uses: 'x', onError: { codes: ['A'], steps: { b: { sleep: 1 } }, output: 1 } }, { uses: 'x', onError: { uses: 'y', with: 1 } }].filter((step) => !accepts(step))).toEqual([])
    expect([{}, { uses: 'x', sleep: 1 }, { sleep: 'soon' }, { sleep: 1, with: 1 }, { steps: { b: { uses: 'x' } }, config: {} }, { uses: 'x', output: 1 }, { uses: 'x', as: 'y' }, { forEach: 'x', loop: { max: 2, until: 'true' }, uses: 'x' }, { loop: { max: 2 }, uses: 'x' }, { uses: 'x', onError: {} }, { uses: 'x', onError: { uses: 'y', sleep: 1 } }, { uses: 'x', onError: { output: 1, with: 1 } }, { switch: [{ uses: 'y' }] }, { switch: [{ if: 'x', else: true, uses: 'y' }] }].filter(accepts)).toEqual([])
  })

  test('accepts its own examples', () => {
    const { examples } = workflowJsonSchema() as { examples: unknown[] }
    for (const example of examples) expect(() => z.parse(workflowSchema, example)).not.toThrow()
  })
})
