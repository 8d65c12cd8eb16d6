// A graph that runs another one inline: in the interpreter, without an engine.
import { describe, expect, test } from 'vitest'
import { echo, GraphHost, type Behaviour } from '../../test/fixtures/graph-host.ts'
import { RunTimeoutError } from '../errors.ts'
import type { StepModel, WorkflowModel } from '../model/workflow.ts'
import type { GraphWorkflow } from './contract.ts'
import { describeGraph } from './describe.ts'
import { fromModel, fromStored } from './graph.ts'
import { renameStep } from './rename-step.ts'
import { DefinitionText } from './text/definition-text.ts'

const SCHEMA = { type: 'object', properties: { n: { type: 'number' }, by: { type: 'number', default: 10 } }, required: ['n'] }

/** Doubles what it gets, in two steps. */
const double = fromModel({ name: 'double', input: SCHEMA, steps: { first: { uses: 'echo', with: '${{ input.n }}' }, second: { uses: 'echo', with: '${{ steps.first.output + input.n }}' } }, output: { n: '${{ steps.second.output }}', by: '${{ input.by }}' } }, [echo])

const inline = (workflow: string, input: unknown, more: Omit<StepModel, 'inline'> = {}): StepModel => ({ ...more, inline: { workflow, input } })
const graph = (model: Omit<WorkflowModel, 'name'>, others: readonly GraphWorkflow[] = [double]): GraphWorkflow<unknown> => fromModel({ name: 'test', ...model }, [echo], others)

function run(model: Omit<WorkflowModel, 'name'>, { input = {}, others = [double], behave }: { readonly input?: unknown; readonly others?: readonly GraphWorkflow[]; readonly behave?: Behaviour } = {}): GraphHost {
  return new GraphHost(graph(model, others).source(), input).drain(behave)
}

function failing(...paths: readonly string[]): Behaviour {
  return (input, path) => {
    if (paths.includes(path)) throw new Error(`no luck with ${path}`)
    return input
  }
}

