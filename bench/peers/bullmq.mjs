// BullMQ as a queue of the benchmarks. Ended jobs are removed at once, which is its fastest setting. Plain JavaScript, because its package is
// installed on demand and is unknown to the project's type check.
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { inBatches } from '../queue/batches.mjs'

/** See bench/queue/contract.ts. */
export async function openQueue({ url, prefix, concurrency = 1, batch = 500, calls = 1 }) {
  const redis = new Redis(url, { maxRetriesPerRequest: null })
  const { hostname, port, username, password, pathname } = new URL(url)
  const connection = {
    host: hostname, port: Number(port || 6379), db: Number(pathname.slice(1) || 0), maxRetriesPerRequest: null,
    ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }),
  }
  const queue = new Queue('jobs', { connection, prefix, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } })
  await queue.waitUntilReady()
  let worker
  return {
    ...(await facts(redis)),
    enqueueMany: (from, to) => inBatches({ from, to, batch, calls }, (numbers) => queue.addBulk(numbers.map((n) => ({ name: 'job', data: { n } })))),
    enqueue: (n) => queue.add('job', { n }),
    async work(body) {
      let completed = 0
      let target = Infinity
      let reached
      worker = new Worker('jobs', async ({ data }) => body(data.n), { connection, prefix, concurrency, autorun: false })
      worker.on('completed', () => {
        if (++completed >= target) reached()
      })
      await worker.waitUntilReady()
      void worker.run()
      return {
        settled: (total) =>
          new Promise((resolve) => {
            target = total
            reached = resolve
            if (completed >= total) resolve()
          }),
      }
    },
    async close() {
      await worker?.close()
      await queue.close()
      redis.disconnect()
    },
    clear: () => queue.obliterate({ force: true }),
  }
}

async function facts(redis) {
  const server = await redis.info('server')
  const [, appendonly] = await redis.config('GET', 'appendonly')
  const [, appendfsync] = await redis.config('GET', 'appendfsync')
  return {
    durability: `Redis ${/redis_version:(\S+)/.exec(server)[1]}, appendonly = ${appendonly}, appendfsync = ${appendfsync}`,
    serverPid: Number(/process_id:(\d+)/.exec(server)[1]),
  }
}
