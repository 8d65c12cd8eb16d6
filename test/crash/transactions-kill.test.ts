// K4 with real processes: a child dies by SIGKILL around calls to the store, around commits, and at any moment; the next one goes on. A
// counter that the steps raise is then exactly the number of steps. In `npm test` some of the points; WUMBO_CRASH_EVERY=1 takes all.
import { execFile } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { seededRandom } from '../../src/shared/random.ts'
import { COUNTERS } from '../fixtures/postgres-transactions.ts'
import { storeFile } from '../integration/store/folder.ts'
import { describePostgres, makeSchema } from '../integration/store/postgres-server.ts'
import { COUNTS_PER_RUN } from './transaction-shape.ts'

const EVERY = Number(process.env['WUMBO_CRASH_EVERY'] ?? 17)
const RUNS = 4
const program = fileURLToPath(new URL('./transaction-process.ts', import.meta.url))

interface Outcome {
  readonly calls: number
  readonly ends: readonly string[]
  readonly findings: readonly string[]
}

interface Subject {
  readonly args: readonly [string, string]
  counted(): Promise<{ readonly n: number; readonly calls: number }>
}

interface Options {
  readonly args?: readonly string[]
  readonly commit?: string
  readonly killAfterMs?: number
}

/** Runs a child; null when it was killed. */
function run(subject: Subject, { args = [], commit = '', killAfterMs }: Options = {}): Promise<Outcome | null> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, ['--conditions=wumbo-source', program, ...subject.args, String(RUNS), ...args], { env: { ...process.env, WUMBO_KILL_COMMIT: commit } }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Outcome)
      else if (error.signal === 'SIGKILL') resolve(null)
      else reject(new Error(`${error.message}\n${stderr}`))
    })
    if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  })
}

async function expectExactlyOnce(subject: Subject, at: string): Promise<void> {
  const outcome = await run(subject)
  expect(outcome?.ends, at).toEqual(Array.from({ length: RUNS }, () => 'done'))
  expect(outcome?.findings, at).toEqual([])
  expect(await subject.counted(), at).toEqual({ n: RUNS * COUNTS_PER_RUN, calls: RUNS * COUNTS_PER_RUN })
}

function onSqlite(): Promise<Subject> {
  const file = storeFile()
  return Promise.resolve({
    args: ['sqlite', file],
    counted() {
      const database = new DatabaseSync(file, { readOnly: true })
      const row = database.prepare('select (select n from counters) as n, (select count(*) from calls) as calls').get()
      database.close()
      return Promise.resolve({ n: Number(row?.['n']), calls: Number(row?.['calls']) })
    },
  })
}

async function onPostgres(): Promise<Subject> {
  const at = makeSchema()
  onTestFinished(at.drop)
  await at.query(`create schema ${at.schema}`)
  await at.query(COUNTERS)
  return {
    args: ['postgres', at.schema],
    async counted() {
      const { rows } = await at.query('select (select n from counters)::int as n, (select count(*) from calls)::int as calls')
      return rows[0] as { n: number; calls: number }
    },
  }
}

function killTests(make: () => Promise<Subject>, every: number): void {
  test('around calls to the store', { timeout: 600_000 }, async () => {
    const calm = await make()
    const calls = (await run(calm))?.calls ?? 0
    await expectExactlyOnce(calm, 'calm')
    expect(calls).toBeGreaterThan(6)
    for (let point = 3; point < 2 * calls; point += every) {
      const subject = await make()
      const [call, when] = [String((point >> 1) + 1), point % 2 === 0 ? 'before' : 'after']
      await run(subject, { args: [call, when] })
      await expectExactlyOnce(subject, `killed ${when} call ${call}`)
    }
  })

  test('at any moment, again and again', { timeout: 600_000 }, async () => {
    const random = seededRandom(7)
    for (let round = 0; round < Math.ceil(34 / every); round++) {
      const subject = await make()
      const moments = Array.from({ length: 4 }, () => 400 + Math.floor(random.next() * 800))
      for (const killAfterMs of moments) await run(subject, { killAfterMs })
      await expectExactlyOnce(subject, `killed after ${moments.join(', ')} ms`)
    }
  })
}

describe('K4: transaction steps happen exactly once, on SQLite', () => {
  killTests(onSqlite, EVERY)

  test.each(['before 2', 'after 2', 'before 3', 'after 3', 'after 5'])('killed in the writer, %s commits', { timeout: 120_000 }, async (commit) => {
    const subject = await onSqlite()
    expect(await run(subject, { commit })).toBe(null)
    await expectExactlyOnce(subject, commit)
  })
})

describePostgres('K4: transaction steps happen exactly once, on PostgreSQL', () => {
  // There are twice as many calls: commits count.
  killTests(onPostgres, EVERY * 2 - 1)
})
