// A process between Wumbo and PostgreSQL that passes everything on and counts statements, so that they are known exactly on any server, and
// counting costs the measured process nothing. Started by `startProxy`, asked over the channel between the processes.
import { fork } from 'node:child_process'
import { connect, createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Started } from '../measurement.ts'
import { StatementCount } from './statements.ts'

export interface Proxy {
  /** Where the database is reached through it. */
  readonly url: string
  /** Statements carried out so far, and connections that are open. */
  count(): Promise<Counted>
}

export interface Counted {
  readonly statements: number
  readonly connections: number
}

/** Starts one in front of the server of `url`; it ends with the measurement. */
export async function startProxy(url: string, started: Started): Promise<Proxy> {
  const child = fork(fileURLToPath(import.meta.url), [url], { execArgv: [] })
  if (child.pid !== undefined) started.process(child.pid)
  started.undo(() => void child.kill('SIGKILL'))
  const answer = <T>(): Promise<T> => new Promise((resolve, reject) => child.once('message', resolve).once('exit', () => reject(new Error('the proxy has ended'))))
  const port = await answer<number>()
  const address = new URL(url)
  address.hostname = '127.0.0.1'
  address.port = String(port)
  return {
    url: address.href,
    count: () => {
      child.send('count')
      return answer<Counted>()
    },
  }
}

function serve(url: string): void {
  const { hostname, port } = new URL(url)
  let ended = 0
  const open = new Set<StatementCount>()
  const server = createServer((client) => {
    const count = new StatementCount()
    open.add(count)
    const upstream = connect(Number(port || 5432), hostname)
    client.setNoDelay()
    upstream.setNoDelay()
    client.pipe(upstream)
    upstream.on('data', (chunk: Buffer) => count.feed(chunk)).pipe(client)
    const end = (): void => {
      client.destroy()
      upstream.destroy()
      if (open.delete(count)) ended += count.statements
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('message', () => process.send?.({ statements: [...open].reduce((sum, count) => sum + count.statements, ended), connections: open.size } satisfies Counted))
  process.once('disconnect', () => process.exit(0))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve(process.argv[2] ?? '')
