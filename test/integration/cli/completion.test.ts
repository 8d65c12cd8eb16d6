// `wumbo completion`: the scripts parse in their shells, and in bash they complete.
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { has, Project } from './command.ts'

let project: Project
beforeAll(async () => {
  project = await Project.make()
})
afterAll(() => project.remove())

const scriptFor = async (shell: string): Promise<string> => {
  const { code, out, err } = await project.run(['completion', shell])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const file = join(project.folder, `completion.${shell}`)
  writeFileSync(file, out)
  return file
}

describe.each(['bash', 'zsh', 'fish'])('%s', (shell) => {
  test.skipIf(!has(shell))('reads the script without complaint', async () => {
    const { status, stderr } = spawnSync(shell, ['-n', await scriptFor(shell)], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test('the script names every command and option', async () => {
    await scriptFor(shell)
    const { out } = await project.run(['completion', shell])
    for (const word of ['init', 'run', 'runs', 'dev', 'verify', 'completion', 'list', 'retry', 'resume', 'cancel', 'lineage', 'detach', 'status', 'workflow', 'create', 'archive', 'versions', 'definition']) expect(out).toContain(word)
  })
})

describe.skipIf(!has('bash'))('in bash', () => {
  test.each([
    ['wumbo ver', ['verify']],
    ['wumbo runs ', ['list', 'show', 'export', 'retry', 'resume', 'cancel', 'help', '--help']],
    ['wumbo workflow ', ['list', 'show', 'create', 'enable', 'disable', 'archive', 'delete', 'versions', 'migrate', 'rollback', 'use', 'help', '--help']],
    ['wumbo workflow show --ver', ['--version', '--verbose']],
    ['wumbo runs list --st', ['--status', '--store']],
    ['wumbo run --det', ['--detach']],
    ['wumbo completion ', ['bash', 'zsh', 'fish', '--help', '--no-color', '--json', '--verbose']],
  ])('%j offers the right words', async (line, expected) => {
    const words = line.split(' ')
    const program = `source ${await scriptFor('bash')}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _wumbo; printf '%s\\n' "\${COMPREPLY[@]}"`
    const offered = execFileSync('bash', ['--norc', '-c', program], { encoding: 'utf8' }).trim().split('\n')
    for (const word of offered) expect([...expected, '--help']).toContain(word)
    expect(offered).toEqual(expect.arrayContaining(expected.filter((word) => !word.startsWith('--') || line.includes('--'))))
  })
})
