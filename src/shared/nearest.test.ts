import { expect, test } from 'vitest'
import { didYouMean, nearest } from './nearest.ts'

test('finds the nearest known word', () => {
  expect(nearest('retyr', ['retry', 'timeout', 'needs'])).toBe('retry')
  expect(nearest('Input', ['output', 'input'])).toBe('input')
  expect(nearest('onFailed', ['onFailure', 'output'])).toBe('onFailure')
})

test('finds nothing when nothing is near', () => {
  expect(nearest('banana', ['retry', 'timeout'])).toBeUndefined()
  expect(nearest('zz', ['a', 'b'])).toBeUndefined()
  expect(didYouMean('banana', ['retry'])).toBe('')
})
