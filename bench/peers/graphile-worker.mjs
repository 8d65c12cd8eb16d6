// graphile-worker as a queue of the benchmarks. Plain JavaScript, because its package is installed on demand and is unknown to the project's type check.
import { setTimeout as pause } from 'node:timers/promises'
import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import { inBatches } from '../queue/batches.mjs'

const logger = new Logger(() => () => undefined)
const CONNECTIONS = 10
const LOOK_MS = 1

/** See bench/queue/contract.ts. */
export async function openQueue({ url, concurrency, fetch, batchDelay, batch = 500, calls = 1 }) {
  const worker = {
    connectionString: url, maxPoolSize: CONNECTIONS,
    ...(concurrency === undefined ? {} : { concurrentJobs: concurrency }),
    ...(fetch === undefined ? {} : { localQueue: { size: fetch } }),
    ...(batchDelay === undefined ? {} : { completeJobBatchDelay: batchDelay, failJobBatchDelay: batchDelay }),
  }
  const utils = await makeWorkerUtils({ preset: { worker }, logger })
  await utils.migrate()
  let runner
  return {
    durability: '',
    enqueueMany: (from, to) => inBatches({ from, to, batch, calls }, (numbers) => utils.addJobs(numbers.map((n) => ({ identifier: 'job', payload: { n } })))),
    enqueue: (n) => utils.addJob('job', { n }),
    async work(body) {
      runner = await run({ preset: { worker }, logger, noHandleSignals: true, taskList: { job: async ({ n }) => body(n) } })
      return {
        async settled() {
          const left = () => utils.withPgClient((client) => client.query('select 1 from graphile_worker.jobs limit 1'))
          while ((await left()).rowCount > 0) await pause(LOOK_MS)
        },
      }
    },
    async close() {
      await runner?.stop()
      await utils.release()
    },
  }
}
