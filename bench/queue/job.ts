// One measurement of a queue in a process of its own.
import { measure, type Started } from '../measurement.ts'
import { Meter } from '../postgres/meter.ts'
import { checkPostgres } from '../wumbo/postgres-check.ts'
import type { Queue } from './contract.ts'
import { MEASURES, Watch, type JobOptions, type JobResult } from './measures.ts'
import { openQueue } from './open.ts'

const ROLES = { enqueue: 'enqueue', process: 'work', latency: 'both', clear: 'enqueue' } as const

await measure<JobOptions, JobResult>(async (options, started) => {
  const { queue: name, what, warmUp, count } = options
  const total = warmUp + count
  const meter = name === 'bullmq' ? undefined : await Meter.open(options.url)
  const queue = once(started, await openQueue(name, { ...options, role: ROLES[what] }))
  if (what === 'clear') {
    await queue.clear?.()
    return { figure: 0, fsync: queue.durability }
  }
  const timed = meter === undefined ? new Watch(queue.serverPid) : meter
  const result = await MEASURES[what](queue, options, timed)
  await queue.close()
  if (name === 'wumbo' && what !== 'enqueue') await checkPostgres(options.url, { runs: total, steps: total })
  return { ...result, fsync: queue.durability, usage: await timed.usage(total) }
})

/** Closes the queue once, however the measurement ends. */
function once(started: Started, queue: Queue): Queue {
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= queue.close())
  started.undo(close)
  return { ...queue, close }
}
