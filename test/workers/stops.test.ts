// Workers that stop for a while, lose their database, are asked to go, or have a run that kills them.
import { expect, onTestFinished, test } from 'vitest'
import { describePostgres, makeSchema } from '../integration/store/postgres-server.ts'
import { Fleet } from './fleet.ts'
import { Proxy } from '../postgres/proxy.ts'

const LEASE_MS = 1500
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describePostgres('workers that stop', () => {
  async function rig(): Promise<{ fleet: Fleet; starter: Awaited<ReturnType<Fleet['starter']>>; place: ReturnType<typeof makeSchema> }> {
    const place = makeSchema()
    const fleet = new Fleet(place, LEASE_MS)
    const starter = await fleet.starter()
    onTestFinished(async () => {
      await fleet.end()
      await starter.close()
      await place.drop()
    }, 30_000)
    return { fleet, starter, place }
  }

  test('K6: a worker that stood still past its lease changes nothing and drops its runs', { timeout: 60_000 }, async () => {
    const { fleet, starter } = await rig()
    const zombie = await fleet.add()
    const runs = await Promise.all(Array.from({ length: 20 }, () => starter.start('five', { ms: 300 })))
    await fleet.until('select count(*) = 20 from @runs where lane is not null', 5000)
    await pause(200)
    zombie.signal('SIGSTOP')
    await fleet.add()
    await pause(LEASE_MS * 3)
    const [before] = await fleet.query('select count(*)::int as records from @journal')
    zombie.signal('SIGCONT')
    await fleet.until('select not exists (select 1 from @runs)', 20_000)
    expect(before?.['records']).toBeGreaterThan(0)
    const rows = await fleet.query('select status, output, count(*)::int as runs from @run_rows group by 1, 2')
    expect(rows).toEqual([{ status: 'completed', output: 'j:{"n":5}', runs: runs.length }])
    expect(await fleet.query('select count(*)::int as records from @journal')).toEqual([{ records: runs.length * 5 }])
    // It says so, and is a worker again.
    await fleet.until(`select count(*) = 2 from @lanes where is_open and worker is not null and id in (select id from @lanes where worker::json ->> 'name' like 'w%')`, 5000)
    expect(zombie.log.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual(['this worker has lost its lease; others take its runs over'])
    const again = await starter.start('five', { ms: 0 })
    expect(await again.result()).toEqual({ n: 5 })
  })

  test('a worker that loses its database says so once, is not ready, and goes on by itself', { timeout: 60_000 }, async () => {
    const { fleet, starter, place } = await rig()
    const proxy = new Proxy(place.url)
    await proxy.open()
    onTestFinished(() => proxy.cut())
    const worker = await fleet.add({ url: proxy.url(place.url) })
    await Promise.all(Array.from({ length: 10 }, () => starter.start('five', { ms: 200 })))
    await fleet.until('select count(*) = 10 from @runs where lane is not null', 5000)
    await pause(150)
    await proxy.cut()
    await pause(LEASE_MS * 3)
    expect(worker.said.findLast(({ ready }) => ready !== undefined)).toMatchObject({ ready: false })
    await proxy.open()
    await fleet.until('select not exists (select 1 from @runs)', 20_000)
    expect(await fleet.query(`select status, output, count(*)::int as runs from @run_rows group by 1, 2`)).toEqual([{ status: 'completed', output: 'j:{"n":5}', runs: 10 }])
    expect(worker.said.findLast(({ ready }) => ready !== undefined)).toMatchObject({ ready: true })
    const said = worker.log.filter(({ level }) => level === 'error' || level === 'warn' || level === 'info').map(({ level, message }) => `${level}: ${message}`)
    expect(said).toEqual(['error: the store cannot be reached; it is tried again for as long as it takes', 'info: the store can be reached again'])
  })

  test('a short loss within the lease costs nothing: no body runs twice', { timeout: 60_000 }, async () => {
    const { fleet, starter, place } = await rig()
    const proxy = new Proxy(place.url)
    await proxy.open()
    onTestFinished(() => proxy.cut())
    await fleet.add({ url: proxy.url(place.url) })
    await Promise.all(Array.from({ length: 40 }, () => starter.start('five', { ms: 50 })))
    for (let shakes = 0; shakes < 12; shakes++) {
      await pause(70)
      proxy.shake()
    }
    await fleet.until('select not exists (select 1 from @runs)', 20_000)
    expect(await fleet.query(`select status, output, count(*)::int as runs, max(crashes)::int as crashes from @run_rows group by 1, 2`)).toEqual([{ status: 'completed', output: 'j:{"n":5}', runs: 40, crashes: 0 }])
    expect(await fleet.query(`select run, path, count(*)::int as times from @effects group by 1, 2 having count(*) > 1`)).toEqual([])
  })

  test('a run that kills its worker is set aside, and takes nobody along', { timeout: 60_000 }, async () => {
    const { fleet, starter } = await rig()
    const poisoned = await starter.start('poisoned', {})
    const others = await Promise.all(Array.from({ length: 200 }, (_, index) => starter.start('five', { ms: index % 40 })))
    let isParked = false
    const parked = fleet.until(`select exists (select 1 from @runs where run = '${poisoned.id}' and status = 'parked')`, 50_000).then(() => {
      isParked = true
    })
    let workers = 0
    while (!isParked) {
      const worker = await fleet.add()
      workers++
      await Promise.race([worker.ended, parked])
    }
    await parked
    expect(workers).toBeLessThanOrEqual(8)
    await fleet.until(`select count(*) = 1 from @runs`, 20_000)
    const details = await starter.runs.get(poisoned.id)
    expect(details).toMatchObject({ status: 'parked', error: { code: 'RUN_QUARANTINED', path: 'poison' } })
    for (const { id } of others.slice(0, 20)) expect(await starter.runs.get(id)).toMatchObject({ status: 'completed' })
  })

  test('a worker that is asked to drain finishes or hands back, and ends', { timeout: 60_000 }, async () => {
    const { fleet, starter } = await rig()
    const [leaving, staying] = [await fleet.add(), await fleet.add()]
    await Promise.all(Array.from({ length: 30 }, () => starter.start('five', { ms: 150 })))
    await pause(200)
    expect((await starter.workers.list()).map(({ name, state }) => [name, state])).toEqual(expect.arrayContaining([['w0', 'live'], ['w1', 'live']]))
    expect(await starter.workers.drain('w0')).toBe(true)
    await leaving.ended
    expect(leaving.child.exitCode).toBe(0)
    await fleet.until('select not exists (select 1 from @runs)', 20_000)
    expect(await fleet.query(`select status, max(crashes)::int as crashes, count(*)::int as runs from @run_rows group by 1`)).toEqual([{ status: 'completed', crashes: 0, runs: 30 }])
    expect(staying.child.exitCode).toBe(null)
    expect(await starter.workers.drain('w0')).toBe(false)
  })
})
