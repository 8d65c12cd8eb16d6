import { describe, expect, test } from 'vitest'
import { ExpressionError } from '../errors.ts'
import { compileBinding } from './binding.ts'
import { compileExpression, evaluateCondition } from './expression.ts'
import { COMPLETED, FAILED, SKIPPED, type Frame, type Names } from './frame.ts'
import { Problems } from './problems.ts'

const names: Names = {
  scopes: [{ path: 'steps', owner: null, ids: new Map([['a', 0], ['gone', 1], ['broken', 2], ['block', 3]]) }, { path: 'steps.block.steps', owner: 'block', ids: new Map([['inner', 0]]) }],
  items: [{ item: 'item', index: 'index' }, { item: 'order', index: 'index' }],
  everywhere: new Map([['deep', ['other']]]),
}

const data = Object.freeze({ n: 3, t: 'text', list: Object.freeze([1, 'two', Object.freeze({ x: 3 })]), yes: true, nothing: null, 'with space': 1, nested: Object.freeze({ deep: 'x' }), $: '${{ input.n }}' })

const frame: Frame = {
  input: data,
  scopes: [
    { prefix: '', ids: ['a', 'gone', 'broken', 'block'], standings: [COMPLETED, SKIPPED, FAILED, COMPLETED], outputs: [data, undefined, undefined, undefined], failures: [] },
    { prefix: 'block.', ids: ['inner'], standings: [COMPLETED], outputs: [{ value: 7 }], failures: [] },
  ],
  items: [{ item: 'outer', index: 4, reads: ['a'] }, { item: { price: 5 }, index: 1, reads: ['$input'] }],
}

function compile(text: string): { problems: Problems; evaluate: () => unknown } {
  const problems = new Problems()
  const expression = compileExpression(text, { path: 'steps.x.if', names, problems })
  return { problems, evaluate: () => expression?.evaluate(frame) }
}

function value(text: string): unknown {
  const { problems, evaluate } = compile(text)
  expect(problems.sorted).toEqual([])
  return evaluate()
}

function failure(text: string): ExpressionError {
  try {
    value(text)
  } catch (error) {
    expect(error).toBeInstanceOf(ExpressionError)
    return error as ExpressionError
  }
  throw new Error(`${text} did not fail`)
}

function refusal(text: string): string {
  const { sorted } = compile(text).problems
  expect(sorted).toHaveLength(1)
  return `${sorted[0]?.message ?? ''} | ${sorted[0]?.remedy ?? ''}`
}

describe('values', () => {
  test.each([
    ['input.n', 3],
    ['input', data],
    ['steps.a.output.list[2].x', 3],
    ['steps.a.output.list[0]', 1],
    ['steps["a"]["output"]["with space"]', 1],
    ['steps.inner.output.value', 7],
    ['input.nothing', null],
    ['item', 'outer'],
    ['order.price', 5],
    ['index', 1],
    ['input.n + 1', 4],
    ['input.n * 2 + order.price / 2', 8.5],
    ['7 / 2', 3],
    ['input.n / 2', 1.5],
    ['input.n % 2 == 1', true],
    ['size(input.list)', 3],
    ['size(input.list) + input.n', 6],
    ['input.list[size(input.list) - 1].x', 3],
    ['input.list[index]', 'two'],
    ['input.list.map(x, x == "two")', [false, true, false]],
    ['input.list.filter(x, x == 1)', [1]],
    ['[1, "a", {"b": size("xyz")}]', [1, 'a', { b: 3 }]],
    ['{"a": input.n, "b": [steps.a.output.t]}', { a: 3, b: ['text'] }],
    ['has(input.missing) ? input.missing : "none"', 'none'],
    ['has(steps.gone.output)', false],
    ['input.?missing.orValue(5)', 5],
    ['steps.gone.?output.x.orValue("no")', 'no'],
    ['input.t + "!"', 'text!'],
    ['input.t.startsWith("te") && !input.t.contains("z")', true],
    ['"${{ input.n }}"', '${{ input.n }}'],
    ['input["$"]', '${{ input.n }}'],
  ])('%s', (text, expected) => {
    expect(value(text)).toEqual(expected)
  })

  test('a path gives the very value, not a copy', () => {
    expect(value('steps.a.output.nested')).toBe(data.nested)
    expect(value('input.yes ? steps.a.output.nested : {}')).toBe(data.nested)
  })

  test('results are plain data without integers of the language', () => {
    expect(JSON.stringify(value('{"n": 1, "l": [size("ab")]}'))).toBe('{"n":1,"l":[2]}')
  })
})

