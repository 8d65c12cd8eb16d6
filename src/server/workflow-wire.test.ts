import { expect, test } from 'vitest'
import { migrateBody, rollbackBody } from './workflow-wire.ts'

test('a migration names where to, and may name from where, one run, why, and that it is only looked at', () => {
  expect(migrateBody({ to: '2' })).toEqual({ to: '2' })
  expect(migrateBody({ to: '2', from: '1', run: 'r', reason: 'why', dryRun: true, by: 'ada' })).toEqual({ to: '2', from: '1', run: 'r', reason: 'why', dryRun: true, by: 'ada' })
})

test.each([[{}], [{ to: 2 }], [{ to: '2', dryRun: 'yes' }], [{ to: '2', all: true }], [[]]])('the body %j is refused', (body) => {
  expect(() => migrateBody(body)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
})

test('going back may name the version', () => {
  expect([rollbackBody({}), rollbackBody({ to: '1', by: 'ada' })]).toEqual([{}, { to: '1', by: 'ada' }])
})
