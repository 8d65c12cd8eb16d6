// One measurement of several workers: this process stores the runs and holds none, then that many worker processes take them from one
// PostgreSQL until all are done.
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createWumbo } from 'wumbo'
import { postgresStore } from 'wumbo/store/postgres'
import { throughput } from '../flight.ts'
import { measure } from '../measurement.ts'
import { requireBuilt } from './built.ts'
import { computing } from './cpu-workflow.ts'
import type { Order, Said } from './cpu-worker.ts'
import { checkPostgres, durability } from './postgres-check.ts'

export interface FleetOptions {
  readonly url: string
  readonly workers: number
  readonly runs: number
  /** Rounds of computing in each step. */
  readonly rounds: number
}

export interface FleetResult {
  /** Runs a second, from when the workers are told to open until all runs are done. */
  readonly figure: number
  /** Steps that each worker did. */
  readonly shares: readonly number[]
  readonly fsync: string
}

const WORKER = fileURLToPath(new URL('./cpu-worker.ts', import.meta.url))

await measure<FleetOptions, FleetResult>(async ({ url, workers, runs, rounds }, started) => {
  requireBuilt()
  const fsync = await storeRuns(url, runs, rounds)
  const fleet = await Promise.all(Array.from({ length: workers }, async () => {
    const child = fork(WORKER, [], { execArgv: [] })
    if (child.pid !== undefined) started.process(child.pid)
    started.undo(() => void child.kill('SIGKILL'))
    await hears(child, 'ready')
    return child
  }))
  const done = countSteps(fleet, runs)
  const start = performance.now()
  for (const child of fleet) tell(child, { order: 'open', url })
  const shares = await done
  await Promise.all(fleet.map((child) => (tell(child, { order: 'settle' }), hears(child, 'settled'))))
  const seconds = (performance.now() - start) / 1000
  await Promise.all(fleet.map((child) => (tell(child, { order: 'close' }), new Promise((resolve) => child.once('exit', resolve)))))
  await checkPostgres(url, { runs, steps: runs })
  return { figure: runs / seconds, shares, fsync }
})

async function storeRuns(url: string, runs: number, rounds: number): Promise<string> {
  const wumbo = await createWumbo({ store: await postgresStore({ url }), workflows: [computing], limits: { hotRuns: 0 } })
  await throughput(runs, runs, async () => {
    await wumbo.start(computing, { rounds })
  })
  const fsync = durability(wumbo)
  await wumbo.close()
  return fsync
}

/** Resolves with the steps of each worker once there are `runs` of them. */
function countSteps(fleet: readonly ChildProcess[], runs: number): Promise<readonly number[]> {
  const shares = fleet.map(() => 0)
  let left = runs
  return new Promise((resolve, reject) => {
    for (const [index, child] of fleet.entries()) {
      child.once('exit', (code) => reject(new Error(`a worker ended with ${code} before all runs were done`)))
      child.on('message', (said: Said) => {
        if (said !== 'step') return
        shares[index] = (shares[index] ?? 0) + 1
        if (--left === 0) resolve(shares)
      })
    }
  })
}

function tell(child: ChildProcess, order: Order): void {
  child.send(order)
}

function hears(child: ChildProcess, what: Said): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code} before it was ${what}`)))
    child.on('message', (said: Said) => {
      if (said === what) resolve()
    })
  })
}
