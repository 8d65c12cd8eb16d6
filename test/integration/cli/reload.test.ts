// `wumbo dev` while its project changes: what is saved is taken up, what is wrong is told where it is, and no run is lost.
import { readFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ON_SOURCES, Project, type Running } from './command.ts'

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })

/** A template, a word that its module imports from outside of the folders, and three workflows that use them. */
const word = (said: string): string => `export const word = '${said}'\n`
const TEMPLATE = `
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { defineTemplate } from 'wumbo'
import { z } from 'zod'
import { word } from '../lib/word.ts'

export const say = defineTemplate({
  name: 'say', version: '1.0.0', description: 'Says it.', input: z.object({ to: z.string() }), output: z.object({ said: z.string() }),
  execute: ({ to }) => ({ said: \`\${word} \${to}\` }),
})
export const gate = defineTemplate({
  name: 'gate', version: '1.0.0', description: 'Waits for a file.', input: z.object({ file: z.string() }), output: z.object({}),
  async execute({ file }, { signal }) {
    while (!existsSync(file)) await pause(10, undefined, { signal })
    return {}
  },
})
`
const CODE = (end: string): string => `
import { defineWorkflow } from 'wumbo'
import { z } from 'zod'
import { gate, say } from '../templates/say.ts'

export const held = defineWorkflow({
  name: 'held', input: z.object({ to: z.string() }),
  async run(ctx, { to }) {
    const { said } = await ctx.step('before', say, { to })
    await ctx.step('gate', gate, { file: \`open-\${to}\` })
    return \`\${said} ${end}\`
  },
})
export const nap = defineWorkflow({
  name: 'nap', input: z.object({ to: z.string() }),
  async run(ctx, { to }) {
    const { said } = await ctx.step('before', say, { to })
    await ctx.sleep('rest', '3s')
    return [said, (await ctx.step('after', say, { to })).said]
  },
})
`
const GREET = 'name: greet\ninput: { type: object, properties: { to: { type: string } }, required: [to] }\nsteps:\n  hi:\n    uses: say\n    with: { to: "${{ input.to }}" }\noutput: ${{ steps.hi.output.said }}\n'
const FILES: Readonly<Record<string, string>> = {
  'wumbo.yaml': 'store: sqlite:.wumbo/wumbo.db\n', 'package.json': '{"type":"module"}', 'lib/word.ts': word('hello'),
  'templates/say.ts': TEMPLATE, 'workflows/code.ts': CODE('one'), 'workflows/greet.yaml': GREET, 'workflows/settings.json': '{"colour":"red"}',
}

let project: Project
afterEach(() => project.remove())

/** Starts dev and waits until it is ready. */
async function dev(files: Readonly<Record<string, string>> = FILES, options: { readonly args?: readonly string[]; readonly command?: readonly [string, ...string[]] } = {}): Promise<Running> {
  project = await Project.make(files)
  const running = project.start(['dev', '--port', '0', ...(options.args ?? [])], options.command === undefined ? {} : { command: options.command })
  await running.says(/Ready|"ready"/, 'out')
  return running
}

/** Does something and gives the lines that dev says because of it, up to the one that is waited for. */
async function saying(running: Running, change: () => Promise<void>, until: RegExp): Promise<string> {
  const from = running.err.length
  await change()
  await running.says(new RegExp(`^[^]{${from}}[^]*(?:${until.source})[^\\n]*\\n`))
  return running.err.slice(from)
}

async function output(name: string, to: string): Promise<unknown> {
  const { code, out, err } = await project.run(['run', name, '--quiet', '--input', JSON.stringify({ to })])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out)
}

/** What a run gives that is started at the process itself: a command would load the broken project first. */
async function askOwner(workflow: string, to: string): Promise<unknown> {
  const { address, token } = JSON.parse(readFileSync(join(project.folder, '.wumbo/wumbo.db.owner.json'), 'utf8')) as { address: string; token: string }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const started = await fetch(`${address}/api/v1/runs`, { method: 'POST', headers, body: JSON.stringify({ workflow, input: { to } }) })
  const { id } = (await started.json()) as { id: string }
  return ((await (await fetch(`${address}/api/v1/runs/${id}?wait=30000`, { headers })).json()) as { output: unknown }).output
}

