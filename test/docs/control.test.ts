// The page on control is held to the program: each definition on it is accepted as it stands.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtinTemplates, checkText } from 'wumbo'
import { codeBlocks } from './page.ts'

const page = join(import.meta.dirname, '../../docs/guide/workflows/control.md')
const definitions = codeBlocks(page).filter(({ language, code }) => language === 'yaml' && code.startsWith('name:'))

test('the page has definitions', () => {
  expect(definitions.length).toBeGreaterThan(1)
})

test.each(definitions)('line $line: is accepted', ({ code }) => {
  expect(checkText(code, builtinTemplates).problems).toEqual([])
})
