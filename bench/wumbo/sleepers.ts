// One measurement of sleeping runs on PostgreSQL: what many of them leave in the process that started them, what a process
// takes that is opened on a store full of them, and what it does while nothing happens.
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createWumbo, defineWorkflow, type Wumbo } from 'wumbo'
import { postgresStore } from 'wumbo/store/postgres'
import { z } from 'zod'
import { throughput } from '../flight.ts'
import { check, measure } from '../measurement.ts'
import { processSeconds } from '../postgres/processes.ts'
import { startProxy, type Proxy } from '../postgres/proxy.ts'
import { onConnection } from '../postgres/server.ts'
import { requireBuilt } from './built.ts'
import { durability } from './postgres-check.ts'

export interface SleeperOptions {
  readonly url: string
  /** Runs to start before memory is first looked at, and after that; none for a process that is only opened. */
  readonly warmUp: number
  readonly count: number
  /** Sleeping runs that the store must hold at the end. */
  readonly held: number
  /** How long it is watched while nothing happens; 0 for not at all. */
  readonly idleSeconds: number
}

export interface SleeperResult {
  /** MiB in use and resident at the end, after collecting garbage. */
  readonly heap: number
  readonly rss: number
  /** … more than before the runs were started. */
  readonly heapGrowth: number
  readonly rssGrowth: number
  /** Milliseconds of processor time per second without work. */
  readonly idleCpu: number
  /** Statements per minute without work. */
  readonly idleStatements: number
  readonly connections: number
  readonly startsPerSecond: number
  readonly fsync: string
}

const sleeper = defineWorkflow({
  name: 'sleeper',
  version: '1',
  input: z.object({ n: z.number() }),
  async run(ctx, { n }) {
    await ctx.sleep('night', '30d')
    return n
  },
})

const IN_FLIGHT = 2000
/** Longer than Wumbo keeps a run that only waits in memory. */
const SETTLE_MS = 2000
const LOOK_MS = 20
/** Some seconds after the last work V8 collects garbage once more, of its own accord. */
const QUIET_MS = 10_000

await measure<SleeperOptions, SleeperResult>(async ({ url, warmUp, count, held, idleSeconds }, started) => {
  requireBuilt()
  const proxy = await startProxy(url, started)
  const wumbo = await createWumbo({ store: await postgresStore({ url: proxy.url }), workflows: [sleeper] })
  const fsync = durability(wumbo)
  await startAll(wumbo, warmUp)
  const before = await memory()
  const seconds = await startAll(wumbo, count)
  const after = await memory()
  const idle = await idleness(proxy, idleSeconds)
  await wumbo.close()
  check('the sleeping runs in the store', await sleeping(url), held)
  return { ...after, heapGrowth: after.heap - before.heap, rssGrowth: after.rss - before.rss, ...idle, startsPerSecond: count / seconds, fsync }
})

/** Starts so many, and waits until all of them sleep in the store. Gives the seconds that the starts took. */
async function startAll(wumbo: Wumbo, count: number): Promise<number> {
  const seconds = await throughput(count, IN_FLIGHT, async (n) => {
    await wumbo.start(sleeper, { n })
  })
  while (wumbo.metrics().hotRuns > 0 || wumbo.metrics().waiting > 0) await pause(LOOK_MS)
  return seconds
}

async function memory(): Promise<{ readonly heap: number; readonly rss: number }> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => void // what the flag exposes
  await pause(SETTLE_MS)
  for (let times = 0; times < 3; times++) {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }) // the one that gives pages back to the system
    await pause(LOOK_MS)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: (heapUsed + external) / 2 ** 20, rss: rss / 2 ** 20 }
}

async function idleness(proxy: Proxy, seconds: number): Promise<Pick<SleeperResult, 'idleCpu' | 'idleStatements' | 'connections'>> {
  await pause(seconds === 0 ? 0 : QUIET_MS)
  const before = { cpu: processSeconds(), counted: await proxy.count() }
  await pause(seconds * 1000)
  const after = { cpu: processSeconds(), counted: await proxy.count() }
  return {
    idleCpu: ((after.cpu - before.cpu) * 1000) / Math.max(1, seconds),
    idleStatements: ((after.counted.statements - before.counted.statements) * 60) / Math.max(1, seconds),
    connections: after.counted.connections,
  }
}

async function sleeping(url: string): Promise<number> {
  const { rows: [row] } = await onConnection(url, (client) => client.query<{ total: string }>("select count(*) as total from wumbo.run_rows where status = 'waiting' and wake_at is not null and lane is null"))
  return Number(row?.total)
}
