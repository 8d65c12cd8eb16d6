import { expect, test } from 'vitest'
import { echo } from '../../test/fixtures/graph-host.ts'
import { describeGraph } from './describe.ts'
import { fromModel } from './graph.ts'

const graph = fromModel({
  name: 'test',
  steps: {
    a: { uses: 'echo' },
    b: { uses: 'echo', needs: ['a'], if: 'input.go', continueOnError: true },
    c: { forEach: 'steps.a.output', as: 'part', concurrency: 4, steps: { x: { uses: 'echo', with: '${{ steps.b.output }}' }, y: { uses: 'echo', with: '${{ steps.x.output }}', needs: 'x' } } },
    r: { switch: [{ if: 'input.n > 1', name: 'many', uses: 'echo', with: '${{ steps.c.output }}' }, { else: true, steps: { z: { uses: 'echo' } } }] },
  },
}, [echo])

test('describes steps, edges and scopes', () => {
  const { nodes, edges, scopes } = describeGraph(graph)
  expect(nodes.map(({ path, scope, requires }) => [path, scope, requires])).toEqual([
    ['a', '', []], ['b', '', ['a']], ['c', '', ['a']], ['c.x', 'c', ['b']], ['c.y', 'c', ['c.x']], ['r', '', []], ['r.else.z', 'r.else', []],
  ])
  expect(edges).toEqual([
    { from: 'a', to: 'b', kind: 'order' },
    { from: 'a', to: 'c', kind: 'data' },
    { from: 'b', to: 'c', kind: 'data' },
    { from: 'c.x', to: 'c.y', kind: 'data' },
    { from: 'c', to: 'r', kind: 'data' },
  ])
  expect(scopes).toEqual([
    { path: '', parent: null, steps: ['a', 'b', 'c', 'r'] },
    { path: 'c', parent: '', steps: ['c.x', 'c.y'] },
    { path: 'r.else', parent: '', steps: ['r.else.z'] },
  ])
})

test('tells conditions, loops and bodies', () => {
  const at = (path: string): unknown => describeGraph(graph).nodes.find((node) => node.path === path)
  expect(at('b')).toMatchObject({ if: 'input.go', continueOnError: true, forEach: null, body: { kind: 'step', template: 'echo@1.0.0' } })
  expect(at('c')).toMatchObject({ forEach: { list: 'steps.a.output', as: 'part', concurrency: 4 }, body: { kind: 'block', scope: 'c' } })
  expect(at('c')).toMatchObject({ loop: null })
  const { nodes } = describeGraph(fromModel({ name: 'test', steps: { p: { loop: { max: 3, until: 'last == 1', delay: '1s' }, uses: 'echo' } } }, [echo]))
  expect(nodes).toMatchObject([{ path: 'p', loop: { max: 3, until: 'last == 1', while: null, delay: '1s', onMax: 'fail' }, body: { kind: 'step' } }])
  expect(at('r')).toMatchObject({
    body: { kind: 'switch', cases: [{ name: 'many', if: 'input.n > 1', body: { kind: 'step' } }, { name: 'else', if: null, body: { kind: 'block', scope: 'r.else' } }] },
  })
})