describe('a workflow that is run inline', () => {
  const around = { steps: { a: { uses: 'echo', with: 2 }, b: inline('double', { n: '${{ steps.a.output }}' }), c: { uses: 'echo', with: '${{ steps.b.output }}' } } } satisfies Omit<WorkflowModel, 'name'>

  test('has paths below that of the step, and its output is that of the step', () => {
    const host = run(around)
    expect(host.steps).toEqual(['a', 'b.first', 'b.second', 'c'])
    expect(host.output).toEqual({ c: { n: 4, by: 10 } })
    expect(host.decisions).toEqual([])
  })

  test('sees its own input, with the defaults of its schema; what that was made of is what it has read', () => {
    const host = run({ steps: { ...around.steps, b: inline('double', { n: '${{ steps.a.output }}', by: '${{ input.by }}' }) } }, { input: { by: 3 } })
    expect(host.output).toEqual({ c: { n: 4, by: 3 } })
    expect(host.reads('b.first')).toEqual(['$input', 'a'])
    expect(host.reads('b.second')).toEqual(['b.first', '$input', 'a'])
  })

  test('sees nothing of what is around it', () => {
    expect(() => fromModel({ name: 'other', steps: { x: { uses: 'echo', with: '${{ steps.a.output }}' } } }, [echo])).toThrow(/a/)
    const other = fromModel({ name: 'other', steps: { a: { uses: 'echo', with: '${{ input }}' } } }, [echo])
    expect(run({ steps: { a: { uses: 'echo', with: 1 }, b: { forEach: '[5]', ...inline('other', '${{ [item, steps.a.output] }}') } } }, { others: [other] }).output).toEqual({ b: [{ a: [5, 1] }] })
  })

  test('fails the step when its input is refused, or cannot be made', () => {
    const refused = run({ steps: { b: inline('double', { n: '${{ input.n }}' }) } }, { input: { n: 'two' } })
    expect(refused.failure).toMatchObject({ path: 'b', message: expect.stringContaining('input.n: must be number') as string })
    expect(refused.decisions).toEqual(['b failed'])
    expect(run({ steps: { b: inline('double', { n: '${{ input.n.x }}' }) } }).decisions).toEqual(['b failed'])
  })

  test('fails the step when a step of it has failed, or its output', () => {
    const host = run(around, { behave: failing('b.first') })
    expect(host.failure.path).toBe('b.first')
    expect(host.steps).toEqual(['a', 'b.first'])
    const other = fromModel({ name: 'other', steps: { x: { uses: 'echo', with: '${{ input }}' } }, output: '${{ steps.x.output.y.z }}' }, [echo])
    const output = run({ steps: { b: inline('other', {}) } }, { others: [other] })
    expect([output.decisions, output.failure.path]).toEqual([['b failed'], 'b'])
  })

  test('is run for each item, in turns, as a case, in a branch, and in the place of a step that has failed', () => {
    const body = inline('double', { n: '${{ item }}' })
    expect(run({ steps: { b: { forEach: '[1, 2]', ...body } }, output: '${{ steps.b.output.map(one, one.n) }}' }).output).toEqual([2, 4])
    expect(run({ steps: { b: { forEach: '[1, 2]', ...body } } }).steps).toEqual(['b[0].first', 'b[1].first', 'b[0].second', 'b[1].second'])
    expect(run({ steps: { b: { loop: { max: 4, initial: { n: 1 }, until: 'last.n > 6' }, ...inline('double', { n: '${{ last.n }}' }) } }, output: '${{ steps.b.output.n }}' }).output).toBe(8)
    expect(run({ steps: { b: { switch: [{ name: 'one', if: 'true', ...inline('double', { n: 3 }) }] } } }).steps).toEqual(['b.one.first', 'b.one.second'])
    expect(run({ steps: { b: { parallel: { branches: { x: inline('double', { n: 3 }), y: inline('double', { n: 4 }) } } } }, output: '${{ steps.b.output.y.n }}' }).output).toBe(8)
    expect(run({ steps: { b: { uses: 'echo', onError: inline('double', { n: 3 }) } } }, { behave: failing('b') }).steps).toEqual(['b', 'b.$onError.first', 'b.$onError.second'])
  })

  test('is handled, tolerated, skipped and joined as any step', () => {
    const bad = failing('b.second')
    expect(run({ steps: { b: inline('double', { n: 1 }, { onError: { output: '${{ error.path }}' } }) } }, { behave: bad }).output).toEqual({ b: 'b.second' })
    expect(run({ steps: { b: inline('double', { n: 1 }, { continueOnError: true }), c: { uses: 'echo' } } }, { behave: bad }).output).toEqual({ c: {} })
    expect(run({ steps: { b: inline('double', { n: 1 }, { if: 'input.yes' }), c: { uses: 'echo', needs: 'b' } } }, { input: { yes: false } }).decisions).toEqual(['b skipped', 'c skipped'])
    expect(run({ steps: { b: inline('double', { n: 1 }), c: { needs: [{ step: 'b', on: 'failure' }], uses: 'echo', with: 1 } } }, { behave: bad }).output).toEqual({ c: 1 })
  })

  test('may run others inline itself', () => {
    const twice = graph({ steps: { x: inline('double', { n: '${{ input.n }}' }), y: inline('double', { n: '${{ steps.x.output.n }}' }) }, output: '${{ steps.y.output.n }}' })
    const host = new GraphHost(fromModel({ name: 'outer', steps: { z: inline('test', { n: 3 }) } }, [echo], [twice]).source()).drain()
    expect(host.steps).toEqual(['z.x.first', 'z.x.second', 'z.y.first', 'z.y.second'])
    expect(host.output).toEqual({ z: 12 })
  })

  test('stops among its own steps what it says itself, and around it what the workflow around says', () => {
    const steps: Readonly<Record<string, StepModel>> = { x: { uses: 'echo' }, y: { uses: 'echo' }, behind: { uses: 'echo', needs: 'y' } }
    const goesOn = fromModel({ name: 'goes-on', onFailure: 'continue', steps }, [echo])
    const stops = fromModel({ name: 'stops', steps }, [echo])
    const beside: Readonly<Record<string, StepModel>> = { p: { uses: 'echo' }, q: { uses: 'echo', needs: 'p' } }
    const opened = (others: readonly GraphWorkflow[], onFailure: 'stop' | 'continue'): readonly string[] => {
      const host = new GraphHost(graph({ onFailure, steps: { b: inline(others[0]?.name ?? '', {}), ...beside } }, others).source())
      host.answer('b.x', failing('b.x'))
      host.drain()
      expect(host.failure.path).toBe('b.x')
      return host.steps
    }
    expect(opened([stops], 'continue')).toEqual(['p', 'b.x', 'b.y', 'q'])
    expect(opened([goesOn], 'continue').toSorted()).toEqual(['b.behind', 'b.x', 'b.y', 'p', 'q'])
    expect(opened([goesOn], 'stop').toSorted()).toEqual(['b.behind', 'b.x', 'b.y', 'p', 'q'])
  })

  test('begins nothing more when a step beside it has failed', () => {
    const host = new GraphHost(graph({ steps: { bad: { uses: 'echo' }, b: inline('double', { n: 1 }) } }).source())
    host.answer('bad', failing('bad'))
    host.drain()
    expect(host.steps).toEqual(['bad', 'b.first'])
    expect(host.failure.path).toBe('bad')
  })
})

