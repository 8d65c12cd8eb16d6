// `wumbo validate` and `wumbo convert` as people and editors use them: real processes in a real project.
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Project, PROJECT } from './command.ts'

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })

const GOOD = `# Says it.
name: good
input: { type: object, properties: { text: { type: string } }, required: [text] }
steps:
  first: { uses: say@^1, with: { text: '\${{ input.text }}' } }
output: \${{ steps.first.output.text }}
`
const BAD = GOOD.replace('name: good', 'name: bad').replace('input.text }}', 'input.txet }}').replace('say@^1', 'sya')

let project: Project
beforeEach(async () => {
  project = await Project.make({ ...PROJECT, 'workflows/good.yaml': GOOD })
})
afterEach(() => project.remove())

describe('wumbo validate', () => {
  test('says that all is well, of the project and of a file', async () => {
    expect(await project.run(['validate'])).toMatchObject({ code: 0, out: '', err: '✓ 1 file: all is well\n' })
    expect(await project.run(['validate', 'workflows/good.yaml'])).toMatchObject({ code: 0, err: '✓ 1 file: all is well\n' })
  })

  test('tells every problem with its place, a mark and what to do, and ends with 1', async () => {
    await project.write('workflows/bad.yaml', BAD)
    const { code, out, err } = await project.run(['validate'])
    expect(code).toBe(1)
    expect(out).toMatch(/^workflows\/bad\.yaml:5:18: UNKNOWN_TEMPLATE steps\.first\.uses: there is no template "sya"\. Did you mean "say"/)
    expect(out).toMatch(/\nworkflows\/bad\.yaml:5:48: UNKNOWN_FIELD steps\.first\.with\.text: `input\.txet`: input has no field "txet"\. Did you mean "text"\?\n.*\n.*\^\^\^\^\n {2}Fields are: text\.\n/)
    expect(err).toBe('✗ 2 problems in 1 of 2 files\n')
  })

  test('--json is what editors want: ranges from 0 beside lines from 1', async () => {
    await project.write('workflows/bad.yaml', BAD)
    const { code, out } = await project.run(['validate', 'workflows/bad.yaml', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      files: [{ workflow: null, problems: [{ line: 5, column: 18, code: 'UNKNOWN_TEMPLATE', severity: 'error', range: { start: { line: 4, character: 17 } } }, { line: 5, column: 48, endColumn: 52, range: { end: { line: 4, character: 51 } }, remedy: 'Fields are: text.' }] }],
    })
  })

  test('leaves out what is no definition, unless it is named', async () => {
    await project.write('workflows/notes.json', '{ "a": 1 }')
    expect(await project.run(['validate'])).toMatchObject({ code: 0, err: '✓ 1 file: all is well\n' })
    expect(await project.run(['validate', 'workflows/notes.json'])).toMatchObject({ code: 1, out: expect.stringContaining('MISSING_KEY') })
  })

  test('files may run each other inline, whichever comes first; what is wrong with one is told where it is', async () => {
    const outer = (name: string): string => `name: outer\nsteps:\n  a: { inline: { workflow: ${name}, input: { text: hi } } }\n`
    await project.write('workflows/a-outer.yaml', outer('good'))
    expect(await project.run(['validate', 'workflows/a-outer.yaml'])).toMatchObject({ code: 0 })
    expect(await project.run(['run', 'outer', '--quiet'])).toMatchObject({ code: 0, out: expect.stringContaining('hi') })
    await project.write('workflows/a-outer.yaml', outer('goood'))
    expect(await project.run(['validate'])).toMatchObject({ code: 1, out: expect.stringMatching(/^workflows\/a-outer\.yaml:3:28: UNKNOWN_WORKFLOW .*Did you mean "good"\?/) })
    await project.write('workflows/a-outer.yaml', outer('good').replace('outer', 'loops'))
    await project.write('workflows/good.yaml', GOOD.replace('steps:\n', 'steps:\n  back: { inline: { workflow: loops } }\n'))
    const { out } = await project.run(['validate'])
    expect(out).toMatch(/a-outer\.yaml:3:28: CYCLE .*loops → good → loops[^]*good\.yaml:5:31: CYCLE .*loops → good → loops/)
    await project.write('workflows/good.yaml', BAD.replace('name: bad', 'name: good'))
    expect((await project.run(['validate'])).out).toMatch(/a-outer\.yaml:3:28: INLINE_REFUSED .*something is wrong with good itself, in workflows\/good\.yaml/)
  })

  test('a file that there is not is a wrong use', async () => {
    expect(await project.run(['validate', 'nope.yaml'])).toMatchObject({ code: 2, err: expect.stringContaining('there is no file') })
  })
})

