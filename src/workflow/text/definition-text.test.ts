import { describe, expect, test } from 'vitest'
import { DefinitionText } from './definition-text.ts'
import type { LocatedProblem } from './place.ts'

const problemsOf = (source: string): readonly LocatedProblem[] => DefinitionText.read(source).problems

/** The one problem of a text. */
function only(source: string): LocatedProblem {
  const problems = problemsOf(source)
  expect(problems).toHaveLength(1)
  return problems[0] as LocatedProblem
}

const at = ({ at: { line, column, endLine, endColumn } }: LocatedProblem): string => `${line}:${column}-${endLine}:${endColumn}`

describe('a text that is right', () => {
  test('gives plain JSON', () => {
    const text = DefinitionText.read('name: x\nsteps:\n  a: { uses: log, with: [1, -0.5, true, null, "t"] }\n  b:\n')
    expect(text.problems).toEqual([])
    expect(text.model).toEqual({ name: 'x', steps: { a: { uses: 'log', with: [1, -0.5, true, null, 't'] }, b: null } })
    expect(Object.getPrototypeOf(text.model)).toBe(Object.prototype)
  })

  test('may be JSON', () => {
    const model = { name: 'x', steps: { a: { uses: 'log', with: { 'a.b': [{ c: '"\\\u2028\n' }] } } } }
    for (const indent of [0, 2]) expect(DefinitionText.read(JSON.stringify(model, null, indent)).model).toEqual(model)
  })

  test('may hold expressions without quotes where no colon with a space is in them', () => {
    expect(DefinitionText.read('with: ${{ steps.a.output }}\nif: ${{ x ?y :z }}\nurl: https://x/${{ input.id }}#top\n').model).toEqual({ with: '${{ steps.a.output }}', if: '${{ x ?y :z }}', url: 'https://x/${{ input.id }}#top' })
  })

  test('repeats what an alias names, as it was named at that place', () => {
    const { model } = DefinitionText.read('a: &x 1\nb: &y [*x]\nc: &x 2\nd: *y\ne: *x\n')
    expect(model).toEqual({ a: 1, b: [1], c: 2, d: [1], e: 2 })
  })

  test('keeps line separators that end no line of YAML', () => {
    expect(DefinitionText.read("a: x\n  y\u2028z\n  w\nb: 'x\u2029\n  y'\n").model).toEqual({ a: 'x y\u2028z w', b: 'x\u2029 y' })
  })

  test('keeps words that older versions of YAML read as true and false', () => {
    expect(DefinitionText.read('on: yes\nno: off\nt: 12:30\nd: 2024-01-01\n').model).toEqual({ on: 'yes', no: 'off', t: '12:30', d: '2024-01-01' })
  })
})

