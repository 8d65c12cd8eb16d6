// Ten thousand runs of three steps, a hundred of them waiting, are moved by the command line; all finish in the target.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWumbo, defineTemplate, defineWorkflow } from '../../src/index.ts'
import { ON_SOURCES, plainEnv } from '../integration/cli/command.ts'
import { describePostgres, makeSchema } from '../integration/store/postgres-server.ts'

const RUNS = 10_000
const WAITING = 100
const LIMIT_MS = 30_000

const add = defineTemplate({ name: 'add', version: '1.0.0', description: 'Adds.', input: z.object({ n: z.number() }), output: z.object({ n: z.number() }), execute: ({ n }) => ({ n: n + 1 }) })
const adding = defineWorkflow({
  name: 'adding', input: z.object({ n: z.number(), ms: z.number() }),
  async run(ctx, { n, ms }) {
    const a = await ctx.step('a', add, { n })
    const b = await ctx.step('b', add, a)
    if (ms > 0) await ctx.sleep('nap', ms)
    return ctx.step('c', add, b)
  },
})
const inputOf = (n: number): { n: number; ms: number } => ({ n, ms: n % (RUNS / WAITING) === 0 ? 60_000 : 0 })

describePostgres('a store of ten thousand runs', () => {
  test('moves within half a minute, and a killed move leaves nothing', { timeout: 600_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wumbo-move-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'wumbo.db')
    const before = await createWumbo({ store: `sqlite:${file}`, workflows: [adding] })
    const handles = await Promise.all(Array.from({ length: RUNS }, (_, n) => before.start(adding, inputOf(n), { id: `run-${n}` })))
    await Promise.all(handles.filter((_, n) => inputOf(n).ms === 0).map((handle) => handle.result()))
    await before.close()

    const at = makeSchema()
    onTestFinished(at.drop)
    const target = `${at.url}?schema=${at.schema}`
    const move = (): ReturnType<typeof spawn> => spawn(process.execPath, [...ON_SOURCES, 'store', 'move', '--from', `sqlite:${file}`, '--to', target, '--json'], { env: plainEnv(), stdio: ['ignore', 'pipe', 'pipe'] })
    const killed = move()
    const isCopying = async (): Promise<boolean> => Number((await at.query(`select count(*) as count from pg_stat_activity where application_name = $1 and query ~ 'transfer|journal'`, [`wumbo ${at.schema}`])).rows[0].count) > 0
    while (!(await isCopying()) && killed.exitCode === null) await new Promise((resolve) => setImmediate(resolve))
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    expect(Number((await at.query('select count(*) as count from run_starts')).rows[0].count)).toBe(0)

    const began = performance.now()
    const moving = move()
    const [said, [code]] = await Promise.all([text(moving.stdout!), once(moving, 'exit')])
    const took = performance.now() - began
    expect(code).toBe(0)
    const report = JSON.parse(said) as { tables: Record<string, { rows: number; sha256: string }>; ms: number }
    console.log(`moved ${RUNS} runs, ${report.tables['journal']?.rows} records in ${Math.round(took)} ms`)
    expect(report.tables['runs']?.rows).toBe(RUNS)
    expect(took).toBeLessThan(LIMIT_MS)

    const after = await createWumbo({ store: target, workflows: [adding] })
    onTestFinished(() => after.close())
    const results = await Promise.all(Array.from({ length: RUNS }, async (_, n) => (await after.start(adding, inputOf(n), { id: `run-${n}` })).result()))
    expect(results).toEqual(Array.from({ length: RUNS }, (_, n) => ({ n: n + 3 })))
    const findings = []
    for await (const finding of after.verify()) findings.push(finding)
    expect(findings).toEqual([])
  })
})
