// Whole texts that were made to hurt: each is refused, or harmless, soon and without help of a time limit of its own.
import { expect, test } from 'vitest'
import { builtinTemplates } from '../builtin/index.ts'
import { checkText } from './from-text.ts'

const log = (expression: string): string => `name: a\ninput: { type: object, properties: { s: { type: string } }, required: [s] }\nsteps:\n  x: { uses: log, with: { message: ${JSON.stringify(`\${{ ${expression} }}`)} } }\n`
const input = (schema: string): string => `name: a\ninput: ${schema}\nsteps: { a: { sleep: 1 } }\n`
const many = (count: number, make: (index: number) => string, between = '\n'): string => Array.from({ length: count }, (_, index) => make(index)).join(between)

test.each<[what: string, source: string, code: string | undefined]>([
  ['a literal of 900,000 characters in an expression', log(`'${'a'.repeat(900_000)}'`), 'SIZE_LIMIT'],
  ['a text of 10 MB', log('a'.repeat(10_000_000)), 'SIZE_LIMIT'],
  ['100,000 brackets in an expression', log(`${'('.repeat(100_000)}1${')'.repeat(100_000)}`), 'SIZE_LIMIT'],
  ['an expression inside an expression', log('${{ input.s }}'), 'EXPRESSION_SYNTAX'],
  ['100,000 beginnings of expressions', `name: a\nsteps: { x: { uses: log, with: { message: "${'${{ '.repeat(100_000)}" } } }`, 'EXPRESSION_SYNTAX'],
  ['the constructor of a constructor', log('input.constructor.constructor("return process")()'), 'EXPRESSION_SYNTAX'],
  ['a prototype', log('input.__proto__.a'), 'EXPRESSION_REFUSED'],
  ['100,000 anchors', '&a '.repeat(100_000), 'SIZE_LIMIT'],
  ['40,000 anchors', '&a '.repeat(40_000), 'YAML_SYNTAX'],
  ['a million line ends', '\n'.repeat(1_000_000), 'SIZE_LIMIT'],
  ['30,000 lines with a mistake each', many(30_000, (index) => `k${index}: "a`), 'YAML_SYNTAX'],
  ['20,000 times the same key', 'a: 1\n'.repeat(20_000), 'DUPLICATE_KEY'],
  ['a choice of 40,000 numbers', input(`{ enum: [${many(40_000, String, ',')}] }`), undefined],
  ['a choice of 10,000 objects', input(`{ enum: [${many(10_000, (index) => `{a: ${index}}`, ',')}] }`), undefined],
  ['3,000 schemas', input(`{ anyOf: [${many(3000, (index) => `{ type: object, properties: { a${index}: true } }`, ',')}] }`), 'SIZE_LIMIT'],
  ['a pattern that backtracks', input('{ type: string, pattern: "^(a+)+$" }'), undefined],
  ['a pattern that looks back', input('{ type: string, pattern: "(a+)+\\\\1$" }'), 'INVALID_SCHEMA'],
  ['a schema elsewhere', input('{ $ref: "http://169.254.169.254/x" }'), 'INVALID_SCHEMA'],
  ['schemas that refer to each other', input('{ $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" }'), 'INVALID_SCHEMA'],
  ['1,500 unknown names among as many known ones', `name: a\nsteps:\n${many(1500, (index) => `  s${index}: { uses: lgo${index}, with: { message: "\${{ steps.q${index}.output }}" } }`)}`, 'UNKNOWN_TEMPLATE'],
  ['a cycle of 1,500 steps', `name: a\nsteps:\n${many(1500, (index) => `  s${index}: { sleep: 1, needs: [s${(index + 1) % 1500}] }`)}`, 'CYCLE'],
  ['a number of 500,000 digits', `name: a\nsteps: { a: { sleep: ${'9'.repeat(500_000)} } }`, 'NUMBER_PRECISION'],
  ['a key of 200,000 characters', `name: a\nsteps: { a: { ${'x'.repeat(200_000)}: 1 } }`, 'MISSING_KEY'],
  ['a reference of 200,000 characters', `name: a\nsteps: { a: { uses: ${'x'.repeat(200_000)} } }`, 'INVALID_VALUE'],
  ['an id of 200,000 characters', `name: a\nsteps: { ${'x'.repeat(200_000)}: { sleep: 1 } }`, 'INVALID_NAME'],
  ['a duration of 100,000 parts', `name: a\nsteps: { a: { sleep: "${'1h '.repeat(100_000)}" } }`, 'INVALID_DURATION'],
])('%s', (_, source, code) => {
  const { problems } = checkText(source, builtinTemplates)
  expect(problems[0]?.code).toBe(code)
  for (const { message } of problems.slice(0, 10)) expect(message.length).toBeLessThan(2000)
})
