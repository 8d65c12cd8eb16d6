// `wumbo worker` and `wumbo workers` on real processes: work of their queues, stopping in order, draining, and what they refuse.
import { z } from 'zod'
import { expect, onTestFinished, test, vi } from 'vitest'
import { describePostgres, makeSchema } from '../store/postgres-server.ts'
import { Project, PROJECT, type Ended, type Running } from './command.ts'

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 90_000 })

interface Place {
  readonly project: Project
  run(...args: string[]): Promise<Ended>
  worker(...args: string[]): Promise<Running>
  json(...args: string[]): Promise<Record<string, unknown>>
  /** Leaves a run to the workers, as a program would that starts runs and works on none. */
  submit(workflow: string, input: object, queue?: string): Promise<string>
  query: ReturnType<typeof makeSchema>['query']
}

async function makePlace(): Promise<Place> {
  const at = makeSchema()
  onTestFinished(at.drop)
  const store = `${at.url}?schema=${at.schema}`
  const project = await Project.make({ ...PROJECT, 'wumbo.yaml': `store: ${store}\n` })
  onTestFinished(() => project.remove())
  return {
    project, query: at.query,
    run: (...args) => project.run(args),
    async worker(...args) {
      const worker = project.start(['worker', ...args])
      onTestFinished(async () => {
        worker.signal('SIGKILL')
        await worker.ended
      })
      await worker.says('Working', 'out')
      return worker
    },
    async json(...args) {
      const { out, err, code } = await project.run([...args, '--json'])
      expect(code, err).toBe(0)
      return JSON.parse(out) as Record<string, unknown>
    },
    async submit(workflow, input, queue) {
      const { createWumbo, defineWorkflow } = await import('../../../src/index.ts')
      const wumbo = await createWumbo({ store, queues: [], limits: { hotRuns: 0 }, workflows: [defineWorkflow({ name: workflow, input: z.unknown(), run: async () => undefined })] })
      const { id } = await wumbo.start(workflow, input, queue === undefined ? {} : { queue })
      await wumbo.close()
      return id
    },
  }
}

describePostgres('workers from the command line', () => {
  test('a worker takes the runs of its queues and leaves the others', async () => {
    const { worker, submit, json } = await makePlace()
    const [mail, plain] = [await submit('echo', { text: 'a' }, 'mail'), await submit('echo', { text: 'b' })]
    const one = await worker('--queues', 'mail,other', '--concurrency', '3', '--name', 'postman')
    expect(one.out).toContain('Working as postman')
    await expect.poll(async () => (await json('runs', 'show', mail))['status'], { timeout: 20_000 }).toBe('completed')
    expect((await json('runs', 'show', plain))['status']).toBe('waiting')
    expect(await json('workers', 'list')).toMatchObject({ workers: [{ name: 'postman', state: 'live', queues: ['mail', 'other'], concurrency: 3 }] })
  })

  test('SIGTERM lets steps end, hands the rest back and ends with 0; the next worker goes on', async () => {
    const { worker, submit, json, project } = await makePlace()
    const held = await submit('held', {})
    const first = await worker('--grace', '2s', '--name', 'first')
    await expect.poll(async () => (await json('workers', 'list'))['workers'], { timeout: 20_000 }).toMatchObject([{ name: 'first', runs: 1 }])
    first.signal('SIGTERM')
    expect((await first.ended).code).toBe(0)
    expect(await json('runs', 'show', held)).toMatchObject({ status: 'waiting' })
    expect(await json('workers', 'list')).toEqual({ workers: [] })
    expect(await json('workers', 'list', '--all')).toMatchObject({ workers: expect.arrayContaining([expect.objectContaining({ name: 'first', state: 'gone' })]) })
    await worker('--name', 'second')
    await project.write('open', '')
    await expect.poll(async () => (await json('runs', 'show', held))['status'], { timeout: 20_000 }).toBe('completed')
  })

  test('a second signal ends it at once', async () => {
    const { worker, submit, json } = await makePlace()
    await submit('held', {})
    const one = await worker('--grace', '1m')
    await expect.poll(async () => (await json('workers', 'list'))['workers'], { timeout: 20_000 }).toMatchObject([{ runs: 1 }])
    one.signal('SIGTERM')
    await one.says('Stopping')
    one.signal('SIGTERM')
    expect((await one.ended).code).toBe(143)
  })

  test('a worker can be asked to stop by name; one that is not there is not', async () => {
    const { worker, run, json } = await makePlace()
    const one = await worker('--name', 'ada')
    expect(await run('workers', 'drain', 'adda')).toMatchObject({ code: 2, err: expect.stringMatching(/ada[^]*WORKER_NOT_FOUND/) })
    expect(await json('workers', 'drain', 'ada', '--wait', '30s')).toEqual({ worker: 'ada', asked: true, gone: true })
    expect((await one.ended).code).toBe(0)
    expect(one.err).toContain('Asked to stop')
  })

  test('a failure of the database that does not pass ends it loudly; what was acknowledged is kept', async () => {
    const { worker, submit, json, query } = await makePlace()
    const one = await worker()
    await query('alter table journal rename to gone')
    const run = await submit('echo', { text: 'a' })
    const { code, err } = await one.ended
    expect({ code, err }).toMatchObject({ code: 4, err: expect.stringMatching(/the store cannot be written[^]*STORE_FAILED/) })
    await query('alter table gone rename to journal')
    await worker()
    await expect.poll(async () => (await json('runs', 'show', run))['status'], { timeout: 20_000 }).toBe('completed')
  })

  test('readiness is off while it stops', async () => {
    const { worker, submit, json } = await makePlace()
    await submit('held', {})
    const one = await worker('--port', '0', '--grace', '3s')
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(one.out)?.[0] ?? ''
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    await expect.poll(async () => (await json('workers', 'list'))['workers'], { timeout: 20_000 }).toMatchObject([{ runs: 1 }])
    one.signal('SIGTERM')
    await one.says('Stopping')
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    expect((await one.ended).code).toBe(0)
  })
})

test.each<[readonly string[], string]>([
  [['--queues', 'a,,b'], '--queues: expected names'],
  [['--queues', ''], '--queues: expected names'],
  [['--concurrency', '0'], '--concurrency: expected a whole number'],
  [['--grace', 'soon'], '--grace'],
  [['--name', 'a b'], '--name: expected'],
  [['--port', '99999'], '--port: expected a whole number'],
  [['--store', 'memory'], 'memory keeps nothing'],
])('worker %j is refused', async (args, words) => {
  const project = await Project.make(PROJECT)
  onTestFinished(() => project.remove())
  expect(await project.run(['worker', ...args])).toMatchObject({ code: 2, err: expect.stringContaining(words) })
})

test('an SQLite file has one worker, and no list of them', async () => {
  const project = await Project.make(PROJECT)
  onTestFinished(() => project.remove())
  const worker = project.start(['worker'])
  await worker.says('Working', 'out')
  worker.signal('SIGTERM')
  expect((await worker.ended).code).toBe(0)
  expect(await project.run(['workers', 'list'])).toMatchObject({ code: 2, err: expect.stringContaining('PostgreSQL') })
})
