// A fleet of workers for tests: processes on one schema, killed, stopped and started again, and what is left in the database at the end.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { createWumbo, defineWorkflow, type Wumbo } from '../../src/index.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'
import type { WorkerData } from './worker-process.ts'
import { z } from 'zod'

/** Something that a worker said. */
export interface Said {
  readonly at: number
  readonly ready?: boolean
  readonly began?: string
  readonly event?: string
  readonly run?: string
}

/** One worker. */
export class WorkerProcess {
  readonly name: string
  readonly said: Said[] = []
  readonly log: { readonly level: string; readonly message: string; readonly [more: string]: unknown }[] = []
  readonly child: ChildProcess
  readonly ended: Promise<unknown>
  readonly ready: Promise<void>

  constructor(data: WorkerData) {
    this.name = data.name
    this.child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', new URL('./worker-process.ts', import.meta.url).pathname, JSON.stringify(data)], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = once(this.child, 'exit')
    const { stdout, stderr } = this.child
    if (stdout === null || stderr === null) throw new Error('a worker without pipes')
    this.ready = new Promise((resolve) => {
      createInterface(stdout).on('line', (line) => {
        this.said.push(JSON.parse(line) as Said)
        resolve()
      })
    })
    createInterface(stderr).on('line', (line) => {
      try {
        this.log.push(JSON.parse(line) as (typeof this.log)[number])
      } catch {
        this.log.push({ level: 'raw', message: line })
      }
    })
  }

  signal(signal: NodeJS.Signals): void {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal)
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }
}

/** Workflows by name only, for a process that starts runs and leaves them to the workers. */
const outline = (name: string) => defineWorkflow({ name, input: z.unknown(), run: async () => undefined as unknown })

/** A fleet on one schema. */
export class Fleet {
  readonly workers: WorkerProcess[] = []
  readonly #place: { readonly url: string; readonly schema: string }
  readonly #leaseMs: number
  readonly pool: pg.Pool
  #names = 0

  constructor(place: { readonly url: string; readonly schema: string }, leaseMs: number) {
    this.#place = place
    this.#leaseMs = leaseMs
    this.pool = new pg.Pool({ connectionString: place.url, max: 2 })
    this.pool.on('error', () => undefined)
  }

  /** A process that starts runs and works on none; makes the tables. */
  async starter(): Promise<Wumbo> {
    const store = await postgresStore({ ...this.#place, leaseMs: this.#leaseMs })
    await this.pool.query(`create table if not exists ${this.#place.schema}.effects (id bigint generated always as identity, run text, path text, worker text, key text)`)
    return createWumbo({ store, limits: { hotRuns: 0 }, queues: [], workflows: ['five', 'poisoned', 'sleeper', 'parent'].map(outline) })
  }

  async add(more: Partial<WorkerData> = {}): Promise<WorkerProcess> {
    const worker = new WorkerProcess({ ...this.#place, leaseMs: this.#leaseMs, name: `w${this.#names++}`, ...more })
    this.workers.push(worker)
    await Promise.race([worker.ready, worker.ended])
    return worker
  }

  async query(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query<Record<string, unknown>>(sql.replaceAll('@', `${this.#place.schema}.`), values)
    return rows
  }

  /** Waits until `sql` gives a row whose first column is true. */
  async until(sql: string, ms: number): Promise<void> {
    const end = performance.now() + ms
    for (;;) {
      const [row] = await this.query(sql).catch(() => [])
      if (row !== undefined && Object.values(row)[0] === true) return
      if (performance.now() > end) throw new Error(`it did not come to this within ${ms} ms: ${sql}\n${JSON.stringify(await this.query(`select status, count(*) from @run_rows group by 1`))}\n${this.workers.map(({ name, log }) => `${name}: ${JSON.stringify(log.slice(-5))}`).join('\n')}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill()))
    await this.pool.end()
  }
}
