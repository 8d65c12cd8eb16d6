// The reference of the command line says what the command line does: every command, option, exit code, route and setting.
import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { EXECUTION_KEYS, PROJECT_KEYS } from '../../src/cli/project-keys.ts'
import { Channel } from '../../src/cli/terminal.ts'
import { ROUTE_PERMISSIONS } from '../../src/server/permissions.ts'

const page = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8')
const channel = new Channel(new PassThrough(), {})
const program = makeProgram({ terminal: { out: channel, err: channel, env: {} }, exitCode: 0 })

function leaves(command: Command, path = ''): { path: string; command: Command }[] {
  return command.commands.length === 0 ? [{ path, command }] : command.commands.flatMap((one) => leaves(one, `${path} ${one.name()}`.trim()))
}

const COMMON = page.slice(page.indexOf('## Options of every command'), page.indexOf('## Exit codes'))

describe.each(leaves(program))('$path', ({ path, command }) => {
  const section = page.split(`## wumbo ${path}\n`)[1]?.split('\n## ')[0]

  test('has a section and stands in the list', () => {
    expect(section).toBeDefined()
    expect(page).toContain(`| [\`wumbo ${path}\`](#wumbo-${path.replaceAll(' ', '-')}) |`)
  })

  test('has every option in it', () => {
    for (const option of command.options) expect(`${section ?? ''}${COMMON}`).toContain(option.short === undefined ? `\`${option.long}` : `\`${option.short}, ${option.long}`)
  })
})

test('every exit code is told', () => {
  const table = page.slice(page.indexOf('## Exit codes'), page.indexOf('## wumbo init'))
  for (const code of Object.values(EXIT)) expect(table).toMatch(new RegExp(`\\| (?:\\d+, )*${code}[ ,]`))
})

test('every route is told, and every key of the project file', () => {
  for (const route of ROUTE_PERMISSIONS.keys()) if (route !== 'GET /style.css') expect(page).toContain(`\`${route}\``)
  for (const key of Object.keys(PROJECT_KEYS)) if (key !== 'execution') expect(page).toContain(`| \`${key}\` |`)
  for (const key of Object.keys(EXECUTION_KEYS)) expect(page).toContain(`| \`execution.${key}\` |`)
})
