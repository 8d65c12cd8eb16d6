// The entry of `npm run bench`: checks what was asked for, installs the peers, runs the benchmarks one after the other,
// prints a table and one JSON line per id and load, and writes RESULTS.md when the run was a whole one. A check that
// fails in any measurement fails the bench; a goal that is missed is said, not failed.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRecord, parseRequest, USAGE, type Request } from './arguments.ts'
import type { Bench, Context, Outcome } from './bench.ts'
import { b1 } from './b1.bench.ts'
import { b2 } from './b2.bench.ts'
import { b3 } from './b3.bench.ts'
import { b3pg } from './b3-pg.bench.ts'
import { b4 } from './b4.bench.ts'
import { b5 } from './b5.bench.ts'
import { b9 } from './b9.bench.ts'
import { b9children, b9childrenPg } from './b9-children.bench.ts'
import { b10, b10pg } from './b10.bench.ts'
import { b12 } from './b12.bench.ts'
import { b14 } from './b14.bench.ts'
import { endAll, measureInChild } from './child.ts'
import type { Verdict } from './goal.ts'
import type { Limits } from './limits/limits.ts'
import { isBusy, load, machine, refuseMemory, versions } from './machine.ts'
import { installPeers } from './peers.ts'
import { figure, jsonLines, putSection, table, verdictTable } from './report.ts'
import { Servers } from './servers.ts'
import { t1 } from './t1.bench.ts'
import { v1 } from './v1.bench.ts'

const BENCHES: readonly Bench[] = [b1, b2, b3, b3pg, b4, b5, b9, b9children, b9childrenPg, b10, b10pg, b12, b14, t1, v1]
const RESULTS = new URL('./RESULTS.md', import.meta.url)
const BUILT = new URL('../dist/index.js', import.meta.url)

async function main(): Promise<void> {
  const request = parseRequest(process.argv.slice(2), BENCHES.map(({ id }) => id))
  if (request.help) {
    console.log(USAGE)
    return
  }
  if (request.lanes.includes('ours') && !existsSync(BUILT)) throw new Error('dist/ is missing; `npm run build` makes it')
  const folder = mkdtempSync(join(request.folder ?? tmpdir(), 'wumbo-bench-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  const servers = new Servers(request.folder)
  const stop = (): void => void endAll().then(() => servers.stop()).finally(() => (remove(), process.exit(130)))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    refuseMemory(folder)
    await runAll(request, { request, folder, servers, progress })
  } finally {
    await servers.stop()
    remove()
  }
}

async function runAll(request: Request, context: Context): Promise<void> {
  const chosen = BENCHES.filter(({ id }) => request.ids.includes(id))
  const needsPeers = chosen.some(({ peers }) => peers.length > 0) && request.lanes.some((lane) => lane.startsWith('peer'))
  if (isBusy()) progress(`The machine is busy (load ${load()} before anything was measured): figures will be low, and ratios rough.`)
  const peers = needsPeers ? await installPeers(progress) : {}
  const limits = await measureInChild<Limits>({
    file: new URL('./limits/limits.ts', import.meta.url),
    options: { seconds: request.quick ? 1 : 3 },
    within: context.folder,
  })
  const verdicts: Verdict[] = []
  for (const bench of chosen) {
    const loadBefore = load()
    const outcome = await bench.run(context)
    verdicts.push(...outcome.verdicts)
    if (!isRecord(request)) {
      progress(`\n## ${bench.id}: ${bench.title}\n\n${outcome.details}\n\n${outcome.fsync.join('\n')}\n`)
      continue
    }
    const facts = { context, peers: Object.fromEntries(Object.entries(peers).filter(([name]) => bench.peers.includes(name))), limits, load: `${loadBefore} before, ${load()} after` }
    writeFileSync(RESULTS, putSection(existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : '', bench.id, section(bench, outcome, facts)))
  }
  if (request.quick) console.log('\nQuick: fewer rounds of smaller counts. A look, not a result.')
  console.log(`\n${verdictTable(verdicts)}\n`)
  console.log(jsonLines(verdicts))
}

interface Facts {
  readonly context: Context
  readonly peers: Readonly<Record<string, string>>
  readonly limits: Limits
  readonly load: string
}

function section(bench: Bench, outcome: Outcome, facts: Facts): string {
  const { context, limits } = facts
  const about = {
    ...machine(context.folder),
    'load average': facts.load,
    ...versions(facts.peers),
    fsync: outcome.fsync.join('; ') || 'nothing durable is measured',
    rounds: `${context.request.rounds}, alternating, each in a fresh process; figures are medians`,
    limits: [
      `${figure(limits.appends)} fdatasync'd appends of 4 KiB/s`,
      `SQLite FULL ${figure(limits.commits)} commits/s and ${figure(limits.rows)} rows/s in batches of 500`,
    ].join('; '),
    date: new Date().toISOString().slice(0, 10),
  }
  return [`## ${bench.id}: ${bench.title}`, verdictTable(outcome.verdicts), outcome.details, table(['what', 'here'], Object.entries(about))]
    .filter((part) => part !== '')
    .join('\n\n')
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`)
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
