import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DefinitionError } from '../errors.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import { defineTemplate } from '../template/define.ts'
import { fromModel } from './graph.ts'
import { renameStep } from './rename-step.ts'
import { DefinitionText } from './text/definition-text.ts'

const SOURCE = `name: orders
steps:
  # looks people up
  fetch:
    uses: http.request
  score:
    needs: [fetch, other]   # order only
    if: has(steps.fetch.output) && steps.fetch.output.n > 1   # text fetch
    uses: score
    with:
      all: \${{ steps.fetch.output }}
      some: "a \${{ steps.fetch.output.a }} and \${{ steps['fetch'].output.b + 'steps.fetch' }} fetch"
      none: steps.fetch.output
      item: \${{ input.list.map(fetch, fetch + 1) }}
  other:
    forEach: \${{ steps.fetch.output.items }}
    steps:
      charge: { uses: pay, with: { x: '\${{ steps.fetch.output.x }}' } }
      done: { uses: log, needs: charge, with: '\${{ steps.charge.output }}' }
    output: \${{ steps.charge.output }}
  route:
    switch:
      - if: steps.fetch.output.vip
        name: vip
        steps:
          charge: { uses: pay }
          after: { uses: log, with: '\${{ steps.charge.output }}' }
      - else: true
        uses: log
        with: { a: ['\${{ steps["fetch"].output }}'] }
  wait:
    sleep: \${{ steps.fetch.output.delay }}
output: \${{ steps.fetch.output }}
layout:
  fetch: { x: 1, y: 1 }
  fetcher: { x: 2, y: 2 }
  other.charge: { x: 3, y: 3 }
  route.vip.charge: { x: 4, y: 4 }
`

const text = DefinitionText.read(SOURCE)
const model = text.model as WorkflowModel // the text is right

const renamed = (path: string, id: string): string => text.edit(renameStep(model, path, id))

describe('a step that is renamed', () => {
  test('is renamed wherever something means it, and nowhere else', () => {
    const expected = SOURCE.replace('  fetch:\n', '  load:\n')
      .replace('[fetch, other]', '[load, other]')
      .replace('has(steps.fetch.output) && steps.fetch.output.n', 'has(steps.load.output) && steps.load.output.n')
      .replace('all: ${{ steps.fetch.', 'all: ${{ steps.load.')
      .replace('${{ steps.fetch.output.a }}', '${{ steps.load.output.a }}')
      .replace("steps['fetch'].output.b", "steps['load'].output.b")
      .replace('steps.fetch.output.items', 'steps.load.output.items')
      .replace('steps.fetch.output.x', 'steps.load.output.x')
      .replace('steps.fetch.output.vip', 'steps.load.output.vip')
      .replace('steps["fetch"]', 'steps["load"]')
      .replace('sleep: ${{ steps.fetch', 'sleep: ${{ steps.load')
      .replace('output: ${{ steps.fetch.output }}', 'output: ${{ steps.load.output }}')
      .replace('  fetch: { x: 1', '  load: { x: 1')
    expect(renamed('steps.fetch', 'load')).toBe(expected)
  })

  test('inside of a block is renamed there only', () => {
    const expected = SOURCE.replace("charge: { uses: pay, with: { x: '", "pay: { uses: pay, with: { x: '").replace("needs: charge, with: '${{ steps.charge.", "needs: pay, with: '${{ steps.pay.").replace('    output: ${{ steps.charge.', '    output: ${{ steps.pay.').replace('other.charge', 'other.pay')
    expect(renamed('steps.other.steps.charge', 'pay')).toBe(expected)
  })

  test('inside of a case of a switch is renamed there only', () => {
    const expected = SOURCE.replace('charge: { uses: pay }', 'pay: { uses: pay }').replace("after: { uses: log, with: '${{ steps.charge.", "after: { uses: log, with: '${{ steps.pay.").replace('route.vip.charge', 'route.vip.pay')
    expect(renamed('steps.route.switch[0].steps.charge', 'pay')).toBe(expected)
  })

  test('takes the layout of what is inside of it along', () => {
    expect(renameStep(model, 'steps.other', 'each').layout).toMatchObject({ 'each.charge': { x: 3, y: 3 } })
  })

  test('stands where it stood', () => {
    expect(Object.keys(renameStep(model, 'steps.score', 'rate').steps)).toEqual(['fetch', 'rate', 'other', 'route', 'wait'])
    expect(Object.keys(renameStep(model, 'steps.fetch', 'load').layout ?? {})).toEqual(['load', 'fetcher', 'other.charge', 'route.vip.charge'])
  })

  test('and renamed back is what it was', () => {
    for (const path of ['steps.fetch', 'steps.other', 'steps.other.steps.charge', 'steps.route', 'steps.route.switch[0].steps.charge']) {
      const id = path.slice(path.lastIndexOf('.') + 1)
      expect(renameStep(renameStep(model, path, 'renamed'), path.replace(/\w+$/, 'renamed'), id)).toEqual(model)
    }
  })

  test('leaves what does not name it the same object', () => {
    const after = renameStep(model, 'steps.other.steps.charge', 'pay')
    for (const id of ['fetch', 'score', 'route']) expect(after.steps[id]).toBe(model.steps[id])
    expect(renameStep(model, 'steps.fetch', 'fetch')).toBe(model)
  })

  test('is not taken for a name of an item in an expression', () => {
    const one: WorkflowModel = { name: 'x', steps: { a: { uses: 't', with: '${{ input.map(steps, steps.b) }} ${{ steps.b.output.map(b, b.c) }}' }, b: { uses: 't' } } }
    expect(renameStep(one, 'steps.b', 'c').steps['a']?.with).toBe('${{ input.map(steps, steps.b) }} ${{ steps.c.output.map(b, b.c) }}')
  })
})

