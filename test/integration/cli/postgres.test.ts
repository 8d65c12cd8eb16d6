// The command line on PostgreSQL: every command opens the database by itself, none shows the password, and a store is moved there.
import { expect, onTestFinished, test, vi } from 'vitest'
import { describePostgres, makeSchema } from '../store/postgres-server.ts'
import { Project, PROJECT, type Ended } from './command.ts'

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 90_000 })

const SECRET = 'geheim-1'

interface Place {
  readonly project: Project
  /** With a password, which a server that trusts us does not look at. */
  readonly store: string
  readonly secret: string
  run(...args: string[]): Promise<Ended>
}

async function makePlace(file: (store: string) => string = (store) => `store: ${store}\n`): Promise<Place & { readonly at: ReturnType<typeof makeSchema> }> {
  const at = makeSchema()
  onTestFinished(at.drop)
  const url = new URL(at.url)
  if (url.password === '') url.password = SECRET
  url.searchParams.set('schema', at.schema)
  const project = await Project.make({ ...PROJECT, 'wumbo.yaml': file(url.href) })
  onTestFinished(() => project.remove())
  return {
    at, project, store: url.href, secret: url.password,
    async run(...args) {
      const ended = await project.run(args)
      expect(`${ended.out}${ended.err}`).not.toContain(url.password)
      return ended
    },
  }
}

describePostgres('the command line on PostgreSQL', () => {
  test('commands that only look create nothing', async () => {
    const { run, at } = await makePlace()
    for (const args of [['runs', 'list'], ['runs', 'show', 'x'], ['verify']]) expect(await run(...args)).toMatchObject({ code: 2, err: expect.stringContaining('STORE_MISSING') })
    expect(await run('workflow', 'list')).toMatchObject({ code: 0, out: expect.stringContaining('echo') })
    expect(await run('validate')).toMatchObject({ code: 0 })
    expect((await at.query('select 1 from pg_namespace where nspname = $1', [at.schema])).rows).toEqual([])
  })

  test('runs start, are looked at, fail and are retried', async () => {
    const { run, project } = await makePlace()
    expect(await run('run', 'echo', '--id', 'a')).toMatchObject({ code: 0, out: '{\n  "text": "hello"\n}\n' })
    expect(await run('run', 'echo', '--id', 'a')).toMatchObject({ code: 0, err: expect.stringContaining('was started before') })
    expect(await run('run', 'buy')).toMatchObject({ code: 1 })
    expect((await run('runs', 'list')).out).toMatch(/failed +buy[^]*completed +echo/)
    expect(await run('runs', 'show', 'a')).toMatchObject({ code: 0, out: expect.stringContaining('say') })
    const failed = JSON.parse((await run('runs', 'list', '--status', 'failed', '--json')).out).runs[0].id as string
    await project.write('bank', '')
    expect(await run('runs', 'retry', failed, '--json')).toMatchObject({ code: 0, out: expect.stringContaining('"completed"') })
    await project.write('stored.yaml', 'name: stored\nsteps:\n  a:\n    uses: say\n    with: { text: hi }\n')
    expect(await run('workflow', 'create', 'stored.yaml')).toMatchObject({ code: 0 })
    expect(await run('run', 'stored')).toMatchObject({ code: 0 })
    expect(await run('verify', '--json')).toMatchObject({ code: 0, out: expect.stringContaining('"ok":true') })
  })

  test('a worker goes on with what was left to it, and others cancel and follow', async () => {
    const { run, project, store, secret } = await makePlace()
    const left = await run('run', 'gated', '--detach')
    expect(left).toMatchObject({ code: 0 })
    const dev = project.start(['dev', '--port', '0'])
    await dev.says('Ready', 'out')
    expect(dev.out).toContain(store.replace(`:${secret}@`, '@'))
    await dev.says('at the gate')
    const following = run('runs', 'resume', left.out.trim())
    const nap = (await run('run', 'nap', '-d')).out.trim()
    expect(await run('runs', 'cancel', nap)).toMatchObject({ code: 0, err: expect.stringContaining('is cancelled') })
    await project.write('open', '')
    expect(await following).toMatchObject({ code: 0, out: expect.stringContaining('"after": true') })
    dev.signal('SIGINT')
    expect((await dev.ended).code).toBe(0)
    expect(`${dev.out}${dev.err}`).not.toContain(secret)
  })

  test('a command for one run leaves the others alone', async () => {
    const { run } = await makePlace()
    const left = (await run('run', 'echo', '--detach')).out.trim()
    expect(await run('run', 'echo')).toMatchObject({ code: 0 })
    expect((await run('runs', 'show', left, '--json')).out).toContain('"waiting"')
    expect(await run('runs', 'resume', left)).toMatchObject({ code: 0 })
  })

  test('an address that is wrong is told where it stands, without its password', async () => {
    const { run, project } = await makePlace((store) => `store: ${store}x-Y\n`)
    expect(await run('runs', 'list')).toMatchObject({ code: 2, err: expect.stringContaining('wumbo.yaml:1:8: store: expected a schema of small letters') })
    await project.write('wumbo.yaml', 'store: memory\n')
    expect(await run('runs', 'list', '--store', `postgres://me:${SECRET}@127.0.0.1:1/db`)).toMatchObject({ code: 4, err: expect.stringContaining('cannot be reached') })
  })
})

