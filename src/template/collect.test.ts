import { expect, test } from 'vitest'
import * as z from 'zod'
import { AbortedError } from '../errors.ts'
import { collect } from './collect.ts'
import { createContext } from './context.ts'
import { defineTemplate } from './define.ts'

const half = defineTemplate({
  name: 'half', version: '1.0.0', description: 'Halves.', input: z.int(), output: z.int(),
  execute: (n) => {
    if (n % 2 === 1) throw new Error(`${n} is odd`)
    return n / 2
  },
})

test('gathers data and failures with their items', async () => {
  const { results, data, failures, success } = await collect(half, [2, 3, 4, 5], { concurrency: 2 })
  expect(results.map((result) => result.success)).toEqual([true, false, true, false])
  expect(data).toEqual([1, 2])
  expect(failures).toMatchObject([{ index: 1, input: 3, error: { message: 'half@1.0.0 failed: 3 is odd' } }, { index: 3, input: 5 }])
  expect(success).toBe(false)
  expect((await collect(half, [])).success).toBe(true)
})

test('the context of the caller is handed on, with a key of its own for each item', async () => {
  const keys: (string | undefined)[] = []
  const look = defineTemplate({ name: 'look', version: '1.0.0', description: 'L.', input: z.int(), output: z.int(), execute: (n, { idempotencyKey }) => { keys.push(idempotencyKey); return n } })
  await collect(look, [1, 2], { context: createContext({ idempotencyKey: 'k' }) })
  expect(keys).toEqual(['k/[0]', 'k/[1]'])
})

test('a refused input is a failure like any other', async () => {
  const { failures } = await collect(half, [2, 'x' as unknown as number])
  expect(failures).toMatchObject([{ index: 1, error: { code: 'INPUT_INVALID' } }])
})

test('after an abort the items that are left fail with it', async () => {
  const controller = new AbortController()
  const stopping = defineTemplate({
    name: 'stop', version: '1.0.0', description: 'Stops.', input: z.int(), output: z.int(),
    execute: (n) => {
      if (n === 1) controller.abort(new AbortedError('enough'))
      return n
    },
  })
  const { results } = await collect(stopping, [0, 1, 2, 3], { concurrency: 1, signal: controller.signal })
  expect(results.map((result) => (result.success ? 'ok' : result.error.code))).toEqual(['ok', 'ok', 'ABORTED', 'ABORTED'])
})
