// Each character of a decoded text is mapped to the place of the source that made it, in every style of scalar.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DefinitionText } from './definition-text.ts'
import type { Place } from './place.ts'

const character = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'x', '1', 'é', '€') },
  { weight: 3, arbitrary: fc.constantFrom(' ', ' ', '\n', '\n') },
  { weight: 2, arbitrary: fc.constantFrom("'", '"', '\\', '\t', '#', ':', '-', '$', '{', '}', '😀', '\u0085', '\0', '\u2028') },
)
const texts = fc.array(character, { maxLength: 24 }).map((all) => all.join(''))

/** What the source holds at a place. */
function written(source: string, { line, column, endLine, endColumn }: Place): string {
  const lines = source.split('\n')
  const offset = (at: number, col: number): number => lines.slice(0, at - 1).reduce((sum, one) => sum + one.length + 1, 0) + col - 1
  return source.slice(offset(line, column), offset(endLine, endColumn))
}

/** Whether a piece of the source can have made a character. */
function makes(piece: string, unit: string, style: string): boolean {
  if (unit === '\n') return /^\r?\n$/.test(piece) || (style === 'double' && piece === '\\n') || piece === ''
  if (unit === ' ') return piece === ' ' || /^\r?\n$/.test(piece) || (style === 'double' && piece === '\\ ')
  if (piece === unit) return true
  if (style === 'single') return unit === "'" && piece === "''"
  return style === 'double' && piece.startsWith('\\') && (JSON.parse(`"${asJsonEscape(piece)}"`) as string).includes(unit)
}

function asJsonEscape(piece: string): string {
  const hex = /^\\[xuU]([0-9a-fA-F]+)$/.exec(piece)?.[1]
  if (hex !== undefined) return JSON.stringify(String.fromCodePoint(Number.parseInt(hex, 16))).slice(1, -1)
  const others: Record<string, string> = { '\\0': '\\u0000', '\\N': '\\u0085', '\\L': '\\u2028', '\\t': '\\t' }
  return others[piece] ?? piece
}

interface Spelling {
  readonly style: string
  readonly source: string
}

/** Spells a text in one style; `dice` decides where there is a choice. */
type Spell = (text: string, dice: () => number, newline: string) => Spelling

const spellDouble: Spell = (text, dice, newline) => {
  let made = ''
  for (const one of text) {
    const code = one.codePointAt(0) ?? 0
    if (one === '\n') made += dice() < 3 ? `${newline}${newline}${' '.repeat(2 + dice())}` : '\\n'
    else if (one === '"' || one === '\\') made += `\\${one}`
    else if (one === '\t') made += '\\t'
    else if (one === ' ') made += dice() < 2 ? `${newline}  ` : '\\ '
    else if (code < 0x20 || one === '\u2028' || dice() < 2) made += code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : code < 0x100 && dice() < 5 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
    else made += one
    if (dice() === 9) made += `\\${newline}   `
  }
  return { style: 'double', source: `k: "${made}"` }
}

const spellSingle: Spell = (text, dice, newline) => {
  const folded = text.replaceAll("'", "''").replaceAll(/[\0\u2028]/g, '').replaceAll('\n', () => `${newline}${' '.repeat(dice())}${newline}  ${' '.repeat(dice())}`)
  return { style: 'single', source: `k: '${folded}'` }
}

const spellPlain: Spell = (text, dice, newline) => {
  const words = text.replaceAll(/[^ab1xé€😀\n ]/gu, '').split(/[\n ]+/).filter((word) => word !== '')
  const joined = words.reduce((sum, word) => `${sum}${[' ', '  ', `${newline}  `, ` ${newline}   `, `${newline}${newline}  `, `${newline} ${newline}${newline}    `][dice() % 6] ?? ' '}${word}`, 'p')
  return { style: 'plain', source: `k: ${joined}` }
}

const spellBlock: Spell = (text, dice, newline) => {
  const indent = 1 + (dice() % 4)
  const pad = ' '.repeat(indent)
  const lines = text.replaceAll(/[\0\u2028]/g, '').split('\n').map((line) => (line === '' && dice() < 5 ? ' '.repeat(dice() % (indent + 1)) : `${pad}${line}`))
  const header = `${['|', '>'][dice() % 2] ?? '|'}${dice() < 5 ? indent : ''}${['', '-', '+'][dice() % 3] ?? ''}`
  const shuffled = /\d[-+]/.test(header) && dice() < 5 ? `${header[0] ?? ''}${header[2] ?? ''}${header[1] ?? ''}` : header
  return { style: 'block', source: `k: ${shuffled}${dice() < 2 ? ' # note' : ''}${newline}${lines.join(newline)}` }
}

test.each([
  ['double-quoted', spellDouble],
  ['single-quoted', spellSingle],
  ['plain', spellPlain],
  ['block', spellBlock],
] as const)('every character of a %s text is found where it was written', (_, spell) => {
  let checked = 0
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.nat({ max: 9 })), fc.constantFrom('\n', '\r\n'), fc.constantFrom('', 'x'), (text, stream, newline, last) => {
      const dice = (): number => stream.next().value ?? 0
      const { style, source } = spell(text, dice, newline)
      const whole = `${source}${last === '' ? '' : `${newline}last: 1${newline}`}`
      const read = DefinitionText.read(whole)
      if (read.problems.length > 0) return // what this style cannot say
      const value = (read.model as { readonly k: unknown }).k
      if (typeof value !== 'string') return
      for (let at = 0; at < value.length; at++) {
        const piece = written(whole, read.place({ path: 'k', span: [at, at + 1] }))
        const unit = value[at] ?? ''
        const pair = /[\ud800-\udfff]/.test(unit)
        if (pair ? piece !== unit && !piece.startsWith('\\U') : !makes(piece, unit, style)) throw new Error(`${JSON.stringify(whole)}: ${JSON.stringify(unit)} at ${at} is mapped to ${JSON.stringify(piece)}`)
        checked++
      }
    }),
    { numRuns: 600 },
  )
  expect(checked).toBeGreaterThan(2000)
})

test('places follow each other in the order of the text', () => {
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.nat({ max: 9 })), fc.constantFrom(spellDouble, spellSingle, spellPlain, spellBlock), (text, stream, spell) => {
      const read = DefinitionText.read(spell(text, () => stream.next().value ?? 0, '\n').source)
      const value: unknown = (read.model as { readonly k?: unknown } | undefined)?.k
      if (typeof value !== 'string') return
      const places = Array.from({ length: value.length }, (_, at) => read.place({ path: 'k', span: [at, at + 1] }))
      for (const [index, place] of places.entries()) {
        const before = places[index - 1]
        if (before !== undefined && (before.line > place.line || (before.line === place.line && before.column > place.column))) throw new Error(`${JSON.stringify(value)} at ${index}`)
      }
    }),
    { numRuns: 400 },
  )
})