const RELOADED = /Reloaded \d\d:\d\d:\d\d: /
const REFUSED = /Not reloaded \d\d:\d\d:\d\d: /

describe('a change is taken up', () => {
  test('of a module that a template imports from outside of the folders, of a template, of a definition', async () => {
    const running = await dev()
    expect(running.out).toContain('3 workflows, 2 templates')
    expect(await output('greet', 'Ada')).toBe('hello Ada')
    expect(await saying(running, () => project.write('lib/word.ts', word('hi')), RELOADED)).toContain('lib/word.ts changed; 3 workflows, 2 templates\n')
    expect(await output('greet', 'Ada')).toBe('hi Ada')
    await saying(running, () => project.write('templates/say.ts', TEMPLATE.replace('${to}', '${to}!')), RELOADED)
    expect(await output('greet', 'Ada')).toBe('hi Ada!')
    await saying(running, () => project.write('workflows/greet.yaml', GREET.replace('said }}', 'said }} again')), RELOADED)
    expect(await output('greet', 'Ada')).toBe('hi Ada! again')
  })

  test('of files that come, go, and are put in place by renaming', async () => {
    const running = await dev()
    expect(await saying(running, () => project.write('workflows/more/second.yml', GREET.replace('name: greet', 'name: second')), RELOADED)).toContain('4 workflows')
    expect(await output('second', 'Ada')).toBe('hello Ada')
    expect(await saying(running, () => rm(join(project.folder, 'workflows/greet.yaml')), RELOADED)).toContain('workflows/greet.yaml changed; 3 workflows, 2 templates; removed: greet')
    expect(await project.run(['run', 'greet', '--input', '{"to":"Ada"}'])).toMatchObject({ code: 2, err: expect.stringContaining('WORKFLOW_NOT_FOUND') })
    await project.write('other.ts', word('moved'))
    await saying(running, () => rename(join(project.folder, 'other.ts'), join(project.folder, 'lib/word.ts')), RELOADED)
    expect(await output('second', 'Ada')).toBe('moved Ada')
  })

  test('of a CommonJS module, and of what it requires', async () => {
    const running = await dev({ ...FILES, 'lib/word.ts': "export { word } from './old.cjs'\n", 'lib/old.cjs': "exports.word = require('./older.cjs')\n", 'lib/older.cjs': "module.exports = 'old'\n" })
    expect(await output('greet', 'Ada')).toBe('old Ada')
    await saying(running, () => project.write('lib/older.cjs', "module.exports = 'new'\n"), RELOADED)
    expect(await askOwner('greet', 'Ada')).toBe('new Ada')
  })

  test('a burst of saves is one reload', async () => {
    const running = await dev()
    const said = await saying(running, async () => {
      for (let turn = 0; turn < 20; turn++) await Promise.all([project.write('lib/word.ts', word(`turn ${turn}`)), project.write('workflows/greet.yaml', GREET)])
    }, RELOADED)
    expect(said).toContain('lib/word.ts and 1 more changed')
    expect(await output('greet', 'Ada')).toBe('turn 19 Ada')
    expect(running.err.match(/Reloaded/g)).toHaveLength(1)
  })

  test('of wumbo.yaml only by a restart, which is said', async () => {
    const running = await dev()
    expect(await saying(running, () => project.write('wumbo.yaml', 'store: memory\n'), /Restart needed/)).toContain('wumbo.yaml changed; restart wumbo dev')
  })
})

