// What `npm start` shows to a person: a page that answers until Ctrl-C, another port when one is taken, and a run of a
// killed process that goes on.
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { check } from './check.ts'
import { gatherEvidence } from './evidence.ts'
import { runMain } from './run-main.ts'

vi.setConfig({ testTimeout: 60_000 })

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wumbo-start-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function start(...args: readonly string[]): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL('main.ts', import.meta.url)), ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Waits for a line and gives what the pattern matched in it. */
async function line(stdout: Readable, pattern: RegExp): Promise<RegExpExecArray> {
  for await (const text of createInterface(stdout)) {
    const match = pattern.exec(text)
    if (match !== null) return match
  }
  throw new Error(`ended without ${pattern}`)
}

test('a page is served until Ctrl-C; a taken port gives way to the next free one', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  try {
    const child = start('--port', String(port))
    const [, used] = await line(child.stdout, /^Port \d+ is taken, so this is (\d+)\.$/)
    expect(Number(used)).toBeGreaterThan(port)
    expect((await fetch(`http://127.0.0.1:${used}/livez`)).status).toBe(200)
    expect(await (await fetch(`http://127.0.0.1:${used}/`)).text()).toContain('earthquakes')
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([0, null])
  } finally {
    other.close()
  }
})

test('the run of a process that was killed goes on at the next start', async () => {
  const child = start('--once')
  const [, id] = await line(child.stdout, /^Run (\S+) has begun\.$/)
  child.kill('SIGKILL')
  await once(child, 'close')
  const { code, stdout } = await runMain(folder, '--once')
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`^An earlier start left run ${id} unfinished; going on after its \\d+ recorded steps\\.`))
  expect(check({ ...(await gatherEvidence(folder)), killed: [child.pid!] })).toMatchObject({ problems: [], runs: 1 })
})

test('Ctrl-C during the run lets the steps at work end; the next start goes on and repeats none', async () => {
  const child = start('--once')
  const [, id] = await line(child.stdout, /^Run (\S+) has begun\.$/)
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([130, null])
  const { stdout } = await runMain(folder, '--once')
  expect(stdout).toContain(`An earlier start left run ${id} unfinished`)
  expect(check(await gatherEvidence(folder))).toMatchObject({ problems: [], repeated: 0 })
})
