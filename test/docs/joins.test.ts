// The pages on joins and on parallel branches are held to the program: each definition on them is accepted as it stands.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtinTemplates, checkText } from 'wumbo'
import { codeBlocks } from './page.ts'

const definitions = ['joins.md', 'parallel.md'].flatMap((page) => codeBlocks(join(import.meta.dirname, '../../docs/guide/workflows', page)).filter(({ language, code }) => language === 'yaml' && code.startsWith('name:')).map((block) => ({ page, ...block })))

test('the pages have definitions', () => {
  expect(definitions.length).toBeGreaterThan(1)
})

test.each(definitions)('$page line $line: is accepted', ({ code }) => {
  expect(checkText(code, builtinTemplates).problems).toEqual([])
})
