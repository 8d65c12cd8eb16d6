// Every example on the page of expressions gives what the page says.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseCel } from '../../src/workflow/expression-cel.ts'
import { FUNCTIONS, MACROS, METHODS } from '../../src/workflow/expression-functions.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/reference/expressions.md'), 'utf8')
const input: unknown = JSON.parse(/with this input: `(.*)`/.exec(page)?.[1] ?? 'null')
const examples = [...page.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|/gm)].map(([, text = '', gives = '']) => ({ text, gives }))

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(40)
})

test.each(examples)('$text gives $gives', ({ text, gives }) => {
  const program = parseCel(text)
  if (!('ast' in program)) throw new Error(program.message)
  expect(JSON.stringify(program.run({ input }))).toBe(gives)
})

test('every function, method and macro is named', () => {
  for (const name of [...FUNCTIONS.keys(), ...METHODS.keys(), ...MACROS.keys()]) {
    if (name !== 'dyn' && name !== 'or' && name !== 'value') expect(page, name).toContain(`${name}(`)
  }
})