describe('a text with mistakes', () => {
  test.each([
    ['a tab', 'a:\n\tb: 1\n', '2:1-2:2', /tab/, /spaces/],
    ['a tab behind spaces', 'a:\n  b: 1\n  \tc: 1\n', '3:3-3:4', /tab/, /spaces/],
    ['a colon without space at the top', 'name:x\nsteps:\n  a: 1\n', '1:1-1:7', /space is missing/, /name: x/],
    ['a colon without space inside', 'a:\n  uses:x\n  b: 1\n', '2:3-2:9', /space is missing/, /uses: x/],
    ['a colon without space in braces', 'a: {b:1}\n', '1:5-1:8', /space is missing/, /b: 1/],
    ['an open double quote', 'a: "abc\nb: 1\nc: 2\n', '1:4-1:8', /no closing "/, /Write "/],
    ['an open single quote', "a:\n  b: 'x\n  c: 1\n", '2:6-2:8', /no closing '/, /''/],
    ['an apostrophe', "a: 'don't'\nb: 1\n", '1:9-1:11', /behind the closing '/, /''/],
    ['two colons', 'a: b: c\n', '1:4-1:8', /two keys/, /'b: c'/],
    ['an expression with a colon', 'if: ${{ x ? y : z }}\nb: 1\n', '1:5-1:21', /must stand in quotes/, /'\$\{\{ x \? y : z \}\}'/],
    ['an expression with a map', 'a: ${{ {"k": 1} }}\n', '1:4-1:19', /must stand in quotes/, /'\$\{\{ \{"k": 1\} \}\}'/],
    ['an expression with a hash', 'a: ${{ x # y }}\n', '1:4-1:16', /comment/, /'\$\{\{ x # y \}\}'/],
    ['an expression in braces', 'a: { b: x/${{ y }}/z, c: 1 }\n', '1:9-1:21', /must stand in quotes/, /'x\/\$\{\{ y \}\}\/z'/],
    ['an expression in brackets', 'a: [${{ x }}, b]\n', '1:5-1:13', /must stand in quotes/, /'\$\{\{ x \}\}'/],
    ['braces of another language', 'a: {{ x }}\n', '1:5-1:10', /object in braces/, /\$\{\{/],
    ['an at sign', 'a: @x\n', '1:4-1:6', /begin with @/, /'@x'/],
    ['a backtick', 'a: `x`\n', '1:4-1:7', /begin with `/, /'`x`'/],
    ['a percent sign', 'a: %x\n', '1:4-1:6', /begin with %/, /'%x'/],
    ['a line that is indented less', 'a:\n  b: 1\n c: 2\n', '3:1-3:6', /differently/, /the same/],
    ['a line that is indented more', 'a: 1\n  b: 2\n', '2:3-2:7', /deeper/, /the same/],
    ['an open bracket', 'a: [1, 2\nb: 3\n', '1:4-1:5', /no closing ]/, /Write ]/],
    ['an open brace', 'a: {x: 1\n', '1:4-1:5', /no closing }/, /Write }/],
    ['a brace too many', 'a: }\n', '1:4-1:5', /closes nothing/, /quotes/],
    ['two commas', '{"a": 1,, "b": 2}', '1:9-1:10', /two commas/, /Leave one/],
    ['a missing comma', '{"a": 1 "b": 2}', '1:7-1:15', /comma/, /commas/],
    ['a comment without a space', 'a: "x"#c\n', '1:7-1:9', /space before its #/, /space/],
    ['a list on the line of its key', 'a: - x\n', '1:4-1:7', /list cannot begin/, /next line/],
    ['a line without a colon', 'a: 1\nfoo\nb: 2\n', '2:1-2:4', /key with a colon/, /foo:/],
    ['text behind a block mark', 'a: | b\n', '1:4-1:7', /next line/, /next line/],
    ['a wrong escape', 'a: "\\q"\n', '1:5-1:7', /no escape \\q/, /\\\\/],
    ['a list among keys', 'b: 1\n- a\n', '2:1-2:4', /list item/, /Indent/],
    ['two documents', 'a: 1\n---\nb: 2\n', '2:1-2:4', /second document/, /---/],
    ['a tag', 'a: !!js/function "x"\n', '1:4-1:17', /tags/, /Leave the tag out/],
    ['a known tag', 'a: !!binary aGk=\n', '1:4-1:12', /tags/, /Leave the tag out/],
    ['a directive', '%YAML 1.1\n---\na: yes\n', '1:1-1:10', /directives/, /YAML 1\.2/],
    ['a merge key', 'b: 1\n<<: { a: 1 }\n', '2:1-2:3', /merge keys/, /alias/],
    ['a number as a key', 'a:\n  1: x\n', '2:3-2:4', /key that is text, got 1/, /'1'/],
    ['true as a key', 'true: x\n', '1:1-1:5', /key that is text, got true/, /'true'/],
    ['a list as a key', '? [a]\n: b\n', '1:3-1:6', /got a list/, /quotes/],
    ['nothing', '', '1:1-1:1', /empty/, /name/],
    ['comments only', '# x\n\n', '1:1-1:1', /comments/, /name/],
    ['old line ends', 'a: 1\rb: 2\r', '1:5-1:6', /carriage return/, /LF/],
  ])('%s is told once, in plain words and with its place', (_, source, ...[place, message, remedy]) => {
    const problem = only(source)
    expect(problem).toMatchObject({ code: 'YAML_SYNTAX', message: expect.stringMatching(message) as unknown, remedy: expect.stringMatching(remedy) as unknown })
    expect(at(problem)).toBe(place)
    expect(DefinitionText.read(source).model).toBeUndefined()
  })

  test('a key that stands twice is told at the second place, with the line of the first', () => {
    const problem = only('a:\n  b: 1\n  c: 2\n  b: 3\n')
    expect(problem).toMatchObject({ code: 'DUPLICATE_KEY', path: 'a.b', on: 'key', message: expect.stringContaining('first in line 2') as unknown })
    expect(at(problem)).toBe('4:3-4:4')
  })

  test('an alias of nothing is told with the nearest anchor', () => {
    const problem = only('a: &shared 1\nb: [*shard]\n')
    expect(problem).toMatchObject({ code: 'UNKNOWN_ALIAS', path: 'b[0]', message: expect.stringContaining('"shared"') as unknown })
    expect(at(problem)).toBe('2:5-2:11')
  })

  test('an alias inside of what it names is told', () => {
    expect(only('a: &x [1, { b: *x }]\n')).toMatchObject({ code: 'CYCLIC_ALIAS', path: 'a[1].b', at: { line: 1, column: 16 } })
  })

  test.each([
    ['9007199254740993', /2\^53/], ['-9007199254740993', /2\^53/], ['9007199254740994', /2\^53/], ['0x20000000000001', /2\^53/], ['1e400', /no number/], ['.inf', /no number/], ['-.Inf', /no number/],
    ['.nan', /no number/], ['0.12345678901234567890', /more digits/], ['1.00000000000000000001', /more digits/], ['1e-400', /more digits/], ['007', /zeros/], ['-01.5', /zeros/],
  ])('the number %s is refused', (number, message) => {
    expect(only(`a: ${number}\n`)).toMatchObject({ code: 'NUMBER_PRECISION', path: 'a', message: expect.stringMatching(message) as unknown, at: { line: 1, column: 4, endColumn: 4 + number.length } })
  })

  test.each(['0', '-0', '1.50', '0.1', '9007199254740991', '1e21', '5e-324', '1.7976931348623157e308', '0x1F', '0o17', '+3', '100', '1E3', '.5', '0.30000000000000004'])('the number %s is kept', (number) => {
    expect(problemsOf(`a: ${number}\n`)).toEqual([])
  })

  test('a key that leads to prototypes is refused', () => {
    expect(only('{"__proto__": {"x": 1}}')).toMatchObject({ code: 'INVALID_NAME', path: '__proto__' })
  })

  test('all mistakes are told, sorted by place', () => {
    const problems = problemsOf("b: @x\na: 'don't'\nc: !t 1\nd: 1\nd: 1e400\n")
    expect(problems.map(({ code, at: { line } }) => `${line} ${code}`)).toEqual(['1 YAML_SYNTAX', '2 YAML_SYNTAX', '3 YAML_SYNTAX', '5 DUPLICATE_KEY'])
  })
})

describe('a text that is too much', () => {
  const quickly = (source: string): readonly LocatedProblem[] => {
    const begin = performance.now()
    const problems = problemsOf(source)
    expect(performance.now() - begin).toBeLessThan(5000) // generous, since the machine may be busy: what recurses or is quadratic dies or takes minutes
    return problems
  }

  test.each([
    ['[', '['.repeat(100_000)],
    ['{a: ', '{a: '.repeat(100_000)],
    ['- ', '- '.repeat(100_000)],
    ['indentation', Array.from({ length: 1400 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
    ['closed brackets', `${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['? ', '? '.repeat(100_000)],
  ])('nesting by %s is refused at the depth of 100, without recursion', (_, source) => {
    expect(quickly(source)).toMatchObject([{ code: 'DEPTH_LIMIT' }])
  })

  test('a hundred levels are read', () => {
    expect(problemsOf(`${'['.repeat(100)}${']'.repeat(100)}`)).toEqual([])
    expect(problemsOf(`${'['.repeat(101)}${']'.repeat(101)}`)).toMatchObject([{ code: 'DEPTH_LIMIT', at: { line: 1, column: 101 } }])
  })

  test('aliases that multiply are stopped', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let level = 1; level < 30; level++) lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`)
    expect(quickly(lines.join('\n'))).toMatchObject([{ code: 'ALIAS_LIMIT', at: { line: 4 } }])
  })

  test('aliases that nest are stopped', () => {
    const lines = ['a0: &a0 [x]', ...Array.from({ length: 200 }, (_, level) => `a${level + 1}: &a${level + 1} [*a${level}]`)]
    expect(problemsOf(lines.join('\n'))).toMatchObject([{ code: 'DEPTH_LIMIT', at: { line: 100 } }])
  })

  test('more than 1 MiB is not read', () => {
    expect(problemsOf(`a: ${'x'.repeat(1_048_573)}`)).toEqual([])
    expect(quickly(`a: ${'x'.repeat(1_048_574)}`)).toMatchObject([{ code: 'SIZE_LIMIT' }])
    expect(quickly(`a: ${'é'.repeat(524_287)}`)).toMatchObject([{ code: 'SIZE_LIMIT' }])
    expect(quickly(`a: ${'😀'.repeat(262_144)}`)).toMatchObject([{ code: 'SIZE_LIMIT' }])
  })

  test('more words than a definition can need are not read', () => {
    expect(quickly('- 1\n'.repeat(200_000))).toMatchObject([{ code: 'SIZE_LIMIT' }])
    expect(quickly(`[${'*a,'.repeat(300_000)}`)).toMatchObject([{ code: 'SIZE_LIMIT' }])
  })

  test('many keys in one object are read in time', () => {
    expect(quickly(Array.from({ length: 10_000 }, (_, index) => `k${index}: 1\n`).join(''))).toEqual([])
  })
})
