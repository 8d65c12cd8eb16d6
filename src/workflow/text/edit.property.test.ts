// Random definitions in mixed styles, with comments, and random edits of them: what is written reads as the new model, and nothing
// but the lines of what was edited has changed.
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { DefinitionText } from './definition-text.ts'
import { isObject, same } from './plain-json.ts'
import { isPlain } from './scalar-text.ts'

vi.setConfig({ testTimeout: 120_000 }) // a thousand documents, each edited and read again
fc.configureGlobal({ endOnFailure: true }) // shrinking a random stylist takes minutes

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
type Dice = (sides: number) => number

const strings = fc.oneof(
  fc.constantFrom('a', 'http.request@^1', '${{ steps.a.output }}', '${{ x ? y : z }}', 'https://x/${{ input.id }}?a=b#c', 'a: b', 'a #b', ' lead', 'trail ', '', 'yes', 'no', 'null', '~', '1.0', '007', '0x1F', 'true', "don't", 'say "hi"', '- a', '? b', '*x', '&y', '!t', '@at', '%d', '`c`', '{a}', '[b]', 'a,b', '---', '...', '#', ':', 'a:', '<<', '=', '2024-01-01', '12:30', 'é😀', 'tab\tin', '\u00a0', '\u2028', '\0', 'back\\slash', '\ud800', '|', '>', "'", '"'),
  fc.constantFrom('one\ntwo\n', 'one\ntwo', 'one\n\ntwo\n\n', '\n', '\n\n', ' one\ntwo', 'one\n  two\n', 'one\ntwo \n', 'a\n \nb', 'a: b\n# c\n', '\none', 'crlf\r\nx', 'one\n\ttwo', '${{ a ?\n b : c }}\n'),
  fc.string({ maxLength: 12 }),
)
const numbers = fc.oneof(fc.integer({ min: -50, max: 1000 }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 1e21, 2 ** 60, 1e-7, Number.MAX_VALUE, 5e-324))
const scalars: fc.Arbitrary<Json> = fc.oneof({ weight: 5, arbitrary: strings }, { weight: 2, arbitrary: numbers }, { weight: 1, arbitrary: fc.constantFrom(true, false, null) })
const keys = fc.oneof({ weight: 8, arbitrary: fc.constantFrom('uses', 'with', 'if', 'needs', 'retry', 'a', 'b', 'c', 'x.y', 'on', 'url') }, { weight: 1, arbitrary: fc.constantFrom('1', '10', 'a: b', '', 'é', ' s', 'true', '#k', 'k"', "k'", '<<', '{k', '- k') })
const { value: values } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', maxDepth: 3 }, { weight: 4, arbitrary: scalars }, { weight: 2, arbitrary: fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }) }, { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }) }),
}))
const steps = fc.dictionary(keys, values, { maxKeys: 4, noNullPrototype: true })
const models = fc.record({ name: scalars, steps: fc.dictionary(fc.constantFrom('s1', 's2', 's3', 's4', 's5', 's6'), steps, { minKeys: 2, maxKeys: 6, noNullPrototype: true }), output: values }, { noNullPrototype: true }) as fc.Arbitrary<Record<string, Json>>

/** Writes a value in random styles. What it writes may be wrong: such texts are not used. */
class Stylist {
  readonly #dice: Dice
  readonly #unit: number
  readonly #dash: number

  constructor(dice: Dice) {
    this.#dice = dice
    this.#unit = 1 + dice(4)
    this.#dash = dice(2) * this.#unit
  }

