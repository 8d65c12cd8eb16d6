// Workers that die: what they owned goes on with the others within the lease, nothing is lost, nothing is recorded twice.
import { expect, onTestFailed, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../src/shared/random.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'
import { describePostgres, makeSchema } from '../integration/store/postgres-server.ts'
import { Fleet } from './fleet.ts'

const LEASE_MS = 2000

describePostgres('workers that die', () => {
  async function fleetOf(count: number): Promise<{ fleet: Fleet; starter: Awaited<ReturnType<Fleet['starter']>> }> {
    const place = makeSchema()
    const fleet = new Fleet(place, LEASE_MS)
    const starter = await fleet.starter()
    onTestFinished(async () => {
      await fleet.end()
      await starter.close()
      await place.drop()
    }, 30_000)
    await Promise.all(Array.from({ length: count }, () => fleet.add()))
    return { fleet, starter }
  }

  test('K7: every run ends with all its steps, though workers are killed all the time', { timeout: 240_000 }, async () => {
    const RUNS = Number(process.env['WUMBO_KILL_RUNS'] ?? 300)
    const KILLS = Number(process.env['WUMBO_KILLS'] ?? 6)
    const { fleet, starter } = await fleetOf(3)
    const seed = Number(process.env['WUMBO_KILL_SEED'] ?? Date.now() % 100_000)
    onTestFailed(() => console.error(`the moments of the kills were those of WUMBO_KILL_SEED=${seed}`))
    const random = seededRandom(seed)
    const runs = await Promise.all(Array.from({ length: RUNS }, (_, index) => starter.start('five', { ms: 20 + (index % 5) * 30 }, { id: `r${index}` })))
    for (let kill = 0; kill < KILLS; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 100 + random.next() * 900))
      const living = fleet.workers.filter(({ child }) => child.exitCode === null && child.signalCode === null)
      await living[Math.floor(random.next() * living.length)]?.kill()
      await fleet.add()
    }
    await fleet.until(`select not exists (select 1 from @runs)`, 60_000)
    expect(await fleet.query(`select run, error from @run_rows where status <> 'completed'`)).toEqual([])
    const ended = await fleet.query(`select status, output, count(*)::int as runs from @run_rows group by 1, 2`)
    expect(ended).toEqual([{ status: 'completed', output: 'j:{"n":5}', runs: RUNS }])
    expect(new Set(runs.map(({ id }) => id)).size).toBe(RUNS)
    const journal = await fleet.query(`select count(*)::int as records, count(distinct (run_no, path))::int as steps from @journal`)
    expect(journal).toEqual([{ records: RUNS * 5, steps: RUNS * 5 }])
    const effects = await fleet.query(`select count(distinct (run, path))::int as steps, count(distinct key)::int as keys from @effects`)
    expect(effects[0]?.['steps']).toBe(effects[0]?.['keys'])
    expect(await collect(starter.verify())).toEqual([])
  })

  test('children that other workers have, and that end while their parents are being taken over, are heard once each', { timeout: 120_000 }, async () => {
    const PARENTS = 60
    const { fleet, starter } = await fleetOf(0)
    await fleet.add({ queues: ['children'] })
    const first = await fleet.add({ queues: ['default'] })
    // They end from the death of the parents' worker until after its lease has lapsed and another has them.
    await Promise.all(Array.from({ length: PARENTS }, async (_, index) => starter.start('parent', { ms: 1500 + index * 100 })))
    await fleet.until(`select count(*) = ${PARENTS} from @run_starts where queue = 'children'`, 30_000)
    await first.kill()
    await fleet.add({ queues: ['default'] })
    await fleet.until(`select not exists (select 1 from @runs)`, 60_000)
    expect(await fleet.query(`select status, output, count(*)::int as runs from @run_rows group by 1, 2`)).toEqual([{ status: 'completed', output: 'j:{"n":1}', runs: PARENTS * 2 }])
    expect(await fleet.query(`select count(*)::int as records, count(distinct run_no)::int as parents from @journal where kind = 'child'`)).toEqual([{ records: PARENTS, parents: PARENTS }])
    // Each was done by a worker that takes the queue of children.
    expect(await fleet.query(`select worker, count(*)::int as effects from @effects group by 1`)).toEqual([{ worker: 'w0', effects: PARENTS }])
    expect(await collect(starter.verify())).toEqual([])
  })
})
