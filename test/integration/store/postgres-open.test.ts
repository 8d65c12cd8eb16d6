// Opening a PostgreSQL store that cannot be opened: each reason is told with what to do, and no password is. Servers that refuse are played
// by a few bytes of the protocol; the rest needs a real one.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createWumbo, WumboError } from '../../../src/index.ts'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { storeFile } from './folder.ts'
import { send, start } from '../../../src/testing/store-cases/samples.ts'
import { describePostgres, makeSchema, postgresUrl } from './postgres-server.ts'

const SECRET = 'geheim'

// Variables of the machine must not decide.
beforeEach(() => {
  for (const name of ['PGPASSWORD', 'PGUSER', 'PGHOST', 'PGPORT', 'PGDATABASE']) vi.stubEnv(name, undefined)
  vi.stubEnv('PGPASSFILE', '/nowhere')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

/** A message of the server: its letter, its length, its content. */
function message(letter: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(letter)
  head.writeInt32BE(content.length + 4, 1)
  return Buffer.concat([head, content])
}

const asks = (how: number, more = ''): Buffer => {
  const code = Buffer.alloc(4)
  code.writeInt32BE(how)
  return message('R', Buffer.concat([code, Buffer.from(more)]))
}
const CLEARTEXT = asks(3)
const SCRAM = asks(10, 'SCRAM-SHA-256\0\0')
const refusal = (state: string, words: string): Buffer => message('E', Buffer.from(`SFATAL\0VFATAL\0C${state}\0M${words}\0\0`))

/** A server that says `first` to whoever comes, and `then` to whatever is said next. */
async function makeServer(first: Buffer | null, then: Buffer | null = null): Promise<{ readonly port: number; readonly heard: string[] }> {
  const heard: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      if (first !== null) socket.write(first)
      socket.on('data', (data) => {
        heard.push(data.toString('latin1', 5, data.length - 1))
        if (then !== null) socket.end(then)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, heard }
}

async function failure(store: string): Promise<WumboError> {
  const thrown: unknown = await createWumbo({ store, readOnly: true }).then(() => undefined, (error: unknown) => error)
  if (!(thrown instanceof WumboError)) throw new Error(`expected a failure of the catalogue, got ${String(thrown)}`)
  expect(JSON.stringify(thrown)).not.toContain(SECRET)
  return thrown
}

describe('why a store cannot be opened', () => {
  test('nobody answers', async () => {
    expect(await failure(`postgres://me:${SECRET}@127.0.0.1:1/db`)).toMatchObject({ code: 'STORE_FAILED', retryable: true, message: 'the server at 127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1', path: 'postgres://me@127.0.0.1:1/db' })
  })

  test('somebody listens who never answers: it is over within the time for connecting', { timeout: 30_000 }, async () => {
    const { port } = await makeServer(null)
    const began = performance.now()
    expect(await failure(`postgres://me:${SECRET}@127.0.0.1:${port}/db`)).toMatchObject({ code: 'STORE_FAILED', retryable: true, message: expect.stringContaining('cannot be reached') })
    expect(performance.now() - began).toBeLessThan(15_000)
  })

  test('the password is wrong', async () => {
    const { port, heard } = await makeServer(CLEARTEXT, refusal('28P01', 'password authentication failed for user "me"'))
    expect(await failure(`postgres://me:${SECRET}@127.0.0.1:${port}/db`)).toMatchObject({ code: 'STORE_FAILED', retryable: false, message: expect.stringContaining('refuses the login of user me'), remedy: expect.stringContaining('PGPASSWORD') })
    expect(heard).toEqual([SECRET])
  })

  test('there is no password', async () => {
    const { port } = await makeServer(SCRAM, asks(11, 'r=x,s=c2FsdA==,i=4096'))
    expect(await failure(`postgres://me@127.0.0.1:${port}/db`)).toMatchObject({ code: 'STORE_FAILED', retryable: false, message: expect.stringContaining('wants a password for user me'), remedy: expect.stringContaining('PGPASSWORD') })
  })

  test('the server has no place, or is starting', async () => {
    const full = await makeServer(refusal('53300', 'sorry, too many clients already'))
    expect(await failure(`postgres://me@127.0.0.1:${full.port}/db`)).toMatchObject({ retryable: true, message: expect.stringContaining('no further connection') })
    const starting = await makeServer(refusal('57P03', 'the database system is starting up'))
    expect(await failure(`postgres://me@127.0.0.1:${starting.port}/db`)).toMatchObject({ retryable: true, message: expect.stringContaining('starting or stopping') })
  })

  test.each([`postgres://me:${SECRET}@h:port/db`, `postgres://me:${SECRET}@h/db?schema=No`, `mysql://me:${SECRET}@h/db`, `postgres:me:${SECRET}@h`])('%s is no address', async (store) => {
    expect(await failure(store)).toMatchObject({ code: 'CONFIG_INVALID', path: 'store' })
  })
})

test('a password that the address does not hold comes from PGPASSWORD, or from the file of passwords', async () => {
  const { port, heard } = await makeServer(CLEARTEXT, refusal('28P01', 'no'))
  const folder = mkdtempSync(join(tmpdir(), 'wumbo-pgpass-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const lines = ['# a word', `127.0.0.1:${port}:db:other:no`, `127.0.0.1:${port}:*:me:from \\: the % file & more`, '*:*:*:*:later']
  writeFileSync(join(folder, 'pgpass'), `${lines.join('\n')}\n`, { mode: 0o600 })
  vi.stubEnv('PGPASSFILE', join(folder, 'pgpass'))
  await failure(`postgres://me@127.0.0.1:${port}/db`)
  chmodSync(join(folder, 'pgpass'), 0o644) // not for others to read: then it does not count
  vi.stubEnv('PGPASSWORD', 'from the environment')
  await failure(`postgres://me@127.0.0.1:${port}/db`)
  expect(heard).toEqual(['from : the % file & more', 'from the environment'])
})

test('whoever keeps to a file never loads the driver', async () => {
  const file = storeFile()
  const script = join(dirname(file), 'script.mjs')
  writeFileSync(script, `
    import Module from 'node:module'
    const { createWumbo } = await import(${JSON.stringify(new URL('../../../src/index.ts', import.meta.url).href)})
    await (await createWumbo({ store: ${JSON.stringify(`sqlite:${file}`)} })).close()
    console.log(Object.keys(Module._cache).filter((file) => /[\\\\/]node_modules[\\\\/]pg[\\\\/]/.test(file)).length)`)
  const child = spawn(process.execPath, ['--conditions=wumbo-source', '--disable-warning=ExperimentalWarning', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  expect(await text(child.stdout)).toBe('0\n')
})

describePostgres('with a PostgreSQL server', () => {
  test('a database that is not there is named', async () => {
    const url = new URL(postgresUrl ?? '')
    url.pathname = '/wumbo_none'
    expect(await failure(url.href)).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('has no database wumbo_none'), remedy: expect.stringContaining('createdb wumbo_none') })
  })

  test('looking only creates nothing, and refuses to write', async () => {
    const at = makeSchema()
    onTestFinished(at.drop)
    expect(await failure(`${at.url}?schema=${at.schema}`)).toMatchObject({ code: 'STORE_MISSING', message: expect.stringContaining(at.schema) })
    expect((await at.query('select 1 from pg_namespace where nspname = $1', [at.schema])).rows).toEqual([])
    await (await postgresStore({ url: at.url, schema: at.schema })).close()
    const reader = await postgresStore({ url: at.url, schema: at.schema, readOnly: true })
    expect(await reader.listRuns({})).toEqual({ runs: [], next: null })
    await expect(reader.openLane()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await expect(reader.blobs.put('a', Buffer.from('a'))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await reader.close()
  })

  test('tables of an older version are not changed by looking, those of a newer one are refused', async () => {
    const at = makeSchema()
    onTestFinished(at.drop)
    await (await postgresStore({ url: at.url, schema: at.schema })).close()
    await at.query('update schema_version set version = 1')
    expect(await failure(`${at.url}?schema=${at.schema}`)).toMatchObject({ code: 'STORE_FAILED', remedy: expect.stringContaining('for writing') })
    await at.query('update schema_version set version = 999')
    expect(await failure(`${at.url}?schema=${at.schema}`)).toMatchObject({ code: 'STORE_TOO_NEW' })
  })

  test('tables from before the index of mail was changed are brought up to date with what they hold', async () => {
    const at = makeSchema()
    onTestFinished(at.drop)
    const first = await postgresStore({ url: at.url, schema: at.schema })
    await (await first.openLane()).flush([start(1), send(1, 'a'), send(1, 'b')])
    await first.close()
    await at.query('drop index inbox_mail')
    await at.query('create unique index inbox_mail on inbox (run_no, mail)')
    await at.query('update schema_version set version = 7')
    const second = await postgresStore({ url: at.url, schema: at.schema })
    onTestFinished(() => second.close())
    const { rows } = await at.query(`select indexdef from pg_indexes where schemaname = '${at.schema}' and indexname = 'inbox_mail'`)
    expect(rows).toMatchObject([{ indexdef: expect.stringContaining('run_no + 0') }])
    const { answers } = await (await second.openLane()).flush([send(1, 'b'), send(1, 'c')])
    expect([...answers.values()]).toMatchObject([{ answer: 'sent' }, { answer: 'sent' }])
    expect((await second.mail(start(1).run, 0)).map(({ id, number }) => [id, number])).toEqual([['a', 1], ['b', 2], ['c', 3]])
  })
})
