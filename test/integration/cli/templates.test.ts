// `wumbo templates` as people and programs use it: real processes in a real project.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Project, PROJECT } from './command.ts'

// Each starts a process, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })

const LEADS = `
import { defineTemplate } from 'wumbo'
import { z } from 'zod'

const make = (version: string) => defineTemplate({
  name: 'score-lead', version, description: 'Scores a \\u001b[31mlead.', tags: ['crm'], aliases: ['lead-score'], category: 'sales',
  input: z.object({ email: z.string().describe('Where to write to.'), size: z.enum(['small', 'large']).default('small'), notes: z.array(z.string()).optional() }),
  output: z.number(), execute: () => { throw new Error('nobody asked for it to run') },
})
export const first = make('1.0.0')
export const second = make('2.1.0')
`

interface Listed {
  readonly templates: readonly { readonly name: string; readonly [key: string]: unknown }[]
}

let project: Project
beforeEach(async () => {
  project = await Project.make({ ...PROJECT, 'workflows/leads.ts': LEADS })
})
afterEach(() => project.remove())

async function listed(args: readonly string[]): Promise<Listed['templates']> {
  const { code, out, err } = await project.run([...args, '--json'])
  expect([code, err]).toEqual([0, ''])
  return (JSON.parse(out) as Listed).templates
}

describe('wumbo templates', () => {
  test('list tells those of the project and the built-in ones, of each the highest version', async () => {
    const templates = await listed(['templates', 'list'])
    const names = templates.map(({ name }) => name)
    expect(names).toEqual([...names].sort())
    expect(names).toContain('http.request')
    expect(templates.find(({ name }) => name === 'score-lead')).toEqual({
      name: 'score-lead', version: '2.1.0', description: 'Scores a \u001b[31mlead.', author: null, kind: null, category: 'sales', tags: ['crm'], aliases: ['lead-score'], level: 'effect',
      origin: 'project', file: 'workflows/leads.ts', versions: ['2.1.0', '1.0.0'],
    })
    expect(templates.find(({ name }) => name === 'log')).toMatchObject({ origin: 'builtin', file: null })
    expect((await listed(['templates', 'list', '--tag', 'crm', '--category', 'sales'])).map(({ name }) => name)).toEqual(['score-lead'])
    const { code, out, err } = await project.run(['templates', 'list', '--tag', 'nobody'])
    expect([code, out, err]).toEqual([0, '', 'No template is like that.\n'])
  })

  test('people see a table in which no description can steer their terminal', async () => {
    const { code, out } = await project.run(['templates', 'list'])
    expect(code).toBe(0)
    expect(out).toMatch(/^template +version +level +from +does\n/)
    expect(out).toMatch(/\nscore-lead +2\.1\.0 +effect +workflows\/leads\.ts +Scores a \\u001b\[31mlead\.\n/)
    expect(out).not.toContain('\u001b')
  })

  test('search puts the best match first, and ends with 1 when there is none', async () => {
    expect((await listed(['templates', 'search', 'lead']))[0]).toMatchObject({ name: 'score-lead' })
    expect((await listed(['templates', 'search', 'file', 'read'])).map(({ name }) => name)).toEqual(['file.read'])
    expect(await project.run(['templates', 'search', 'lead', 'elephant'])).toMatchObject({ code: 1, out: '', err: expect.stringContaining('wumbo templates list') })
    expect(await project.run(['templates', 'search'])).toMatchObject({ code: 2, err: expect.stringContaining('words') })
  })

  test('show tells the fields, by name, alias and range; --json gives the schemas', async () => {
    const { code, out } = await project.run(['templates', 'show', 'lead-score'])
    expect(code).toBe(0)
    expect(out).toMatch(/^score-lead 2\.1\.0\n/)
    expect(out).toMatch(/\nversions {2}2\.1\.0, 1\.0\.0\n/)
    expect(out).toMatch(/\nemail +string +required +Where to write to\.\nsize +"small" \| "large" +"small"\nnotes +string\[\]\n/)
    expect(out).toMatch(/\nOutput\n\{"type":"number"\}\n/)
    expect(out).toContain('uses: score-lead@^2.1.0')
    const shown = await project.run(['templates', 'show', 'score-lead@^1', '--json'])
    expect(JSON.parse(shown.out)).toMatchObject({ version: '1.0.0', input: { type: 'object', required: ['email'] }, output: { type: 'number' }, config: null })
  })

  test('what is not there is told with what is meant', async () => {
    expect(await project.run(['templates', 'show', 'score-laed'])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/Did you mean "score-lead"/) })
    expect(await project.run(['templates', 'show', 'score-lead@^9'])).toMatchObject({ code: 2, err: expect.stringContaining('2.1.0, 1.0.0') })
    await project.write('workflows/leads.ts', 'export const =')
    expect(await project.run(['templates', 'list'])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('MODULE_FAILED') })
  })
})
