// A queue made of Wumbo: a job is a durable run of one step with its recorded result. Who only enqueues holds no run in memory, so that
// the jobs wait in the store until another process takes them.
import { createWumbo, defineTemplate, defineWorkflow, type Wumbo } from 'wumbo'
import { postgresStore } from 'wumbo/store/postgres'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { throughput } from '../flight.ts'
import { requireBuilt } from '../wumbo/built.ts'
import { durability } from '../wumbo/postgres-check.ts'
import type { OpenOptions, Queue } from './contract.ts'

const value = z.object({ n: z.number() })

let body: (n: number) => void = () => undefined

const work = defineTemplate({
  name: 'work',
  version: '1.0.0',
  description: 'Tells the benchmark that the job was reached.',
  input: value,
  output: value,
  execute: ({ n }) => {
    body(n)
    return { n: n + 1 }
  },
})

const job = defineWorkflow({ name: 'job', version: '1', input: value, run: (ctx, input) => ctx.step('work', work, input) })

const IN_FLIGHT = 2000
/** Waiting for the last few is looked at this often, in milliseconds. */
const LOOK_MS = 1

/** A measurement whose store is lost would wait for ever. */
function endAtOnce(error: Error): void {
  throw error
}

export async function openWumboQueue({ url, role, concurrency }: OpenOptions): Promise<Queue> {
  requireBuilt()
  const open = async (hotRuns?: number): Promise<Wumbo> => {
    const wumbo = await createWumbo({ store: await postgresStore({ url }), workflows: [job], ...(hotRuns !== undefined && { limits: { hotRuns } }) })
    void wumbo.lost.then(endAtOnce)
    return wumbo
  }
  // A worker opens when it begins to work: opening takes the waiting jobs over.
  const writer = role === 'work' ? undefined : await open(role === 'enqueue' ? 0 : undefined)
  let worker = writer
  const start = async (n: number): Promise<void> => {
    await writer?.start(job, { n })
  }
  const facts = writer ?? (await createWumbo({ store: await postgresStore({ url }), readOnly: true }))
  const durable = durability(facts)
  if (writer === undefined) await facts.close()
  return {
    durability: durable,
    async enqueueMany(from, to) {
      await throughput(to - from, IN_FLIGHT, (index) => start(from + index))
    },
    enqueue: start,
    async work(told) {
      body = told
      const opened = (worker ??= await open(concurrency))
      return {
        async settled() {
          while (opened.metrics().hotRuns > 0) await pause(LOOK_MS)
        },
      }
    },
    close: async () => worker?.close(),
  }
}
