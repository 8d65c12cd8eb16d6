// Every example in YAML, each single edit of each step: only the lines of that step change, and what was not edited comes back byte for byte.
import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DefinitionText, renameStep, type WorkflowModel } from 'wumbo'
import { starterFiles } from '../../src/cli/init-files.ts'

const root = join(import.meta.dirname, '../..')
const starter = starterFiles({ name: 'x', extension: '.ts', wumbo: '0.1.0', zod: '4' }).filter(([path]) => path.endsWith('.yaml') && path !== 'wumbo.yaml')
const files: (readonly [string, string])[] = [
  ...globSync(join(root, 'examples/**/*.yaml')).map((file): [string, string] => [relative(root, file), readFileSync(file, 'utf8')]),
  ...starter.map(([path, text]): [string, string] => [`wumbo init: ${path}`, text]),
]

/** What an edit took away and what it put there, between the lines that stayed. */
function difference(before: string, after: string): { readonly gone: readonly string[]; readonly come: readonly string[] } {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return { gone: a.slice(start, a.length - end), come: b.slice(start, b.length - end) }
}

describe.each(files)('%s', (_, source) => {
  const text = DefinitionText.read(source)
  const model = text.model as WorkflowModel
  const edited = (change: (steps: [string, unknown][]) => [string, unknown][]): WorkflowModel => ({ ...model, steps: Object.fromEntries(change(Object.entries(structuredClone(model.steps)))) as WorkflowModel['steps'] })

  test('names the schema for editors, and comes back byte for byte', () => {
    expect(source).toMatch(/^# yaml-language-server: \$schema=.*workflow\.json\n/)
    expect(text.edit(structuredClone(model))).toBe(source)
  })

  test.each(Object.keys(model.steps))('%s is changed, added to, removed and renamed alone', (id) => {
    const changed = text.edit(edited((steps) => steps.map(([name, step]) => [name, name === id ? { ...(step as object), description: 'Something else: #1' } : step])))
    expect(difference(source, changed).gone.length).toBeLessThanOrEqual(1)
    expect(difference(source, changed).come.length).toBeLessThanOrEqual(1)

    const added = text.edit(edited((steps) => steps.flatMap(([name, step]) => (name === id ? [[name, step], ['fresh', { uses: 'log', with: { message: 'new' } }]] : [[name, step]]))))
    expect(difference(source, added)).toMatchObject({ gone: [] })

    const removed = text.edit(edited((steps) => steps.filter(([name]) => name !== id)))
    expect(difference(source, removed)).toMatchObject({ come: [] })

    const renamed = text.edit(edited((steps) => steps.map(([name, step]) => [name === id ? 'other_name' : name, step])))
    expect(difference(source, renamed)).toMatchObject({ gone: [expect.stringContaining(id)], come: [expect.stringContaining('other_name')] })

    const everywhere = text.edit(renameStep(model, `steps.${id}`, 'other_name')).split('\n')
    const lines = source.split('\n')
    expect(everywhere).toHaveLength(lines.length)
    for (const [index, line] of lines.entries()) if (line !== everywhere[index]) expect(line).toContain(id)
  })
})
