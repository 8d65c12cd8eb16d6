import { expect, test, vi } from 'vitest'
import * as z from 'zod'
import { InputInvalidError } from '../errors.ts'
import type { Schema } from './contract.ts'
import { compileCheck } from './validator.ts'

const check = (schema: Schema) => compileCheck(schema, { owner: 'a@1.0.0', what: 'input', failure: InputInvalidError })
const thrownBy = (run: () => unknown): unknown => {
  try {
    run()
  } catch (thrown) {
    return thrown
  }
  throw new Error('expected a throw')
}

test('gives what the schema makes of a value, at once when it can', () => {
  expect(check(z.object({ n: z.number().default(1) }))({})).toEqual({ n: 1 })
})

test('lists each problem with its path', () => {
  const refuse = check(z.object({ list: z.array(z.object({ n: z.number() })), name: z.string() }))
  const error = thrownBy(() => refuse({ list: [{ n: 1 }, { n: 'x' }] }))
  expect(error).toMatchObject({ path: 'input.list[1].n', details: { problems: [{ path: 'list[1].n' }, { path: 'name' }] } })
  expect(thrownBy(() => refuse(7))).toMatchObject({ path: 'input', message: expect.stringMatching(/^a@1\.0\.0 refused its input: input: /) as string })
})

test('any Standard Schema will do, with either form of path', async () => {
  const text: Schema<string> = {
    '~standard': { version: 1, vendor: 'acme', validate: async (value) => Promise.resolve(typeof value === 'string' ? { value } : { issues: [{ message: 'no text', path: [{ key: 'a' }, 0, 'b'] }] }) },
  }
  expect(await check(text)('x')).toBe('x')
  await expect(check(text)(7)).rejects.toMatchObject({ path: 'input.a[0].b' })
})

test('an asynchronous refinement runs once per value, from the second value on', async () => {
  const refine = vi.fn(async (n: number) => Promise.resolve(n > 0))
  const positive = check(z.number().refine(refine))
  await positive(1)
  refine.mockClear()
  expect(await positive(2)).toBe(2)
  await expect(positive(-1)).rejects.toThrow(InputInvalidError)
  expect(refine).toHaveBeenCalledTimes(2)
})

test('a refinement that rejects fails the check and nothing else', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  try {
    const broken = check(z.number().refine(async () => Promise.reject(new Error('gone'))))
    await expect(broken(1)).rejects.toThrow('gone')
    await expect(broken(1)).rejects.toThrow('gone')
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).not.toHaveBeenCalled()
  } finally {
    process.off('unhandledRejection', unhandled)
  }
})
