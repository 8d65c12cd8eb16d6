import { describe, expect, test } from 'vitest'
import { DefinitionText } from './definition-text.ts'
import type { Place } from './place.ts'

const SOURCE = `# a workflow
name: onboard
steps:
  enrich:
    uses: http.request   # the newest
    with:
      headers:
        x.id: [a, 'b']
        x: { id: 1 }
  route:
    switch:
      - if: input.vip
        uses: gift
      - else: true
        uses: |
          mail
          
  empty:
shared: &shared
  url: "a\\tb"
again: *shared
deep: { inner: *shared }
`
const text = DefinitionText.read(SOURCE)

/** What the source holds at a place. */
function marked({ line, column, endLine, endColumn }: Place, source = SOURCE): string {
  const lines = source.split('\n')
  const offset = (at: number, col: number): number => lines.slice(0, at - 1).reduce((sum, one) => sum + one.length + 1, 0) + col - 1
  return source.slice(offset(line, column), offset(endLine, endColumn))
}

test('the source is right', () => {
  expect(text.problems).toEqual([])
})

describe('a place', () => {
  test.each([
    ['name', 'onboard'],
    ['steps.enrich.uses', 'http.request'],
    ['steps.enrich.with.headers.x.id', "[a, 'b']"],
    ['steps.enrich.with.headers.x.id[1]', "'b'"],
    ['steps.route.switch[0]', 'if: input.vip\n        uses: gift'],
    ['steps.route.switch[1].uses', '|\n          mail'],
    ['shared.url', '"a\\tb"'],
  ])('of the value at %s is the value alone', (path, expected) => {
    expect(marked(text.place({ path }))).toBe(expected)
  })

  test.each([
    ['steps.enrich', 'enrich'],
    ['steps.route.switch[0].if', 'if'],
    ['steps.route.switch[1]', 'else: true'],
    ['', 'name: onboard'],
  ])('of the key at %s is the key, or the first line where there is none', (path, expected) => {
    expect(marked(text.place({ path, on: 'key' }))).toBe(expected)
  })

  test('of a value that was not written is the key', () => {
    expect(marked(text.place({ path: 'steps.empty' }))).toBe('empty')
  })

  test('of what is missing is the nearest part around it', () => {
    expect(marked(text.place({ path: 'steps.route.uses', on: 'key' }))).toBe('route')
    expect(marked(text.place({ path: 'steps.enrich.uses.x[3].y' }))).toBe('http.request')
    expect(marked(text.place({ path: 'steps.enrich.with.headers.x.ids', on: 'key' }))).toBe('x')
    expect(marked(text.place({ path: 'nothing', on: 'key' }))).toBe('name: onboard')
  })

  test('of keys with dots is found whichever way the path can be read', () => {
    const dots = DefinitionText.read('a: { b: { d: 1 } }\na.b: { c: 2, "c[0]": 3 }\n')
    expect(marked(dots.place({ path: 'a.b.d' }), dots.source)).toBe('1')
    expect(marked(dots.place({ path: 'a.b.c' }), dots.source)).toBe('2')
    expect(marked(dots.place({ path: 'a.b.c[0]' }), dots.source)).toBe('3')
  })

  test('of a piece of a text is that piece as it is written', () => {
    expect(marked(text.place({ path: 'steps.enrich.uses', span: [5, 12] }))).toBe('request')
    expect(marked(text.place({ path: 'shared.url', span: [1, 2] }))).toBe('\\t')
    expect(text.place({ path: 'shared.url', span: [3, 4] })).toEqual({ line: 20, column: 13, endLine: 20, endColumn: 13 })
  })

  test('below an alias is in what the alias repeats, and of the alias is the alias', () => {
    expect(marked(text.place({ path: 'again.url' }))).toBe('"a\\tb"')
    expect(marked(text.place({ path: 'deep.inner.url', span: [1, 2] }))).toBe('\\t')
    expect(marked(text.place({ path: 'deep.inner' }))).toBe('*shared')
  })

  test('is found in time however keys and aliases are woven', () => {
    const woven = ['l0: &l0 { a: 1 }', ...Array.from({ length: 9 }, (_, level) => `l${level + 1}: &l${level + 1} { a: *l${level}, a.a: *l${level} }`)].join('\n')
    const read = DefinitionText.read(woven)
    expect(read.problems).toEqual([])
    expect(read.place({ path: `l9${'.a'.repeat(60)}` }).line).toBe(1)
  })
})

test('a text that cannot be read has a place for everything all the same', () => {
  expect(DefinitionText.read('a: {').place({ path: 'a.b', on: 'key' })).toEqual({ line: 1, column: 1, endLine: 1, endColumn: 1 })
})
