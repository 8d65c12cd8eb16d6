// Which files are definitions, and how what is wrong with several of them is told.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { builtinTemplates } from '../builtin/index.ts'
import { checkDefinitionFiles, together, type CheckedFiles } from './definition-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'wumbo-definitions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function check(texts: Readonly<Record<string, string | Uint8Array>>, named: readonly string[] = []): Promise<CheckedFiles> {
  const files = Object.entries(texts).map(([name, text]) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  })
  return checkDefinitionFiles(files, { templates: builtinTemplates, workflows: [], named: new Set(named.map((name) => join(folder, name))) })
}

const good = (name: string): string => `name: ${name}\nsteps:\n  say: { uses: log, with: { message: hi } }\n`

test.each([
  ['name: a\n'], ['- steps'], ['{"steps2": {}}'], [''], ['a: [b'], ['deep:\n  steps: {}\n'], ['deep:\n  steps: {}\n  a: [b'],
])('%j is no definition', async (text) => {
  expect(await check({ 'x.yaml': text })).toEqual({ defined: [], failures: [] })
})

test.each([['steps: [\n'], ['name: a\nsteps:\n  a: {\n'], ['{"name": "a", "steps": {"a": }'], ['{\n  "steps": {\n'], ['steps:\n']])('%j is a definition, and a wrong one', async (text) => {
  expect((await check({ 'x.yaml': text })).failures).toMatchObject([{ code: 'DEFINITION_INVALID' }])
})

test('a second file of the same name is refused at the name, unless it was named', async () => {
  const texts = { 'a.yaml': good('one'), 'b.yaml': `# second\n${good('one')}` }
  const { defined, failures } = await check(texts)
  expect(defined.map(({ file }) => basename(file))).toEqual(['a.yaml'])
  expect(failures).toMatchObject([{ details: { problems: [{ code: 'DUPLICATE_NAME', line: 2, column: 7 }] } }])
  expect((await check(texts, ['b.yaml'])).defined).toHaveLength(2)
})

test('the problems of several files are one failure, each with its place and remedy', async () => {
  const { failures } = await check({ 'a.yaml': good('a').replace('log', 'lgo'), 'b.yaml': 'name: B\nsteps: {}\n', 'c.yaml': good('c') })
  const failure = together(failures)
  expect(failure?.message).toMatch(/a\.yaml:3:16: UNKNOWN_TEMPLATE .+\n {2}\w.+\n[^]*b\.yaml:1:7: INVALID_NAME/)
  expect((failure?.details?.['problems'] as { file: string }[]).map(({ file }) => basename(file))).toEqual(['a.yaml', 'b.yaml', 'b.yaml'])
  expect(together(failures.slice(0, 1))).toBe(failures[0])
  expect(together([])).toBeUndefined()
})

test('a file that is not UTF-8 or too large is told', async () => {
  const { failures } = await check({ 'a.yaml': new Uint8Array([0x6e, 0xff, 0xfe]), 'b.yaml': `steps: "${'x'.repeat((1 << 20) + 1)}"` })
  expect(failures.map(({ message }) => message)).toMatchObject([expect.stringContaining('not UTF-8'), expect.stringContaining('SIZE_LIMIT')])
})

test('of definitions that run each other too deep the one that is too deep is told, whichever file comes first', async () => {
  const text = (index: number): string => (index === 17 ? good('f17') : `name: f${index}\nsteps:\n  a: { inline: { workflow: f${index + 1} } }\n`)
  const indices = Array.from({ length: 18 }, (_, index) => index)
  for (const order of [indices, indices.toReversed()]) {
    const { defined, failures } = await check(Object.fromEntries(order.map((index) => [`${String(order === indices ? index : 99 - index)}.yaml`, text(index)])))
    expect(defined.map(({ workflow }) => workflow.name).sort()).toEqual(indices.slice(1).map((index) => `f${index}`).sort())
    expect(failures).toMatchObject([{ details: { problems: [{ code: 'DEPTH_LIMIT' }] } }])
  }
})
