// What hostile definitions and hostile data try: each is refused, or ends with an error that says which limit it met. Those that would
// never end without a budget are their own proof: the test would not end either.
import { describe, expect, test } from 'vitest'
import { parseCel } from './expression-cel.ts'
import { namesUsed } from './expression-names.ts'

const NAMES = { scopes: [], items: [], everywhere: new Map() }
const MANY = 100_000

/** Why a text is no expression; undefined when it is one. */
function refusal(text: string): string | undefined {
  const program = parseCel(text)
  if (!('ast' in program)) return program.code
  return namesUsed(program.ast, NAMES).problems[0]?.code
}

function evaluate(text: string, input: unknown): unknown {
  const program = parseCel(text)
  if (!('ast' in program)) throw new Error(program.message)
  return program.run({ input })
}

describe('a definition', () => {
  test.each([
    ['brackets', '('.repeat(MANY)], ['lists', '['.repeat(MANY)], ['objects', '{'.repeat(MANY)], ['nots', `${'!'.repeat(MANY)}true`], ['signs', `${'-'.repeat(MANY)}1`], ['fields', `input${'.a'.repeat(MANY)}`],
    ['choices', `${'a?b:'.repeat(MANY)}c`], ['sums', `${'1+'.repeat(MANY)}1`], ['ands', `${'true&&'.repeat(MANY)}true`], ['a literal of ten megabytes', `"${'a'.repeat(10 * 1024 * 1024)}"`],
  ])('of a hundred thousand %s is refused before it is parsed', (_, text) => {
    expect(refusal(text)).toBe('SIZE_LIMIT')
  })

  test.each([
    ['brackets', '('.repeat(3000)], ['lists', '['.repeat(3000)], ['nots', `${'!'.repeat(3000)}true`], ['signs', `${'-'.repeat(3000)}1`], ['fields', `input${'.a'.repeat(1500)}`], ['choices', `${'a?b:'.repeat(900)}c`], ['ands', `${'true&&'.repeat(500)}true`], ['calls', 'size('.repeat(600)],
  ])('as deep as its length allows, of %s, is refused without running out of stack', (_, text) => {
    expect(['DEPTH_LIMIT', 'SIZE_LIMIT']).toContain(refusal(text))
  })

  test.each(['input.constructor', 'input["__proto__"]', 'input.a.prototype', '{"__proto__": 1}', '{"constructor": 1}'])('that reaches for prototypes is refused: %s', (text) => {
    expect(refusal(text)).toBe('EXPRESSION_REFUSED')
  })

  test.each(['eval("1")', 'Function("return 1")()', 'process.exit()', 'globalThis', 'require("fs")', 'this', 'x => x', 'input.a = 1', 'new Date()'])('that hopes for JavaScript is refused: %s', (text) => {
    expect(refusal(text)).toBeDefined()
  })

  test.each(['input.s.matches("(a{1000}){1000}")', 'input.s.matches("(?=a)")', `input.s.matches("${'a'.repeat(2000)}")`])('with a pattern that is too much is refused: %s', (text) => {
    expect(refusal(text)).toBeDefined()
  })
})

describe('data', () => {
  const own = JSON.parse('{"__proto__": {"admin": true}, "constructor": "mine", "key": "__proto__", "list": [1]}') as unknown

  test('has no fields but its own', () => {
    expect(() => evaluate('input.toString', {})).toThrow(/toString/)
    expect(() => evaluate('input[input.key].admin', { key: '__proto__' })).toThrow()
    expect(evaluate('"toString" in input', {})).toBe(false)
    expect(evaluate('size(input.list)', own)).toBe(1)
  })

  test('that fits a pattern in exponentially many ways costs no more than any other', () => {
    expect(evaluate('input.s.matches("^(a+)+$")', { s: `${'a'.repeat(50_000)}!` })).toBe(false)
    expect(evaluate('input.s.matches("(.*)*x$")', { s: 'y'.repeat(50_000) })).toBe(false)
  })

  const list = Array.from({ length: 2000 }, (_, index) => index)
  const big = 'x'.repeat(1024 * 1024)

  test.each([
    ['nested macros over data', 'input.list.map(a, input.list.map(b, input.list.map(c, 1)))'],
    ['nested macros over literals', `[${'1,'.repeat(99)}1].map(a, [${'1,'.repeat(99)}1].map(b, [${'1,'.repeat(99)}1].map(c, [${'1,'.repeat(99)}1].map(d, 1))))`],
    ['failures that are swallowed', 'input.list.exists(a, input.list.all(b, input.list.exists(c, c.x.y)))'],
    ['texts that double', 'input.list.map(a, input.big + input.big).join("")'],
    ['a text in many parts', 'input.list.map(a, input.big.split(""))'],
    ['a result that repeats what is large', 'input.list.map(a, input.big)'],
    ['a search of everything in everything', 'input.list.all(a, input.list.map(b, b).filter(c, c in input.list) == input.list)'],
  ])('makes %s end with the limit named', (_, text) => {
    expect(() => evaluate(text, { list, big })).toThrow(/more than|longer than|larger than|limit|at most/i)
  })
})
