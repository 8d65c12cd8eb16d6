import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bareExpression, escapeText, splitText } from './interpolation.ts'

const expressions = (text: string): string[] | undefined => splitText(text)?.flatMap((piece) => (piece.kind === 'expression' ? [piece.text] : []))

describe('splitText', () => {
  test.each([
    ['plain', []],
    ['a ${{ x }} b ${{y}}', ['x', 'y']],
    ['${{ {"a": {"b": 1}} }}', ['{"a": {"b": 1}}']],
    ['${{ "}}" + x }}', ['"}}" + x']],
    ["${{ '\\'}}' }}", ["'\\'}}'"]],
    ['${{ """ " }} """ }}', ['""" " }} """']],
    ['${{ r"\\" }} x', ['r"\\"']],
    ['${{ "${{" }}', ['"${{"']],
    ['$ {{ x }} {{ y }} ${ z }', []],
    ['', []],
  ])('%s', (text, found) => {
    expect(expressions(text)).toEqual(found)
  })

  test.each(['${{ x', '${{ x }', '${{ "x }}', '${{ { }}', '${{'])('%s is not closed', (text) => {
    expect(splitText(text)).toBeUndefined()
  })

  test('keeps every character', () => {
    const pieces = splitText('a${{ x }}b') ?? []
    expect(pieces).toEqual([{ kind: 'plain', text: 'a' }, { kind: 'expression', text: 'x', offset: 5 }, { kind: 'plain', text: 'b' }])
  })
})

test('a bare expression may be written with or without ${{ }}', () => {
  expect(bareExpression(' ${{ a > 1 }} ').text).toBe('a > 1')
  expect(bareExpression('a > 1').text).toBe('a > 1')
  expect(bareExpression('"${{ a }}" == b').text).toBe('"${{ a }}" == b')
})

test('escaped data holds no expression but those that give the text back', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('${{', '}}', '$', '{', 'x', "'", '"', '\\', '\n', ' ')), (parts) => {
    const text = parts.join('')
    const pieces = splitText(escapeText(text))
    expect(pieces?.map((piece) => (piece.kind === 'plain' ? piece.text : piece.text === "'${{'" ? '${{' : '?')).join('')).toBe(text)
  }))
})
