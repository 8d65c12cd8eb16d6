// Waiting that ends with an abort.
import { expect, test } from 'vitest'
import { pause, untilAborted } from './heed.ts'

/** Timers that keep the process alive. */
const timers = (): number => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length

test('an abort ends a pause with its reason and leaves no timer behind, which would keep the process alive', async () => {
  const before = timers()
  const controller = new AbortController()
  const waiting = pause(3_600_000, controller.signal)
  expect(timers()).toBe(before + 1)
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  expect(timers()).toBe(before)
  await expect(pause(3_600_000, controller.signal)).rejects.toThrow('enough')
  expect(timers()).toBe(before)
  await pause(0, new AbortController().signal)
})

test('what is waited for gives its value or its failure, unless the abort comes first', async () => {
  const { signal } = new AbortController()
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1)
  await expect(untilAborted(Promise.reject(new Error('bad')), signal)).rejects.toThrow('bad')
  await expect(untilAborted(new Promise(() => undefined), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})