describe('a renaming is refused', () => {
  test.each([
    ['steps.fetch', 'score', /taken by the step at steps\.score/],
    ['steps.fetch', 'charge', /taken by the step at steps\.other\.steps\.charge/],
    ['steps.other.steps.charge', 'fetch', /taken by the step at steps\.fetch/],
    ['steps.other.steps.charge', 'other', /taken by the step at steps\.other/],
    ['steps.fetch', '1st', /expected an id/],
    ['steps.fetch', 'a-b', /expected an id/],
    ['steps.fetch', '', /expected an id/],
    ['steps.fetch', 'a'.repeat(101), /expected an id/],
    ['steps.fetch', 'constructor', /expected an id/],
    ['steps.fetsh', 'x', /no such step\. Did you mean "steps\.fetch"/],
    ['fetch', 'x', /no such step/],
    ['', 'x', /no such step/],
    ['steps.toString', 'x', /no such step/],
  ])('of %s to %j', (path, id, message) => {
    expect(() => renameStep(model, path, id)).toThrow(DefinitionError)
    expect(() => renameStep(model, path, id)).toThrow(message)
  })

  test('not for an id that stands only where neither sees the other', () => {
    expect(Object.keys(renameStep(model, 'steps.other.steps.done', 'after').steps['other']?.steps ?? {})).toEqual(['charge', 'after'])
  })
})

describe('over random graphs', () => {
  const templates = [defineTemplate({ name: 'echo', version: '1.0.0', description: 'Gives what it gets.', input: z.unknown(), output: z.unknown(), pure: true, execute: (input) => input })]
  const ids = ['a', 'b', 'c', 'd', 'e']
  type Steps = Record<string, StepModel>

  /** Steps that each read some of those before them, in one of the ways that there are; some hold steps of their own. */
  const graphs = fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(3)), { minLength: 2, maxLength: 5 }).map((rows): WorkflowModel => {
    const steps: Steps = {}
    rows.forEach(([how, which, inner], index) => {
      const before = ids[which % Math.max(1, index)] ?? 'a'
      const seen = index === 0 ? 'input' : `steps.${before}.output`
      const uses = { uses: 'echo', with: { x: `\${{ ${seen} }}`, y: [`[\${{ string(${seen} == null) }}]`] } }
      const own = ids[index] ?? 'z'
      if (how === 0) steps[own] = { steps: { [`in_${own}`]: uses, [`then_${own}`]: { uses: 'echo', with: `\${{ steps.in_${own}.output }}`, needs: `in_${own}` } }, output: `\${{ steps.then_${own}.output }}` }
      else if (how === 1) steps[own] = { switch: [{ if: `${seen} != null`, ...uses }, { else: true, steps: { same: uses } }] }
      else if (how === 2) steps[own] = { forEach: `[${seen}]`, ...uses }
      else steps[own] = { ...uses, ...(index > 0 && inner > 0 ? { needs: [before] } : {}), ...(index > 0 && index === rows.length - 1 ? { if: `${seen} == null` } : {}) }
    })
    return { name: 'random', steps, output: { all: '${{ steps.a.output }}' }, layout: { a: { x: 0, y: 0 } } }
  })

  test('a renamed graph is right, and renamed back is what it was', () => {
    fc.assert(fc.property(graphs, fc.nat(), (graph, which) => {
      const old = Object.keys(graph.steps)[which % Object.keys(graph.steps).length] ?? 'a'
      const after = renameStep(graph, `steps.${old}`, 'renamed')
      fromModel(after, templates)
      expect(JSON.stringify(after)).not.toMatch(new RegExp(`steps\\.${old}\\b|"${old}"`))
      expect(renameStep(after, 'steps.renamed', old)).toEqual(graph)
    }), { numRuns: 200 })
  })
})

test('a step of a sub-workflow that the definition holds is renamed there alone', () => {
  const inner: WorkflowModel = { name: 'one', steps: { say: { uses: 'echo' }, then: { uses: 'echo', with: '${{ steps.say.output }}' } }, layout: { say: { x: 1, y: 1 } } }
  const model: WorkflowModel = { name: 'all', steps: { say: { inline: { workflow: 'one' } } }, layout: { say: { x: 2, y: 2 } }, workflows: { one: inner } }
  const renamed = renameStep(model, 'workflows.one.steps.say', 'tell')
  expect(renamed).toEqual({ ...model, workflows: { one: { name: 'one', steps: { tell: { uses: 'echo' }, then: { uses: 'echo', with: '${{ steps.tell.output }}' } }, layout: { tell: { x: 1, y: 1 } } } } })
  expect(renameStep(model, 'steps.say', 'tell').workflows).toBe(model.workflows)
})