describe('what is wrong', () => {
  test('is told with file, line and column, keeps all as it was, and is told to be well again', async () => {
    const running = await dev()
    const refused = async (path: string, text: string): Promise<string> => saying(running, () => project.write(path, text), /Not reloaded[^]*\n {4}\w/)
    const mended = async (path: string): Promise<void> => {
      expect(await saying(running, () => project.write(path, FILES[path] ?? ''), RELOADED)).toContain('all is well again')
    }
    expect(await refused('workflows/greet.yaml', GREET.replace('uses: say', 'uses: sya'))).toMatch(/greet\.yaml changed; 1 problem\..*\n {2}workflows\/greet\.yaml:5:11: UNKNOWN_TEMPLATE steps\.hi\.uses: .+"say"/)
    expect(await askOwner('greet', 'Ada')).toBe('hello Ada')
    await mended('workflows/greet.yaml')
    expect(await refused('workflows/code.ts', 'const a = 1\nconst b = = 2\n')).toContain('\n  workflows/code.ts:2:11: MODULE_FAILED')
    await mended('workflows/code.ts')
    expect(await refused('lib/word.ts', 'export const a = 1\n')).toContain('\n  templates/say.ts:6:10: MODULE_FAILED')
    await mended('lib/word.ts')
    expect(await refused('lib/word.ts', "\n\nthrow new Error('no word')\nexport const word = ''\n")).toContain('\n  lib/word.ts:3:7: MODULE_FAILED')
    await mended('lib/word.ts')
    expect(await refused('workflows/code.ts', CODE('two').replace('templates/say', 'templates/gone'))).toContain('\n  workflows/code.ts:4:27: MODULE_FAILED')
    await mended('workflows/code.ts')
    expect(await saying(running, () => rm(join(project.folder, 'lib/word.ts')), REFUSED)).toContain('lib/word.ts changed')
    await mended('lib/word.ts')
    expect(await refused('templates/twice.ts', TEMPLATE)).toMatch(/\n {2}templates\/twice\.ts:\d+:\d+: DEFINITION_INVALID/)
    expect(await saying(running, () => rm(join(project.folder, 'templates/twice.ts')), RELOADED)).toContain('all is well again')
  })

  test('several problems of several files are told at once; with --json as one line', async () => {
    const running = await dev(FILES, { args: ['--json'] })
    await project.write('workflows/greet.yaml', GREET.replace('uses: say', 'uses: sya').replace('steps.hi.output', 'steps.ho.output'))
    await running.says('"reload.failed"', 'out')
    await project.write('workflows/greet.yaml', GREET)
    await running.says('"reloaded"', 'out')
    const lines = running.out.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    const failed = lines.find(({ type }) => type === 'reload.failed')
    expect(failed).toMatchObject({ changed: ['workflows/greet.yaml'], problems: [{ file: 'workflows/greet.yaml', line: 5, column: 11, endLine: 5, endColumn: 14, code: 'UNKNOWN_TEMPLATE', path: 'steps.hi.uses', remedy: expect.any(String) }, { line: 7, code: 'UNKNOWN_STEP' }] })
    expect(lines.at(-1)).toMatchObject({ type: 'reloaded', workflows: ['held', 'nap', 'greet'], templates: ['gate', 'say'], removed: [], recovered: true })
  })

  test('at the start ends dev, with every problem of the definitions', async () => {
    project = await Project.make({ ...FILES, 'workflows/greet.yaml': GREET.replace('uses: say', 'uses: sya'), 'workflows/b.yaml': 'name: b\nsteps: {}\n' })
    const { code, err } = await project.run(['dev', '--port', '0'])
    expect(code).toBe(2)
    expect(err).toContain('workflows/greet.yaml:5:11: UNKNOWN_TEMPLATE')
    expect(err).toContain('workflows/b.yaml:2:')
  })

  test('where this Node cannot load modules again, a changed module asks for a restart, and definitions are reloaded', async () => {
    const without = `data:text/javascript,${encodeURIComponent("import module, { syncBuiltinESMExports } from 'node:module'; delete module.registerHooks; syncBuiltinESMExports()")}`
    const plain = { ...FILES, 'templates/say.ts': '', 'workflows/code.ts': '', 'workflows/greet.yaml': 'name: greet\nsteps:\n  hi: { uses: log, with: { message: one } }\n' }
    const running = await dev(plain, { command: [process.execPath, '--import', without, ...ON_SOURCES] })
    expect(await saying(running, () => project.write('workflows/code.ts', 'export const a = 1\n'), /Restart needed/)).toContain('workflows/code.ts changed; Node')
    await saying(running, () => project.write('workflows/greet.yaml', (plain['workflows/greet.yaml'] ?? '').replace('one', 'two')), RELOADED)
    expect(await project.run(['run', 'greet', '--quiet'])).toMatchObject({ code: 0, out: expect.stringContaining('two') })
  })
})

