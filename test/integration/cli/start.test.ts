// The door of the command: what it loads, what it prints without a project, and how it answers wrong use.
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { runCli } from '../../../src/cli/program.ts'
import { Channel } from '../../../src/cli/terminal.ts'
import { MAIN, ON_SOURCES, Project, PROJECT, type Ended } from './command.ts'

let project: Project
beforeAll(async () => {
  project = await Project.make({ ...PROJECT, 'two.ts': "export { echo, nap } from './workflows/all.ts'\n", 'none.mjs': 'export const x = 1\n', 'syntax.ts': 'const a = 1\nconst b = = 2\n', 'notes.txt': '' })
})
afterAll(() => project.remove())

/** Prints every module that is loaded, built-in ones of Node aside. */
const TRACE = `data:text/javascript,${encodeURIComponent("import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { if (!url.startsWith('node:')) process.stderr.write('loaded ' + url + '\\n'); return next(url, context) } })")}`

/** In this process: what is refused before anything of a project is loaded needs no child. */
async function inPlace(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const [out, err] = [new PassThrough().setEncoding('utf8'), new PassThrough().setEncoding('utf8')]
  const before = process.cwd()
  process.chdir(project.folder)
  try {
    const code = await runCli(args, { out: new Channel(out, env), err: new Channel(err, env), env })
    return { code, out: String(out.read() ?? ''), err: String(err.read() ?? '') }
  } finally {
    process.chdir(before)
  }
}

describe('--version', () => {
  test('prints the version and loads nothing but the door', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
    const { code, out, err } = await project.run(['--version'], { command: [process.execPath, '--import', TRACE, ...ON_SOURCES] })
    expect({ code, out }).toEqual({ code: 0, out: `${version}\n` })
    expect(err.match(/^loaded .*$/gm)).toEqual([`loaded ${pathToFileURL(MAIN).href}`])
  })

  test('the same trace sees what other commands load', async () => {
    const { err } = await project.run(['--help'], { command: [process.execPath, '--import', TRACE, ...ON_SOURCES] })
    expect(err).toMatch(/loaded .*commander/)
    expect(err).not.toMatch(/fastify|zod|sqlite|yaml/)
  })
})

describe('help', () => {
  test.each([[], ['--help'], ['help']])('%j shows the commands, examples and exit codes', async (...args: string[]) => {
    const { code, out, err } = await project.run(args)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const word of ['Usage: wumbo', 'init', 'run', 'runs', 'dev', 'verify', 'completion', 'Examples:', 'Exit codes:']) expect(out).toContain(word)
  })

  test.each(['init', 'run', 'dev', 'verify', 'completion', 'runs list', 'runs show', 'runs retry', 'runs resume', 'runs cancel'])('%s --help has a usage and examples', async (command) => {
    const { code, out } = await inPlace([...command.split(' '), '--help'])
    expect(code).toBe(0)
    expect(out).toContain(`Usage: wumbo ${command}`)
    expect(out.slice(out.indexOf('Examples:'))).toContain(`wumbo ${command}`)
  })

  test('a group without a command shows its help as an error', async () => {
    expect(await project.run(['runs'])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Usage: wumbo runs') })
  })
})

