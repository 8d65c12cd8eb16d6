// B2: three-step durable workflows, many at once, SQLite with synchronous=FULL; Restate beside it. Each engine at its
// best number in flight (B2), and both with 100 (B2@100).
import type { Bench, Context } from './bench.ts'
import { judge, type Verdict } from './goal.ts'
import { figure, table } from './report.ts'
import { BESIDE_RESTATE, DIFFERENCES } from './sqlite-contest.ts'
import { figures, fsyncModes, judgeYaml, measureAlternately, measureLane, spreadTable, type Load, type Loads, type PeerLoad, type Results } from './three-steps.ts'

const UNIT = 'runs/s'
const IN_FLIGHT = 2000

export const b2: Bench = {
  id: 'B2',
  title: 'Three-step durable workflow, many at once, SQLite FULL, beside Restate',
  peers: ['@restatedev/restate-server', '@restatedev/restate-sdk'],
  async run(context) {
    const tried = context.request.lanes.includes('peer') ? await tryPeer(context) : []
    const best = fastest(tried)
    const bestDefaults = fastest(tried.filter(({ partitions }) => partitions === undefined))
    const many = await measureLoad(context, { id: 'B2', timesPeer: 25, inFlight: IN_FLIGHT, peer: best, peerDefaults: bestDefaults })
    const best100 = fastest(tried.filter(({ inFlight }) => inFlight === 100))
    const few = await measureLoad(context, {
      id: 'B2@100',
      timesPeer: 15,
      inFlight: 100,
      peer: best100,
      peerDefaults: { inFlight: 100 },
    })
    return {
      verdicts: [many.verdict, ...judgeYaml('B2', UNIT, 'higher', many.results), few.verdict, ...judgeYaml('B2@100', UNIT, 'higher', few.results)],
      details: [DIFFERENCES, many.details, few.details, triedTable(tried)].filter(Boolean).join('\n\n'),
      fsync: fsyncModes(BESIDE_RESTATE, many.results, few.results),
    }
  },
}

interface PeerSetting {
  readonly inFlight: number
  readonly partitions?: number
}

interface Attempt extends PeerSetting {
  readonly rate: number
}

/**
 * Restate starts with 24 partitions, which suits a cluster; on one node with few cores a single one does more
 * (https://github.com/restatedev/restate/issues/5305, and the table in RESULTS.md).
 */
function settings(quick: boolean): readonly PeerSetting[] {
  const inFlight = quick ? [100, 1000] : [100, 500, 1000, 2000]
  return inFlight.flatMap((inFlight) => [{ inFlight }, { inFlight, partitions: 1 }])
}

/** Which number in flight, and which number of partitions, suits the peer best on this machine, today. */
async function tryPeer(context: Context): Promise<Attempt[]> {
  const attempts: Attempt[] = []
  for (const setting of settings(context.request.quick)) {
    const { figure: rate } = await measureLane(BESIDE_RESTATE, context, 'peer', peerLoad(context, setting))
    context.progress(`B2  trying  Restate, ${describe(setting)}: ${figure(rate, UNIT)}`)
    attempts.push({ ...setting, rate })
  }
  return attempts
}

function fastest(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.toSorted((a, b) => b.rate - a.rate)[0]
}

function peerLoad(context: Context, setting: PeerSetting): PeerLoad {
  const count = context.request.quick ? 1500 : 4000
  return { mode: 'throughput', warmUp: 1500, count, ...setting }
}

function ourLoad(context: Context, inFlight: number): Load {
  // Long enough that the compiler and the log's file have settled: the first 50,000 runs are a fifth slower.
  const count = (inFlight === IN_FLIGHT ? 160_000 : 60_000) / (context.request.quick ? 4 : 1)
  return { mode: 'throughput', warmUp: Math.ceil(count / (inFlight === IN_FLIGHT ? 4 : 2)), count, inFlight }
}

interface LoadOptions {
  readonly id: string
  readonly timesPeer: number
  readonly inFlight: number
  readonly peer: PeerSetting | undefined
  readonly peerDefaults: PeerSetting | undefined
}

interface Measured {
  readonly verdict: Verdict
  readonly details: string
  readonly results: Results
}

async function measureLoad(context: Context, options: LoadOptions): Promise<Measured> {
  const { id, timesPeer, inFlight, peer, peerDefaults } = options
  const loads: Loads = {
    ours: ourLoad(context, inFlight),
    yaml: ourLoad(context, inFlight),
    ceiling: ourLoad(context, inFlight),
    ...(peer && { peer: peerLoad(context, peer) }),
    // Only where it is another setting than the best one.
    ...(peer?.partitions !== undefined && peerDefaults && { 'peer-defaults': peerLoad(context, peerDefaults) }),
  }
  const match = { label: id, unit: UNIT, loads }
  const results = await measureAlternately(BESIDE_RESTATE, context, match)
  const verdict = judge(
    {
      id,
      unit: UNIT,
      better: 'higher',
      inFlight,
      ...(peer && { peerInFlight: peer.inFlight }),
      goal: { timesPeer, shareOfCeiling: 0.5 },
    },
    figures(results),
  )
  const details = [`### ${id}`, peer === undefined ? '' : `Restate at ${describe(peer)}.`, spreadTable(BESIDE_RESTATE, match, results)]
  return { verdict, results, details: details.filter(Boolean).join('\n\n') }
}

function describe({ inFlight, partitions }: PeerSetting): string {
  return `${figure(inFlight)} in flight, ${partitions === undefined ? 'default partitions (24)' : `${partitions} partition`}`
}

function triedTable(attempts: readonly Attempt[]): string {
  if (attempts.length === 0) return ''
  const rows = attempts.map((attempt) => [figure(attempt.inFlight), String(attempt.partitions ?? '24 (default)'), figure(attempt.rate, UNIT)])
  return ['### What suits Restate best here (one measurement each)', table(['in flight', 'partitions', 'rate'], rows)].join('\n\n')
}
