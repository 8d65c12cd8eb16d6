// What a measurement costs besides time: transactions, rows, bytes of log, and processor time on both sides. Transactions and rows are read
// once all connections of the measured process are closed, as a server counts what a session did only then for certain; so they
// cover the warm-up too, and are given per run.
import type pg from 'pg'
import { onConnection } from './server.ts'
import { processSeconds, treeSeconds, postmasterOf } from './processes.ts'

/** Each per run (or job). */
export interface Usage {
  readonly transactions?: number
  readonly rows?: number
  readonly walBytes?: number
  /** Milliseconds of processor time of the measured process. */
  readonly clientMs?: number
  /** … and of all processes of the server, when it runs on this machine. */
  readonly serverMs?: number
}

interface Timed {
  readonly runs: number
  readonly walBytes: number
  readonly clientMs: number
  readonly serverMs: number | undefined
}

/** Watches one measurement; `url` is its database. */
export class Meter {
  readonly #url: string
  readonly #before: Counts
  #timed: Timed | undefined

  private constructor(url: string, before: Counts) {
    this.#url = url
    this.#before = before
  }

  static async open(url: string): Promise<Meter> {
    return new Meter(url, await onConnection(url, counts))
  }

  /** Runs the timed part, which does `runs` runs. */
  async timed<T>(runs: number, work: () => Promise<T>): Promise<T> {
    const start = await this.#instant()
    const result = await work()
    const end = await this.#instant()
    const serverMs = start.server === undefined || end.server === undefined ? undefined : (end.server - start.server) * 1000
    this.#timed = { runs, walBytes: end.wal - start.wal, clientMs: (end.client - start.client) * 1000, serverMs }
    return result
  }

  /** To be asked once the measured process has closed its connections; `runs` counts those of the warm-up too. */
  async usage(runs: number): Promise<Usage> {
    const after = await onConnection(this.#url, counts)
    const timed = this.#timed
    return {
      transactions: (after.transactions - this.#before.transactions) / runs,
      rows: (after.rows - this.#before.rows) / runs,
      ...(timed && { walBytes: timed.walBytes / timed.runs, clientMs: timed.clientMs / timed.runs }),
      ...(timed?.serverMs !== undefined && { serverMs: timed.serverMs / timed.runs }),
    }
  }

  async #instant(): Promise<{ readonly wal: number; readonly client: number; readonly server: number | undefined }> {
    return onConnection(this.#url, async (client) => {
      const { rows: [row] } = await client.query<{ wal: string; pid: number }>("select pg_current_wal_lsn() - '0/0' as wal, pg_backend_pid() as pid")
      const postmaster = row && postmasterOf(row.pid)
      return { wal: Number(row?.wal), client: processSeconds(), server: postmaster === undefined ? undefined : treeSeconds(postmaster) }
    })
  }
}

interface Counts {
  readonly transactions: number
  /** Rows inserted, updated and deleted in tables that are not the server's own. */
  readonly rows: number
}

async function counts(client: pg.Client): Promise<Counts> {
  const { rows: [row] } = await client.query<{ transactions: string; rows: string }>(`
    select (select xact_commit from pg_stat_database where datname = current_database()) as transactions,
      (select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_user_tables) as rows`)
  return { transactions: Number(row?.transactions), rows: Number(row?.rows) }
}
