// Three-step workflows on PostgreSQL, beside DBOS on the same server: who runs in which lane of B1 and B3-PG.
import type { Context } from './bench.ts'
import type { Contest } from './three-steps.ts'

const DBOS = new URL('./dbos/three-steps.ts', import.meta.url)

export const DBOS_PACKAGES = ['@dbos-inc/dbos-sdk'] as const

export const BESIDE_DBOS: Contest = {
  lanes: {
    ours: { name: 'Wumbo', file: new URL('./wumbo/postgres-three-steps.ts', import.meta.url) },
    peer: { name: 'DBOS', file: DBOS },
    'peer-defaults': { name: 'DBOS, defaults', file: DBOS },
    ceiling: { name: 'ceiling', file: new URL('./ceiling/postgres-three-steps.ts', import.meta.url) },
  },
  within: inDatabase,
}

/** Gives a measurement a database of its own. */
export async function inDatabase<T>({ servers }: Context, work: (options: { readonly url: string }) => Promise<T>): Promise<T> {
  const server = await servers.postgres()
  return server.withDatabase((url) => work({ url }))
}

/** What a reader must know before comparing the lanes; stands in RESULTS.md with every figure. */
export const DIFFERENCES = `What differs: all lanes run in the process that drives the load, on the same PostgreSQL server, each in a database of its own. Wumbo
validates the input of the workflow and the input and output of every step; DBOS and the ceiling validate nothing. Wumbo and DBOS keep
finished runs with their journals. The ceiling writes the same rows by group commit over two connections and could not recover a run.
Transactions and rows are counted by the server over warm-up and measurement; log and processor time over the measurement, with what else the server did.`
