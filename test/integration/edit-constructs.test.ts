// Every construct of the language in YAML, as the guide writes it and in other styles: each single edit of each part of it changes only the lines of that part.
import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DefinitionText, renameStep, type WorkflowModel } from 'wumbo'
import { codeBlocks } from '../docs/page.ts'

const root = join(import.meta.dirname, '../..')
const pages = globSync(join(root, 'docs/guide/**/*.md')).sort()

/** What the guide does not write in one text: comments everywhere, flow and block style, quotes. */
const EVERYTHING = `# Everything.
name: everything   # its name
input: { type: object, required: [n], properties: { n: { type: number } } }
steps:
  # Asks.
  ask:
    uses: log
    with: { message: "it's \${{ input.n }}" }
    # When it is closed.
    onError:
      codes:
        - HTTP_FAILED   # the first
        - STEP_TIMEOUT
      output: null
  both:
    parallel:
      branches:
        near: { uses: log, with: { message: near } }   # fast

        # Slow.
        far:
          continueOnError: true
          steps:
            one:
              uses: log
              with:
                message: >-
                  far
                  away
          output: \${{ steps.one.output }}
      merge: { weighted: { near: 3, far: 1 } }
      concurrency: 2

  yes:
    needs:
      # Only the good ones.
      - step: ask
        if: steps.ask.output != null   # a condition
      - { step: both, on: always }
    join: any
    uses: log
    with: { message: 'yes' }
  no: { needs: [{ step: ask, else: true }], uses: log, with: { message: 'no' } }
  paid:
    signal:
      name: paid
      key: \${{ input.n }}
      timeout: 3d
      onTimeout: continue
      fallback: { amount: 0 }
  decided:
    needs: paid
    join: noneFailed
    approval: { title: 'Release it?', assignees: [ada, grace], form: { type: object } }
  later:
    sleep:
      until: '2030-01-31T08:00:00Z'   # the end
  each:
    forEach: '[1, 2]'
    concurrency: 2
    switch:
      - if: item > 1
        name: big
        uses: log
        with: { message: big }
      - else: true
        loop_: 1
        sleep: 1s
onError:
  codes: [HTTP_FAILED]
  steps:
    tell: { uses: log, with: { message: '\${{ error.message }}' } }
finally:
  steps:
    # Always.
    close:
      uses: log
      with: { message: '\${{ outcome }}' }
`.replace('        loop_: 1\n', '')

const texts: (readonly [string, string])[] = [
  ...pages.flatMap((page) => codeBlocks(page).filter(({ language, code }) => language === 'yaml' && /^steps:/m.test(code)).map(({ code, line }): [string, string] => [`${relative(root, page)}:${line}`, code])),
  ['everything', EVERYTHING],
]

type Path = readonly (string | number)[]

interface Part {
  readonly path: Path
  readonly value: unknown
}

/** Every part of a model below its steps, the outermost first. */
function parts(value: unknown, path: Path = []): Part[] {
  const own = path.length === 0 ? [] : [{ path, value }]
  if (typeof value !== 'object' || value === null) return own
  const entries: [string | number, unknown][] = Array.isArray(value) ? value.map((item, at) => [at, item]) : Object.entries(value)
  return [...own, ...entries.flatMap(([key, child]) => parts(child, [...path, key]))]
}

function changed(model: unknown, path: Path, change: (parent: Record<string | number, unknown> | unknown[], key: string | number) => void): WorkflowModel {
  const copy = structuredClone(model) as Record<string | number, unknown>
  let at = copy
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>
  change(at, path.at(-1) ?? '')
  return copy as unknown as WorkflowModel
}

