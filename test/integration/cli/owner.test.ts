// Two real processes and one store: one owns it, the other goes to it, follows it, takes its place, or is refused.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Project, PROJECT, type Running } from './command.ts'

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })

let project: Project
beforeEach(async () => {
  project = await Project.make(PROJECT)
})
afterEach(() => project.remove())

const note = (): string => join(project.folder, '.wumbo/wumbo.db.owner.json')

interface Ready {
  readonly url: string
  readonly pid: number
  readonly workflows: string[]
}

/** `wumbo dev` on any free port, ready. */
async function dev(): Promise<{ running: Running; ready: Ready }> {
  const running = project.start(['dev', '--port', '0', '--json'])
  await running.says('\n', 'out')
  return { running, ready: JSON.parse(running.out) as Ready }
}

describe('wumbo dev', () => {
  test('says when it is ready, serves its page, and stops in order on Ctrl-C', async () => {
    const { running, ready } = await dev()
    expect(ready).toMatchObject({ type: 'ready', pid: running.pid, workflows: ['buy', 'careless', 'echo', 'gated', 'held', 'nap', 'odd'], url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) })
    expect((await fetch(`${ready.url}/readyz`)).status).toBe(200)
    expect(statSync(note()).mode & 0o777).toBe(0o600)
    running.signal('SIGINT')
    expect(await running.ended).toMatchObject({ code: 0, err: expect.stringContaining('Stopping') })
    await expect(fetch(`${ready.url}/livez`)).rejects.toThrow()
  })

  test('says plainly that a port is taken, and takes the next', async () => {
    const { ready } = await dev()
    const other = await Project.make(PROJECT)
    try {
      const port = new URL(ready.url).port
      const running = other.start(['dev', '--port', port])
      await running.says('Ready', 'out')
      expect(running.err).toContain(`Port ${port} is taken; serving on ${new URL(/http\S+/.exec(running.out)?.[0] ?? '').port}.`)
      running.signal('SIGTERM')
      expect((await running.ended).code).toBe(0)
    } finally {
      await other.remove()
    }
  })

  test('a second one is refused and told who owns the store, and where', async () => {
    const { running, ready } = await dev()
    const { code, out, err } = await project.run(['dev'])
    expect({ code, out }).toEqual({ code: 3, out: '' })
    for (const text of ['STORE_LOCKED', String(running.pid), ready.url]) expect(err).toContain(text)
  })

  test('goes on with the runs of a killed process', async () => {
    const first = project.start(['run', 'gated', '--id', 'g'])
    await first.says('at the gate')
    first.signal('SIGKILL')
    await first.ended
    const { running } = await dev()
    await running.says('at the gate')
    await project.write('open', '')
    expect(await project.run(['runs', 'resume', 'g', '--quiet'])).toMatchObject({ code: 0, out: expect.stringContaining('"after": true') })
    expect(running.err).not.toContain('saying before')
  })

  test('its page shows runs with hostile names as text, and needs no token; its API does', async () => {
    const { ready } = await dev()
    const hostile = '<img src=x onerror=alert(1)>\u001b]0;x\u0007'
    const { out } = await project.run(['run', 'odd', '--id', hostile, '--json'])
    const { id } = JSON.parse(out)
    for (const path of ['/', `/runs/${id}`]) {
      const answer = await fetch(`${ready.url}${path}`)
      const text = await answer.text()
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(text).toContain('&lt;img src=x')
      expect(text).not.toMatch(/<img|<script|[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    }
    expect((await fetch(`${ready.url}/api/v1/runs/${id}`)).status).toBe(401)
    const { token } = JSON.parse(readFileSync(note(), 'utf8'))
    expect((await fetch(`${ready.url}/api/v1/runs/${id}`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200)
  })
})

describe('a command beside an owner', () => {
  test('hands its run over, shows its progress and prints its result', async () => {
    const { running } = await dev()
    const { code, out, err } = await project.run(['run', 'echo', '--input', '{"text":"over there"}'])
    expect({ code, out }).toEqual({ code: 0, out: '{\n  "text": "over there"\n}\n' })
    expect(err).toContain(`worked on by process ${running.pid}`)
    expect(err).toContain('✓ say')
    expect(err).not.toContain('saying')
    expect(running.err).toContain('saying over there')
  })

  test('gets the failures of the owner in the same words and codes', async () => {
    await dev()
    expect(await project.run(['run', 'echo', '--input', '{"text":1}'])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/input\.text[^]*INPUT_INVALID/) })
    expect(await project.run(['run', 'buy', '--id', 'b'])).toMatchObject({ code: 1, err: expect.stringContaining('STEP_FAILED') })
    await project.write('bank', '')
    expect(await project.run(['runs', 'retry', 'b', '--quiet'])).toMatchObject({ code: 0, out: expect.stringContaining('"paid": true') })
    expect(await project.run(['runs', 'retry', 'b'])).toMatchObject({ code: 3, err: expect.stringContaining('RUN_NOT_RETRYABLE') })
    await project.write('new.ts', "import { defineWorkflow } from 'wumbo'\nimport { z } from 'zod'\nexport const fresh = defineWorkflow({ name: 'fresh', input: z.object({}), run: () => 1 })\n")
    expect(await project.run(['run', 'new.ts'])).toMatchObject({ code: 2, err: expect.stringMatching(/cannot run it[^]*wumbo dev loads it when it is saved[^]*stop process \d+/) })
  })

  test('--detach leaves the run to the owner; list, show, verify and cancel work beside it', async () => {
    const { running } = await dev()
    const { code, out } = await project.run(['run', 'gated', '--detach'])
    expect(code).toBe(0)
    const id = out.trim()
    await running.says('at the gate')
    expect((await project.run(['runs', 'list'])).out).toMatch(new RegExp(`running +gated +${id}`))
    expect((await project.run(['runs', 'show', id])).out).toContain('✓ before')
    expect((await project.run(['verify'])).code).toBe(0)
    expect(await project.run(['runs', 'cancel', id])).toMatchObject({ code: 0, err: `Run ${id} is cancelled.\n` })
  })

  test('a run is cancelled whose process ends with it', async () => {
    const running = project.start(['run', 'gated', '--id', 'alone'])
    await running.says('at the gate')
    expect(await project.run(['runs', 'cancel', 'alone'])).toMatchObject({ code: 0, err: expect.stringMatching(/is cancelled|was asked to cancel/) })
    expect((await running.ended).err).toContain('was cancelled')
  })

  test('without an owner --detach is refused', async () => {
    expect(await project.run(['run', 'gated', '--detach'])).toMatchObject({ code: 3, out: '', err: expect.stringContaining('wumbo dev') })
  })

  test('Ctrl-C leaves the run to the owner and says so', async () => {
    const { running } = await dev()
    const client = project.start(['run', 'gated'])
    await running.says('at the gate')
    await client.says('worked on by')
    client.signal('SIGINT')
    expect(await client.ended).toMatchObject({ code: 130, out: '', err: expect.stringContaining(`goes on in process ${running.pid}`) })
    await project.write('open', '')
  })

  test('takes the place of an owner that is killed, and the run goes on from its journal', async () => {
    const { running } = await dev()
    const client = project.start(['run', 'gated'])
    await running.says('at the gate')
    await client.says('✓ before')
    running.signal('SIGKILL')
    await client.says('it goes on here')
    await client.says('at the gate')
    await project.write('open', '')
    expect(await client.ended).toMatchObject({ code: 0, out: expect.stringContaining('"after": true') })
    expect(client.err).not.toContain('saying before')
    expect(client.err.split('✓ before')).toHaveLength(2)
  })

  test('wumbo run is an owner too: another command goes to it, and goes on alone when it is interrupted', async () => {
    const first = project.start(['run', 'gated', '--input', '{"file":"one"}'])
    await first.says('at the gate one')
    const second = project.start(['run', 'gated', '--input', '{"file":"two"}'])
    await second.says(`worked on by process ${first.pid}`)
    await first.says('at the gate two')
    first.signal('SIGINT')
    await first.says('Stopping')
    await project.write('one', '')
    await project.write('two', '')
    expect((await first.ended).code).toBe(130)
    expect(await second.ended).toMatchObject({ code: 0, out: expect.stringContaining('"after": true') })
  })
})

describe('an owner that is no command', () => {
  const HOLDER = "import { createWumbo } from 'URL'\nawait createWumbo({ store: 'sqlite:.wumbo/wumbo.db' })\nprocess.stderr.write('held')\nsetInterval(() => {}, 1000)\n"

  test('that takes no commands is named by its process id, and reading goes on beside it', async () => {
    await project.write('holder.mjs', HOLDER.replace('URL', new URL('../../../src/index.ts', import.meta.url).href))
    const holder = project.start(['holder.mjs'], { command: [process.execPath, '--conditions=wumbo-source'] })
    await holder.says('held')
    // It has owned the store for long, so that nobody waits for it to tell an address.
    writeFileSync(note(), JSON.stringify({ ...JSON.parse(readFileSync(note(), 'utf8')), since: 0 }))
    for (const args of [['run', 'echo'], ['runs', 'retry', 'x'], ['runs', 'cancel', 'x']]) {
      expect(await project.run(args)).toMatchObject({ code: 3, out: '', err: expect.stringMatching(new RegExp(`owned by process ${holder.pid}, which takes no commands[^]*OWNER_UNREACHABLE`)) })
    }
    expect((await project.run(['runs', 'list'])).code).toBe(0)
    expect((await project.run(['verify'])).code).toBe(0)
    holder.signal('SIGKILL')
    await holder.ended
    expect((await project.run(['run', 'echo', '--quiet'])).code).toBe(0)
  })

  test('a program that serves its Wumbo takes them', async () => {
    await project.write('server.mjs', `import { createWumbo, serve } from '${new URL('../../../src/index.ts', import.meta.url).href}'
import { echo } from './workflows/all.ts'
const wumbo = await createWumbo({ store: 'sqlite:.wumbo/wumbo.db', workflows: [echo] })
await serve(wumbo, { port: 0 })
process.stderr.write('serving')
`)
    // Modules of the project find the name wumbo as they do under the command.
    await project.write('names.mjs', `import { registerHooks } from 'node:module'
registerHooks({ resolve: (specifier, context, next) => next(specifier, /^(wumbo|zod)$/.test(specifier) ? { ...context, parentURL: '${import.meta.url}' } : context) })
`)
    const server = project.start(['server.mjs'], { command: [process.execPath, '--conditions=wumbo-source', '--import', './names.mjs'] })
    await server.says('serving')
    expect(await project.run(['run', 'echo'])).toMatchObject({ code: 0, out: expect.stringContaining('hello'), err: expect.stringContaining(`worked on by process ${server.pid}`) })
  })

  test('a note with a foreign address is sent nothing', async () => {
    expect((await project.run(['run', 'echo', '--quiet'])).code).toBe(0)
    writeFileSync(note(), JSON.stringify({ pid: process.pid, host: (await import('node:os')).hostname(), since: 0, address: 'http://127.0.0.1.example.com:80', token: 'secret' }))
    expect((await project.run(['run', 'echo', '--quiet'])).code).toBe(0)
  })
})
