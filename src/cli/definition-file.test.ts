import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { WorkflowModel } from '../model/workflow.ts'
import { visibleText } from '../shared/visible.ts'
import { definitionYaml, readDefinitionFile } from './definition-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'wumbo-definition-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('a model written as YAML reads back as the same, and holds nothing that steers a terminal', () => {
  const hostile = fc.constantFrom('\u001b[2J', '\u202e', 'a\tb', ' #x', '- y', "'", '"', '\n', 'a: b', '\u0085', '\u2028', '\u0000', 'null', '1', '\ufeff')
  const text = fc.array(fc.oneof(hostile, fc.string({ unit: 'binary-ascii' })), { maxLength: 4 }).map((parts) => parts.join(''))
  const value = fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 3 })
  fc.assert(
    fc.property(fc.dictionary(text.filter((key) => key !== '__proto__'), fc.oneof(text, value, fc.array(text)), { maxKeys: 4, noNullPrototype: true }), (more) => {
      const model = { name: 'x', steps: {}, output: more } as WorkflowModel
      const yaml = definitionYaml(model)
      expect(visibleText(yaml)).toBe(yaml)
      expect(JSON.parse(JSON.stringify(parse(yaml)))).toEqual(JSON.parse(JSON.stringify(model))) // JSON knows no -0
    }),
    { numRuns: 300 },
  )
})

test.each([['a.yaml', 'yaml'], ['a.YML', 'yaml'], ['a.json', 'json']])('%s is read as %s, with its text as it is', async (name, format) => {
  const text = '{ "name": "x", "steps": {} }\r\n'
  expect(await readDefinitionFile(file(name, text))).toMatchObject({ source: text, format, model: { name: 'x', steps: {} } })
})

test.each([
  ['bad.yaml', 'name: x\nsteps: [', /bad\.yaml:2:\d+: YAML_SYNTAX this \[ has no closing \]/], ['twice.yaml', 'name: x\nname: y\n', /twice\.yaml:2:1: DUPLICATE_KEY/], ['bad.json', '{', /bad\.json:1:\d+: YAML_SYNTAX/],
])('%s is refused with its place', async (name, text, message) => {
  await expect(readDefinitionFile(file(name, text))).rejects.toMatchObject({ code: 'DEFINITION_INVALID', message: expect.stringMatching(message) })
})

test.each(['a.ts', 'a', 'missing.yaml'])('%s is refused as a wrong use', async (name) => {
  await expect(readDefinitionFile(join(folder, name))).rejects.toMatchObject({ code: 'USAGE', path: join(folder, name) })
})
