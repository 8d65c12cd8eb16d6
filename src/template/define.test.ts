import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ConfigInvalidError, DefinitionError, InputInvalidError, OutputInvalidError, TemplateFailedError, WumboError } from '../errors.ts'
import { defineTemplate } from './define.ts'
import { Template } from './template.ts'

const Lead = z.object({ visits: z.int().min(0) })
const Score = z.object({ score: z.number().max(1) })
const head = { name: 'score-lead', version: '1.0.0', description: 'Scores a lead.' } as const

const scoreLead = defineTemplate({ ...head, input: Lead, output: Score, pure: true, execute: ({ visits }) => ({ score: visits / 10 }) })

/** defineTemplate as it is called from JavaScript. */
const define = defineTemplate as unknown as (definition: unknown) => unknown
const refusal = (definition: unknown): WumboError => {
  try {
    define(definition)
  } catch (thrown) {
    return thrown as WumboError
  }
  throw new Error('expected a refusal')
}

describe('calling', () => {
  test('gives the data', async () => {
    expect(await scoreLead({ visits: 3 })).toEqual({ score: 0.3 })
  })

  test('refuses an input that the schema refuses, with each problem and its path', async () => {
    const error = await scoreLead({ visits: -1 }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(InputInvalidError)
    expect(error).toMatchObject({ path: 'input.visits', details: { problems: [{ path: 'visits' }] } })
    expect((error as Error).message).toMatch(/^score-lead@1\.0\.0 refused its input: input\.visits: /)
  })

  test('refuses an output that the schema refuses', async () => {
    await expect(scoreLead({ visits: 30 })).rejects.toThrow(OutputInvalidError)
  })

  test('turns what is no WumboError into TemplateFailedError, with the cause and its hints', async () => {
    const thrown = Object.assign(new Error('boom'), { retryable: false, retryAfter: 20 })
    const failing = defineTemplate({ ...head, input: Lead, output: Score, execute: () => { throw thrown } })
    const error = await failing({ visits: 1 }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(TemplateFailedError)
    expect(error).toMatchObject({ message: 'score-lead@1.0.0 failed: boom', cause: thrown, retryable: false, retryAfter: 20 })
  })

  test("keeps the class of a user's own failure", async () => {
    class CardDeclined extends WumboError {
      constructor() {
        super({ code: 'CARD_DECLINED', fault: 'user', retryable: false, status: 402, remedy: 'Use another card.' }, 'declined')
      }
    }
    const failing = defineTemplate({ ...head, input: Lead, output: Score, execute: async () => Promise.reject(new CardDeclined()) })
    await expect(failing({ visits: 1 })).rejects.toBeInstanceOf(CardDeclined)
  })

  test('awaits what can be awaited but is no promise', async () => {
    const builder = { then: (give: (value: { score: number }) => void) => give({ score: 0.5 }) }
    const querying = defineTemplate({ ...head, input: Lead, output: Score, execute: () => builder as unknown as Promise<{ score: number }> })
    expect(await querying({ visits: 1 })).toEqual({ score: 0.5 })
  })

  test('checks with asynchronous schemas', async () => {
    const known = z.object({ visits: z.number().refine(async (visits) => Promise.resolve(visits !== 13)) })
    const template = defineTemplate({ ...head, input: known, output: Score, execute: () => ({ score: 0 }) })
    expect(await template({ visits: 1 })).toEqual({ score: 0 })
    await expect(template({ visits: 13 })).rejects.toThrow(InputInvalidError)
  })
})

describe('execute', () => {
  test('gives a result that names template, version and execution', async () => {
    const result = await scoreLead.execute({ visits: 3 })
    expect(result).toMatchObject({ success: true, data: { score: 0.3 }, recovered: false, attempts: 1, metadata: { template: 'score-lead', version: '1.0.0', state: 'succeeded' } })
    expect(result.durationMs).toBeGreaterThanOrEqual(0)
  })

  test('throws for a failure, and gives it with failSilently', async () => {
    await expect(scoreLead.execute({ visits: -1 })).rejects.toThrow(InputInvalidError)
    const result = await scoreLead.execute({ visits: -1 }, { failSilently: true })
    expect(result).toMatchObject({ success: false, error: { code: 'INPUT_INVALID' }, errorData: { code: 'INPUT_INVALID' }, metadata: { state: 'failed' } })
  })

  test('says when the recover hook gave the data', async () => {
    const recovering = defineTemplate({ ...head, input: Lead, output: Score, execute: () => { throw new Error('no') }, recover: () => ({ score: 0 }) })
    expect(await recovering.execute({ visits: 1 })).toMatchObject({ success: true, recovered: true, data: { score: 0 } })
  })
})

describe('what is published', () => {
  test('metadata, level, defaults and JSON Schemas: inputs as sent, outputs as given', () => {
    const template = defineTemplate({
      ...head, tags: ['sales'], input: z.object({ n: z.number().default(1) }), output: z.object({ n: z.number().default(1) }),
      retry: { maxAttempts: 3, initialDelay: '1s' }, timeout: '10s', execute: (input) => input,
    })
    expect(template.meta).toEqual({ ...head, tags: ['sales'] })
    expect(template.level).toBe('effect')
    expect(scoreLead.level).toBe('pure')
    expect(template.defaults).toEqual({ retry: { maxAttempts: 3, initialDelay: 1000 }, timeout: 10_000 })
    expect(template.schemas.input['required']).toBeUndefined()
    expect(template.schemas.output['required']).toEqual(['n'])
    expect(template.schemas.config).toBeNull()
    expect(template.name).toBe('score-lead')
  })

  test('a template cannot be changed', () => {
    expect(Object.isFrozen(scoreLead) && Object.isFrozen(scoreLead.meta) && Object.isFrozen(scoreLead.schemas.input)).toBe(true)
  })
})

describe('the door', () => {
  const good = { ...head, input: Lead, output: Score, execute: () => ({ score: 1 }) }

  test.each([
    ['no object', 7, 'definition', 'expected an object, got 7'],
    ['a name outside the grammar', { ...good, name: 'Score Lead' }, 'name', 'expected words of lower-case letters'],
    ['a long name', { ...good, name: 'a'.repeat(101) }, 'name', 'at most 100 characters'],
    ['a version that is none', { ...good, version: '1.0' }, 'version', 'expected a semantic version such as "1.0.0", got "1.0"'],
    ['no description', { ...good, description: ' ' }, 'description', 'expected a sentence'],
    ['a wrong key', { ...good, preproces: () => 1 }, 'preproces', 'there is no such key. Did you mean "preprocess"?'],
    ['no execute', { ...good, execute: undefined }, 'execute', 'expected a function, got nothing'],
    ['a hook that is no function', { ...good, cleanup: 'x' }, 'cleanup', 'expected a function, got "x"'],
    ['no schema', { ...good, input: { type: 'object' } }, 'input', 'expected a schema that follows Standard Schema'],
    ['tags that are no list', { ...good, tags: 'a' }, 'tags', 'expected a list of texts, got "a"'],
    ['an alias outside the grammar', { ...good, aliases: ['ok', 'No'] }, 'aliases[1]', 'expected words of lower-case letters'],
    ['pure that is no boolean', { ...good, pure: 'yes' }, 'pure', 'expected true or false'],
    ['too few attempts', { ...good, retry: { maxAttempts: 0 } }, 'retry.maxAttempts', 'expected a whole number from 1 to 100000, got 0'],
    ['a wrong back-off', { ...good, retry: { backoff: 'exponentia' } }, 'retry.backoff', 'Did you mean "exponential"?'],
    ['a wrong key of retry', { ...good, retry: { attempts: 3 } }, 'retry.attempts', 'there is no such key'],
    ['a wrong delay', { ...good, retry: { initialDelay: 'soon' } }, 'retry.initialDelay', 'expected a duration'],
    ['a wrong timeout', { ...good, timeout: '10 seconds' }, 'timeout', 'expected a duration'],
    ['a JSON Schema that is none', { ...good, jsonSchema: { input: true } }, 'jsonSchema.input', 'expected a JSON Schema'],
  ])('refuses %s', (_case, definition, path, message) => {
    const error = refusal(definition)
    expect(error).toBeInstanceOf(DefinitionError)
    expect(error.path).toBe(path)
    expect(error.message).toContain(message)
    expect(error.remedy).not.toBe('')
  })
})

describe('config', () => {
  const weighted = { ...head, input: Lead, output: Score, config: z.object({ weight: z.number() }) }
  const strict = defineTemplate({ ...weighted, execute: ({ visits }, _context, { weight }) => ({ score: visits * weight }) })

  test('is checked and fixed by configure', async () => {
    const config = { weight: 0.1 }
    const configured = strict.configure(config)
    config.weight = 9
    expect(await configured({ visits: 2 })).toEqual({ score: 0.2 })
    expect(configured.config).toEqual({ weight: 0.1 })
    expect(Object.isFrozen(configured.config)).toBe(true)
    expect(() => strict.configure({ weight: 'x' } as never)).toThrow(ConfigInvalidError)
  })

  test('must be given when a field has no default', async () => {
    await expect((strict as unknown as Template<{ visits: number }>)({ visits: 1 })).rejects.toMatchObject({ code: 'CONFIG_INVALID', path: 'config.weight', remedy: expect.stringContaining('configure') as string })
  })

  test('may be left out when each field has a default', async () => {
    const easy = defineTemplate({ ...weighted, config: z.object({ weight: z.number().default(0.5) }), execute: (_input, _context, { weight }) => ({ score: weight }) })
    expect(await easy({ visits: 1 })).toEqual({ score: 0.5 })
    expect(await easy.configure({ weight: 1 })({ visits: 1 })).toEqual({ score: 1 })
    expect(easy.schemas.config).toMatchObject({ type: 'object', properties: { weight: { default: 0.5 } } })
  })

  test('must be checked at once', () => {
    expect(() => defineTemplate({ ...weighted, config: z.object({}).refine(async () => Promise.resolve(true)), execute: () => ({ score: 1 }) })).toThrow(/gives a promise/)
  })
})

describe('a class', () => {
  class ScoreByCurve extends Template<z.output<typeof Lead>, z.input<typeof Score>> {
    readonly name = 'score-by-curve'
    readonly version = '2.0.0'
    readonly description = 'Scores a lead on a curve.'
    readonly input = Lead
    readonly output = Score
    readonly #steep = 0.2
    execute({ visits }: z.output<typeof Lead>): { score: number } {
      return { score: this.curve(visits) }
    }

    curve(visits: number): number {
      return Math.min(1, visits * this.#steep)
    }
  }

  test('makes the same template, whose hooks are methods', async () => {
    const template = defineTemplate(ScoreByCurve)
    expect(template.meta).toEqual({ name: 'score-by-curve', version: '2.0.0', description: 'Scores a lead on a curve.' })
    expect(await template({ visits: 3 })).toEqual({ score: 0.6000000000000001 })
  })
})