describe('what it does at its end', () => {
  const close = fromModel({
    name: 'close', steps: { x: { uses: 'echo', with: '${{ input }}' }, y: { uses: 'echo', with: '${{ steps.x.output }}' } }, output: '${{ steps.y.output }}',
    onError: { steps: { tell: { uses: 'echo', with: '${{ [error.path, input] }}' } } },
    finally: { steps: { free: { uses: 'echo', with: '${{ [outcome, input] }}' } } },
  }, [echo])
  const model: Omit<WorkflowModel, 'name'> = { steps: { b: inline('close', 5), c: { uses: 'echo', needs: 'b' } }, finally: { steps: { last: { uses: 'echo', with: '${{ outcome }}' } } } }
  const outer = graph(model, [close])

  test('is done before what depends on it begins', () => {
    const host = new GraphHost(outer.source()).drain()
    expect(host.steps).toEqual(['b.x', 'b.y', 'b.$inline.$finally.free', 'c', '$finally.last'])
    expect(host.input('b.$inline.$finally.free')).toEqual(['completed', 5])
  })

  test('is done when it has failed; the failure stays, and may be handled', () => {
    const host = new GraphHost(outer.source()).drain(failing('b.x'))
    expect(host.steps).toEqual(['b.x', 'b.$inline.$onError.tell', 'b.$inline.$finally.free', '$finally.last'])
    expect(host.input('b.$inline.$onError.tell')).toEqual(['b.x', 5])
    expect(host.input('b.$inline.$finally.free')).toEqual(['failed', 5])
    expect(host.failure.path).toBe('b.x')
    const handled = run({ steps: { b: inline('close', 5, { onError: { steps: { tell: { uses: 'echo' } }, output: 7 } }) } }, { others: [close], behave: failing('b.x') })
    expect(handled.steps).toEqual(['b.x', 'b.$inline.$onError.tell', 'b.$inline.$finally.free', 'b.$onError.tell'])
    expect(handled.output).toEqual({ b: 7 })
  })

  test('is done when it is given up since a step beside it has failed', () => {
    const host = new GraphHost(graph({ steps: { bad: { uses: 'echo' }, b: inline('close', 5) } }, [close]).source())
    host.answer('bad', failing('bad'))
    host.drain()
    expect(host.steps).toEqual(['bad', 'b.x', 'b.$inline.$finally.free'])
    expect(host.input('b.$inline.$finally.free')).toEqual(['cancelled', 5])
    expect(host.failure.path).toBe('bad')
  })

  test('fails the step when it fails itself, though its steps had completed', () => {
    expect(new GraphHost(outer.source()).drain(failing('b.$inline.$finally.free')).failure.path).toBe('b.$inline.$finally.free')
  })

  test('is done first when the steps of the run are given up: those inside of others before these', () => {
    const nested = fromModel({ name: 'outer', steps: { z: inline('test', {}) } }, [echo], [outer])
    expect(nested.closing).toEqual({ onError: true, final: true })
    const cancelled = new GraphHost(nested.source({ after: 1, outcome: 'cancelled', error: null }))
    cancelled.answer('z.b.x')
    expect(cancelled.decisions).toEqual(['$finally.$givenUp completed'])
    cancelled.answer('z.b.$inline.$finally.free')
    expect(cancelled.input('z.b.$inline.$finally.free')).toEqual(['cancelled', 5])
    expect(cancelled.opened.at(-1)?.path).toBe('z.$inline.$finally.last')
    const late = new GraphHost(outer.source({ after: 0, outcome: 'failed', error: new RunTimeoutError('late') }))
    late.drain()
    expect(late.steps).toEqual(['b.x', 'b.$inline.$onError.tell', 'b.$inline.$finally.free', '$finally.last'])
    expect(late.failure.code).toBe('RUN_TIMEOUT')
  })

  test('goes on when the run is cancelled while it is done', () => {
    const host = new GraphHost(outer.source({ after: 2, outcome: 'cancelled', error: null }))
    host.drain()
    expect(host.opened.map(({ path }) => path)).toEqual(['b.x', 'b.y', 'b.$inline.$finally.free', '$finally.$givenUp', '$finally.last'])
    expect(host.input('$finally.last')).toBe('cancelled')
  })

  describe('in a branch that is given up', () => {
    const branch = (b: StepModel, more: object = {}): Omit<WorkflowModel, 'name'> => ({ steps: { p: { parallel: { branches: { a: { uses: 'echo', with: 1 }, b }, merge: 'first', ...more } }, c: { uses: 'echo', with: '${{ steps.p.output }}' } } })
    const top = (model: Omit<WorkflowModel, 'name'>): GraphWorkflow => fromModel({ name: 'top', ...model }, [echo], [close, outer])
    const begin = (b: StepModel): GraphHost => new GraphHost(top(branch(b)).source())

    test('is done before the step has ended: of those inside of others first', () => {
      const host = begin(inline('test', {}))
      host.answer('p.a')
      expect(host.givenUp).toEqual(['p.b.b.x'])
      expect([...host.waiting.keys()]).toEqual(['p', 'p.b.b.$inline.$finally.free'])
      expect(host.input('p.b.b.$inline.$finally.free')).toEqual(['cancelled', 5])
      host.drain()
      expect(host.steps).toEqual(['p.a', 'p.b.b.x', 'p.b.b.$inline.$finally.free', 'p.b.$inline.$finally.last', 'c'])
      expect(host.output).toEqual({ c: 1 })
    })

    test('goes on when it is under way, also when it was just about to begin', () => {
      const host = begin(inline('close', 5))
      for (const path of ['p.b.x', 'p.b.y', 'p.a', 'p']) host.answer(path)
      expect([...host.waiting.keys()]).toEqual(['p.b.$inline.$finally.free'])
      expect(host.drain().output).toEqual({ c: 1 })
      expect(host.input('p.b.$inline.$finally.free')).toEqual(['completed', 5])
    })

    test('is done in branches of branches, and of each item', () => {
      const host = begin({ parallel: { branches: { x: { steps: { each: { forEach: '[1, 2]', ...inline('close', '${{ item }}') } } }, y: inline('close', 3) }, merge: 'all' } })
      host.answer('p.a')
      host.drain()
      expect(host.steps.filter((path) => path.includes('$'))).toEqual(['p.b.x.each[1].$inline.$finally.free', 'p.b.x.each[0].$inline.$finally.free', 'p.b.y.$inline.$finally.free'])
      expect(host.output).toEqual({ c: 1 })
    })

    test('is done when another branch has failed; what fails in it changes nothing', () => {
      const host = new GraphHost(graph(branch(inline('close', 5), { merge: 'all' }), [close]).source())
      host.answer('p.a', failing('p.a'))
      host.drain(failing('p.b.$inline.$finally.free'))
      expect(host.failure).toMatchObject({ path: 'p.a' })
    })

    test('is done once when the run is cancelled meanwhile', () => {
      for (let after = 1; after < 6; after++) {
        const host = new GraphHost(top(branch({ steps: { one: inline('test', {}), two: inline('close', 7) } })).source({ after, outcome: 'cancelled', error: null })).drain()
        expect(host.steps.filter((path) => path.includes('$')).toSorted()).toEqual(['p.b.one.$inline.$finally.last', 'p.b.one.b.$inline.$finally.free', 'p.b.two.$inline.$finally.free'])
      }
    })
  })

  test('is reached again by what is recorded, at every answer', () => {
    const nested = fromModel({ name: 'outer', steps: { z: inline('test', {}), w: { forEach: '[1, 2]', ...inline('close', '${{ item }}') }, v: { parallel: { branches: { a: { uses: 'echo' }, b: inline('test', {}), c: inline('close', 1) }, merge: 'first' } } } }, [echo], [outer, close])
    const lives: [GraphHost, () => GraphHost][] = [undefined, 1, 3, 5].map((after) => {
      const make = (): GraphHost => new GraphHost(nested.source(after === undefined ? undefined : { after, outcome: 'cancelled', error: null }))
      return [settled(make()), make]
    })
    for (const [live, make] of lives) {
      for (let count = 0; count <= live.answers.length; count++) {
        const again = make()
        for (const { path, outcome } of live.answers.slice(0, count)) again.deliver(path, outcome)
        settled(again)
        expect(again.opened.map(({ path }) => path)).toEqual(live.opened.map(({ path }) => path))
      }
    }
  })
})

