// Looking at runs: list, show, lineage and verify, on a real store and for hostile data.
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Project, PROJECT } from './command.ts'

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })

const HOSTILE = '\u001b]0;owned\u0007\u202e'

let project: Project
let ids: Readonly<Record<'echo' | 'odd' | 'buy', string>>
beforeAll(async () => {
  project = await Project.make(PROJECT)
  const start = async (args: string[]): Promise<string> => JSON.parse((await project.run(['run', ...args, '--json', '--quiet'])).out).id
  ids = { echo: await start(['echo']), odd: await start(['odd', '--id', HOSTILE]), buy: await start(['buy']) }
})
afterAll(() => project.remove())

/** What a terminal would obey. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/

describe('runs list', () => {
  test('shows the runs, newest first, in columns', async () => {
    const { code, out, err } = await project.run(['runs', 'list'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^status +workflow +run +started +took +note$/)
    expect(lines.slice(1).map((line) => line.split(/ +/).slice(0, 3))).toEqual([['failed', 'buy', ids.buy], ['completed', 'odd', ids.odd], ['completed', 'echo', ids.echo]])
    expect(out).toContain('id \\u001b]0;owned\\u0007\\u202e')
    expect(out).not.toMatch(CONTROL)
  })

  test('filters and pages', async () => {
    expect((await project.run(['runs', 'list', '--status', 'failed', '--since', '1h', '--json'])).out).toContain(ids.buy)
    const first = JSON.parse((await project.run(['runs', 'list', '--limit', '2', '--json'])).out)
    expect(first.runs.map(({ id }: { id: string }) => id)).toEqual([ids.buy, ids.odd])
    const next = JSON.parse((await project.run(['runs', 'list', '--limit', '2', '--after', first.next, '--json'])).out)
    expect(next).toMatchObject({ runs: [{ id: ids.echo, workflow: 'echo' }], next: null })
    expect(await project.run(['runs', 'list', '--workflow', 'nothing'])).toMatchObject({ code: 0, out: '', err: 'No run is like that.\n' })
  })

  test('a pipe that closes early ends it quietly', async () => {
    const running = project.start(['runs', 'list'])
    running.child.stdout.destroy()
    expect(await running.ended).toMatchObject({ code: 0, err: '' })
  })
})

describe('runs export', () => {
  test('prints what replayRun reads, over several lines or in one', async () => {
    const { code, out, err } = await project.run(['runs', 'export', ids.echo])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const recording = JSON.parse(out)
    expect(recording).toMatchObject({ format: 'wumbo.run/1', run: { id: ids.echo, workflow: 'echo', form: 'function', status: 'completed', output: 'j:{"text":"hello"}' }, records: [{ path: 'say', template: 'say' }] })
    expect(JSON.parse((await project.run(['runs', 'export', ids.echo, '--json'])).out)).toEqual(recording)
    expect((await project.run(['runs', 'export', HOSTILE])).out).not.toMatch(CONTROL)
    expect((await project.run(['runs', 'export', 'nobody'])).code).toBe(2)
  })
})

describe('runs show', () => {
  test('draws the steps on a time axis', async () => {
    const { code, out } = await project.run(['runs', 'show', ids.echo])
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^echo completed in .+\\nrun +${ids.echo}\\nversion +1 \\(function\\)\\ntemplates say@1\\.0\\.0\\n`))
    expect(out).toContain('output    {"text":"hello"}')
    expect(out).toMatch(/\n✓ say +\d+ ms +\S/)
  })

  test('shows failures with cause and remedy', async () => {
    const { out } = await project.run(['runs', 'show', ids.buy])
    expect(out).toMatch(/✗ pay[^]*TEMPLATE_FAILED: .*declined[^]*code +STEP_FAILED/)
    expect(out).toContain(`wumbo runs retry ${ids.buy}`)
  })

  test('tells who wrote and read each value', async () => {
    const { out } = await project.run(['runs', 'show', ids.echo, '--lineage'])
    expect(out).toMatch(/\$input +wrote +\$input\n[^]*say +read +\$input\n[^]*say +wrote +say\n/)
    expect(JSON.parse((await project.run(['runs', 'show', ids.echo, '--lineage', '--json'])).out).path).toContainEqual(expect.objectContaining({ node: 'say', action: 'read', key: '$input' }))
  })

  test.each([['runs', 'show'], ['runs', 'show', '--lineage'], ['runs', 'show', '--json']])('writes hostile names and values as escapes: %j', async (...args) => {
    const { code, out } = await project.run([...args, ids.odd])
    expect(code).toBe(0)
    if (!args.includes('--lineage')) expect(out).toContain('\\u001b]0;') // a path has its keys encoded by the engine
    expect(out).not.toMatch(CONTROL)
  })

  test('a run is found by the id it was started with; an unknown one is refused', async () => {
    expect((await project.run(['runs', 'show', HOSTILE])).out).toContain(ids.odd)
    const unknown = await project.run(['runs', 'show', HOSTILE + HOSTILE])
    expect(unknown).toMatchObject({ code: 2, out: '', err: expect.stringContaining('RUN_NOT_FOUND') })
    expect(unknown.err).not.toMatch(CONTROL)
  })
})

describe('verify', () => {
  test('a whole store is well', async () => {
    expect(await project.run(['verify'])).toMatchObject({ code: 0, out: '', err: expect.stringMatching(/^✓ 3 runs, \d+ steps, 0 blobs: all is well\n$/) })
    expect(JSON.parse((await project.run(['verify', '--json'])).out)).toMatchObject({ ok: true, checked: { runs: 3 }, findings: [] })
  })

  test('a changed record is found and makes the exit code 1', async () => {
    const copy = join(project.folder, 'copy.db')
    const database = new DatabaseSync(join(project.folder, '.wumbo/wumbo.db'))
    database.exec(`vacuum into '${copy}'`)
    database.close()
    const changed = new DatabaseSync(copy)
    changed.exec("update journal set output = replace(output, 'hello', 'hallo')")
    changed.close()
    const { code, out, err } = await project.run(['verify', '--store', 'sqlite:copy.db'])
    expect(code).toBe(1)
    expect(out).toContain(ids.echo)
    expect(err).toMatch(/^✗ .*finding/)
    const json = JSON.parse((await project.run(['verify', '--store', 'sqlite:copy.db', '--json'])).out)
    expect(json).toMatchObject({ ok: false })
    expect(json.findings.length).toBeGreaterThan(0)
  })
})
