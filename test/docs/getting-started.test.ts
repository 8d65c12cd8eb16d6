// The page "Getting started", done word for word: its files are written, its commands run in order with the packed package,
// and what they print is what the page says (… stands for anything). The kill -9 is a real one.
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { installWumbo } from './packed-project.ts'
import { codeBlocks } from './page.ts'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const page = join(root, 'docs', 'guide', 'getting-started.md')
const project = mkdtempSync(join(tmpdir(), 'wumbo-getting-started-'))
/** Done by hand, because nothing is downloaded in tests. */
const INSTALL = /^npm install( wumbo zod)?\n/m

afterAll(() => rmSync(project, { recursive: true, force: true }))

/** Runs commands as a person does: their Node and their npx, without the conditions of our tests. */
async function shell(commands: string): Promise<string> {
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter)
  const env = { ...process.env, PATH, NODE_OPTIONS: '', npm_config_offline: 'true', npm_config_update_notifier: 'false' }
  const { stdout } = await execute('bash', ['-euc', commands], { cwd: project, env, timeout: 120_000 })
  return stdout
}

/** What the page says, as a pattern: it shows the end of what the commands print. */
function said(text: string): RegExp {
  return new RegExp(`(?:^|\\n)${text.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('.*')}$`)
}

/** A letter that was in flight at the kill may be there twice: with the same key, so the lines are equal. */
function withoutRepetition(text: string): string {
  return text.split('\n').filter((line, index, all) => line === '' || line !== all[index - 1]).join('\n')
}

test.skipIf(process.platform === 'win32')('getting started works as it is written', { timeout: 300_000 }, async () => {
  let printed = ''
  let [commands, answers] = [0, 0]
  for (const { language, file, code, line } of codeBlocks(page)) {
    const where = `getting-started.md:${line}`
    if (file !== null) {
      mkdirSync(dirname(join(project, file)), { recursive: true })
      writeFileSync(join(project, file), code)
    } else if (language === 'sh') {
      if (INSTALL.test(code)) await installWumbo(project)
      printed = await shell(code.replaceAll(new RegExp(INSTALL, 'gm'), ''))
      commands++
    } else {
      expect(language, where).toBe('text')
      expect(withoutRepetition(printed), where).toMatch(said(code))
      answers++
    }
  }
  expect([commands, answers]).toEqual([7, 5])

  const sent = readFileSync(join(project, 'letters.txt'), 'utf8').trim().split('\n')
  expect(sent.length).toBeLessThanOrEqual(7)
  expect(new Set(sent).size).toBe(6)

  // The settings that init wrote accept what it wrote and what the page has the reader write.
  await expect(execute(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], { cwd: project })).resolves.toMatchObject({ stdout: '' })
})
