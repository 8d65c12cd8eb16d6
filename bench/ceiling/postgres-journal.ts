// Group commit to PostgreSQL and nothing else: rows gather while one statement of a connection is on its way, and whoever wrote them is told
// once it is committed. No lease, no owner, no event: what is left is what the disk, PostgreSQL and JavaScript cost. It is
// not an engine and could not recover a run.
import pg from 'pg'

const TABLES = `
  create table runs (id uuid primary key, workflow text not null, status integer not null, input text not null, output text, created bigint not null, finished bigint);
  create table steps (run uuid not null, path text not null, output text not null, started bigint not null, finished bigint not null, primary key (run, path))`

/** A plan that fits small batches whatever the server has counted so far: indexes, one row after the other. */
const SETTINGS = 'set jit = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off; set plan_cache_mode = force_generic_plan'

const COMMIT = {
  name: 'commit',
  text: `
  with started as (
    insert into runs (id, workflow, status, input, created) select id, 'three', 0, input, created from unnest($1::uuid[], $2::text[], $3::bigint[]) as u(id, input, created)
  ), stepped as (
    insert into steps (run, path, output, started, finished) select * from unnest($4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
  )
  update runs set status = 1, output = f.output, finished = f.finished from unnest($9::uuid[], $10::text[], $11::bigint[]) as f(id, output, finished) where runs.id = f.id`,
}

const COLUMNS = 11

interface Batch {
  readonly columns: (string | number)[][]
  readonly waiting: (() => void)[]
}

/** One connection, with one statement in flight. */
class Writer {
  readonly #client: pg.Client
  readonly #fail: (error: unknown) => void
  #batch = emptyBatch()
  #isBusy = false
  #isScheduled = false

  constructor(client: pg.Client, fail: (error: unknown) => void) {
    this.#client = client
    this.#fail = fail
  }

  put(first: number, ...cells: readonly (string | number)[]): void {
    for (const [at, cell] of cells.entries()) this.#batch.columns[first + at]?.push(cell)
  }

  durable(): Promise<void> {
    return new Promise((resolve) => {
      this.#batch.waiting.push(resolve)
      if (this.#isBusy || this.#isScheduled) return
      // Idle: whoever else writes in this turn of the loop travels along.
      this.#isScheduled = true
      setImmediate(() => {
        this.#isScheduled = false
        this.#send()
      })
    })
  }

  #send(): void {
    if (this.#isBusy || this.#batch.waiting.length === 0) return
    const { columns, waiting } = this.#batch
    this.#batch = emptyBatch()
    this.#isBusy = true
    this.#client.query({ ...COMMIT, values: columns }).then(() => {
      this.#isBusy = false
      for (const resolve of waiting) resolve()
      setImmediate(() => this.#send()) // behind the reactions of those just told, which write their next rows
    }, this.#fail)
  }
}

/** A journal over a few connections. */
export class PostgresJournal {
  readonly #clients: readonly pg.Client[]
  readonly #writers: readonly Writer[]
  #next = 0

  private constructor(clients: readonly pg.Client[], fail: (error: unknown) => void) {
    this.#clients = clients
    this.#writers = clients.map((client) => new Writer(client, fail))
  }

  static async open(url: string, connections: number, fail: (error: unknown) => void): Promise<PostgresJournal> {
    const clients = await Promise.all(Array.from({ length: connections }, async () => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query(SETTINGS)
      return client
    }))
    await clients[0]?.query(TABLES)
    return new PostgresJournal(clients, fail)
  }

  /** Where one run writes all its rows, so that they keep their order. */
  writer(): RunWriter {
    const writer = this.#writers[this.#next++ % this.#writers.length] as Writer // at least one, in range
    return {
      insertRun: (id, input) => (writer.put(0, id, input, Date.now()), writer.durable()),
      insertStep: (run, path, output, started) => (writer.put(3, run, path, output, started, Date.now()), writer.durable()),
      finish: (run, path, output, started) => {
        writer.put(3, run, path, output, started, Date.now())
        writer.put(8, run, output, Date.now())
        return writer.durable()
      },
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()))
  }
}

/** Each resolves once the rows are durable. */
export interface RunWriter {
  insertRun(id: string, input: string): Promise<void>
  insertStep(run: string, path: string, output: string, started: number): Promise<void>
  /** The last step and the end of its run, in one transaction. */
  finish(run: string, path: string, output: string, started: number): Promise<void>
}

function emptyBatch(): Batch {
  return { columns: Array.from({ length: COLUMNS }, () => []), waiting: [] }
}
