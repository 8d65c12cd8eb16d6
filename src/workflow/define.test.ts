import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DefinitionError, InputInvalidError, SchemaNotPublishableError } from '../errors.ts'
import { defineWorkflow } from './define.ts'

const input = z.object({ email: z.email() })
const good = { name: 'onboard', input, run: () => 1 }
/** Hands in what the types refuse. */
const define = defineWorkflow as unknown as (definition: unknown) => unknown

function refused(definition: unknown): DefinitionError {
  try {
    define(definition)
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError)
    return error as DefinitionError
  }
  throw new Error('was not refused')
}

describe('defineWorkflow', () => {
  test('makes a function workflow of version 1', () => {
    const workflow = defineWorkflow({ ...good, description: 'Greets.', timeout: '1h' })
    expect(workflow).toMatchObject({ form: 'function', name: 'onboard', version: '1', description: 'Greets.', timeout: '1h' })
    expect(workflow.schemas.input).toMatchObject({ type: 'object', required: ['email'] })
    expect(workflow.schemas.input).not.toHaveProperty('$schema')
  })

  test('takes a version and leaves out what was not given', () => {
    const workflow = defineWorkflow({ ...good, version: '2' })
    expect(workflow.version).toBe('2')
    expect(Object.keys(workflow)).not.toContain('timeout')
  })

  test('checks inputs and gives what the schema made of them', () => {
    const workflow = defineWorkflow({ name: 'w', input: z.object({ n: z.int().default(3) }), run: () => 1 })
    expect(workflow.check({})).toEqual({ n: 3 })
    expect(() => workflow.check({ n: 'x' })).toThrow(InputInvalidError)
    expect(() => workflow.check({ n: 'x' })).toThrow(/workflow "w" refused its input: input\.n:/)
  })

  test('waits for a schema that checks asynchronously', async () => {
    const slow = z.object({ n: z.int() }).refine(async ({ n }) => n > 0, 'must be positive')
    const workflow = defineWorkflow({ name: 'w', input: slow, run: () => 1 })
    await expect(workflow.check({ n: 1 })).resolves.toEqual({ n: 1 })
    await expect(workflow.check({ n: -1 })).rejects.toThrow(/must be positive/)
  })

  test.each([
    [undefined, 'definition', /expected an object, got nothing/],
    [{ ...good, name: 'On Board' }, 'name', /got "On Board"/],
    [{ ...good, name: 'a--b' }, 'name', /joined by/],
    [{ ...good, name: 'x'.repeat(101) }, 'name', /at most 100/],
    [{ ...good, version: 2 }, 'version', /got 2/],
    [{ ...good, version: '' }, 'version', /got ""/],
    [{ ...good, description: 7 }, 'description', /expected text, got 7/],
    [{ ...good, input: { type: 'object' } }, 'input', /Standard Schema/],
    [{ ...good, timeout: '5 min' }, 'timeout', /expected a duration/],
    [{ ...good, run: 'x' }, 'run', /expected a function/],
    [{ ...good, inptu: input }, 'inptu', /Did you mean "input"\?/],
  ])('refuses %# with its path and a remedy', (definition, path, message) => {
    const error = refused(definition)
    expect(error.path).toBe(path)
    expect(error.message).toMatch(message)
    expect(error.remedy).not.toBe('')
  })

  test('refuses an input schema that cannot be published', () => {
    expect(() => defineWorkflow({ name: 'w', input: z.object({ at: z.date() }), run: () => 1 })).toThrow(SchemaNotPublishableError)
  })
})
