// Every `ts` block of the guide compiles under our strict settings and runs: the blocks of a page are one module.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codeBlocks, moduleOf } from './page.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const guide = join(root, 'docs', 'guide')
const pages = readdirSync(guide, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md') && /^\S/m.test(moduleOf(join(guide, name)).replace('export {}', '')))
// Inside the repository, so that `wumbo` and `zod` are found as they are in a project.
const folder = join(root, '.wumbo-cache', `docs-${process.pid}`)
const modules = pages.map((page) => join(folder, page.replaceAll('/', '-').replace('.md', '.ts')))

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  pages.forEach((page, index) => writeFileSync(modules[index]!, moduleOf(join(guide, page))))
  for (const page of pages) for (const { language, file, code } of codeBlocks(join(guide, page))) if (language === 'ts' && file !== null && !file.includes('/')) writeFileSync(join(folder, file), code)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the guide has pages with code', () => {
  expect(pages).toContain('templates.md')
})

test('every ts block compiles', { timeout: 120_000 }, () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as { config: object }
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
  const program = ts.createProgram(modules, { ...options, noUnusedLocals: false, noUnusedParameters: false })
  const found = modules.flatMap((file) => {
    const source = program.getSourceFile(file)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  })
  const shown = found.map(({ file, start = 0, messageText }) => `${basename(file!.fileName)}:${file!.getLineAndCharacterOfPosition(start).line + 1} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  expect(shown).toEqual([])
})

test.each(pages)('the code of %s runs', { timeout: 60_000 }, async (page) => {
  const module = modules[pages.indexOf(page)]!
  const child = spawn(process.execPath, [...process.execArgv, module], { cwd: mkdtempSync(join(tmpdir(), 'wumbo-docs-')), stdio: ['ignore', 'ignore', 'pipe'] })
  const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  expect(complaint.replaceAll(/^\{.*\}$\n?/gm, '')).toBe('')
  expect(code).toBe(0)
})
