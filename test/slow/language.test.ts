// The constructs of the language under kill -9: every shape of the simulation in real processes, on PostgreSQL with three workers and on SQLite with
// one process after another. WUMBO_SEED repeats the moments of a failure nearly.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../src/shared/random.ts'
import { sqliteStore } from '../../src/store/sqlite/index.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'
import { describePostgres, makeSchema } from '../integration/store/postgres-server.ts'
import { killShapes } from '../workers/shape-kills.ts'

const scale = Number(process.env['WUMBO_SCALE'] ?? 1)
const seed = Number(process.env['WUMBO_SEED'] ?? Date.now() % 1_000_000)
const KILLS = Math.max(8, Math.round(100 * scale))
const RUNS = Math.max(1, Math.round(8 * scale))

function chance(): () => number {
  const random = seededRandom(seed)
  return () => random.next()
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'wumbo-language-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test(`K1 to K12: ${KILLS} kills of one process on SQLite, ${RUNS} runs of every shape`, async () => {
  const path = folder()
  const file = join(path, 'wumbo.db')
  const broken = await killShapes({ store: { file }, log: join(path, 'log'), runs: RUNS, random: chance(), processes: 1, kills: KILLS, livesMs: 1500 }, () => sqliteStore({ file }))
  expect(broken, `seed ${seed}`).toEqual([])
})

describePostgres('many workers', () => {
  test(`K1 to K12: ${KILLS} kills among three workers on PostgreSQL, ${RUNS} runs of every shape`, async () => {
    const place = makeSchema()
    onTestFinished(place.drop, 30_000)
    const { url, schema } = place
    const broken = await killShapes({ store: { url, schema, leaseMs: 2000 }, log: join(folder(), 'log'), runs: RUNS, random: chance(), processes: 3, kills: KILLS, livesMs: 1000 }, () => postgresStore({ url, schema }))
    expect(broken, `seed ${seed}`).toEqual([])
  })
})
