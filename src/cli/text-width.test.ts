import { expect, test } from 'vitest'
import { fitText, padText, textWidth } from './text-width.ts'

test.each([
  ['hello', 5], ['世界', 4], ['👩‍👩‍👧', 2], ['e\u0301', 1], ['✓ ok', 4], ['', 0], ['한글', 4], ['…', 1],
])('%j takes %i columns', (text, width) => {
  expect(textWidth(text)).toBe(width)
})

test.each([
  ['hello world', 8, 'hello w…'], ['世界世界', 5, '世界…'], ['世界世界', 4, '世…'], ['short', 8, 'short'], ['x', 0, ''],
])('%j in %i columns is %j', (text, width, expected) => {
  expect(fitText(text, width)).toBe(expected)
  expect(textWidth(fitText(text, width))).toBeLessThanOrEqual(width)
})

test('fills on either side', () => {
  expect(padText('世', 4)).toBe('世  ')
  expect(padText('12', 4, 'left')).toBe('  12')
})
