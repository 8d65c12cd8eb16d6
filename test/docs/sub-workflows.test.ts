// The page on sub-workflows is held to the program: its definitions are accepted together, as the files of a project are.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtinTemplates, DefinitionText } from 'wumbo'
import { DefinitionTexts } from '../../src/cli/definition-texts.ts'
import { codeBlocks } from './page.ts'

const blocks = codeBlocks(join(import.meta.dirname, '../../docs/guide/workflows/sub-workflows.md')).filter(({ language, code }) => language === 'yaml' && code.startsWith('name:'))

test('its definitions are accepted', () => {
  const files = blocks.map(({ code, line }) => ({ file: `sub-workflows.md:${line}`, text: DefinitionText.read(code) }))
  const texts = new DefinitionTexts(files, { templates: builtinTemplates, workflows: [] })
  expect(files.map(({ text }) => texts.check(text).problems)).toEqual([[], [], []])
})