describe('wumbo convert', () => {
  test('takes YAML to JSON and back, and the version stays', async () => {
    expect(await project.run(['convert', 'workflows/good.yaml', '--to', 'json', '--out', 'copy.json'])).toMatchObject({ code: 0, out: '' })
    const back = await project.run(['convert', 'copy.json', '--to', 'yaml'])
    expect(back.out).toContain('uses: say@^1')
    await project.write('copy.yaml', back.out)
    const { out } = await project.run(['validate', 'workflows/good.yaml', 'copy.json', 'copy.yaml', '--json'])
    const versions = (JSON.parse(out) as { files: { workflow: { version: string } }[] }).files.map(({ workflow }) => workflow.version)
    expect(new Set(versions).size).toBe(1)
  })

  test('writes over nothing without --force', async () => {
    await project.write('copy.json', 'mine')
    expect(await project.run(['convert', 'workflows/good.yaml', '--to', 'json', '--out', 'copy.json'])).toMatchObject({ code: 2, err: expect.stringContaining('copy.json exists') })
    expect(readFileSync(join(project.folder, 'copy.json'), 'utf8')).toBe('mine')
    expect(await project.run(['convert', 'workflows/good.yaml', '--to', 'json', '--out', 'copy.json', '--force'])).toMatchObject({ code: 0 })
  })

  test('takes a graph out of a module, and refuses what is code at its path', async () => {
    await project.write('workflows/flows.ts', `
import { defineTemplate, defineWorkflow, workflow } from 'wumbo'
import { z } from 'zod'
import { say } from './all.ts'
const hidden = defineTemplate({ name: 'hidden', version: '1.0.0', description: 'x', input: z.object({}), output: z.object({}), execute: () => ({}) })
export const built = workflow('built', { input: z.object({ text: z.string() }) }).step('one', { uses: say, with: ({ input }) => ({ text: input.text }) }).build()
export const inline = workflow('inline', { input: z.object({}) }).step('one', { uses: hidden }).build()
export const fn = defineWorkflow({ name: 'fn', input: z.object({}), run: () => 1 })
`)
    expect(await project.run(['convert', 'workflows/flows.ts', '--to', 'yaml', '--workflow', 'built'])).toMatchObject({ code: 0, out: expect.stringMatching(/name: built\n[^]*uses: say@1\.0\.0\n[^]*text: \$\{\{ input\.text \}\}\n/) })
    expect(await project.run(['convert', 'workflows/flows.ts', '--to', 'yaml', '--workflow', 'inline', '--json'])).toMatchObject({ code: 2, err: expect.stringContaining('"path":"steps.one.uses"') })
    expect(await project.run(['convert', 'workflows/flows.ts', '--to', 'yaml', '--workflow', 'fn', '--json'])).toMatchObject({ code: 2, err: expect.stringContaining('"path":"run"') })
    expect(await project.run(['convert', 'workflows/flows.ts', '--to', 'yaml'])).toMatchObject({ code: 2, err: expect.stringContaining('3 workflows') })
  })

  test('takes YAML to TypeScript and back: templates are imported from the project, and the version stays', async () => {
    expect(await project.run(['convert', 'workflows/good.yaml', '--to', 'ts', '--out', 'code.ts'])).toMatchObject({ code: 0, out: '' })
    const code = readFileSync(join(project.folder, 'code.ts'), 'utf8')
    expect(code).toContain("import { say } from './workflows/all.ts'")
    expect(code).toContain(".step('first', { uses: say, with: ({ input }) => ({ text: input.text }) })")
    const back = await project.run(['convert', 'code.ts', '--to', 'yaml'])
    await project.write('copy.yaml', back.out)
    const { out } = await project.run(['validate', 'workflows/good.yaml', 'copy.yaml', '--json'])
    const versions = (JSON.parse(out) as { files: { workflow: { version: string } }[] }).files.map(({ workflow }) => workflow.version)
    expect(versions).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/), versions[0]])
  })

  test('takes a graph that runs another inline to TypeScript and back, where a module exports the other', async () => {
    await project.write('outer.yaml', 'name: outer\nsteps:\n  a: { inline: { workflow: good, input: { text: hi } } }\n')
    const refused = await project.run(['convert', 'outer.yaml', '--to', 'ts', '--json'])
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('no module exports the workflow good') })
    await project.run(['convert', 'workflows/good.yaml', '--to', 'ts', '--out', 'workflows/good.ts'])
    await rm(join(project.folder, 'workflows/good.yaml'))
    expect(await project.run(['convert', 'outer.yaml', '--to', 'ts', '--out', 'outer.ts'])).toMatchObject({ code: 0 })
    const code = readFileSync(join(project.folder, 'outer.ts'), 'utf8')
    expect(code).toContain("import { good } from './workflows/good.ts'")
    expect(code).toContain(".inline('a', { workflow: good, input: { text: 'hi' } })")
    const back = await project.run(['convert', 'outer.ts', '--to', 'yaml'])
    await project.write('copy.yaml', back.out)
    const { out } = await project.run(['validate', 'outer.yaml', 'copy.yaml', '--json'])
    const versions = (JSON.parse(out) as { files: { workflow: { version: string } }[] }).files.map(({ workflow }) => workflow.version)
    expect(versions).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/), versions[0]])
  })

  test('refuses as TypeScript what no code can import, with the place in the text; a module that failed is told first', async () => {
    await project.write('workflows/more.ts', `
import { defineTemplate, fileWrite } from 'wumbo'
import { z } from 'zod'
const own = defineTemplate({ name: 'own', version: '1.0.0', description: 'x', config: z.object({ a: z.string() }), input: z.object({}), output: z.string(), execute: () => '' })
export const ready = own.configure({ a: 'x' })
export const writeHere = fileWrite.configure({ root: '.' })
`)
    await project.write('one.yaml', 'name: one\nsteps:\n  a: { uses: own }\n  b: { uses: own, config: { a: y } }\n  c: { uses: file.write, config: { root: . }, with: { path: a, data: b } }\n')
    const { code, err } = await project.run(['convert', 'one.yaml', '--to', 'ts', '--json'])
    expect(code).toBe(2)
    const { error } = JSON.parse(err) as { error: { details: { problems: object[] } } }
    expect(error.details.problems).toMatchObject([
      { path: 'steps.a.uses', line: 3, code: 'INVALID_CONFIG', message: expect.stringContaining('./workflows/more.ts exports own already configured') },
      { path: 'steps.b.uses', line: 4, code: 'UNKNOWN_TEMPLATE', message: expect.stringContaining('before it is configured') },
    ])
    await project.write('one.yaml', 'name: one\nsteps:\n  c: { uses: file.write, config: { root: . }, with: { path: a, data: b } }\n')
    expect((await project.run(['convert', 'one.yaml', '--to', 'ts'])).out).toContain("uses: fileWrite.configure({ root: '.' })")
    await project.write('workflows/broken.ts', 'import "./nowhere.ts"\n')
    await project.write('one.yaml', 'name: one\nsteps:\n  a: { uses: missing }\n')
    expect(await project.run(['convert', 'one.yaml', '--to', 'ts'])).toMatchObject({ code: 2, err: expect.stringContaining('broken.ts could not be imported') })
  })
})
