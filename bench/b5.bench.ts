// B5: latency of a job at low load: from the call that stores it until its body is called, one job at a time with a pause after each, stored and
// worked on in one process. graphile-worker stands beside Wumbo on the same PostgreSQL, BullMQ on Redis.
import type { Bench } from './bench.ts'
import type { QueueSettings } from './queue/contract.ts'
import type { JobResult } from './queue/measures.ts'
import { jobCosts, judgeQueues, measureQueues, QUEUE_PACKAGES, queueFsync, queueLanes, roundsTable, saysLeftOut, type QueueLane } from './queues.ts'

const UNIT = 'ms'

/** Without batching, which only adds to latency. */
const SETTINGS: Record<QueueLane, QueueSettings> = { ours: {}, peer: { concurrency: 10 }, 'peer-redis': { concurrency: 10 } }

const p50 = (results: JobResult[]): number => results[0]?.figure ?? Number.NaN
const p99 = (results: JobResult[]): number => results[0]?.p99 ?? Number.NaN

export const b5: Bench = {
  id: 'B5',
  title: 'Latency of a job at low load, beside graphile-worker and BullMQ',
  peers: QUEUE_PACKAGES,
  async run(context) {
    const { facts } = await context.servers.postgres()
    const lanes = await queueLanes(context)
    const [warmUp, count] = context.request.quick ? [50, 150] : [100, 500]
    const results = await measureQueues(context, { label: 'B5', unit: UNIT, lanes, loads: (lane) => [{ what: 'latency', warmUp, count, ...SETTINGS[lane] }] })
    return {
      verdicts: [
        ...judgeQueues({ id: 'B5@p50', unit: UNIT, better: 'lower', of: p50 }, results),
        ...judgeQueues({ id: 'B5@p99', unit: UNIT, better: 'lower', of: p99 }, results),
      ],
      details: [...saysLeftOut(lanes), roundsTable(UNIT, results, { p50, p99 }), jobCosts(results, 0)].join('\n\n'),
      fsync: [facts, ...queueFsync(results)],
    }
  },
}