  document(model: Json): string {
    const newline = this.#dice(4) === 0 ? '\r\n' : '\n'
    if (this.#dice(8) === 0) return JSON.stringify(model, null, this.#dice(3) * 2).replaceAll('\n', newline)
    const head = ['', '# about this file\n', '# about\n\n', '---\n', '\n\n'][this.#dice(5)] ?? ''
    const text = head + this.#pairs(model as Record<string, Json>, 0) + (this.#dice(4) === 0 ? '# the end\n' : '')
    const ended = this.#dice(4) === 0 ? text.replace(/\n$/, '') : text
    return ended.replaceAll('\n', newline)
  }

  #above(column: number): string {
    const pad = ' '.repeat(column)
    return ['', '', '', '\n', `${pad}# note ${this.#dice(100)}\n`, `\n${pad}# note ${this.#dice(100)}\n`, `${pad}# loose ${this.#dice(100)}\n\n`, `\n${pad}# loose\n\n${pad}# own\n`][this.#dice(8)] ?? ''
  }

  #note(): string {
    return this.#dice(6) === 0 ? `${' '.repeat(1 + this.#dice(3))}# side ${this.#dice(100)}` : ''
  }

  #pairs(value: Record<string, Json>, column: number): string {
    return Object.entries(value).map(([key, inner], index) => `${index === 0 && column === 0 ? '' : this.#above(column)}${' '.repeat(column)}${this.#scalar(key, true)}:${this.#behind(inner, column, column + this.#unit)}`).join('')
  }

  #behind(value: Json, column: number, below: number): string {
    const full = (isObject(value) && Object.keys(value).length > 0) || (Array.isArray(value) && value.length > 0)
    if (full && this.#dice(4) > 0) {
      const inner = isObject(value) ? this.#pairs(value, below) : this.#items(value, below === column + 2 ? below : column + this.#dash)
      return `${this.#note()}\n${inner}${this.#dice(6) === 0 ? `${' '.repeat(below)}# tail\n` : ''}`
    }
    if (typeof value === 'string' && value.includes('\n') && this.#dice(3) > 0) {
      const trimmed = value.replace(/\n+$/, '')
      const chomp = value.length === trimmed.length ? '-' : value.length === trimmed.length + 1 ? '' : '+'
      return ` ${this.#dice(3) === 0 ? '>' : '|'}${chomp}${this.#note()}\n${value.replace(/\n$/, '').split('\n').map((line) => (line === '' ? '' : ' '.repeat(below) + line)).join('\n')}\n`
    }
    if (value === null && this.#dice(2) === 0) return `${this.#note()}\n`
    return ` ${full || this.#dice(2) === 0 ? this.#flow(value, column) : this.#scalar(value, false)}${this.#note()}\n`
  }

  #items(items: Json[], column: number): string {
    return items.map((item) => {
      const pad = ' '.repeat(column)
      const compact = isObject(item) && Object.keys(item).length > 0 && this.#dice(3) > 0
      return `${this.#above(column)}${pad}-${compact ? ` ${this.#pairs(item, column + 2).replace(/^(?:\s*#.*\n|\s*\n)*\s*/, '')}` : this.#behind(item, column, column + 2)}`
    }).join('')
  }

  #flow(value: Json, column: number): string {
    if (!isObject(value) && !Array.isArray(value)) return this.#scalar(value, false, true)
    const parts = Array.isArray(value) ? value.map((item) => this.#flow(item, column)) : Object.entries(value).map(([key, inner]) => `${this.#scalar(key, true, true)}: ${this.#flow(inner, column)}`)
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
    if (parts.length > 0 && this.#dice(5) === 0) return `${open}\n${parts.map((part) => `${' '.repeat(column + 4)}${part},${this.#note()}\n`).join('')}${' '.repeat(column + 2)}${close}`
    return `${open}${this.#dice(2) === 0 ? ' ' : ''}${parts.join(', ')}${this.#dice(8) === 0 && parts.length > 0 ? ',' : ''}${close}`
  }

  #scalar(value: Json, key: boolean, flow = false): string {
    if (typeof value !== 'string') return Object.is(value, -0) ? '-0' : typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : JSON.stringify(value)
    const style = this.#dice(3)
    if (style === 0 && isPlain(value, { flow, key })) return value
    if (style === 1 && !/[\n\r\u2028]/.test(value)) return `'${value.replaceAll("'", "''")}'`
    return JSON.stringify(value)
  }
}

