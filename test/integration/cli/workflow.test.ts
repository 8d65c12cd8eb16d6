// Stored workflows through the command line: real processes, real stores, alone and beside an owner, and after its death.
import { DatabaseSync } from 'node:sqlite'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Project, PROJECT, type Running } from './command.ts'

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })

const SUM = `# Says it twice.
name: twice
input: { type: object, properties: { text: { type: string } }, required: [text] }
steps:
  first: { uses: say@^1, with: { text: '\${{ input.text }}' } }
  second: { uses: say, with: { text: '\${{ steps.first.output.text }}!' } }
output: \${{ steps.second.output.text }}
`
const OTHER = SUM.replace('}}!', '}}?')
const INPUT = ['--input', '{"text":"hi"}', '--quiet']

let project: Project
beforeEach(async () => {
  project = await Project.make({ ...PROJECT, 'twice.yaml': SUM, 'other.yml': OTHER })
})
afterEach(() => project.remove())

const json = async (...args: string[]): Promise<any> => { // eslint-disable-line @typescript-eslint/no-explicit-any -- whatever the command printed
  const { code, out, err } = await project.run([...args, '--json'])
  expect({ code, err: err.replaceAll(/^saying .*\n/gm, '') }).toEqual({ code: 0, err: '' })
  return JSON.parse(out)
}

async function dev(): Promise<Running> {
  const running = project.start(['dev', '--port', '0', '--json'])
  await running.says('\n', 'out')
  return running
}

describe('a stored workflow', () => {
  test('is created from a file, starts by name, is shown as it was written, and its runs show what they run', async () => {
    const created = await project.run(['workflow', 'create', 'twice.yaml'])
    expect(created).toMatchObject({ code: 0, err: expect.stringMatching(/^✓ twice is stored in a new version, with say@1\.0\.0\nStart it: wumbo run twice\n$/) })
    const version = created.out.trim()
    expect(version).toMatch(/^[0-9a-f]{40}$/)
    expect(await project.run(['workflow', 'create', 'twice.yaml'])).toMatchObject({ code: 0, out: `${version}\n`, err: expect.stringContaining('was stored in this version before') })

    const run = await json('run', 'twice', ...INPUT)
    expect(run).toMatchObject({ output: 'hi!', version })
    expect((await project.run(['workflow', 'show', 'twice'])).out).toBe(SUM)

    const shown = await project.run(['runs', 'show', run.id])
    expect(shown.out).toMatch(new RegExp(`version +${version} \\(graph\\)\ntemplates say@1\\.0\\.0\n`))
    const definition = await project.run(['runs', 'show', run.id, '--definition'])
    expect(definition).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^name: twice\n[^]*uses: say@1\.0\.0\n/) })
    expect(await json('runs', 'show', run.id, '--definition')).toMatchObject({ form: 'graph', definition: { name: 'twice', steps: { first: { uses: 'say@1.0.0' } } } })
    expect(await json('runs', 'show', run.id)).not.toHaveProperty('definition')
    expect(await project.run(['verify'])).toMatchObject({ code: 0 })
  })

  test('has versions; an earlier one is shown, and used again', async () => {
    const { version: first } = await json('workflow', 'create', 'twice.yaml')
    const { version: second } = await json('workflow', 'create', 'other.yml')
    expect((await json('workflow', 'versions', 'twice')).versions).toMatchObject([{ hash: second, current: true, format: 'yaml' }, { hash: first, current: false }])
    expect((await project.run(['workflow', 'versions', 'twice'])).out).toMatch(new RegExp(`^version +current +origin +since +by +live runs\n${second} +yes +stored [^]* 0\n${first} +stored [^]* 0\n`))
    expect((await project.run(['workflow', 'show', 'twice', '--version', first.slice(0, 7)])).out).toBe(SUM)
    expect((await json('run', 'twice', ...INPUT)).output).toBe('hi?')
    expect(await json('workflow', 'use', 'twice', first.slice(0, 7))).toMatchObject({ name: 'twice', version: first })
    expect(await json('workflow', 'rollback', 'twice', '--to', second.slice(0, 7))).toEqual({ name: 'twice', from: first, to: second })
    expect(await json('workflow', 'rollback', 'twice')).toEqual({ name: 'twice', from: second, to: first })
    expect(await project.run(['workflow', 'rollback', 'twice'])).toMatchObject({ code: 3, err: expect.stringContaining('WORKFLOW_CONFLICT') })
    expect(await project.run(['workflow', 'migrate', 'twice', '--from', first, '--to', second.slice(0, 7)])).toMatchObject({ code: 0, err: 'No run that lives has that version.\n' })
    expect(await project.run(['workflow', 'migrate', 'twice', '--to', second])).toMatchObject({ code: 2, err: expect.stringContaining('from: expected the version') })
    expect((await json('run', 'twice', ...INPUT)).output).toBe('hi!')
    expect(await project.run(['workflow', 'use', 'twice', 'ffffff'])).toMatchObject({ code: 2, err: expect.stringContaining(second.slice(0, 12)) })
  })

  test('is disabled, enabled, archived and deleted; what does not follow is refused with 3', async () => {
    await json('workflow', 'create', 'twice.yaml')
    expect(await project.run(['workflow', 'disable', 'twice'])).toMatchObject({ code: 0, out: '', err: expect.stringContaining('wumbo workflow enable twice') })
    expect(await project.run(['run', 'twice', ...INPUT])).toMatchObject({ code: 3, err: expect.stringMatching(/WORKFLOW_DISABLED/) })
    expect(await json('workflow', 'enable', 'twice')).toMatchObject({ status: 'enabled', origin: 'stored' })
    expect(await project.run(['workflow', 'delete', 'twice'])).toMatchObject({ code: 3, err: expect.stringMatching(/archive twice[^]*WORKFLOW_CONFLICT/) })
    expect(await json('workflow', 'archive', 'twice')).toMatchObject({ status: 'archived' })
    expect(await project.run(['workflow', 'create', 'other.yml'])).toMatchObject({ code: 3, err: expect.stringMatching(/archived[^]*enable twice/) })
    expect(await json('workflow', 'delete', 'twice')).toEqual({ name: 'twice', deleted: true })
    expect(await project.run(['workflow', 'show', 'twice'])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('WORKFLOW_NOT_FOUND') })
  })

  test('is told apart from those in files, whose status can be set too', async () => {
    expect(await project.run(['workflow', 'list', '--status', 'archived'])).toMatchObject({ code: 0, out: '', err: 'No workflow is like that.\n' })
    expect(existsSync(join(project.folder, '.wumbo'))).toBe(false)
    await json('workflow', 'create', 'twice.yaml')
    expect(await json('workflow', 'disable', 'nap')).toMatchObject({ name: 'nap', origin: 'file', status: 'disabled' })
    const { out } = await project.run(['workflow', 'list'])
    expect(out).toMatch(/^workflow +status +origin +form +version +changed +by\n/)
    expect(out).toMatch(/\necho +enabled +file +function +1\n[^]*\nnap +disabled +file +function [^]*\ntwice +enabled +stored +graph +[0-9a-f]{12} /)
    expect((await json('workflow', 'list', '--status', 'disabled,archived')).workflows).toMatchObject([{ name: 'nap', origin: 'file' }])
    const page = await json('workflow', 'list', '--prefix', 'e', '--limit', '1')
    expect(page).toMatchObject({ workflows: [{ name: 'echo' }], next: null })
    expect(await project.run(['run', 'nap'])).toMatchObject({ code: 3, err: expect.stringContaining('WORKFLOW_DISABLED') })
    expect(await project.run(['workflow', 'show', 'echo'])).toMatchObject({ code: 2, err: expect.stringContaining('is a function') })
    expect(await project.run(['workflow', 'versions', 'echo'])).toMatchObject({ code: 0, out: expect.stringMatching(/\n1 +yes +file .* 0\n$/), err: expect.stringContaining('its file is its definition') })
  })
})

