// The oldest PostgreSQL that is supported, and the newest: the same meaning on both. The other tests run on one server, whichever it is.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postgresStore } from '../../../src/store/postgres/index.ts'
import { storeConformance } from '../../../src/testing/store-conformance.ts'
import { NoServerError, startEmbedded, type EmbeddedServer } from '../../../bench/postgres/embedded.ts'
import { postgresFactoryWith } from './factories.ts'
import { makeSchema } from './postgres-server.ts'

/** In CI a server that cannot be started is a failure; elsewhere it is said and left out. */
const MUST = process.env['CI'] !== undefined

describe.each([['14', 'oldest'], ['18', 'newest']] as const)('PostgreSQL %s', (major, from) => {
  let server: EmbeddedServer | undefined
  beforeAll(async () => {
    try {
      server = await startEmbedded({ from })
    } catch (thrown) {
      if (MUST || !(thrown instanceof NoServerError)) throw thrown
      console.warn(`PostgreSQL ${major} is left out: ${thrown.message}`)
    }
  }, 360_000)
  afterAll(() => server?.stop())

  for (const { name, run } of storeConformance(postgresFactoryWith({ server: () => server?.url }))) {
    test(name, async (context) => {
      if (server === undefined) context.skip()
      else await run()
    })
  }

  test('the server is what it is said to be', async (context) => {
    if (server === undefined) return context.skip()
    const { url, schema, drop } = makeSchema(server.url)
    const store = await postgresStore({ url, schema })
    expect(String(store.facts['server'])).toMatch(new RegExp(`^${major}\\b`))
    await store.close()
    await drop()
  })
})
