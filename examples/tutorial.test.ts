// Each part of the tutorial runs, as a reader runs it: in a process of its own, in an empty folder.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 60_000 })

async function run(example: string): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), 'wumbo-example-'))
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }))
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL(example, import.meta.url))], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

test('01: a template gives data, refuses what its schema refuses, and is configured', async () => {
  const out = await run('01-template.ts')
  expect(out).toContain("{ id: 'A-1', net: 3800, tax: 722, total: 4522 }")
  expect(out).toContain("{ id: 'A-1', net: 3800, tax: 308, total: 4108 }")
  expect(out.match(/INPUT_INVALID/g)).toHaveLength(2)
})

test('02: templates are piped, branched and mapped', async () => {
  const out = await run('02-composition.ts')
  expect(out).toContain("[ 'Invoice A-1: 45.22 €', 'Please approve A-2: 174.93 €' ]")
  expect(out).toContain('item [1]: ')
})

test('03: a durable function retries and records its steps', async () => {
  const out = await run('03-durable-function.ts')
  expect(out).toContain("output: 'Order A-1: tea-2, pot-1'")
  expect(out).toMatch(/lines\[(tea|pot)\]\.reserve \(attempt 2\)/)
  expect(out).toContain('confirm (attempt 1)')
})

test('04: a run that was killed goes on; what was recorded is not done again', async () => {
  const out = await run('04-crash/main.ts')
  expect(out).toMatch(/new run ([0-9a-f-]{36})\n[^]*kill -9\n[^]*going on with run \1\n[^]*all 5 parcels are sent/)
  const sent = out.split('\n').filter((line) => line.startsWith('parcel '))
  expect([...new Set(sent)].map((line) => line.split(',')[0])).toEqual(['parcel 1', 'parcel 2', 'parcel 3', 'parcel 4', 'parcel 5'])
  expect(out.match(/sending parcel [12]\n/g)).toHaveLength(2)
})

test('05: a graph uses the same templates, branches, and is plain data', async () => {
  const out = await run('05-graph.ts')
  expect(out).toContain("Please approve A-2: 180.29 € [ 'kettle-3', 'tea-1' ]")
  expect(out).toContain("'letter.large'")
  expect(out).toMatch(/^[0-9a-f]{40} \{"name":"order-graph"/m)
})