describe('what is wrong', () => {
  test.each([
    [['workflow', 'create', 'nothing.yaml'], 'there is no file nothing.yaml'],
    [['workflow', 'create', 'workflows/all.ts'], 'expected a .yaml, .yml or .json file'],
    [['workflow', 'create', 'broken.yaml'], 'broken.yaml:2:'],
    [['workflow', 'create', 'broken.json'], 'broken.json:1:1: YAML_SYNTAX this { has no closing }'],
    [['workflow', 'create', 'unknown.yaml'], 'steps.a.uses'],
    [['workflow', 'create', 'taken.json'], 'WORKFLOW_CONFLICT'],
    [['workflow', 'lst'], 'Did you mean list?'],
    [['workflow', 'enable', 'ecko'], 'Did you mean "echo"?'],
    [['workflow', 'list', '--status', 'enable'], 'Did you mean "enabled"?'],
    [['workflow', 'list', '--limit', '0'], '--limit'],
    [['workflow', 'enable', 'echo', '--store', 'memory'], 'memory keeps nothing'],
    [['run', 'ecko'], 'Did you mean "echo"?'],
  ])('%j is refused, and says what to do', async (args, message) => {
    await project.write('broken.yaml', 'name: x\nsteps: [')
    await project.write('broken.json', '{"name":')
    await project.write('unknown.yaml', SUM.replace('first: { uses: say@^1', 'a: { uses: sai@^1'))
    await project.write('taken.json', JSON.stringify({ name: 'echo', steps: { a: { uses: 'say', with: { text: 'x' } } } }))
    const { code, out, err } = await project.run(args)
    expect({ code, out }).toEqual({ code: message === 'WORKFLOW_CONFLICT' ? 3 : 2, out: '' })
    expect(err).toContain(message)
    expect(err).toMatch(/\n {2}do +\S/)
  })

  test('hostile text in a definition steers no terminal: it is exact in a pipe, and escaped everywhere else', async () => {
    const hostile = 'x \u202e y'
    const text = SUM.replace('# Says it twice.', `description: "${hostile}"`)
    await project.write('twice.yaml', text)
    await json('workflow', 'create', 'twice.yaml')
    expect((await project.run(['workflow', 'show', 'twice'])).out).toBe(text)
    const { id } = await json('run', 'twice', ...INPUT)
    const { out } = await project.run(['runs', 'show', id, '--definition'])
    expect(out).not.toContain('\u202e')
    expect(out).toContain('\\u202e')
  })
})

