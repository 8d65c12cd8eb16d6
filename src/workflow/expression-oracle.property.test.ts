// Another evaluator of the same language beside ours: the library that parses for us can also evaluate. Wherever it gives a value, ours
// gives the same. Where it refuses, ours may be more lenient, since data has only one kind of number here. The
// texts are ASCII: theirs counts UTF-16 units, ours characters, as the language has it.
import { Environment } from '@marcbachmann/cel-js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCel } from './expression-cel.ts'

const CONTEXT = {
  input: {
    n: 2.5, m: -3, zero: 0, s: 'Hello, world', e: '', u: ' ab ', yes: true, nothing: null, l: [3, 1, 2], t: ['a', 'b', 'a,b', ''], o: { a: 1, 'b c': { d: 'x' }, l: [{ k: 'v' }, {}] }, empty: [],
  },
}

type Kind = 'text' | 'number' | 'int' | 'bool' | 'texts' | 'numbers' | 'any'

const joined = (...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> => fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((all) => all.join(''))
const one = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)

const grammar = fc.letrec<Record<Kind, string>>((tie) => {
  const [text, number, int, bool, texts, numbers, any] = (['text', 'number', 'int', 'bool', 'texts', 'numbers', 'any'] as const).map((kind) => tie(kind)) as [fc.Arbitrary<string>, fc.Arbitrary<string>, fc.Arbitrary<string>, fc.Arbitrary<string>, fc.Arbitrary<string>, fc.Arbitrary<string>, fc.Arbitrary<string>]
  const depth = { depthSize: 'small' as const, withCrossShrink: true }
  return {
    text: fc.oneof(depth, one('input.s', 'input.e', 'input.u', 'input.o["b c"].d', '"a"', "'l'", 'r"\\d"', '"\\n a"', 'input.t[1]', '""'), joined('(', text, ' + ', text, ')'), joined(text, '.trim()'), joined(one('input.e', '"aBc z"', 'input.t[1]'), one('.lowerAscii()', '.upperAscii()')), // theirs changes letters beyond ASCII too
     
      joined(text, '.substring(', int, ')'), joined(text, '.substring(', int, ', ', int, ')'), joined('string(', fc.oneof(text, bool), ')'), joined('(', bool, ' ? ', text, ' : ', text, ')'), joined(texts, '.join(', text, ')'), joined(texts, '.join()'), joined('input.?gone.orValue(', text, ')')),
    number: fc.oneof(depth, one('input.n', 'input.m', 'input.zero', '1.5', '-0.25', '2.0', 'input.l[0]', 'input.o.a'), joined('(', number, one(' + ', ' - ', ' * '), number, ')'), joined('(', number, ' / ', one('2.0', '-0.25', 'input.n'), ')'), joined('-', number), joined('double(', fc.oneof(int, number, one('"1.5"')), ')'), joined('(', bool, ' ? ', number, ' : ', number, ')')),
    int: fc.oneof(depth, one('0', '1', '2', '-1', '7'), joined('size(', fc.oneof(text, texts, numbers), ')'), joined(fc.oneof(text, texts), '.size()'), joined('(', int, one(' + ', ' - ', ' * ', ' / ', ' % '), int, ')'), joined(text, one('.indexOf(', '.lastIndexOf('), text, ')'), joined('int(', fc.oneof(int, number, one('"12"', '"x"')), ')')),
    bool: fc.oneof(depth, one('input.yes', 'true', 'false', 'has(input.o.a)', 'has(input.gone)', 'input.?o.a.hasValue()', 'input.nothing == null'), joined('(', bool, one(' && ', ' || ', ' == ', ' != '), bool, ')'), joined('!', bool),
      joined('(', number, one(' < ', ' <= ', ' > ', ' >= ', ' == ', ' != '), number, ')'), joined('(', text, one(' < ', ' <= ', ' > ', ' >= ', ' == ', ' != '), text, ')'), joined('(', int, one(' < ', ' >= ', ' == '), int, ')'), joined(text, one('.contains(', '.startsWith(', '.endsWith('), text, ')'),
      joined(text, '.matches(', one("'^[a-z]+$'", "'l+'", "r'\\s'"), ')'), joined('(', text, ' in ', texts, ')'), joined('(', number, ' in ', numbers, ')'), joined('("', one('a', 'b c', 'z'), '" in input.o)'),
      joined(texts, one('.all(x, ', '.exists(x, ', '.exists_one(x, '), one('x == "a"', 'x.size() > 0', 'x.contains(",")'), ')'), joined('(', fc.oneof(texts, numbers), ' == ', fc.oneof(texts, numbers), ')'), joined('bool(', one('"true"', '"false"', 'true', '"x"'), ')')),
    texts: fc.oneof(depth, one('input.t', '["a", "b"]', 'input.empty', '[]'), joined('[', text, ', ', text, ']'), joined('(', texts, ' + ', texts, ')'), joined(texts, '.filter(x, ', one('x != "a"', 'x.startsWith("a")'), ')'), joined(texts, '.map(x, ', one('x + "!"', 'x.trim()'), ')'), joined(text, '.split(', text, ')'), joined(text, '.split(', text, ', ', int, ')')),
    numbers: fc.oneof(depth, one('input.l', '[1.5, 2.5]', 'input.empty'), joined('[', number, ', ', number, ']'), joined(numbers, '.map(x, ', one('x * 2.0', '-x'), ')'), joined(numbers, '.filter(x, x > ', number, ')'), joined(numbers, '.map(x, x > ', number, ', x + 1.0)')),
    any: fc.oneof(depth, text, number, int, bool, texts, numbers, one('input.o', 'input.nothing', 'input.gone', 'input.l[9]', 'input.o.l[0].k', 'input.o.l[1].?k.orValue(1.5)', '{"a": 1.5, "b": [input.s]}', '{}'), joined('{"k": ', any, ', "z": ', any, '}'), joined('[', any, ', ', any, ']'), joined('(', bool, ' ? ', any, ' : ', any, ')'), joined('input.?gone.orValue(', any, ')')),
  }
})

const cel = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true })

/** What is given back, as JSON says it; undefined for a failure. */
function outcome(evaluate: () => unknown): string | undefined {
  try {
    return JSON.stringify(evaluate(), (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value instanceof Map ? Object.fromEntries(value) : value))
  } catch {
    return undefined
  }
}

test('wherever the other evaluator gives a value, ours gives the same', { timeout: 60_000 }, () => {
  let compared = 0
  fc.assert(fc.property(grammar.any, (text) => {
    const program = parseCel(text)
    if (!('ast' in program)) return // too large
    const theirs = outcome(() => cel.evaluate(text, CONTEXT))
    if (theirs === undefined) return
    compared++
    expect(outcome(() => program.run(CONTEXT)), text).toBe(theirs)
  }), { numRuns: 4000 })
  expect(compared).toBeGreaterThan(1000)
})
