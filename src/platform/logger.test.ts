// The logger: levels, both formats, hidden secrets, and that nothing a caller logs can break a line or throw.
import { describe, expect, it } from 'vitest'
import { ConfigInvalidError, InputInvalidError } from '../errors.ts'
import { isSecretKey } from './log-fields.ts'
import { createLogger, type LoggerOptions } from './logger.ts'

const NOON = Date.UTC(2026, 0, 31, 12)

function lines(options: LoggerOptions, write: (log: ReturnType<typeof createLogger>) => void): string[] {
  const written: string[] = []
  write(createLogger({ now: () => NOON, sink: (line) => written.push(line), ...options }))
  return written
}

const json = (fields: Record<string, unknown>, options: LoggerOptions = {}): Record<string, unknown> =>
  JSON.parse(lines(options, (log) => log.info('m', fields))[0]!)

describe('lines', () => {
  it('are JSON with time, level, message and fields', () => {
    expect(lines({}, (log) => log.info('run started', { run: 'r1', steps: 3 }))).toEqual([
      '{"time":"2026-01-31T12:00:00.000Z","level":"info","message":"run started","run":"r1","steps":3}\n',
    ])
  })

  it('are short for people', () => {
    expect(lines({ format: 'human' }, (log) => log.warn('slow step', { run: 'r1', note: 'two words', ms: 12 }))).toEqual([
      '12:00:00.000 warn  slow step  run=r1 note="two words" ms=12\n',
    ])
  })

  it('are left out below the level; silent drops all', () => {
    const all = (log: ReturnType<typeof createLogger>): void => {
      log.debug('a')
      log.info('b')
      log.warn('c')
      log.error('d')
    }
    const levels = (level: LoggerOptions['level']): unknown[] => lines(level === undefined ? {} : { level }, all).map((line) => JSON.parse(line).level)
    expect(levels(undefined)).toEqual(['info', 'warn', 'error'])
    expect(levels('debug')).toHaveLength(4)
    expect(levels('error')).toEqual(['error'])
    expect(levels('silent')).toEqual([])
    expect(() => createLogger({ level: 'loud' as 'info' })).toThrow(ConfigInvalidError)
  })

  it('keep fields that are named like the fixed ones apart', () => {
    expect(json({ level: 'error', message: 'x', time: 1 })).toMatchObject({ level: 'info', message: 'm', _level: 'error', _message: 'x', _time: 1 })
  })

  it('carry the fields of a child logger', () => {
    const [line] = lines({}, (log) => log.child({ run: 'r1' }).child({ step: 's' }).info('m', { n: 1 }))
    expect(JSON.parse(line!)).toMatchObject({ run: 'r1', step: 's', n: 1 })
  })

  it.each(['json', 'human'] as const)('stay one line in %s, whatever is logged', (format) => {
    const evil = '\n{"level":"error"}\r\u001b[31m\u0085\u2028\u202e\u2066\u009b\ufeff\u0000'
    const [line, ...rest] = lines({ format }, (log) => log.info(evil, { [evil]: evil }))
    expect(rest).toEqual([])
    expect(line!.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/)
    if (format === 'json') expect(JSON.parse(line!)).toMatchObject({ message: evil, [evil]: evil })
  })
})

describe('secrets', () => {
  it.each(['password', 'Authorization', 'proxy-authorization', 'accessToken', 'refresh_token', 'x-api-key', 'apiKey', 'API_KEY', 'clientSecret', 'set-cookie', 'dbPassword', 'privateKey', 'credentials'])('hides the value of %s at any depth', (key) => {
    expect(JSON.stringify(json({ [key]: 'hunter2', deep: [{ inner: { [key]: { a: 'hunter2' } } }] }))).not.toContain('hunter2')
  })

  it.each(['tokenizer', 'key', 'monkey', 'passwordless', 'author', 'keyboard', 'id'])('shows %s', (key) => {
    expect(isSecretKey(key)).toBe(false)
  })

  it('hides keys that the caller names, and credentials inside texts', () => {
    expect(json({ pin: '1234', taxNumber: 7 }, { secrets: ['pin', 'tax-number'] })).toMatchObject({ pin: '[hidden]', taxNumber: '[hidden]' })
    expect(json({ a: 'sent Bearer abc.def-ghi', b: 'to postgres://ada:hunter2@db/x' })).toMatchObject({ a: 'sent Bearer [hidden]', b: 'to postgres://ada:[hidden]@db/x' })
  })
})

describe('any value', () => {
  it('is shown as plain data', () => {
    const circular: Record<string, unknown> = { a: 1 }
    circular['self'] = circular
    const fields = {
      circular, date: new Date(0), never: new Date(Number.NaN), big: 5n, nan: Number.NaN, fn: () => 1, symbol: Symbol('s'), bytes: new Uint8Array(3), map: new Map([['k', 1]]), set: new Set([1]), gone: undefined, nothing: null,
      get broken(): never { throw new Error('no') }, tricky: { toJSON() { throw new Error('called') } },
    }
    const { time, level, message, ...shown } = json(fields)
    expect(shown).toEqual({
      circular: { a: 1, self: '[circular]' }, date: '1970-01-01T00:00:00.000Z', never: '[invalid date]', big: '5', nan: 'NaN', fn: '[function]', symbol: '[symbol]', bytes: '[3 bytes]', map: { k: 1 }, set: [1], nothing: null,
      broken: '[unreadable]', tricky: { toJSON: '[function]' },
    })
    expect([time, level, message]).toEqual(['2026-01-31T12:00:00.000Z', 'info', 'm'])
  })

  it('shows failures of ours by their data, others with a stack', () => {
    const { ours, other } = json({ ours: new InputInvalidError('bad', { path: 'input.a' }), other: new TypeError('odd') }) as Record<string, Record<string, unknown>>
    expect(ours).toMatchObject({ code: 'INPUT_INVALID', message: 'bad', path: 'input.a' })
    expect(ours).not.toHaveProperty('stack')
    expect(other).toMatchObject({ name: 'TypeError', message: 'odd', stack: expect.stringContaining('logger.test.ts') })
  })

  it('is bounded in length, depth and number', () => {
    const list = Array.from({ length: 1000 }, () => 'x'.repeat(1000))
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`k${n}`, list]))
    let deep: unknown = 1
    for (let level = 0; level < 1000; level++) deep = { deep }
    const [line] = lines({}, (log) => log.info('y'.repeat(1_000_000), { text: 'x'.repeat(1_000_000), deep, wide }))
    expect(line!.length).toBeLessThan(700_000)
    expect(JSON.parse(line!).text).toMatch(/^x{4096}… \(995904 more\)$/)
  })

  it('never makes the logger throw, nor does a sink that fails', () => {
    const hostile = new Proxy({}, { ownKeys() { throw new Error('no') }, getPrototypeOf() { throw new Error('no') } })
    expect(json({ hostile, a: 1 })).toMatchObject({ message: 'm', hostile: '[unreadable]', a: 1 })
    expect(json(hostile)).toMatchObject({ message: 'm', fields: '[unreadable]' })
    expect(() => lines({ sink: () => { throw new Error('disk full') } }, (log) => log.error('m'))).not.toThrow()
  })
})
