import { describe, expect, test } from 'vitest'
import { DefinitionError } from '../../errors.ts'
import { DefinitionText } from './definition-text.ts'

type Model = Record<string, unknown> & { readonly steps: Record<string, Record<string, unknown>> }

/** Edits a text through a change of a copy of its model. */
function edited(source: string, change: (model: Model) => unknown): string {
  const text = DefinitionText.read(source)
  expect(text.problems).toEqual([])
  const model = structuredClone(text.model) as Model
  const result = text.edit(change(model) ?? model)
  const read = DefinitionText.read(result)
  expect(read.problems).toEqual([])
  return result
}

const SOURCE = `# what this is for
name: onboard   # a name

steps:
  # asks the service
  enrich:
    uses: http.request   # the newest
    with: { url: 'https://x/\${{ input.id }}', tries: 1 }
    needs: [first, second]

  # rates it
  score:
    uses: "score"
    note: |
      one
      two
    # belongs to score

  # --- the end ---

  last:
    uses: log
layout:
  enrich: { x: 1, y: 2 }
  score: { x: 3, y: 4 }
`

/** The lines that differ: what is gone with -, what came with +. */
function difference(before: string, after: string): string[] {
  const [a, b] = [before.split('\n'), after.split('\n')]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return [...a.slice(start, a.length - end).map((line) => `-${line}`), ...b.slice(start, b.length - end).map((line) => `+${line}`)]
}

const changes = (change: (model: Model) => unknown, source = SOURCE): string[] => difference(source, edited(source, change))

