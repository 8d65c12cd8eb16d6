// How the body of a template of level `transaction` comes to the database that holds the journal. It does not say what the body does.

/** An interactive transaction of a PostgreSQL store: the body runs in this process and is handed the transaction. */
export interface PostgresMeans {
  readonly store: 'postgres'
}

/** A synchronous body in the writer thread of an SQLite store, which finds it by its module and the name of the export. */
export interface SqliteMeans {
  readonly store: 'sqlite'
  /** A `file:` URL. */
  readonly module: string
  readonly export: string
}

export type TransactionMeans = PostgresMeans | SqliteMeans