describe('beside a process that owns the store', () => {
  test('commands go to it: what is created starts there at once, what is disabled starts no more', async () => {
    const running = await dev()
    const created = await json('workflow', 'create', 'twice.yaml')
    expect(created).toMatchObject({ name: 'twice', added: true, templates: ['say@1.0.0'] })
    expect(await json('run', 'twice', ...INPUT)).toMatchObject({ output: 'hi!' })
    expect((await json('workflow', 'list', '--prefix', 'tw')).workflows).toMatchObject([{ name: 'twice', origin: 'stored', version: created.version, by: expect.any(String) }])
    await json('workflow', 'disable', 'twice')
    await json('workflow', 'archive', 'echo')
    for (const name of ['twice', 'echo']) expect(await project.run(['run', name, ...INPUT])).toMatchObject({ code: 3, err: expect.stringContaining('WORKFLOW_DISABLED') })
    expect(await project.run(['workflow', 'create', 'taken.json'])).toMatchObject({ code: 2 })
    await json('workflow', 'enable', 'twice')
    await json('workflow', 'create', 'other.yml')
    await json('workflow', 'use', 'twice', created.version)
    expect(await json('run', 'twice', ...INPUT)).toMatchObject({ output: 'hi!' })
    running.signal('SIGINT')
    expect((await running.ended).code).toBe(0)
  })

  test('K1: what was acknowledged survives the death of the owner', async () => {
    const first = await dev()
    const { version } = await json('workflow', 'create', 'twice.yaml')
    first.signal('SIGKILL')
    await first.ended
    expect(await json('workflow', 'list', '--prefix', 'twice')).toMatchObject({ workflows: [{ name: 'twice', status: 'enabled', version }] })
    const second = await dev()
    await json('workflow', 'archive', 'twice')
    second.signal('SIGKILL')
    await second.ended
    expect(await project.run(['run', 'twice', ...INPUT])).toMatchObject({ code: 3, err: expect.stringContaining('archived') })
    await json('workflow', 'enable', 'twice')
    expect(await json('run', 'twice', ...INPUT)).toMatchObject({ output: 'hi!', version })
    expect(await project.run(['verify'])).toMatchObject({ code: 0 })
    expect(readFileSync(join(project.folder, 'twice.yaml'), 'utf8')).toBe((await project.run(['workflow', 'show', 'twice'])).out)
  })

  test('a workflow that lives is not deleted, and a run that goes on is not touched by archiving', async () => {
    await project.write('held.yaml', 'name: holding\nsteps: { gate: { uses: gate, with: { file: open } } }\n')
    const running = await dev()
    await json('workflow', 'create', 'held.yaml')
    const started = await project.run(['run', 'holding', '--detach'])
    await json('workflow', 'archive', 'holding')
    expect(await project.run(['workflow', 'delete', 'holding'])).toMatchObject({ code: 3, err: expect.stringContaining(started.out.trim()) })
    await project.write('open', '')
    expect(await project.run(['runs', 'resume', started.out.trim(), '--quiet'])).toMatchObject({ code: 0 })
    expect(await json('workflow', 'delete', 'holding')).toEqual({ name: 'holding', deleted: true })
    expect(await json('runs', 'show', started.out.trim(), '--definition')).toMatchObject({ definition: { name: 'holding' } })
    running.signal('SIGINT')
    await running.ended
  })
})

test('verify tells a stored definition that was changed by hand', async () => {
  await json('workflow', 'create', 'twice.yaml')
  const database = new DatabaseSync(join(project.folder, '.wumbo/wumbo.db'))
  database.exec(`update workflow_versions set source = replace(source, 'twice', 'thrice')`)
  database.close()
  expect(await project.run(['verify'])).toMatchObject({ code: 1, out: expect.stringMatching(/^VERSION_DAMAGED {2}- {2}.*twice/) })
})
