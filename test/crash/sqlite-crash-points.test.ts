// K1 to K5 with real processes on SQLite: a child dies by SIGKILL before and after each store call, the next one goes on. In
// `npm test` every eleventh point; all of them in the slow suite.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { realShapes } from './real-shapes.ts'
import type { EffectLine } from './real-shapes.ts'

const EVERY = Number(process.env['WUMBO_CRASH_EVERY'] ?? 11)
const program = fileURLToPath(new URL('./sqlite-process.ts', import.meta.url))

interface Outcome {
  readonly calls: number
  readonly run: string
  readonly runs: number
  readonly end: unknown
  readonly findings: readonly string[]
  readonly steps: readonly { readonly path: string; readonly kind: string; readonly level: string; readonly attempt: number }[]
}

function run(folder: string, ...args: string[]): Promise<{ readonly killed: boolean; readonly outcome: Outcome | null }> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--conditions=wumbo-source', program, folder, ...args], (error, stdout, stderr) => {
      if (error === null) resolve({ killed: false, outcome: JSON.parse(stdout) as Outcome })
      else if (error.signal === 'SIGKILL') resolve({ killed: true, outcome: null })
      else reject(new Error(`${error.message}\n${stderr}`))
    })
  })
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'wumbo-crash-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('K1, K2, K3, K4, K5: killed before and after store calls, on SQLite', () => {
  test.each(realShapes(() => undefined).map((shape, index) => [shape.name, shape, index] as const))('%s', { timeout: 300_000 }, async (name, shape, index) => {
    const calm = await inFolder((folder) => run(folder, name))
    expect(calm.outcome?.end).toEqual(shape.expected)
    const points = 2 * (calm.outcome?.calls ?? 0)
    expect(points).toBeGreaterThan(8)
    for (let point = index % EVERY; point < points; point += EVERY) {
      const [call, when] = [String((point >> 1) + 1), point % 2 === 0 ? 'before' : 'after']
      await inFolder(async (folder) => {
        const at = `killed ${when} call ${call}`
        await run(folder, name, call, when)
        const { outcome } = await run(folder, name)
        expect(outcome?.end, at).toEqual(shape.expected)
        expect(outcome?.runs, at).toBe(1)
        expect(outcome?.findings, at).toEqual([])
        const lines = (await readFile(join(folder, 'effects.log'), 'utf8')).trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as EffectLine)
        for (const step of outcome?.steps ?? []) {
          if (step.kind !== 'step' || step.level === 'pure' || step.path === 'big') continue
          const calls = lines.filter((line) => line.path === step.path && line.run === outcome?.run)
          expect(calls.length, `${at}: ${step.path}`).toBeGreaterThan(0)
          expect(new Set(calls.map(({ key, input }) => `${key} ${input}`)).size, `${at}: ${step.path}`).toBe(1)
          expect(calls.length, `${at}: ${step.path}`).toBeLessThanOrEqual(step.attempt + 1)
        }
      })
    }
  })
})
