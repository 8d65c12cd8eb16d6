import { describe, expect, test } from 'vitest'
import { begin, echo, GraphHost, run } from '../../test/fixtures/graph-host.ts'
import type { StepModel } from '../model/workflow.ts'
import { fromModel } from './graph.ts'

const uses = (value: unknown = {}): StepModel => ({ uses: 'echo', with: value })

function failing(...paths: string[]) {
  return (input: unknown, path: string): unknown => {
    if (paths.includes(path)) throw new Error('no luck')
    return input
  }
}

describe('a block', () => {
  const block: StepModel = { steps: { one: uses('${{ steps.a.output }}'), two: uses('${{ steps.one.output + 1 }}') }, output: { got: '${{ steps.two.output }}' } }

  test('has a scope of its own, sees the steps around it, and gives its output', () => {
    const host = run({ steps: { a: uses(1), b: block, c: uses('${{ steps.b.output.got }}') } })
    expect(host.steps).toEqual(['a', 'b.one', 'b.two', 'c'])
    expect(host.reads('b.one')).toEqual(['a'])
    expect(host.reads('b.two')).toEqual(['b.one'])
    expect(host.reads('c')).toEqual(['b'])
    expect(host.output).toEqual({ c: 2 })
  })

  test('gives by default the outputs of its last steps, by id', () => {
    expect(run({ steps: { b: { steps: { one: uses(1), two: { ...uses(2), needs: 'one' } } } } }).output).toEqual({ b: { two: 2 } })
  })

  test('that is skipped is one decision', () => {
    const host = run({ steps: { b: { if: 'false', steps: { one: uses(), two: uses() } } } })
    expect(host.opened.map(({ path }) => path)).toEqual(['b'])
  })

  test('waits for what its steps read outside, and skips only those whose sources were skipped', () => {
    const steps = { a: { ...uses(1), if: 'false' }, b: { steps: { one: uses('${{ steps.a.output }}'), two: uses(2) } } }
    const host = run({ steps })
    expect(host.steps).toEqual(['b.two'])
    expect(host.decisions).toEqual(['a skipped', 'b.one skipped'])
    expect(host.reads('b.one')).toEqual(['a'])
    expect(host.output).toEqual({ b: { two: 2 } })
  })

  test('fails when a step of it fails', () => {
    const host = run({ steps: { b: { steps: { one: uses() } }, c: { ...uses(), needs: 'b' } }, onFailure: 'continue' }, {}, failing('b.one'))
    expect(host.failure.path).toBe('b.one')
    expect(host.decisions).toEqual(['c skipped'])
  })

  test('whose output fails is recorded under its path', () => {
    const host = run({ steps: { b: { steps: { one: uses({}) }, output: '${{ steps.one.output.x }}' } } })
    expect(host.decisions).toEqual(['b failed'])
    expect(host.failure.message).toMatch(/steps\.b\.output: `steps\.one\.output\.x`: steps\.one\.output has no "x"/)
  })
})

describe('switch', () => {
  const route: StepModel = {
    switch: [
      { if: 'input.n > 100', name: 'vip', uses: 'echo', with: 'very' },
      { if: 'input.n > 10', steps: { one: uses('much'), two: uses('${{ steps.one.output + "!" }}') }, output: '${{ steps.two.output }}' },
      { else: true, uses: 'echo', with: 'little' },
    ],
  }
  const steps = { route, then: uses('${{ steps.route.output }}') }

  test.each([
    [200, 'vip', ['route.vip', 'then'], 'very'],
    [50, 'case1', ['route.case1.one', 'route.case1.two', 'then'], 'much!'],
    [1, 'else', ['route.else', 'then'], 'little'],
  ])('for %d runs the first case whose condition holds: %s', (n, name, paths, output) => {
    const host = run({ steps }, { n })
    expect(host.operation('route')).toMatchObject({ kind: 'decision', status: 'completed', output: { case: name }, reads: ['$input'] })
    expect(host.steps).toEqual(paths)
    expect(host.output).toEqual({ then: output })
  })

  test('without a case that holds is skipped', () => {
    const host = run({ steps: { r: { switch: [{ if: 'input.n > 1', uses: 'echo' }] }, then: { ...uses(), needs: 'r' } } }, { n: 0 })
    expect(host.decisions).toEqual(['r skipped', 'then skipped'])
    expect(host.output).toEqual({})
  })

  test('needs only what the chosen case reads', () => {
    const pay = (when: boolean): Record<string, StepModel> => ({
      card: { ...uses('card'), if: 'input.card' },
      cash: { ...uses('cash'), if: '!input.card' },
      receipt: { switch: [{ if: 'input.card', uses: 'echo', with: '${{ steps.card.output }}' }, { else: true, uses: 'echo', with: `\${{ steps.${when ? 'cash' : 'card'}.output }}` }] },
    })
    expect(run({ steps: pay(true) }, { card: true }).output).toEqual({ receipt: 'card' })
    expect(run({ steps: pay(true) }, { card: false }).output).toEqual({ receipt: 'cash' })
    const host = run({ steps: pay(false) }, { card: false })
    expect(host.decisions).toContain('receipt.else skipped')
    expect(host.reads('receipt.else')).toEqual(['card'])
    expect(host.output).toEqual({ cash: 'cash' })
  })

  test('may stand in a case', () => {
    const nested: StepModel = { switch: [{ else: true, name: 'outer', switch: [{ else: true, name: 'inner', uses: 'echo', with: 1 }] }] }
    const host = run({ steps: { r: nested } })
    expect(host.opened.map(({ path }) => path)).toEqual(['r', 'r.outer', 'r.outer.inner'])
    expect(host.output).toEqual({ r: 1 })
  })

  test('fails, recorded under its path, when a condition fails', () => {
    const host = run({ steps: { r: { switch: [{ if: 'input.x.y', uses: 'echo' }] } } })
    expect(host.decisions).toEqual(['r failed'])
    expect(host.failure.cause).toMatchObject({ code: 'EXPRESSION_FAILED', path: 'steps.r.switch[0].if' })
  })
})