describe('failures at run time', () => {
  test.each([
    ['input.missing', /input has no "missing"/],
    ['input.nesetd', /input has no "nesetd"; it has "nested"/],
    ['input.n.x', /input\.n is a number, so it has no "x"/],
    ['input.nothing.x', /input\.nothing is null/],
    ['input.list.length', /input\.list is a list, so it has no "length"/],
    ['input.list[9]', /input\.list has 3 items, no item 9/],
    ['input.t[0]', /input\.t is a string/],
    ['input.toString', /input has no "toString"/],
    ['input.hasOwnProperty', /input has no/],
    ['steps.gone.output', /the step gone was skipped, so it has no output/],
    ['steps.broken.output.x', /the step broken failed, so it has no output/],
    ['steps.gone.output.x + 1', /the step gone was skipped or failed, so it has no output/],
    ['input.missing + 1', /input has no "missing"/],
    ['input.n / 0', /division by zero/],
    ['[input.n % 0]', /modulo by zero/],
    ['double("nan")', /double takes a number or a text that is one/],
    ['input.t + input.n', /\+ takes two numbers, two texts or two lists, got a text and the number 3/],
    ['input.?missing', /the result is an optional value/],
    ['9007199254740991 + 1', /beyond 2\^53/],
  ])('%s', (text, message) => {
    const error = failure(text)
    expect(error.message).toMatch(message)
    expect(error.path).toBe('steps.x.if')
    expect(error.details).toEqual({ expression: text })
    expect(error.message).toContain(text)
  })

  test('prototypes are never read, whatever data pretends', () => {
    const hostile = JSON.parse('{"__proto__": {"admin": true}, "own": {"hasOwnProperty": 1}}') as unknown
    const at: Frame = { ...frame, input: hostile }
    const expression = compileExpression('input.admin', { path: 'p', names, problems: new Problems() })
    expect(() => expression?.evaluate(at)).toThrow(/input has no "admin"/)
    const other = compileExpression('has(input.admin)', { path: 'p', names, problems: new Problems() })
    expect(other?.evaluate(at)).toBe(false)
  })

  test('a condition must be true or false', () => {
    const expression = compileExpression('input.n', { path: 'p', names, problems: new Problems() })
    if (expression === undefined) throw new Error('refused')
    expect(() => evaluateCondition(expression, frame)).toThrow(/expected true or false, got the number 3/)
  })
})

describe('refused at definition', () => {
  test.each([
    ['input.n >', /is no expression \(at character 10\)/],
    ['', /is no expression/],
    ['inptu.n', /the name inptu is not known\. Did you mean "input"\?/],
    ['a', /the name a is not known \| The output of the step a is steps\.a\.output/],
    ['stray', /Text stands in quotes/],
    ['steps.brokn.output', /there is no step "brokn"\. Did you mean "broken"\?/],
    ['steps.deep.output', /is inside "other" and is not seen here \| Give the block an output/],
    ['steps.block.output', /the step block holds this one/],
    ['steps.a', /only an output and an error \| Write steps\.a\.output\./],
    ['steps.a.outptu.n', /Write steps\.a\.output\.$/],
    ['steps.a.eror.code', /Write steps\.a\.error\.$/],
    ['steps.a.result', /a step has no "result", only an output and an error \| Write steps\.a\.output\.result/],
    ['steps', /steps is not a value/],
    ['steps[input.t].output', /steps is not a value/],
    ['input.constructor', /the key "constructor" is not read/],
    ['input["__proto__"]', /the key "__proto__" is not read/],
    ['input.list.map(x, x.prototype)', /the key "prototype" is not read/],
    ['{"__proto__": 1}', /cannot be made/],
    ['input.t.matches("(a")', /the pattern is no regular expression: missing closing \).*RE2/],
    ['timestamp(input.t)', /no function timestamp/],
    ['sizee(input)', /no function sizee\. Did you mean "size"\?|no matching overload/],
    ['b"abc"', /bytes and unsigned numbers/],
    ['5u', /bytes and unsigned numbers/],
    ['9007199254740993', /beyond 2\^53/],
    ['process', /the name process is not known/],
    ['google.protobuf', /the name google is not known/],
    ['cel.bind(x, 1, x)', /the name cel is not known|no function bind/],
  ])('%s', (text, message) => {
    const { sorted } = compile(text).problems
    expect(sorted.length).toBeGreaterThan(0)
    expect(sorted.map((problem) => `${problem.message} | ${problem.remedy ?? ''}`).join('\n')).toMatch(message)
  })

  test('an item is known only inside a loop', () => {
    const problems = new Problems()
    compileExpression('item + index', { path: 'p', names: { ...names, items: [] }, problems })
    expect(problems.sorted.map(({ message }) => message)).toEqual(['`item + index`: there is no index here', '`item + index`: there is no item here'])
  })

  test('each problem is told once', () => {
    expect(refusal('steps.nope.output == steps.nope.output')).toMatch(/there is no step "nope"/)
  })
})

