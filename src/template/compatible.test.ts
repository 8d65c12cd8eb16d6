import { expect, test } from 'vitest'
import { isCompatible } from './compatible.ts'

test.each([
  ['1.2.3', '1.2.3', true], ['1.2.3', '1.9.0', true], ['1.9.0', '1.2.3', true], ['1.0.0', '2.0.0', false], ['0.1.0', '0.1.7', true], ['0.1.0', '0.2.0', false],
  ['1.0.0-beta', '1.0.0', false], ['1.0.0', '1.1.0-beta', false], ['1.0.0-beta', '1.0.0-beta', true], [null, '1.0.0', false], ['?', '1.0.0', false],
])('a result of %s counts for %s: %s', (recorded, asked, expected) => {
  expect(isCompatible(recorded, asked)).toBe(expected)
})
