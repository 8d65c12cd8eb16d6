// Definition files in a project, through the real process: by name, by file, beside modules, and what is wrong with them.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project, PROJECT } from './command.ts'

const greet = (name: string, text: string): string => `name: ${name}\nsteps:\n  hi: { uses: say, with: { text: ${text} } }\noutput: \${{ steps.hi.output.text }}\n`
const quiet = (out: string): object => ({ code: 0, out: `"${out}"\n` })

let project: Project
beforeAll(async () => {
  project = await Project.make({
    ...PROJECT, 'workflows/greet.yaml': greet('greet', 'yaml'), 'templates/deep/as.json': JSON.stringify({ $schema: 'x', name: 'as-json', steps: { hi: { uses: 'say@^1', with: { text: 'json' } } }, output: '${{ steps.hi.output.text }}' }),
    'workflows/settings.json': '{"name":"settings"}', 'workflows/notes.yaml': 'just: [notes', 'workflows/_draft.yaml': 'steps: 1', 'workflows/.hidden.yaml': 'steps: 1',
    'workflows/echo.yml': greet('echo', 'mine'), 'elsewhere/greet.yaml': greet('greet', 'elsewhere'), 'elsewhere/bad.yaml': greet('bad', '3'),
  })
})
afterAll(() => project.remove())

const run = (...args: string[]): ReturnType<Project['run']> => project.run(['run', ...args, '--quiet'])

test('run by name, from YAML and from JSON in any of the folders, with templates of modules', async () => {
  expect(await run('greet')).toMatchObject(quiet('yaml'))
  expect(await run('as-json')).toMatchObject(quiet('json'))
})

test('a definition wins over a workflow of a module', async () => {
  expect(await run('echo')).toMatchObject(quiet('mine'))
})

test('a file that is named wins over the project, wherever it is', async () => {
  expect(await run('elsewhere/greet.yaml')).toMatchObject(quiet('elsewhere'))
  expect(await run('workflows/all.ts', '--workflow', 'echo')).toMatchObject({ code: 0, out: expect.stringContaining('hello') })
})

test('a file that is named is checked, also when it says no steps', async () => {
  expect(await run('workflows/settings.json')).toMatchObject({ code: 2, err: expect.stringContaining('workflows/settings.json:1:1: MISSING_KEY') })
})

test('--json tells the problems with their places', async () => {
  const { code, err } = await run('elsewhere/bad.yaml', '--json')
  expect(code).toBe(2)
  expect(JSON.parse(err)).toMatchObject({ error: { code: 'DEFINITION_INVALID', path: 'elsewhere/bad.yaml:3:34', details: { problems: [{ file: 'elsewhere/bad.yaml', line: 3, column: 34, endLine: 3, endColumn: 35, code: 'TYPE_MISMATCH', path: 'steps.hi.with.text', message: expect.any(String) }] } } })
})

test('--file takes a definition for a run that needs it', async () => {
  const gone = await Project.make({ 'wumbo.yaml': '', 'fails.yaml': 'name: fails\nsteps:\n  read: { uses: file.read, with: { path: there.txt } }\noutput: ${{ steps.read.output.data }}\n' })
  try {
    expect(await gone.run(['run', 'fails.yaml', '--id', 'mine'])).toMatchObject({ code: 1 })
    await gone.write('there.txt', 'found')
    expect(await gone.run(['runs', 'retry', 'mine', '--quiet', '--file', 'fails.yaml'])).toMatchObject(quiet('found'))
    expect(await gone.run(['runs', 'retry', 'mine', '--file', 'gone.yaml'])).toMatchObject({ code: 2, err: expect.stringContaining('there is no file gone.yaml') })
  } finally {
    await gone.remove()
  }
})
