// A way to the server that a test can cut: what passes it can be stopped, and replies can be swallowed after the server has acted.
import { createServer, connect, type Server, type Socket } from 'node:net'

/** A TCP proxy on 127.0.0.1. */
export class Proxy {
  readonly #target: { readonly host: string; readonly port: number }
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #swallow: ((reply: Buffer) => boolean) | null = null
  port = 0

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#target = { host: hostname, port: Number(port) || 5432 }
  }

  /** The address of the server by this way. */
  url(url: string): string {
    const through = new URL(url)
    through.hostname = '127.0.0.1'
    through.port = String(this.port)
    return through.href
  }

  async open(): Promise<void> {
    const server = createServer((socket) => this.#pass(socket))
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.port = (server.address() as { readonly port: number }).port
    this.#server = server
  }

  /** Nothing passes any more: connections break, and new ones are refused. */
  async cut(): Promise<void> {
    const server = this.#server
    this.#server = null
    for (const socket of this.#sockets) socket.destroy()
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  /** Breaks connections, but lets new ones in. */
  shake(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Drops a connection instead of handing on the first reply that `of` says yes to: the server has acted, and nobody learns it. */
  swallowReply(of: (reply: Buffer) => boolean): void {
    this.#swallow = of
  }

  #pass(client: Socket): void {
    const server = connect(this.#target)
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    client.on('data', (data) => server.write(data))
    server.on('data', (data) => {
      if (this.#swallow?.(data) === true) {
        this.#swallow = null
        client.destroy()
        server.destroy()
      } else client.write(data)
    })
  }
}
