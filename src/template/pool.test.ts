import { expect, test, vi } from 'vitest'
import { deferred } from '../shared/deferred.ts'
import { runPool } from './pool.ts'

test('synchronous tasks run in order, without a promise', () => {
  const order: number[] = []
  expect(runPool({ count: 4, concurrency: 2 }, (index) => void order.push(index))).toBeUndefined()
  expect(order).toEqual([0, 1, 2, 3])
})

test('after a failure no further task starts, and the first failure is thrown', () => {
  const task = vi.fn((index: number) => {
    if (index >= 1) throw new Error(`no ${index}`)
  })
  expect(() => runPool({ count: 9, concurrency: 3 }, task)).toThrow('no 1')
  expect(task).toHaveBeenCalledTimes(2)
})

test('a failure is told at once and thrown when all that started have ended', async () => {
  const gate = deferred<undefined>()
  const order: string[] = []
  const task = async (index: number): Promise<void> => {
    if (index === 1) throw new Error('no')
    await gate.promise
    order.push(`ended ${index}`)
  }
  const running = Promise.resolve(runPool({ count: 5, concurrency: 2, onFailure: () => order.push('told') }, task)).catch(() => order.push('thrown'))
  await Promise.resolve()
  await Promise.resolve()
  expect(order).toEqual(['told'])
  gate.resolve(undefined)
  await running
  expect(order).toEqual(['told', 'ended 0', 'thrown'])
})