interface Edited {
  readonly model: Record<string, Json>
  readonly kind: 'change' | 'add' | 'remove' | 'rename' | 'move'
  /** Of the object or list that was edited. */
  readonly path: readonly (string | number)[]
  readonly key: string | number
}

/** Edits a copy of a model at a random place; `inside` says which parts may be edited. */
function edit(model: Record<string, Json>, dice: Dice, fresh: Json): Edited | undefined {
  const copy = structuredClone(model)
  const places: { readonly path: (string | number)[]; readonly at: Record<string, Json> | Json[] }[] = []
  const walk = (value: Json, path: (string | number)[]): void => {
    if (Array.isArray(value)) {
      places.push({ path, at: value })
      value.forEach((item, index) => { walk(item, [...path, index]) })
    } else if (isObject(value)) {
      places.push({ path, at: value })
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key])
    }
  }
  walk(copy, [])
  const place = places[dice(places.length)]
  if (place === undefined) return undefined
  const { path, at } = place
  const kind = (['change', 'add', 'remove', 'rename', 'move'] as const)[dice(5)] ?? 'change'
  if (Array.isArray(at)) {
    if (kind === 'add') {
      const key = dice(at.length + 1)
      at.splice(key, 0, fresh)
      return { model: copy, kind, path, key }
    }
    if (at.length === 0 || kind === 'rename') return undefined
    const key = dice(at.length)
    if (kind === 'change') at[key] = fresh
    else {
      const [taken] = at.splice(key, 1)
      if (kind === 'move') at.splice(dice(at.length + 1), 0, taken as Json)
    }
    return { model: copy, kind, path, key }
  }
  const entries = Object.entries(at)
  const index = dice(Math.max(1, entries.length))
  const [key, value] = entries[index] ?? []
  if (kind === 'add') {
    if ('fresh' in at) return undefined
    entries.splice(dice(entries.length + 1), 0, ['fresh', fresh])
  } else if (key === undefined || value === undefined) return undefined
  else if (kind === 'change') entries[index] = [key, fresh]
  else if (kind === 'remove') entries.splice(index, 1)
  else if (kind === 'rename') entries[index] = ['renamed', value]
  else {
    entries.splice(index, 1)
    entries.splice(dice(entries.length + 1), 0, [key, value])
  }
  for (const one of Object.keys(at)) delete at[one]
  for (const [one, inner] of entries) at[one] = inner
  return { model: copy, kind, path, key: kind === 'add' ? 'fresh' : (key ?? '') }
}

const linesOf = (text: string): string[] => text.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n')

/** Whether the lines of one text all stand in another one, in order. Blank lines are left alone. */
function standIn(few: readonly string[], many: readonly string[]): boolean {
  let at = 0
  for (const line of many) if (at < few.length && line === few[at]) at++
  return at === few.length
}

/** A block that keeps all blank lines behind it cannot always stand elsewhere. */
const KEEPS = /[|>]\+/

const solid = (lines: readonly string[]): string[] => lines.filter((line) => line.trim() !== '')

const cases = fc.record({ model: models, seeds: fc.infiniteStream(fc.nat()), fresh: values })

function written({ model, seeds }: { readonly model: Record<string, Json>; readonly seeds: fc.Stream<number> }): { readonly text: DefinitionText; readonly dice: Dice } | undefined {
  const dice: Dice = (sides) => (seeds.next().value ?? 0) % sides
  const text = DefinitionText.read(new Stylist(dice).document(model))
  return text.problems.length === 0 && same(text.model, model) ? { text, dice } : undefined
}

