// Addresses of PostgreSQL stores: what the driver is given, which schema, and what may be shown.
import { expect, test } from 'vitest'
import { ConfigInvalidError } from '../errors.ts'
import { isPostgresUrl, readPostgresUrl, withoutPassword } from './postgres-url.ts'

test.each([
  ['postgres://u:p%40w@h:5/db?schema=s_1', 'postgres://u:p%40w@h:5/db', 's_1', 'postgres://u@h:5/db?schema=s_1'],
  ['postgresql://u:p@h/db?sslmode=require&schema=s&application_name=a', 'postgresql://u:p@h/db?sslmode=require&application_name=a', 's', 'postgresql://u@h/db?sslmode=require&schema=s&application_name=a'],
  ['postgres://h/db', 'postgres://h/db', undefined, 'postgres://h/db'],
  ['postgres:///db?host=/tmp&password=secret', 'postgres:///db?host=/tmp&password=secret', undefined, 'postgres:///db?host=/tmp'],
])('%s', (store, url, schema, shown) => {
  expect(isPostgresUrl(store)).toBe(true)
  expect(readPostgresUrl(store, 'store')).toEqual({ options: { url, ...(schema === undefined ? {} : { schema }) }, shown })
})

test('lease and pooler are ours too', () => {
  expect(readPostgresUrl('postgres://h/db?lease=2s&sslmode=require&pooler=transaction', 'store').options).toEqual({ url: 'postgres://h/db?sslmode=require', leaseMs: 2000, pooler: 'transaction' })
})

test.each(['postgres://u:secret@h/db?lease=soon', 'postgres://u:secret@h/db?lease=10', 'postgres://u:secret@h/db?pooler=session', 'postgres://u:sec/ret@h:port/db', 'postgres://u:secret@h/db?schema=Upper', 'postgres://u:secret@h:99999/db', 'postgres://u:sec@ret@:/x:y'])('%s is refused without its password', (store) => {
  expect(() => readPostgresUrl(store, '--store')).toThrow(ConfigInvalidError)
  try {
    readPostgresUrl(store, '--store')
  } catch (thrown) {
    expect(JSON.stringify(thrown)).not.toMatch(/sec|ret@/)
    expect((thrown as Error).message).toContain('--store: expected')
  }
})

test.each([
  ['postgres:u:secret@h/db', 'postgres:u@h/db'],
  ['mysql://u:secret@h/db', 'mysql://u@h/db'],
  ['postgres://u:a:b@c@h/db', 'postgres://u@h/db'],
  ['sqlite:.wumbo/wumbo.db', 'sqlite:.wumbo/wumbo.db'],
  ['sqlite:/a:b/c', 'sqlite:/a:b/c'],
  ['memory', 'memory'],
])('%s is shown as %s', (text, shown) => {
  expect(withoutPassword(text)).toBe(shown)
})
