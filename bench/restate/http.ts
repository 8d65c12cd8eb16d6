// The smallest keep-alive JSON client on loopback, so that the peer's figure carries as little of its client as possible.
import { Agent, request as httpRequest } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: Infinity })

export function request(port: number, path: string, body: unknown): Promise<unknown> {
  const payload = JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        agent,
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', 'content-length': Buffer.byteLength(payload) },
      },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => (text += chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const status = answer.statusCode ?? 0
          if (status < 200 || status > 299) reject(new Error(`POST ${path} answered ${status}: ${text.slice(0, 500)}`))
          else resolve(text === '' ? undefined : JSON.parse(text))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

/** Lets the process end: keep-alive sockets would hold it open. */
export function closeConnections(): void {
  agent.destroy()
}
