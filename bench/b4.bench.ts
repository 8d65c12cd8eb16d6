// B4: a queue. Jobs are stored in bulk by one process, then worked off by another; a job of Wumbo is a durable run of one step with its
// recorded result. graphile-worker with batching stands beside it on the same PostgreSQL, BullMQ on Redis.
import type { Bench, Context } from './bench.ts'
import type { QueueSettings } from './queue/contract.ts'
import { bestSetting, jobCosts, judgeQueues, measureQueues, QUEUE_PACKAGES, queueFsync, queueLanes, roundsTable, saysLeftOut, type QueueLane, type QueueLoad } from './queues.ts'
import type { JobResult } from './queue/measures.ts'

const UNIT = 'jobs/s'

export const DIFFERENCES = `What differs: a job of Wumbo leaves a run with the recorded result of its step, and is validated; graphile-worker deletes a job that is done
and keeps no result; BullMQ removes it too, as set here, and its log reaches the disk within a second of the answer (appendfsync everysec),
not before it. The peers are tried with several settings, and the fastest is the peer. Working off is timed from when the body of the last job of the
warm-up is called until the store says that all jobs are done.`

/** Batched, as its documentation says for many short jobs: a local queue, and ends that are recorded together. */
const GRAPHILE: Record<'enqueue' | 'process', readonly QueueSettings[]> = {
  enqueue: [{ batch: 500, calls: 1 }, { batch: 500, calls: 4 }, { batch: 2000, calls: 2 }],
  process: [{ concurrency: 24, fetch: 500, batchDelay: 0 }, { concurrency: 100, fetch: 1000, batchDelay: 0 }, { concurrency: 500, fetch: 2000, batchDelay: 5 }],
}

const BULLMQ: typeof GRAPHILE = {
  enqueue: [{ batch: 500, calls: 1 }, { batch: 500, calls: 4 }, { batch: 2000, calls: 2 }],
  process: [{ concurrency: 100 }, { concurrency: 500 }],
}

export const b4: Bench = {
  id: 'B4',
  title: 'Queue: jobs stored in bulk, and worked off, beside graphile-worker and BullMQ',
  peers: QUEUE_PACKAGES,
  async run(context) {
    const { facts } = await context.servers.postgres()
    const lanes = await queueLanes(context)
    const settings = await chooseSettings(context, lanes)
    const count = context.request.quick ? 20_000 : 100_000
    const warmUp = count / 5
    const loads = (lane: QueueLane): readonly QueueLoad[] => [
      { what: 'enqueue', warmUp, count, ...settings.get(lane)?.enqueue },
      { what: 'process', warmUp, count, ...settings.get(lane)?.process },
    ]
    const results = await measureQueues(context, { label: 'B4', unit: UNIT, lanes, loads })
    const [enqueue, process] = [rate(0), rate(1)]
    return {
      verdicts: [
        ...judgeQueues({ id: 'B4@enqueue', unit: UNIT, better: 'higher', of: enqueue }, results),
        ...judgeQueues({ id: 'B4@process', unit: UNIT, better: 'higher', of: process }, results),
      ],
      details: [
        DIFFERENCES, ...saysLeftOut(lanes), roundsTable(UNIT, results, { enqueue, process }),
        '### Storing', jobCosts(results, 0), '### Working off', jobCosts(results, 1),
        ...[...settings].map(([lane, chosen]) => `${lane}: ${JSON.stringify(chosen)}`),
      ].join('\n\n'),
      fsync: [facts, ...queueFsync(results)],
    }
  },
}

function rate(at: number): (results: JobResult[]) => number {
  return (results) => results[at]?.figure ?? Number.NaN
}

type Chosen = Record<'enqueue' | 'process', QueueSettings>

async function chooseSettings(context: Context, lanes: readonly QueueLane[]): Promise<Map<QueueLane, Chosen>> {
  const chosen = new Map<QueueLane, Chosen>()
  for (const lane of lanes) {
    if (lane === 'ours') continue
    const candidates = lane === 'peer' ? GRAPHILE : BULLMQ
    chosen.set(lane, { enqueue: await bestSetting(context, lane, 'enqueue', candidates.enqueue), process: await bestSetting(context, lane, 'process', candidates.process) })
  }
  return chosen
}
