// Sub-workflows that are doing what they do at their end while what is around them is given up: their end concerns nobody there, and is waited for.
import { describe, expect, test } from 'vitest'
import { echo, GraphHost } from '../../test/fixtures/graph-host.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import type { GraphWorkflow } from './contract.ts'
import { fromModel } from './graph.ts'
import { graphSource } from './interpreter.ts'
import { partOf } from './part.ts'
import { Problems } from './problems.ts'

const close = fromModel({ name: 'close', steps: { x: { uses: 'echo', with: 1 } }, finally: { steps: { free: { uses: 'echo', with: '${{ outcome }}' } } } }, [echo])
const ask = fromModel({ name: 'ask', steps: { x: { uses: 'echo', with: 1 } }, finally: { steps: { ok: { approval: {} } } } }, [echo])

const inline = (workflow: string): StepModel => ({ inline: { workflow } })
const FREED = '$inline.$finally.free'

function begin(steps: WorkflowModel['steps'], { after, others = [close] }: { readonly after?: number; readonly others?: readonly GraphWorkflow[] } = {}): GraphHost {
  const graph = fromModel({ name: 'top', steps, finally: { steps: { last: { uses: 'echo', with: '${{ outcome }}' } } } }, [echo], others)
  return new GraphHost(graph.source(after === undefined ? undefined : { after, outcome: 'cancelled', error: null }))
}

describe('a cancel while a sub-workflow is closing', () => {
  test('begins nothing that would have followed it, and does the end of the run, whichever closing ends first', () => {
    for (const first of ['a', 'b']) {
      const host = begin({ blk: { steps: { a: inline('close'), after: { uses: 'echo', with: '${{ steps.a.output }}' } } }, other: { steps: { b: inline('close') } } }, { after: 1 })
      host.answer('blk.a.x')
      expect([...host.waiting.keys()]).toContain(`blk.a.${FREED}`)
      if (first === 'a') host.answer(`blk.a.${FREED}`)
      host.drain(undefined, (paths) => paths.find((path) => first === 'b' && path !== `blk.a.${FREED}`) ?? paths[0] ?? '')
      expect(host.steps).not.toContain('blk.after')
      expect(host.steps).toContain(`other.b.${FREED}`)
      expect(host.steps.at(-1)).toBe('$finally.last')
      expect(host.end).not.toBeNull()
    }
  })

  test('begins no further item', () => {
    const host = begin({ e: { forEach: '[1, 2]', concurrency: 1, ...inline('close') }, other: { steps: { b: inline('close') } } }, { after: 2 })
    host.answer('e')
    host.answer('e[0].x')
    host.answer(`e[0].${FREED}`)
    host.drain()
    expect(host.steps.filter((path) => path.startsWith('e[1]'))).toEqual([])
    expect(host.end).not.toBeNull()
  })
})

describe('a branch that has lost while its sub-workflow is closing', () => {
  const branches = { q: { uses: 'echo', with: 1 }, a: inline('close'), b: inline('close') }

  test.each(['a', 'b'])('ends it before the step goes on, also when %s ends before its turn', (which) => {
    const host = begin({ p: { parallel: { branches, merge: 'first' } }, c: { uses: 'echo', with: '${{ steps.p.output }}' } })
    host.answer(`p.${which}.x`)
    host.answer('p.q')
    expect(host.steps).not.toContain('c')
    host.answer(`p.${which}.${FREED}`)
    host.drain()
    expect(host.steps.filter((path) => path.endsWith(FREED)).sort()).toEqual([`p.a.${FREED}`, `p.b.${FREED}`])
    expect(host.end).toEqual({ completed: { c: 1 } })
  })

  test('keeps asking people what it asks at its end', () => {
    const host = begin({ p: { parallel: { branches: { q: { uses: 'echo', with: 1 }, b: inline('ask') }, merge: 'first' } } }, { others: [ask] })
    host.answer('p.b.x')
    const request = [...host.waiting.keys()].find((path) => path.endsWith('.request')) ?? 'none'
    host.answer('p.q')
    host.deliver(request, { status: 'completed', output: null })
    expect(host.decisions.filter((one) => one.includes('withdrawn'))).toEqual([])
    for (let [path] = host.waiting.keys(); path !== undefined; [path] = host.waiting.keys()) host.deliver(path, { status: 'completed', output: null })
    expect(host.opened.map(({ path }) => path)).toContain('p.b.$inline.$finally.ok')
    expect(host.end).not.toBeNull()
  })
})

test('what a graph inside of a function does about its failure has a path of its own', () => {
  const graph = fromModel({ name: 'g', steps: { x: { uses: 'echo', with: 1 } }, onError: { steps: { tell: { uses: 'echo', with: '${{ error.path }}' } } } }, [echo])
  const part = partOf(graph, false, new Problems())
  if (part === undefined) throw new Error('g cannot be a part')
  const host = new GraphHost(graphSource(part.plan, part.onFailure, null, { prefix: 'call.', reads: [] }))
  host.answer('call.x', () => {
    throw new Error('no luck')
  })
  expect([...host.waiting.keys()]).toEqual(['call.$inline.$onError.tell'])
})