/** Answers all that is open and not given up. */
function settled(host: GraphHost): GraphHost {
  return host.drain(failing('w[1].y'))
}

describe('the definition', () => {
  const model: Omit<WorkflowModel, 'name'> = { steps: { b: inline('double', { n: 1 }), c: inline('double', { n: 2 }) } }

  test('holds what it runs inline, as it was, and is whole without it', () => {
    const made = graph(model)
    const stored = JSON.parse(made.definition) as WorkflowModel
    expect(stored.steps['b']?.inline?.workflow).toBe(`double@${double.version}`)
    expect(Object.keys(stored.workflows ?? {})).toEqual([`double@${double.version}`])
    const again = fromStored(stored, [echo], made.version)
    expect([again.definition, again.version]).toEqual([made.definition, made.version])
    expect(new GraphHost(again.source()).drain().output).toEqual({ b: { n: 2, by: 10 }, c: { n: 4, by: 10 } })
    // Given in anew it is the same, whatever is known under the name now.
    expect(fromModel(stored, [echo], []).version).toBe(made.version)
  })

  test('has another version when what it runs inline has; not for a description or a layout', () => {
    const other = (more: Partial<WorkflowModel>): GraphWorkflow => fromModel({ ...(JSON.parse(double.definition) as WorkflowModel), ...more }, [echo])
    const versions = [double, other({ description: 'Doubles.', layout: { first: { x: 1, y: 1 } } }), other({ output: 1 }), other({ onFailure: 'continue' })].map((one) => graph(model, [one]).version)
    expect(versions[1]).toBe(versions[0])
    expect(new Set(versions).size).toBe(3)
  })

  test('knows the version that is named, and the templates of what it runs inline', () => {
    const newer = fromModel({ name: 'double', steps: { only: { uses: 'echo' } } }, [echo])
    expect(graph({ steps: { b: inline(`double@${double.version}`, { n: 1 }) } }, [double, newer]).definition).toContain(double.version)
    expect(graph({ steps: { b: inline('double', {}) } }, [double, newer]).definition).toContain(newer.version)
    expect([...graph(model).templates.keys()]).toEqual(['echo@1.0.0'])
  })

  test('may hold definitions of its own', () => {
    const whole = { name: 'whole', steps: { b: inline('part', { n: 1 }) }, workflows: { part: { name: 'part', steps: { x: inline('inner', '${{ input }}') } }, inner: { name: 'inner', steps: { y: { uses: 'echo', with: '${{ input.n }}' } } } } }
    const made = fromModel(whole, [echo])
    expect(new GraphHost(made.source()).drain().output).toEqual({ b: { x: { y: 1 } } })
    expect(Object.keys((JSON.parse(made.definition) as WorkflowModel).workflows ?? {}).map((key) => key.split('@')[0])).toEqual(['inner', 'part'])
  })

  test('bounds its clean-up by what it says, else by the longest that what it runs inline says', () => {
    const slow = fromModel({ name: 'slow', steps: { a: { uses: 'echo' } }, finally: { steps: { b: { uses: 'echo' } } }, cleanUpTimeout: '2m' }, [echo])
    expect(graph({ steps: { b: inline('slow', {}) } }, [slow]).closing).toEqual({ onError: false, final: true, timeout: 120_000 })
    expect(graph({ steps: { b: inline('slow', {}) }, cleanUpTimeout: '1s' }, [slow]).closing).toEqual({ onError: false, final: true, timeout: '1s' })
  })
})

