import { expect, test } from 'vitest'
import { visibleJson, visibleLine, visibleText } from './visible.ts'

test.each([
  ['\u001b[2J\u001b]0;title\u0007', '\\u001b[2J\\u001b]0;title\\u0007'],
  ['\u009b31m', '\\u009b31m'],
  ['one\r\ntwo\tthree', 'one\\r\\ntwo\\tthree'],
  ['invoice\u202egnp.exe', 'invoice\\u202egnp.exe'],
  ['a\ud800b', 'a\\ud800b'],
  ['tag\u{e0041}', 'tag\\udb40\\udc41'],
  ['Grüße 世界 👩', 'Grüße 世界 👩'],
])('writes %j so that nothing obeys it', (text, expected) => {
  expect(visibleLine(text)).toBe(expected)
})

test('keeps line ends where several lines are wanted', () => {
  expect(visibleText('a\nb\u0007')).toBe('a\nb\\u0007')
})

test('keeps the value of JSON while it escapes what terminals obey', () => {
  const value = { '\u009b31m': 'x\u202ey\u007f', list: ['\u001b', '😀'] }
  const text = visibleJson(JSON.stringify(value, null, 2))
  expect(text).not.toMatch(/[\u007f-\u009f\u202e]/)
  expect(JSON.parse(text)).toEqual(value)
})
