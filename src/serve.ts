// The façade's door to the server: loads it only when somebody serves, since most programs never do.
import type { ServedWumbo, ServeOptions, StatusServer } from './server/contract.ts'

/**
 * Serves the status page of a Wumbo, its runs and `/livez` on the loopback interface. A taken port gets the next one.
 *
 * @example
 * await using wumbo = await createWumbo({ workflows: [onboard] })
 * const server = await serve(wumbo, { port: 8080 })
 * console.log(server.url)
 */
export async function serve(wumbo: ServedWumbo, options: ServeOptions = {}): Promise<StatusServer> {
  const server = await import('./server/serve.ts')
  return server.serve(wumbo, options)
}
