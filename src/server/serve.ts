// Serves the status pages and the API of one Wumbo on the loopback interface, and only there. It owns neither the Wumbo nor the
// process: whoever calls it closes both.
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { ConfigInvalidError } from '../errors.ts'
import type { ServedWumbo, ServeOptions, StatusServer } from './contract.ts'

const HOST = '127.0.0.1'
const DEFAULT_PORT = 8080
/** Ports that are tried above the one that was asked for. */
const TRIES = 100
/** The port is in use, or only for the system's administrator. */
const TAKEN: ReadonlySet<string> = new Set(['EADDRINUSE', 'EACCES'])

/**
 * Listens on 127.0.0.1 and serves the status pages at `/`, health at `/livez` and `/readyz`, and the API under `/api/v1/`, which
 * needs the token. The address is announced beside the store, so that the command line reaches this process while it owns the
 * store. Throws CONFIG_INVALID when no port is free.
 *
 * @example
 * const server = await serve(wumbo, { port: 8080 })
 * console.log(server.url)
 */
export async function serve(wumbo: ServedWumbo, options: ServeOptions = {}): Promise<StatusServer> {
  const port = options.port ?? DEFAULT_PORT
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new ConfigInvalidError(`port: expected a whole number from 0 to 65535, got ${port}`, { path: 'port' })
  const token = options.token ?? randomBytes(32).toString('base64url')
  // Loaded when it is needed: who only starts runs does not wait for an HTTP server.
  const { createApp } = await import('./app.ts')
  const app = createApp(wumbo, token)
  const taken = await listen(app, port)
  const url = `http://${HOST}:${taken}`
  try {
    await wumbo.announce?.({ address: url, token })
  } catch (thrown) {
    await app.close()
    throw thrown
  }
  return { url, port: taken, moved: port !== 0 && taken !== port, token, close: () => app.close() }
}

/** Listens on `port` or the next free one; gives the port taken. */
async function listen(app: FastifyInstance, port: number): Promise<number> {
  const last = port === 0 ? 0 : Math.min(65_535, port + TRIES)
  for (let next = port; next <= last; next++) {
    try {
      return Number(new URL(await app.listen({ host: HOST, port: next })).port)
    } catch (thrown) {
      if (!TAKEN.has((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown
    }
  }
  await app.close()
  throw new ConfigInvalidError(`port: expected a free port from ${port} to ${last} on ${HOST}, all are taken`, { path: 'port', remedy: 'Name another one with --port, or stop what listens there.' })
}
