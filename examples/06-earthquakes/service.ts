// The outside world of this example: a small HTTP service on loopback that names the seismic zone of a place and takes
// alerts. It fails now and then, and is slow now and then, always for the same requests under one seed, and it keeps a
// log of its own (call-log.ts).
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { openCallLog } from './call-log.ts'
import type { Caller, CallLog, CallResult } from './call-log.ts'
import { zoneOf } from './zones.ts'
import type { Place } from './zones.ts'

/** Share of requests whose first call is refused with 503. */
const BUSY = 0.07
/** Share of requests that are answered slowly. */
const SLOW = 0.07

/** How the service is started. */
export interface ServiceOptions {
  /** The file of its log; appended to when it is there. */
  readonly log: string
  /** Default: one that is free. */
  readonly port?: number
  /** Chooses which requests are refused or slow. Default 1. */
  readonly seed?: number
}

/** A running service. */
export interface GeoService {
  readonly url: string
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly result: CallResult
  readonly items: number
  readonly body: unknown
}

/** Starts the service on loopback. */
export async function startService(options: ServiceOptions): Promise<GeoService> {
  const log = openCallLog(options.log)
  const desk = new Desk(log, options.seed ?? 1)
  const server = createServer((request, response) => {
    desk.serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          log.close()
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

/** Answers calls. What it has to remember it reads from its log, so that it goes on where it was after a restart. */
class Desk {
  readonly #log: CallLog
  readonly #seed: number
  #calls: number
  /** Keys that have called. */
  readonly #seen = new Set<string>()
  /** Keys whose alert was taken. */
  readonly #alerts = new Set<string>()

  constructor(log: CallLog, seed: number) {
    this.#log = log
    this.#seed = seed
    this.#calls = log.earlier.reduce((highest, { call }) => Math.max(highest, call), 0)
    const alerts = new Map<number, string>()
    for (const entry of log.earlier) {
      if (entry.event === 'received') {
        this.#seen.add(entry.key)
        if (entry.path === '/alerts') alerts.set(entry.call, entry.key)
      } else if (entry.result === 'done') {
        const key = alerts.get(entry.call)
        if (key !== undefined) this.#alerts.add(key)
      }
    }
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const path = request.url ?? '/'
    const caller = callerOf(request)
    const call = ++this.#calls
    this.#log.append({ event: 'received', call, at: Date.now(), path, ...caller })
    const luck = fraction(`${this.#seed} ${path} ${body}`)
    const first = !this.#seen.has(caller.key)
    this.#seen.add(caller.key)
    if (luck >= BUSY && luck < BUSY + SLOW) await delay(150)
    else await delay(5 + 20 * luck)
    const answer = luck < BUSY && first ? { status: 503, result: 'busy' as const, items: 0, body: { error: 'busy, try again' } } : this.#answer(path, caller.key, body)
    this.#log.append({ event: 'answered', call, at: Date.now(), result: answer.result, items: answer.items })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  }

  #answer(path: string, key: string, body: string): Answer {
    if (path === '/zones') {
      const places = JSON.parse(body) as readonly Place[]
      return { status: 200, result: 'done', items: places.length, body: places.map(zoneOf) }
    }
    if (path === '/alerts') {
      const known = this.#alerts.has(key)
      this.#alerts.add(key)
      const id = createHash('sha256').update(body).digest('hex').slice(0, 8)
      return { status: known ? 200 : 201, result: known ? 'known' : 'done', items: 1, body: { alert: id } }
    }
    return { status: 404, result: 'refused', items: 0, body: { error: `there is nothing at ${path}` } }
  }
}

function callerOf(request: IncomingMessage): Caller {
  const header = (name: string): string => String(request.headers[name] ?? '')
  return { key: header('idempotency-key'), run: header('x-run'), step: header('x-step'), attempt: Number(header('x-attempt')), process: Number(header('x-process')) }
}

/** A number from 0 to 1 that depends on the text alone. */
function fraction(of: string): number {
  return createHash('sha256').update(of).digest().readUInt32BE() / 2 ** 32
}