describe('those who look at a definition', () => {
  const close = fromModel({ name: 'close', steps: { x: { uses: 'echo' }, y: { uses: 'echo', with: '${{ steps.x.output }}' } }, finally: { steps: { free: { uses: 'echo', with: '${{ steps.y.output }}' } } } }, [echo])
  const model: WorkflowModel = { name: 'test', steps: { a: { uses: 'echo' }, b: { forEach: 'steps.a.output', ...inline('close', '${{ [item, steps.a.output] }}') }, c: { uses: 'echo', with: '${{ steps.b.output }}' } } }

  test('draw its steps in a scope of their own', () => {
    const { nodes, edges, scopes } = describeGraph(fromModel(model, [echo], [close]))
    expect(nodes.find(({ path }) => path === 'b')?.body).toEqual({ kind: 'inline', workflow: 'close', version: close.version, scope: 'b' })
    expect(nodes.map(({ path, scope, requires }) => [path, scope, requires])).toEqual([
      ['a', '', []], ['b', '', ['a']], ['b.x', 'b', []], ['b.y', 'b', ['b.x']], ['b.$inline.$finally.free', 'b.$inline.$finally', ['b.y']], ['c', '', ['b']],
    ])
    expect(edges.map(({ from, to }) => `${from} ${to}`)).toEqual(['a b', 'b.x b.y', 'b c'])
    expect(scopes).toEqual([{ path: '', parent: null, steps: ['a', 'b', 'c'] }, { path: 'b', parent: '', steps: ['b.x', 'b.y'] }, { path: 'b.$inline.$finally', parent: 'b', steps: ['b.$inline.$finally.free'] }])
  })

  test('rename steps around it, and in definitions beside it, where they mean others', () => {
    const whole: WorkflowModel = { ...model, workflows: { close: { name: 'close', steps: { a: { uses: 'echo', with: '${{ input }}' }, y: { uses: 'echo', with: '${{ steps.a.output }}' } } } } }
    const around = renameStep(whole, 'steps.a', 'first')
    expect([around.steps['b']?.forEach, around.steps['b']?.inline?.input]).toEqual(['steps.first.output', '${{ [item, steps.first.output] }}'])
    expect(around.workflows).toBe(whole.workflows)
    const beside = renameStep(whole, 'workflows.close.steps.a', 'second')
    expect(beside.workflows?.['close']?.steps).toEqual({ second: { uses: 'echo', with: '${{ input }}' }, y: { uses: 'echo', with: '${{ steps.second.output }}' } })
    expect(beside.steps).toBe(whole.steps)
    expect(() => renameStep(whole, 'workflows.close.steps.z', 'q')).toThrow(/there is no such step/)
  })

  test('edit only the lines of what changed', () => {
    const source = "name: test # outer\nsteps:\n  b:\n    inline: { workflow: part, input: { n: 1 } } # runs it\nworkflows:\n  part: # beside\n    name: part\n    steps:\n      x: { uses: echo } # inner\n"
    const text = DefinitionText.read(source)
    const given = text.model as WorkflowModel
    expect(text.edit({ ...given, steps: { b: { inline: { workflow: 'part', input: { n: 2 } } } } })).toBe(source.replace('n: 1', 'n: 2'))
    expect(text.edit(renameStep(given, 'workflows.part.steps.x', 'y'))).toBe(source.replace('x: { uses', 'y: { uses'))
  })
})

test('the workflows to run inline may come as an iterator, which can be read once', () => {
  const leaf = fromModel({ name: 'leaf', steps: { x: { uses: 'echo', with: 1 } } }, [echo])
  const model = { name: 'top', steps: { a: inline('mid', {}) }, workflows: { mid: { name: 'mid', steps: { l: inline('leaf', {}) } } } }
  expect(fromModel(model, [echo], new Map([['leaf', leaf]]).values()).version).toBe(fromModel(model, [echo], [leaf]).version)
})