describePostgres('wumbo store move', () => {
  const sqlite = async (): ReturnType<typeof makePlace> => makePlace(() => 'store: sqlite:.wumbo/wumbo.db\n')

  test('takes the project\'s store to PostgreSQL; from then on the file is refused', async () => {
    const { run, project, store, at, secret } = await sqlite()
    await run('run', 'echo', '--id', 'a')
    const held = project.start(['run', 'held'])
    await held.says('at the gate')
    expect(await run('store', 'move', '--to', store)).toMatchObject({ code: 3, err: expect.stringContaining('STORE_LOCKED') })
    held.signal('SIGKILL')
    await held.ended
    const moved = await run('store', 'move', '--to', store)
    expect(moved).toMatchObject({ code: 0, err: expect.stringContaining(`store: ${store.replace(`:${secret}@`, '@')}`) })
    expect(moved.out).toMatch(/^runs +2 +[0-9a-f]{16}$/m)
    expect(await run('runs', 'list')).toMatchObject({ code: 3, err: expect.stringContaining('STORE_MOVED') })
    expect(await run('run', 'echo')).toMatchObject({ code: 3, err: expect.stringContaining('STORE_MOVED') })
    expect(await run('store', 'move', '--to', store)).toMatchObject({ code: 3, err: expect.stringContaining('STORE_MOVED') })

    await project.write('wumbo.yaml', `store: ${store}\n`)
    await project.write('open', '')
    const [kept] = JSON.parse((await run('runs', 'list', '--workflow', 'held', '--json')).out).runs as { id: string }[]
    expect(await run('runs', 'resume', kept?.id ?? '')).toMatchObject({ code: 0 })
    expect(await run('verify')).toMatchObject({ code: 0 })
    expect(await run('store', 'move', '--to', 'sqlite:back.db')).toMatchObject({ code: 0 })
    expect(await run('runs', 'list')).toMatchObject({ code: 3, err: expect.stringContaining('STORE_MOVED') })
    expect(await run('verify', '--store', 'sqlite:back.db')).toMatchObject({ code: 0, err: expect.stringContaining('2 runs') })
    expect((await at.query('select source from moves')).rows).toEqual([{ source: expect.stringMatching(/^sqlite:.*wumbo\.db$/) }])
  })

  test('gives counts and hashes for scripts, and refuses a target that is not empty', async () => {
    const { run, store } = await sqlite()
    await run('run', 'echo')
    const { out, code } = await run('store', 'move', '--from', 'sqlite:.wumbo/wumbo.db', '--to', store, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ moved: true, from: expect.stringContaining('sqlite:'), tables: { runs: { rows: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }, blobs: { rows: 0 } } })
    await run('run', 'echo', '--store', 'sqlite:other.db')
    expect(await run('store', 'move', '--from', 'sqlite:other.db', '--to', store)).toMatchObject({ code: 3, err: expect.stringContaining('STORE_NOT_EMPTY') })
    expect(await run('runs', 'list', '--store', 'sqlite:other.db')).toMatchObject({ code: 0 })
  })

  test('Ctrl-C ends it with 130, and nothing has happened', async () => {
    const { run, project, store, at } = await sqlite()
    await run('run', 'echo')
    await run('run', 'echo', '--store', store) // makes the tables
    await at.query('truncate run_starts, run_ends, journal, marks, keys, spaces')
    // Somebody else's lock holds the move up, so that there is time for the key.
    const release = await at.hold('journal')
    const moving = project.start(['store', 'move', '--to', store])
    await release.waitedFor()
    moving.signal('SIGINT')
    await release.end()
    expect((await moving.ended).code).toBe(130)
    expect(moving.err).toContain('interrupted')
    expect(await run('runs', 'list')).toMatchObject({ code: 0 })
    expect(await run('store', 'move', '--to', store)).toMatchObject({ code: 0 })
  })

  test('is refused where it makes no sense', async () => {
    const { run, store } = await sqlite()
    for (const [args, words] of [
      [['--to', store], 'STORE_MISSING'], [[], '--to'], [['--to', 'sqlite:b.db'], '--to: expected postgres:'], [['--from', store, '--to', store], '--to: expected sqlite:<file>'],
      [['--from', 'memory', '--to', store], '--from: expected'], [['--to', `${store}-X`], '--to: expected a schema'], [['--from', 'sqlite:none.db', '--to', 'sqlite:b.db'], '--to: expected postgres:'],
    ] as const) expect(await run('store', 'move', ...args)).toMatchObject({ code: 2, err: expect.stringContaining(words) })
  })
})