describe('no run is lost', () => {
  test('a run in the middle of a step and a sleeping run outlive reloads, failures and the removal of their workflow', async () => {
    const running = await dev()
    const begin = async (name: string): Promise<void> => {
      expect(await project.run(['run', name, '--detach', '--id', name, '--input', '{"to":"Ada"}'])).toMatchObject({ code: 0 })
    }
    await begin('held')
    await begin('nap')
    await saying(running, () => project.write('lib/word.ts', word('changed')), RELOADED)
    await saying(running, () => project.write('workflows/code.ts', 'const b = = 2\n'), REFUSED)
    await saying(running, () => project.write('workflows/code.ts', CODE('two')), RELOADED)
    await saying(running, () => rm(join(project.folder, 'workflows/code.ts')), RELOADED)
    await project.write('open-Ada', '')
    await running.says(/held \S+ completed/)
    await running.says(/nap \S+ completed/)
    expect(JSON.parse((await project.run(['runs', 'resume', 'held', '--quiet'])).out)).toBe('hello Ada one')
    expect(JSON.parse((await project.run(['runs', 'resume', 'nap', '--quiet'])).out)).toEqual(['hello Ada', 'changed Ada'])
  })

  test('a definition that another runs inline counts as changed for both; a run goes on with what it began with', async () => {
    const input = 'input: { type: object, properties: { to: { type: string } }, required: [to] }\n'
    const part = (word: string): string => `name: part\n${input}steps:\n  wait: { uses: gate, with: { file: 'open-\${{ input.to }}' } }\n  say: { uses: say, with: { to: '\${{ input.to }} ${word}' }, needs: wait }\noutput: \${{ steps.say.output.said }}\n`
    const running = await dev({ ...FILES, 'workflows/part.yaml': part('one'), 'workflows/a-whole.yaml': `name: whole\n${input}steps:\n  run: { inline: { workflow: part, input: { to: '\${{ input.to }}' } } }\noutput: \${{ steps.run.output }}\n` })
    const begin = async (to: string): Promise<void> => expect(await project.run(['run', 'whole', '--detach', '--id', to, '--input', JSON.stringify({ to })])).toMatchObject({ code: 0 })
    await begin('Ada')
    await saying(running, () => project.write('workflows/part.yaml', part('two')), RELOADED)
    await begin('Bob')
    await project.write('open-Ada', '')
    await project.write('open-Bob', '')
    expect(JSON.parse((await project.run(['runs', 'resume', 'Ada', '--quiet'])).out)).toBe('hello Ada one')
    expect(JSON.parse((await project.run(['runs', 'resume', 'Bob', '--quiet'])).out)).toBe('hello Bob two')
  })

  test('Ctrl-C during a reload stops at once', async () => {
    const running = await dev()
    await project.write('workflows/slow.ts', "console.log('loading for ever')\nawait new Promise((resolve) => setTimeout(resolve, 1e8))\n")
    await running.says('loading for ever')
    running.signal('SIGINT')
    expect(await running.ended).toMatchObject({ code: 0 })
  })

  test('a load that hangs is given up by the next change', async () => {
    const running = await dev()
    await project.write('workflows/slow.ts', "console.log('loading for ever')\nawait new Promise((resolve) => setTimeout(resolve, 1e8))\n")
    await running.says('loading for ever')
    expect(await saying(running, () => rm(join(project.folder, 'workflows/slow.ts')), RELOADED)).toContain('3 workflows')
    expect(readFileSync(join(project.folder, 'workflows/greet.yaml'), 'utf8')).toBe(GREET)
  })
})