describe('an edit', () => {
  test('of nothing gives the source', () => {
    for (const source of [SOURCE, SOURCE.replaceAll('\n', '\r\n'), SOURCE.trimEnd(), '{ }', '[1]', '# c\nx', '\ufeffa: 1']) expect(edited(source, () => undefined)).toBe(source)
  })

  test('of a value keeps its quotes and the note behind it', () => {
    expect(changes((model) => void (model['name'] = 'other'))).toEqual(['-name: onboard   # a name', '+name: other   # a name'])
    expect(changes((model) => void (model.steps['score'] = { ...model.steps['score'], uses: 'rate@^1' }))).toEqual(['-    uses: "score"', '+    uses: "rate@^1"'])
    expect(changes((model) => void (model['name'] = 'a: b #c'))).toEqual(['-name: onboard   # a name', "+name: 'a: b #c'   # a name"])
  })

  test('of a text in a block keeps the block', () => {
    expect(changes((model) => void (model.steps['score'] = { ...model.steps['score'], note: 'one\nthree\n' }))).toEqual(['-      two', '+      three'])
    expect(changes((model) => void (model.steps['score'] = { ...model.steps['score'], note: 'one\nthree' }))).toEqual(['-    note: |', '-      one', '-      two', '+    note: |-', '+      one', '+      three'])
  })

  test('in braces stays on its line', () => {
    expect(changes((model) => void (model.steps['enrich'] = { ...model.steps['enrich'], with: { url: 'a, b', extra: [true] } }))).toEqual(["-    with: { url: 'https://x/${{ input.id }}', tries: 1 }", "+    with: { url: 'a, b', extra: [true] }"])
    expect(changes((model) => void (model.steps['enrich'] = { ...model.steps['enrich'], needs: ['second', 'third'] }))).toEqual(['-    needs: [first, second]', '+    needs: [second, third]'])
  })

  test('that adds a step adds its lines, with the blank line that stands between the others', () => {
    expect(changes((model) => ({ ...model, steps: { ...model.steps, more: { uses: 'log', with: { texts: ['a', { b: 'yes' }], none: {} } } } }))).toEqual(['+', '+  more:', '+    uses: log', '+    with:', '+      texts:', '+        - a', "+        - b: 'yes'", '+      none: {}'])
  })

  test('that adds a first step leaves the comments where they belong', () => {
    expect(changes((model) => ({ ...model, steps: { first: { uses: 'log' }, ...model.steps } }))).toEqual(['+  first:', '+    uses: log', '+'])
  })

  test('that removes a step removes its comments and its blank line, and no other', () => {
    const result = edited(SOURCE, ({ name, steps: { enrich, last }, layout }) => ({ name, steps: { enrich, last }, layout }))
    expect(result).toBe(SOURCE.replace(/\n {2}# rates it[^]*# belongs to score\n/, ''))
    expect(result).toContain('# --- the end ---')
  })

  test('that renames a step changes one line', () => {
    expect(changes((model) => ({ ...model, steps: Object.fromEntries(Object.entries(model.steps).map(([id, step]) => [id === 'score' ? 'rate' : id, step])) }))).toEqual(['-  score:', '+  rate:'])
  })

  test('that renames a step and changes a part of it changes two lines', () => {
    const result = edited(SOURCE, ({ name, steps: { enrich, score, last }, layout }) => ({ name, steps: { enrich, rate: { ...score, uses: 'rate' }, last }, layout }))
    expect(result).toBe(SOURCE.replace('  score:\n    uses: "score"', '  rate:\n    uses: "rate"'))
  })

  test('that moves a step moves its lines and comments', () => {
    const result = edited(SOURCE, (model) => ({ ...model, steps: { score: model.steps['score'], enrich: model.steps['enrich'], last: model.steps['last'] } }))
    const [, enrich, score] = /(  # asks[^]*second\]\n)\n(  # rates[^]*to score\n)/.exec(SOURCE) ?? []
    expect(result).toBe(SOURCE.replace(`${enrich ?? ''}\n${score ?? ''}\n  # --- the end ---\n`, `${score ?? ''}\n  # --- the end ---\n\n${enrich ?? ''}`))
  })

  test('of the layout touches nothing else', () => {
    expect(changes((model) => void (model['layout'] = { enrich: { x: 1, y: 2 }, score: { x: 30, y: 4 }, last: { x: 5, y: 6 } }))).toEqual(['-  score: { x: 3, y: 4 }', '+  score: { x: 30, y: 4 }', '+  last:', '+    x: 5', '+    y: 6'])
  })

  test('keeps line ends and a missing last line break', () => {
    const source = 'name: a\r\nsteps:\r\n  b:\r\n    uses: c'
    expect(edited(source, (model) => ({ ...model, output: { d: 'x\ny\n' } }))).toBe('name: a\r\nsteps:\r\n  b:\r\n    uses: c\r\noutput:\r\n  d: |\r\n    x\r\n    y')
  })

  test('keeps the indentation of the file', () => {
    const source = 'steps:\n    a:\n        needs:\n        - b\n        uses: c\n'
    expect(edited(source, (model) => ({ ...model, steps: { ...model.steps, d: { needs: ['a'], with: { x: { y: 1 } } } } }))).toBe(`${source}    d:\n        needs:\n        - a\n        with:\n            x:\n                y: 1\n`)
  })

  test('of a case of a switch touches its lines only', () => {
    const source = 'steps:\n  r:\n    switch:\n      # vip\n      - if: a\n        uses: b\n      # others\n      - else: true\n        uses: c\n'
    const cases = (change: (list: unknown[]) => unknown[]) => (model: Model) => ({ steps: { r: { switch: change(model.steps['r']?.['switch'] as unknown[]) } } })
    expect(changes(cases(([first, other]) => [first, { if: 'q', uses: 'z' }, other]), source)).toEqual(['+      - if: q', '+        uses: z'])
    expect(changes(cases(([, other]) => [other]), source)).toEqual(['-      # vip', '-      - if: a', '-        uses: b'])
    expect(changes(cases(([first, other]) => [{ ...(first as object), uses: 'bb' }, other]), source)).toEqual(['-        uses: b', '+        uses: bb'])
    expect(edited(source, cases(([first, other]) => [other, first]))).toBe('steps:\n  r:\n    switch:\n      # others\n      - else: true\n        uses: c\n      # vip\n      - if: a\n        uses: b\n')
  })

  test('of a value into one of another kind', () => {
    expect(edited('a: 1 # note\nb:\n  c: 1 # c\nd: |\n  x\n  y\n', () => ({ a: { x: [1] }, b: 'text', d: { e: null } }))).toBe('a: # note\n  x:\n    - 1\nb: text\nd:\n  e: null\n')
    expect(edited('a:\nb: # note\nc: {}\n', () => ({ a: 1, b: { d: 2 }, c: { e: 3 } }))).toBe('a: 1\nb: # note\n  d: 2\nc:\n  e: 3\n')
  })

  test.each(['${{ input.x }}', '${{ x ? y : z }}', 'a: b', 'a #b', ' lead', 'trail ', '', 'one\ntwo\n', 'one\n\n', '\n', '😀', 'yes', 'no', 'null', '~', '1.0', '007', 'true', '0x1F', "it's", '"', '\\', '\u2028', '\ud800', '- a', '*a', '&a', '!a', '%a', '@a', '`a', '<<', '{', ']', 'crlf\r\n'])('writes %j so that it reads as the same text', (value) => {
    for (const source of ['a: old\n', "a: 'old'\n", 'a: "old"\n', 'a: |\n  old\n  text\n', 'a: >-\n  old\n  text\n', 'a: { b: old }\n', '{"a": "old"}', 'a: 1\n', 'a:\n', 'a: [old]\n']) {
      const wrapped = source.includes('b:') ? { a: { b: value } } : source.includes('[') ? { a: [value] } : { a: value }
      expect(DefinitionText.read(DefinitionText.read(source).edit(wrapped)).model).toEqual(wrapped)
      expect(DefinitionText.read(DefinitionText.read(source).edit({ ...(DefinitionText.read(source).model as object), [value]: value })).model).toHaveProperty([value], value)
    }
  })
})

describe('an edit of JSON', () => {
  const source = '{\n  "name": "a",\n  "steps": {\n    "one": { "uses": "x" },\n    "two": {\n      "uses": "y"\n    }\n  }\n}\n'

  test('stays JSON with its commas and its indentation', () => {
    const result = edited(source, (model) => ({ ...model, steps: { ...model.steps, three: { uses: 'z', needs: ['one'] } } }))
    expect(result).toBe(source.replace('"y"\n    }\n', '"y"\n    },\n    "three": {\n      "uses": "z",\n      "needs": [\n        "one"\n      ]\n    }\n'))
    expect(JSON.parse(result)).toBeTruthy()
  })

  test('removes the last key together with the comma before it', () => {
    expect(edited(source, ({ name, steps: { one } }) => ({ name, steps: { one } }))).toBe('{\n  "name": "a",\n  "steps": {\n    "one": { "uses": "x" }\n  }\n}\n')
  })

  test('keeps a text without spaces without spaces', () => {
    expect(edited('{"name":"a","steps":{"b":{"uses":"c"}}}', (model) => ({ ...model, steps: { ...model.steps, d: { uses: "e's", n: null } } }))).toBe('{"name":"a","steps":{"b":{"uses":"c"},"d":{"uses":"e\'s","n":null}}}')
  })

  test('keeps a comma at the end in brackets of YAML', () => {
    expect(edited('a: [\n  1,\n  2, # two\n]\n', () => ({ a: [1, 2, 3] }))).toBe('a: [\n  1,\n  2, # two\n  3,\n]\n')
    expect(edited('a: [\n  1,\n  2 # two\n]\n', () => ({ a: [1, 2, 3, 4] }))).toBe('a: [\n  1,\n  2, # two\n  3,\n  4\n]\n')
  })
})

describe('an edit where there are aliases', () => {
  const source = 'a: &x\n  n: 1\nb: *x\nc: { d: *x }\n'

  test('of what an alias repeats writes the alias out', () => {
    expect(edited(source, () => ({ a: { n: 2 }, b: { n: 1 }, c: { d: { n: 1 } } }))).toBe('a: &x\n  n: 2\nb:\n  n: 1\nc: { d: { n: 1 } }\n')
  })

  test('below an alias changes this place only', () => {
    expect(edited(source, () => ({ a: { n: 1 }, b: { n: 2 }, c: { d: { n: 1 } } }))).toBe('a: &x\n  n: 1\nb:\n  n: 2\nc: { d: *x }\n')
  })

  test('of all that repeat the same leaves them aliases', () => {
    expect(edited(source, () => ({ a: { n: 2 }, b: { n: 2 }, c: { d: { n: 2 } } }))).toBe('a: &x\n  n: 2\nb: *x\nc: { d: *x }\n')
  })

  test('that removes the anchor writes every alias out', () => {
    expect(edited(source, () => ({ b: { n: 1 }, c: { d: { n: 1 } } }))).toBe('b:\n  n: 1\nc: { d: { n: 1 } }\n')
  })
})

describe('an edit is refused', () => {
  test('of a text with problems', () => {
    expect(() => DefinitionText.read('a: [').edit({})).toThrow(DefinitionError)
  })

  test.each([[{ a: NaN }], [{ a: () => 1 }], [{ a: new Date(0) }], [{ a: 1n }]])('for what is no JSON', (model) => {
    expect(() => DefinitionText.read('a: 1').edit(model)).toThrow(DefinitionError)
  })

  test('for what is nested deeper than a definition may be', () => {
    let deep: unknown = 1
    for (let level = 0; level < 200; level++) deep = [deep]
    expect(() => DefinitionText.read('a: 1').edit({ a: deep })).toThrow(/deep/)
  })
})
