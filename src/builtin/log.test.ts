// The template log: what reaches the logger.
import { expect, it } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { createContext } from '../template/context.ts'
import { log } from './log.ts'

it('writes one line at its level with its fields, secrets hidden', async () => {
  const lines: string[] = []
  const context = createContext({ log: createLogger({ level: 'debug', sink: (line) => lines.push(line), now: () => 0 }) })
  expect(await log({ message: 'lead\nscored', level: 'warn', fields: { score: 0.3, password: 'hunter2' } }, { context })).toEqual({ level: 'warn', message: 'lead\nscored' })
  expect(lines).toEqual(['{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"lead\\nscored","score":0.3,"password":"[hidden]"}\n'])
})

it('is info unless told otherwise, and counts as pure', async () => {
  const seen: unknown[] = []
  const note = (level: string) => (message: string) => seen.push([level, message])
  await log({ message: 'm' }, { log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') } })
  expect(seen).toEqual([['info', 'm']])
  expect(log.level).toBe('pure')
})