const shown = (path: Path): string => path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`), '')

/** A scalar of the same kind that is another one. */
function other(value: unknown): unknown {
  return typeof value === 'string' ? `other ${value.length}` : typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : 7
}

/** The lines that differ, between those that stayed. */
function difference(before: string, after: string): { readonly from: number; readonly to: number; readonly come: readonly string[] } {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return { from: start + 1, to: a.length - end, come: b.slice(start, b.length - end) }
}

test('the guide has all constructs', () => {
  const all = texts.map(([, code]) => code).join('\n')
  for (const word of ['onError:', 'finally:', 'parallel:', 'join:', 'signal:', 'approval:', 'until:', 'loop:', 'forEach:', 'switch:', 'compensate:', 'else: true', 'on: failure']) expect(all).toContain(word)
  expect(texts.length).toBeGreaterThan(8)
})

describe.each(texts)('%s', (_, source) => {
  const text = DefinitionText.read(source)
  const model = text.model as WorkflowModel
  const lines = source.split('\n')
  const all = parts(model)

  test('comes back byte for byte', () => {
    expect(text.problems).toEqual([])
    expect(text.edit(structuredClone(model))).toBe(source)
  })

  test('each value that is changed changes its own lines alone', () => {
    for (const { path, value } of all.filter((part) => typeof part.value !== 'object' || part.value === null)) {
      const wanted = changed(model, path, (parent, key) => { (parent as Record<string | number, unknown>)[key] = other(value) })
      const edited = text.edit(wanted)
      expect(DefinitionText.read(edited).model, shown(path)).toEqual(wanted)
      const { from, to } = difference(source, edited)
      const place = text.place({ path: shown(path) })
      expect(from, `${shown(path)} in\n${edited}`).toBeGreaterThanOrEqual(place.line)
      expect(to, `${shown(path)} in\n${edited}`).toBeLessThanOrEqual(Math.max(place.endLine, place.line + String(value).split('\n').length))
    }
  })

  test('each part that is taken away takes its own lines along, and no line comes but the one that it shared', () => {
    for (const { path } of all) {
      const wanted = changed(model, path, (parent, key) => { if (Array.isArray(parent)) parent.splice(Number(key), 1); else delete parent[key] })
      const edited = text.edit(wanted)
      expect(DefinitionText.read(edited).model, shown(path)).toEqual(wanted)
      const { come, from, to } = difference(source, edited)
      // In flow style the line stays with what is left; a block that has become empty is written as { } or [ ].
      expect(come.length, `${shown(path)} in\n${edited}`).toBeLessThanOrEqual(1)
      const [key, whole, around] = [text.place({ path: shown(path), on: 'key' }), text.place({ path: shown(path) }), text.place({ path: shown(path.slice(0, -1)), on: 'key' })]
      // What has become empty is written as { } or [ ] behind its key.
      const first = Object.keys(at(model, path.slice(0, -1)) ?? {}).length > 1 ? above(key.line, lines) : Math.min(around.line, above(key.line, lines))
      expect(from, `${shown(path)} in\n${edited}`).toBeGreaterThanOrEqual(first)
      expect(to - from + 1 - come.length, `${shown(path)} in\n${edited}`).toBeLessThanOrEqual(below(whole.endLine, lines) - first + 1)
    }
  })

  test('a step that is added to any scope, after any step, changes no other line', () => {
    for (const { path, value } of all.filter(({ path: at }) => at.at(-1) === 'steps')) {
      const flow = (lines[text.place({ path: shown(path), on: 'key' }).line - 1] ?? '').includes('{')
      for (const id of Object.keys(value as object)) {
        const wanted = changed(model, path, (parent, key) => {
          const given = (parent as Record<string, object>)[key] ?? {}
          ;(parent as Record<string, unknown>)[key] = Object.fromEntries(Object.entries(given).flatMap(([one, step]) => (one === id ? [[one, step], ['fresh', { uses: 'log', with: { message: 'new' } }]] : [[one, step]])))
        })
        const edited = text.edit(wanted)
        expect(Object.keys((at(DefinitionText.read(edited).model, path) ?? {}))).toEqual(Object.keys(at(wanted, path) ?? {}))
        const { from, to } = difference(source, edited)
        expect(to - from + 1, `${shown(path)} after ${id} in\n${edited}`).toBeLessThanOrEqual(flow ? 1 : 0)
      }
    }
  })

  test('a step that is renamed is renamed where it stands and where it is named', () => {
    for (const { path } of all.filter(({ path: at }) => at.at(-2) === 'steps')) {
      const id = String(path.at(-1))
      const edited = text.edit(renameStep(model, shown(path), 'other_name')).split('\n')
      expect(edited).toHaveLength(lines.length)
      for (const [index, line] of lines.entries()) if (line !== edited[index]) expect(line, shown(path)).toContain(id)
    }
  })
})

function at(model: unknown, path: Path): Record<string, unknown> | undefined {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], model) as Record<string, unknown> | undefined
}

/** The first of the comments and blank lines directly above a line: they belong to what stands there. */
function above(line: number, lines: readonly string[]): number {
  let first = line
  while (first > 1 && /^\s*(#.*)?$/.test(lines[first - 2] ?? '')) first--
  return first
}

/** The last of the comments directly below a line: those that are indented deeper belong to what stands there. */
function below(line: number, lines: readonly string[]): number {
  let last = line
  while (/^\s*(#.*)?$/.test(lines[last] ?? 'x')) last++
  return last
}