describe('an edit of a random text', () => {
  test('gives a text that reads as the new model, and the same text when nothing was edited', () => {
    let tried = 0
    fc.assert(fc.property(cases, ({ model, seeds, fresh }) => {
      const made = written({ model, seeds })
      if (made === undefined) return
      expect(made.text.edit(structuredClone(model))).toBe(made.text.source)
      let next = model
      for (let times = 1 + made.dice(3); times > 0; times--) next = edit(next, made.dice, fresh)?.model ?? next
      const result = made.text.edit(next)
      const read = DefinitionText.read(result)
      if (!same(read.model, next)) throw new Error(`${made.text.source}\n→ ${JSON.stringify(next)}\n${result}`)
      tried++
    }), { numRuns: 800 })
    expect(tried).toBeGreaterThan(300)
  })

  test('changes no line of another step', () => {
    let tried = 0
    fc.assert(fc.property(cases, ({ model, seeds, fresh }) => {
      const made = written({ model, seeds })
      if (made === undefined || KEEPS.test(made.text.source)) return
      const { text, dice } = made
      const edited = edit(model, dice, fresh)
      const place = text.place({ path: 'steps' })
      if (edited === undefined || linesOf(text.source)[place.line - 1]?.[place.column - 1] === '{') return // all steps on one line
      const [before, after] = [model['steps'] as Record<string, Json>, edited.model['steps']]
      if (!isObject(after)) return
      const result = linesOf(text.edit(edited.model))
      const stayed = Object.keys(before).filter((id) => Object.hasOwn(after, id) && same(before[id], after[id]))
      const ordered = stayed.filter((id) => !(edited.kind === 'move' && edited.path.length === 1 && edited.key === id))
      const lines = ordered.flatMap((id) => {
        const key = text.place({ path: `steps.${id}`, on: 'key' })
        const value = text.place({ path: `steps.${id}` })
        return solid(linesOf(text.source).slice(key.line - 1, Math.max(key.endLine, value.endLine)))
      })
      if (!standIn(lines, result)) throw new Error(`${edited.kind} ${edited.path.join('.')} ${edited.key}\n${text.source}\n→\n${result.join('\n')}`)
      tried++
    }), { numRuns: 800 })
    expect(tried).toBeGreaterThan(100)
  })

  test('touches only the lines of what was edited', () => {
    const tried: Record<string, number> = {}
    fc.assert(fc.property(cases, ({ model, seeds, fresh }) => {
      const made = written({ model, seeds })
      if (made === undefined || KEEPS.test(made.text.source)) return
      const { text, dice } = made
      const edited = edit(model, dice, fresh)
      if (edited === undefined || same(edited.model, model)) return
      const parent = pathOf(edited.path)
      const [old, result] = [linesOf(text.source), linesOf(text.edit(edited.model))]
      const fail = (why: string): never => { throw new Error(`${why}: ${edited.kind} ${edited.path.join('.')} ${edited.key}\n${text.source}\n→\n${result.join('\n')}`) }
      const around = text.place({ path: parent })
      // Outside of the object or list that was edited nothing changes at all, whatever the edit.
      const [first, last] = parent === '' ? [0, old.length] : [text.place({ path: parent, on: 'key' }).line - 1, around.endLine]
      if (parent !== '') {
        if (!same(solid(old.slice(0, commentsAbove(old, first))), solid(result).slice(0, solid(old.slice(0, commentsAbove(old, first))).length))) fail('a line before')
        const behind = solid(old.slice(last)).filter((line) => !line.trim().startsWith('#'))
        if (behind.length > 0 && !same(behind, solid(result).filter((line) => !line.trim().startsWith('#')).slice(-behind.length))) fail('a line behind')
      }
      if (edited.kind === 'rename' && old.length !== result.length) fail('lines')
      if (edited.kind === 'rename' && old.filter((line, index) => line !== result[index]).length > 1) fail('more than one line')
      tried[edited.kind] = (tried[edited.kind] ?? 0) + 1
    }), { numRuns: 1000 })
    for (const kind of ['change', 'add', 'remove', 'rename', 'move']) expect(tried[kind]).toBeGreaterThan(20)
  })
})

/** Also above the dash that stands alone before an item. */
function commentsAbove(lines: readonly string[], from: number): number {
  let at = from
  while (at > 0 && /^\s*(?:- *)*(?:#|$)/.test(lines[at - 1] ?? '')) at--
  return at
}

function pathOf(path: readonly (string | number)[]): string {
  let text = ''
  for (const key of path) text += typeof key === 'number' ? `[${key}]` : text === '' ? key : `.${key}`
  return text
}
