// How it looks: colours and the live view on a terminal, plain lines in a pipe. A pseudo-terminal comes from `script` (util-linux);
// without it these tests are skipped, visibly.
import { execFileSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { textWidth } from '../../../src/cli/text-width.ts'
import { has, ON_SOURCES, Project, PROJECT, type Ended } from './command.ts'

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })

let project: Project
beforeAll(async () => {
  project = await Project.make(PROJECT)
})
afterAll(() => project.remove())

const script = has('script') && execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')

/** Runs the command on a pseudo-terminal of so many columns; everything comes out of one stream. */
function onTerminal(columns: number, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const quoted = [process.execPath, ...ON_SOURCES, ...args].map((word) => `'${word.replaceAll('\'', '\'\\\'\'')}'`).join(' ')
  return project.run([`stty cols ${columns} rows 24; ${quoted}`, '/dev/null'], { command: ['script', '-qec'], env: { SHELL: '/bin/sh', ...env } })
}

describe.skipIf(!script)('on a terminal', () => {
  test.each([40, 60, 100])('the live view rewrites its lines in place and leaves the steps, at %i columns', async (columns) => {
    const { code, out } = await onTerminal(columns, ['run', 'echo'])
    expect(code).toBe(0)
    expect(out).toContain('\u001b[?25l')
    expect(out.lastIndexOf('\u001b[?25h')).toBeGreaterThan(out.lastIndexOf('\u001b[?25l'))
    expect(out).toContain('\u001b[?2026h')
    expect(out).toMatch(/\u001b\[32m✓\u001b\[39m say/)
    // Nothing that the view draws wraps; the run's id is told once, whole.
    for (const line of out.split(/\r?\n/)) {
      const text = stripVTControlCharacters(line).trimEnd()
      if (!text.includes('Run 0')) expect(textWidth(text), text).toBeLessThanOrEqual(columns)
    }
    expect(stripVTControlCharacters(out)).toContain('"text": "hello"')
  })

  test('each frame is one update, so that nothing flickers', async () => {
    const { out } = await onTerminal(80, ['run', 'hello-no-such'])
    expect(out).not.toContain('\u001b[?2026h') // refused before any view
    const frames = (await onTerminal(80, ['run', 'echo'])).out.split('\u001b[?2026h').slice(1)
    expect(frames.length).toBeGreaterThan(0)
    for (const frame of frames.slice(0, -1)) expect(frame).toContain('\u001b[?2026l')
  })

  test('NO_COLOR takes the colours, not the live view; CI takes the view', async () => {
    const plain = (await onTerminal(80, ['run', 'echo'], { NO_COLOR: '1' })).out
    expect(plain).not.toMatch(/\u001b\[\d+m/)
    expect(plain).toContain('\u001b[?2026h')
    const ci = (await onTerminal(80, ['run', 'echo'], { CI: 'true' })).out
    expect(ci).not.toContain('\u001b[?2026h')
  })

  test('TERM=dumb gets plain lines', async () => {
    expect((await onTerminal(80, ['run', 'echo'], { TERM: 'dumb' })).out).not.toContain('\u001b')
  })

  test('--no-color takes the colours', async () => {
    expect((await onTerminal(80, ['runs', 'list', '--no-color'])).out).not.toContain('\u001b')
  })

  test('lists fit 40 columns, with ids whole', async () => {
    const { out } = await onTerminal(40, ['runs', 'list', '--limit', '1'])
    expect(stripVTControlCharacters(out)).toMatch(/completed\r?\n +workflow +echo\r?\n +run +[0-9a-f-]{36}/)
    const id = /[0-9a-f-]{36}/.exec(out)?.[0] ?? ''
    const show = stripVTControlCharacters((await onTerminal(40, ['runs', 'show', id])).out)
    for (const line of show.split(/\r?\n/)) if (!line.includes(id)) expect(textWidth(line), line).toBeLessThanOrEqual(40)
  })
})

test.skipIf(script)('SKIPPED: the live view is not tested here, for want of `script` from util-linux', () => undefined)

describe('in a pipe', () => {
  test('there are plain lines without colours or cursor movements', async () => {
    const { err, out } = await project.run(['run', 'echo'])
    expect(out + err).not.toContain('\u001b')
  })

  test('FORCE_COLOR colours all the same', async () => {
    expect((await project.run(['run', 'echo'], { env: { FORCE_COLOR: '1' } })).err).toMatch(/\u001b\[32m✓\u001b\[39m say/)
  })
})
