// `wumbo dev` through many reloads, while runs are started all the time: no accepted run is lost or runs twice to an end, each gives what
// one of the saved versions says, and memory does not grow without bound. At a tenth, four reloads.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { Project } from '../integration/cli/command.ts'
import { readOwner } from '../../src/store/sqlite/index.ts'

const RELOADS = Math.max(4, Math.round(20 * Number(process.env['WUMBO_SCALE'] ?? 1)))
const STARTS = 25
/** A reload keeps the modules of the one before: what one may cost at most, and what a process may grow by itself. */
const MAX_PER_RELOAD = 8 * 1024 * 1024
const SLACK = 150 * 1024 * 1024

const template = (count: number): string => `
import { defineTemplate } from 'wumbo'
import { z } from 'zod'
export const say = defineTemplate({
  name: 'say', version: '1.0.0', description: 'Says it.', input: z.object({ to: z.string() }), output: z.object({ said: z.string() }),
  execute: async ({ to }) => { await new Promise((done) => setTimeout(done, 20)); return { said: \`\${to} ${count}\` } },
})
`
const workflow = (count: number): string => `name: greet\ninput: { type: object, properties: { to: { type: string } }, required: [to] }\nsteps:\n  a: { uses: say, with: { to: "\${{ input.to }}" } }\n  b: { uses: say, with: { to: "\${{ steps.a.output.said }}" } }\noutput: "\${{ steps.b.output.said }} v${count}"\n`

let project: Project
afterEach(() => project.remove())

test('K1: reloads lose no run', { timeout: 600_000 }, async () => {
  project = await Project.make({ 'wumbo.yaml': 'store: sqlite:.wumbo/wumbo.db\n', 'package.json': '{"type":"module"}', 'templates/say.ts': template(0), 'workflows/greet.yaml': workflow(0) })
  const dev = project.start(['dev', '--port', '0'])
  await dev.says(/Ready/, 'out')
  const { address = '', token = '' } = await readOwner(join(project.folder, '.wumbo/wumbo.db')) ?? {}
  const call = async (path: string, body?: object): Promise<Record<string, never>> => {
    const answer = await fetch(`${address}/api/v1${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Record<string, never>
  }
  const accepted: string[] = []
  const memory: number[] = []
  for (let reload = 1; reload <= RELOADS; reload++) {
    const starts = Array.from({ length: STARTS }, async (_, index) => {
      await pause(index * 8)
      accepted.push(String((await call('/runs', { workflow: 'greet', input: { to: `r${reload}-${index}` } }))['id']))
    })
    const from = dev.err.length
    await project.write('templates/say.ts', template(reload))
    await project.write('workflows/greet.yaml', workflow(reload))
    await Promise.all(starts)
    await dev.says(new RegExp(`^[^]{${from}}[^]*(?:loaded|reloaded)[^\\n]*\\n`, 'i'))
    memory.push(residentBytes(dev.child.pid ?? 0))
  }
  const ended = new Map<string, { status: string; output: unknown }>()
  while (ended.size < accepted.length) {
    for (const id of accepted) {
      if (ended.has(id)) continue
      const run = (await call(`/runs/${id}`)) as unknown as { status: string; output: unknown }
      if (!['running', 'waiting', 'ready'].includes(run.status)) ended.set(id, run)
    }
    await pause(50)
  }
  const wrong = [...ended].filter(([, { status, output }]) => status !== 'completed' || !/^r\d+-\d+ \d+ \d+ v\d+$/.test(String(output)))
  expect(wrong).toEqual([])
  expect(new Set(accepted).size).toBe(RELOADS * STARTS)
  console.log(`resident memory after each reload: ${memory.map((bytes) => Math.round(bytes / 2 ** 20)).join(', ')} MiB`)
  expect((memory.at(-1) ?? 0) - (memory[0] ?? 0)).toBeLessThan(SLACK + MAX_PER_RELOAD * RELOADS)
  dev.child.kill('SIGTERM')
  expect((await dev.ended).code).toBe(0)
})

function residentBytes(pid: number): number {
  const [, kib = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) * 1024
}