describe('references', () => {
  test('are collected from everywhere in an expression, each once', () => {
    const expression = compileExpression('input.list.map(x, x == steps.a.output.n && order.price > index)[steps.inner.output.value] == steps.a.output', { path: 'p', names, problems: new Problems() })
    expect(expression?.references.map((one) => (one.kind === 'step' ? one.id : one.kind === 'item' ? one.name : one.kind)).toSorted()).toEqual(['a', 'index', 'inner', 'input', 'order'])
  })

  test('leave out the variables of an expression itself', () => {
    const expression = compileExpression('[1, 2].exists(item, item > 1)', { path: 'p', names, problems: new Problems() })
    expect(expression?.references).toEqual([])
  })
})

describe('bindings', () => {
  const bind = (given: unknown): { problems: Problems; binding: ReturnType<typeof compileBinding> } => {
    const problems = new Problems()
    return { problems, binding: compileBinding(given, { path: 'with', names, problems }) }
  }
  const bound = (given: unknown): unknown => {
    const { problems, binding } = bind(given)
    expect(problems.sorted).toEqual([])
    return binding.evaluate(frame)
  }

  test('one expression gives its value, other texts are made of their pieces', () => {
    expect(bound({ a: '${{ input.n }}', b: 'n is ${{ input.n }}, ${{ input.yes }}', c: ['${{input.list}}', { d: ' ${{ input.n }}' }] }))
      .toEqual({ a: 3, b: 'n is 3, true', c: [data.list, { d: ' 3' }] })
  })

  test('lists and objects stand in a text as JSON; null does not stand there', () => {
    expect(bound('got ${{ input.nested }}')).toBe('got {"deep":"x"}')
    expect(() => bound('got ${{ input.nothing }}')).toThrow(/null cannot stand in a text/)
  })

  test('data is never read as an expression', () => {
    expect(bound({ a: '${{ input["$"] }}', b: 'x ${{ input["$"] }} ${{ item }}' })).toEqual({ a: '${{ input.n }}', b: 'x ${{ input.n }} outer' })
  })

  test('what no expression changes is one frozen constant', () => {
    const { binding } = bind({ a: [1, { b: 'text' }], c: '${{ 1 + 1 }}', d: "${{ '${{' }} x }}" })
    expect(binding.constant).toBe(true)
    expect(binding.evaluate(frame)).toBe(binding.evaluate(frame))
    expect(binding.evaluate(frame)).toEqual({ a: [1, { b: 'text' }], c: 2, d: '${{ x }}' })
    expect(Object.isFrozen(binding.evaluate(frame))).toBe(true)
  })

  test.each([
    [{ a: undefined }, 'with.a', /expected JSON, got undefined/],
    [{ a: () => 1 }, 'with.a', /expected JSON, got a function/],
    [{ a: [Number.NaN] }, 'with.a[0]', /expected a finite number/],
    [{ a: new Map() }, 'with.a', /got an object of a class/],
    [{ a: 1n }, 'with.a', /got a bigint/],
    ['${{ input.n', 'with', /not closed/],
    [JSON.parse('{"__proto__": 1}'), 'with.__proto__', /__proto__ is no data/],
    ['${{ 1/0 }}', 'with', /division by zero/],
  ])('number %# is refused', (given, path, message) => {
    expect(bind(given).problems.sorted).toEqual([expect.objectContaining({ path, message: expect.stringMatching(message) as unknown })])
  })

  test('nesting without end is refused', () => {
    const loop: unknown[] = []
    loop.push(loop)
    expect(bind(loop).problems.sorted[0]?.message).toMatch(/nested more than 64 deep/)
  })
})

describe('what people who know other languages write is answered with what to write here', () => {
  test.each([
    ['input.a === 1', 'Write == and !='], ['input.a !== 1', 'Write == and !='], ['input.a and input.b', 'Write && for and'], ['input.a & input.b', 'Write && for and'], ['input.a || | input.b', 'Write && for and'], ['not input.a', 'Write ! for not'],
    ['input.a = 1', 'To compare write =='], ['input.a ?? 1', 'orValue'], ['input?.a', '.?y'], ['input.list.map(x => x)', 'list.map(x, x.price)'], ['`a${input.b}`', 'Texts stand in'], ['input.a ? 1', 'A choice has three parts'], ['input.a +', 'Expressions are CEL'],
    ['input.a + "===" +', 'Expressions are CEL'],
  ])('%s', (text, remedy) => {
    const { problems } = compile(text)
    expect(problems.sorted[0]).toMatchObject({ code: 'EXPRESSION_SYNTAX', remedy: expect.stringContaining(remedy) as string })
  })
})
