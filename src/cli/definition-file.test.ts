import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readDefinitionFile } from './definition-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'wumbo-definition-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

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
