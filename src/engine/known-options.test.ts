// Options of a durable function: what is not known is refused with the nearest that is.
import { expect, test } from 'vitest'
import { checkOptions } from './known-options.ts'

test.each([
  ['step', { retrys: {} }, 'charge.retrys: there is no such option. Did you mean "retry"?'],
  ['retry', { maxAttempt: 3 }, 'charge.maxAttempt: there is no such option. Did you mean "maxAttempts"?'],
  ['signal', { timeuot: '1d' }, 'charge.timeuot: there is no such option. Did you mean "timeout"?'],
  ['child', { concurrency: 3 }, 'charge.concurrency: there is no such option.'],
] as const)('%s: %j', (of, options, message) => {
  expect(() => checkOptions(of, options, 'charge')).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID', path: `charge.${Object.keys(options)[0] ?? ''}`, message }))
})

test('what is no object is refused too', () => {
  for (const options of [null, [], '1d', 7]) expect(() => checkOptions('signal', options, 'paid')).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID', path: 'paid' }))
  expect(() => checkOptions('children', { concurrency: 3, key: 'k' }, 'all')).not.toThrow()
})
