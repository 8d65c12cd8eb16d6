// The pages on definitions are held to the program: each code has a section, each example gives exactly what the page prints, the page
// on YAML has every key and its example is accepted. Write the outputs anew with WUMBO_UPDATE_DOCS=1.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { builtinTemplates, checkText } from 'wumbo'
import { problemLines } from '../../src/cli/diagnostics.ts'
import { Channel } from '../../src/cli/terminal.ts'
import { modelKeys } from '../../src/model/workflow-schema.ts'
import { problemCodes } from '../../src/workflow/problem-codes.ts'

const folder = join(import.meta.dirname, '../../docs/reference')
const file = join(folder, 'problems.md')
const page = readFileSync(file, 'utf8')
const sections = [...page.matchAll(/^## (\w+)\n([^]*?)(?=^## |(?![^]))/gm)].map(([, code = '', text = '']) => ({ code, text }))
const examples = sections.flatMap(({ code, text }) => {
  const source = /```yaml\n([^]*?)```/.exec(text)?.[1]
  return source === undefined ? [] : [{ code, source, printed: /```text\n([^]*?)```/.exec(text)?.[1] ?? '' }]
})
const channel = new Channel(new PassThrough(), { NO_COLOR: '1' })

function told(source: string): string {
  const { problems } = checkText(source, builtinTemplates)
  return problems.flatMap((problem) => problemLines(channel, { file: 'example.yaml', source, problem })).map((line) => `${line}\n`).join('')
}

if (process.env['WUMBO_UPDATE_DOCS'] === '1') {
  writeFileSync(file, page.replaceAll(/```yaml\n([^]*?)```\n\n```text\n[^]*?```/g, (_, source: string) => `\`\`\`yaml\n${source}\`\`\`\n\n\`\`\`text\n${told(source)}\`\`\``))
}

describe('the page of problems', () => {
  test('has a section for each code, in their order', () => {
    expect(sections.map(({ code }) => code)).toEqual(Object.keys(problemCodes))
  })

  test.each(examples)('$code: its example gives what the page prints', ({ code, source, printed }) => {
    expect(told(source)).toBe(printed)
    expect(printed).toMatch(new RegExp(`^example\\.yaml:\\d+:\\d+: ${code} `))
  })
})

describe('the page on YAML', () => {
  const yaml = readFileSync(join(folder, 'workflow-yaml.md'), 'utf8')

  test.each(Object.entries(modelKeys))('names every key of a %s', (_, keys) => {
    for (const key of keys) expect(yaml).toContain(`| \`${key}\``)
  })

  test('has an example that is accepted', () => {
    expect(told(/```yaml\n([^]*?)```/.exec(yaml)?.[1] ?? '')).toBe('')
  })
})