describe('wrong use', () => {
  const refused = (ended: Ended, code: string, exit = 2): void => {
    expect(ended).toMatchObject({ code: exit, out: '' })
    expect(ended.err).toMatch(new RegExp(`^✗ .+\\n(?:  \\w+ +.+\\n)*  do +.+\\n  code +${code}\\n$`))
    expect(ended.err).not.toMatch(/\n\s+at /)
  }

  test.each([
    [['runs', 'lst'], 'USAGE', 'Did you mean list?'],
    [['run', '--inptu', '{}'], 'USAGE', 'Did you mean --input?'],
    [['run', 'echo', 'twice'], 'USAGE', 'too many arguments'],
    [['runs', 'show'], 'USAGE', 'missing required argument'],
    [['completion', 'tcsh'], 'USAGE', 'bash, zsh, fish'],
    [['run', 'gone.ts'], 'USAGE', 'there is no file gone.ts'],
    [['run', './notes.txt'], 'MODULE_FAILED', 'is no module'],
    [['run', 'echo', '--input', '{bad'], 'INPUT_INVALID', 'expected JSON'],
    [['run', 'echo', '--input', '@gone.json'], 'USAGE', 'gone.json cannot be read'],
    [['run', 'echo', '--store', 'postgres:x'], 'USAGE', '--store: expected "sqlite:<file>", "postgres://user@host/database" or "memory"'],
    [['run', 'echo', '--project', 'gone'], 'PROJECT_INVALID', 'is no project'],
    [['runs', 'list', '--status', 'faild'], 'USAGE', 'Did you mean "failed"?'],
    [['runs', 'list', '--limit', '0'], 'USAGE', 'from 1 to 1000'],
    [['runs', 'list', '--since', 'soon'], 'USAGE', 'a duration such as 2h'],
    [['runs', 'list', '--store', 'sqlite:gone.db'], 'STORE_MISSING', 'there is no store gone.db'],
    [['runs', 'list', '--store', 'memory'], 'USAGE', 'keeps nothing'],
    [['verify', '--store', 'sqlite:gone.db'], 'STORE_MISSING', 'there is no store'],
    [['dev', '--port', 'http'], 'USAGE', '--port: expected a whole number'],
  ])('%j is refused with %s', async (args, code, words) => {
    const ended = await inPlace(args)
    refused(ended, code)
    expect(ended.err).toContain(words)
  })

  test.each([
    [{ WUMBO_STORE: 'redis' }, 'USAGE', 'WUMBO_STORE: expected "sqlite:<file>", "postgres://user@host/database" or "memory"'],
    [{ WUMBO_CONCURRENCY: 'many' }, 'USAGE', 'WUMBO_CONCURRENCY: expected a whole number'],
    [{ WUMBO_RETENTION: 'soon' }, 'USAGE', 'WUMBO_RETENTION: expected a duration'],
    [{ WUMBO_PORT: '99999' }, 'USAGE', 'WUMBO_PORT: expected a whole number'],
    [{ WUMBO_PROJECT: 'gone' }, 'PROJECT_INVALID', 'is no project'],
  ])('%j is refused', async (env, code, words) => {
    const ended = await inPlace(['run', 'echo'], env)
    refused(ended, code)
    expect(ended.err).toContain(words)
  })

  test.each([
    [['rn'], 'USAGE', 'Did you mean run?'],
    [['run', 'ehco'], 'WORKFLOW_NOT_FOUND', 'Did you mean "echo"?'],
    [['run'], 'USAGE', 'the project has 7 workflows: buy, careless, echo, gated, held, nap, odd'],
    [['run', 'two.ts'], 'USAGE', 'wumbo run two.ts --workflow echo'],
    [['run', 'two.ts', '--workflow', 'ehco'], 'WORKFLOW_NOT_FOUND', 'Did you mean "echo"?'],
    [['run', 'none.mjs'], 'WORKFLOW_NOT_FOUND', 'none.mjs exports no workflow'],
    [['run', 'syntax.ts'], 'MODULE_FAILED', 'syntax.ts:2'],
    [['run', 'echo', '--input', '{"text":1}'], 'INPUT_INVALID', 'input.text'],
  ])('%j ends with code 2 and %s', async (args, code, words) => {
    const ended = await project.run(args)
    refused(ended, code)
    expect(ended.err).toContain(words)
  })

  test('a wrong project file is told with line and column, each problem', async () => {
    const wrong = await Project.make({ 'wumbo.yaml': 'stroe: memory\nretention: soon\n' })
    const ended = await wrong.run(['runs', 'list'])
    await wrong.remove()
    refused(ended, 'PROJECT_INVALID')
    expect(ended.err).toContain('wumbo.yaml:1:1: stroe: there is no such key. Did you mean "store"?')
    expect(ended.err).toContain('wumbo.yaml:2:12: retention:')
  })

  test('outside of a project dev says what to do', async () => {
    const empty = await Project.make()
    const ended = await empty.run(['dev'])
    await empty.remove()
    refused(ended, 'PROJECT_INVALID')
    expect(ended.err).toContain('wumbo init')
  })

  test('--json gives the failure as one JSON line on standard error', async () => {
    const { code, out, err } = await project.run(['runs', 'list', '--status', 'faild', '--json'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'USAGE', path: '--status', remedy: expect.any(String) } })
  })

  test('--verbose shows the stack', async () => {
    const { code, err } = await project.run(['run', 'syntax.ts', '--verbose'])
    expect(code).toBe(2)
    expect(err).toMatch(/\n\s+at .+modules\.ts/)
  })
})