describe('forEach', () => {
  test('runs a step for each item, at most so many at a time; results stand in the order of the items', () => {
    const host = begin({ steps: { f: { forEach: 'input.list', concurrency: 2, ...uses({ i: '${{ index }}', x: '${{ item * 2 }}' }) } } }, { list: [5, 6, 7, 8] })
    expect([...host.waiting.keys()]).toEqual(['f', 'f[0]', 'f[1]'])
    expect(host.operation('f')).toMatchObject({ kind: 'decision', output: { items: 4 }, reads: ['$input'] })
    host.answer('f[1]')
    expect(host.waiting.has('f[2]')).toBe(true)
    host.answer('f[2]')
    host.answer('f[3]')
    expect(host.end).toBeNull()
    host.answer('f[0]')
    host.answer('f')
    expect(host.output).toEqual({ f: [{ i: 0, x: 10 }, { i: 1, x: 12 }, { i: 2, x: 14 }, { i: 3, x: 16 }] })
  })

  test('an item has read what its list was made of', () => {
    const host = run({ steps: { a: uses([1, 2]), f: { forEach: 'steps.a.output', as: 'part', ...uses({ part: '${{ part }}', k: '${{ input.k }}' }) }, g: uses('${{ steps.f.output }}') } }, { k: 1 })
    expect(host.reads('f[1]')).toEqual(['$input', 'a'])
    expect(host.reads('g')).toEqual(['f'])
  })

  test('an empty list gives an empty list, and what follows goes on at once', () => {
    const host = begin({ steps: { f: { forEach: '[]', ...uses() }, then: uses('${{ steps.f.output }}') } })
    expect([...host.waiting.keys()]).toEqual(['f', 'then'])
    expect(host.drain().output).toEqual({ then: [] })
  })

  test.each([['input.n', 'the number 3'], ['input', 'an object'], ['input.t', 'a text'], ['null', 'null']])('over %s fails: it is no list', (forEach, kind) => {
    const host = run({ steps: { f: { forEach, ...uses() } } }, { n: 3, t: 'abc' })
    expect(host.decisions).toEqual(['f failed'])
    expect(host.failure.message).toContain(`expected a list, got ${kind}`)
  })

  test('opens a scope per item for a block', () => {
    const orders: StepModel = { forEach: 'input.orders', as: 'order', steps: { price: uses('${{ order.price }}'), charge: uses({ sum: '${{ steps.price.output + input.fee }}', index: '${{ index }}' }) }, output: '${{ steps.charge.output }}' }
    const host = run({ steps: { orders } }, { orders: [{ price: 1 }, { price: 2 }], fee: 10 })
    expect(host.steps).toEqual(['orders[0].price', 'orders[1].price', 'orders[0].charge', 'orders[1].charge'])
    expect(host.reads('orders[1].charge')).toEqual(['$input', 'orders[1].price'])
    expect(host.output).toEqual({ orders: [{ sum: 11, index: 0 }, { sum: 12, index: 1 }] })
  })

  test('nests: each loop has its own item, the inner one stands before the outer one', () => {
    const rows: StepModel = {
      forEach: 'input.rows', as: 'row', steps: { cells: { forEach: 'row', uses: 'echo', with: { cell: '${{ item }}', of: '${{ size(row) }}' } } }, output: '${{ steps.cells.output }}',
    }
    const host = run({ steps: { rows } }, { rows: [[1, 2], [3]] })
    expect(host.steps).toEqual(['rows[0].cells[0]', 'rows[0].cells[1]', 'rows[1].cells[0]'])
    expect(host.output).toEqual({ rows: [[{ cell: 1, of: 2 }, { cell: 2, of: 2 }], [{ cell: 3, of: 1 }]] })
  })

  test('goes over a switch; an item without a case is null', () => {
    const each: StepModel = { forEach: 'input', switch: [{ if: 'item > 1', name: 'big', uses: 'echo', with: '${{ item }}' }] }
    const host = run({ steps: { each } }, [1, 2])
    expect(host.opened.map(({ path }) => path)).toEqual(['each', 'each[0]', 'each[1]', 'each[1].big'])
    expect(host.decisions).toEqual(['each completed', 'each[0] skipped', 'each[1] completed'])
    expect(host.output).toEqual({ each: [null, 2] })
  })

  test('the condition decides on the whole step', () => {
    expect(run({ steps: { f: { forEach: 'input', if: 'size(input) > 5', ...uses() } } }, [1]).decisions).toEqual(['f skipped'])
  })

  describe('when an item fails', () => {
    const list = [0, 1, 2, 3]

    test('begins no further item, lets open ones finish, and fails with an error that names it', () => {
      const host = begin({ steps: { f: { forEach: 'input', concurrency: 2, ...uses() } }, onFailure: 'continue' }, list)
      host.answer('f[1]', failing('f[1]'))
      host.answer('f')
      expect([...host.waiting.keys()]).toEqual(['f[0]'])
      host.answer('f[0]')
      expect(host.steps).toEqual(['f[0]', 'f[1]'])
      expect(host.failure).toMatchObject({ code: 'STEP_FAILED', path: 'f[1]', details: { item: 1 } })
      expect(host.failure.message).toMatch(/step f failed: item 1 of 4: step f\[1\] failed: no luck/)
    })

    test('continueOnError runs every item; the step has failed all the same', () => {
      const steps = { f: { forEach: 'input', concurrency: 1, continueOnError: true, ...uses() }, behind: { ...uses(), needs: 'f' }, other: uses(1) }
      const host = run({ steps }, list, failing('f[1]', 'f[2]'))
      expect(host.steps).toEqual(['f[0]', 'other', 'f[1]', 'f[2]', 'f[3]'])
      expect(host.decisions).toEqual(['f completed', 'behind skipped'])
      expect(host.output).toEqual({ other: 1 })
    })

    test('items that have begun go on with onFailure continue, and stop with stop', () => {
      const steps = { f: { forEach: 'input', steps: { one: uses(), two: { ...uses(), needs: 'one' } } } }
      const continued = run({ steps, onFailure: 'continue' }, [0, 1], failing('f[0].one'))
      expect(continued.steps).toEqual(['f[0].one', 'f[1].one', 'f[1].two'])
      expect(continued.decisions).toEqual(['f completed', 'f[0].two skipped'])
      const stopped = run({ steps }, [0, 1], failing('f[0].one'))
      expect(stopped.steps).toEqual(['f[0].one', 'f[1].one'])
      expect(stopped.failure.path).toBe('f[0]')
    })
  })

  test('is given up as a whole when an item of it is: what is done at the end reads no list with holes', () => {
    const each: StepModel = { forEach: '[1, 2]', steps: { one: uses(), two: { ...uses(), needs: 'one' } } }
    for (const more of [{}, { continueOnError: true }]) {
      const host = begin({ steps: { bad: uses(), f: { ...each, ...more } }, finally: { steps: { told: uses('${{ steps.f.output }}'), close: uses() } } })
      host.answer('bad', failing('bad'))
      host.drain()
      expect(host.decisions).toEqual(['f completed', '$finally.told skipped'])
      expect(host.steps).toEqual(['bad', 'f[0].one', 'f[1].one', '$finally.close'])
    }
  })

  test('10,000 items cost what items cost, whatever their number', () => {
    const graph = fromModel({ name: 'test', steps: { f: { forEach: 'input.list', concurrency: 10, ...uses({ x: '${{ item }}' }) } } }, [echo])
    const time = (count: number): number => {
      const list = Array.from({ length: count }, (_, index) => index)
      const start = performance.now()
      const host = new GraphHost(graph.source(), { list })
      let most = 0
      host.drain((input) => {
        most = Math.max(most, host.waiting.size)
        return (input as { x: number }).x
      })
      expect(most).toBeLessThanOrEqual(11)
      expect(host.output).toEqual({ f: list })
      return performance.now() - start
    }
    time(1000)
    // The best of some: what else the machine does takes time from either.
    const best = (count: number): number => Math.min(...[1, 2, 3].map(() => time(count)))
    const [few, many] = [best(1000), best(10_000)]
    expect(many).toBeLessThan(Math.max(few, 4) * 40)
  })
})
