// B1: three-step durable workflows, many at once, PostgreSQL; DBOS beside it on the same server. Each engine at its best number in
// flight (B1), and both with 100 (B1@100).
import type { Bench, Context } from './bench.ts'
import { judge, type Verdict } from './goal.ts'
import { BESIDE_DBOS, DBOS_PACKAGES, DIFFERENCES } from './postgres-contest.ts'
import { figure, table } from './report.ts'
import { costTable, figures, fsyncModes, measureAlternately, measureLane, spreadTable, type Load, type Loads, type PeerLoad, type Results } from './three-steps.ts'

const UNIT = 'runs/s'
const IN_FLIGHT = 2000

export const b1: Bench = {
  id: 'B1',
  title: 'Three-step durable workflow, many at once, PostgreSQL, beside DBOS',
  peers: DBOS_PACKAGES,
  async run(context) {
    const { facts } = await context.servers.postgres()
    const tried = context.request.lanes.includes('peer') ? await tryPeer(context) : []
    const defaults = tried.filter(({ pool }) => pool === undefined)
    const many = await measureLoad(context, { id: 'B1', timesPeer: 50, inFlight: IN_FLIGHT, peer: fastest(tried), peerDefaults: fastest(defaults) })
    const with100 = tried.filter(({ inFlight }) => inFlight === 100)
    const few = await measureLoad(context, { id: 'B1@100', timesPeer: 25, inFlight: 100, peer: fastest(with100), peerDefaults: { inFlight: 100 } })
    return {
      verdicts: [many.verdict, few.verdict],
      details: [DIFFERENCES, many.details, few.details, triedTable(tried)].filter(Boolean).join('\n\n'),
      fsync: [facts, ...fsyncModes(BESIDE_DBOS, many.results, few.results)],
    }
  },
}

interface PeerSetting {
  readonly inFlight: number
  /** Connections; 10 when left out, as DBOS has it. */
  readonly pool?: number
}

interface Attempt extends PeerSetting {
  readonly rate: number
}

function settings(quick: boolean): readonly PeerSetting[] {
  const inFlight = quick ? [100, 500] : [50, 100, 500, 1000]
  const pools = quick ? [20] : [20, 50]
  return inFlight.flatMap((inFlight) => [{ inFlight }, ...pools.map((pool) => ({ inFlight, pool }))])
}

/** Which number in flight, and how many connections, suit the peer best on this machine, today. */
async function tryPeer(context: Context): Promise<Attempt[]> {
  const attempts: Attempt[] = []
  for (const setting of settings(context.request.quick)) {
    const { figure: rate } = await measureLane(BESIDE_DBOS, context, 'peer', peerLoad(context, setting))
    context.progress(`B1  trying  DBOS, ${describe(setting)}: ${figure(rate, UNIT)}`)
    attempts.push({ ...setting, rate })
  }
  return attempts
}

function fastest(attempts: readonly Attempt[]): Attempt | undefined {
  return attempts.toSorted((a, b) => b.rate - a.rate)[0]
}

function peerLoad({ request }: Context, setting: PeerSetting): PeerLoad {
  return { mode: 'throughput', warmUp: request.quick ? 300 : 1000, count: request.quick ? 1000 : 4000, ...setting }
}

function ourLoad({ request }: Context, inFlight: number): Load {
  const count = (inFlight === IN_FLIGHT ? 120_000 : 60_000) / (request.quick ? 4 : 1)
  return { mode: 'throughput', warmUp: Math.ceil(count / 3), count, inFlight }
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

async function measureLoad(context: Context, { id, timesPeer, inFlight, peer, peerDefaults }: LoadOptions): Promise<Measured> {
  const loads: Loads = {
    ours: ourLoad(context, inFlight),
    ceiling: ourLoad(context, inFlight),
    ...(peer && { peer: peerLoad(context, peer) }),
    // Only where it is another setting than the best one.
    ...(peer?.pool !== undefined && peerDefaults && { 'peer-defaults': peerLoad(context, peerDefaults) }),
  }
  const match = { label: id, unit: UNIT, loads }
  const results = await measureAlternately(BESIDE_DBOS, context, match)
  const goal = { timesPeer, shareOfCeiling: 0.5 }
  const verdict = judge({ id, unit: UNIT, better: 'higher', inFlight, against: 'DBOS', ...(peer && { peerInFlight: peer.inFlight }), goal }, figures(results))
  const details = [`### ${id}`, peer === undefined ? '' : `DBOS at ${describe(peer)}.`, spreadTable(BESIDE_DBOS, match, results), costTable(BESIDE_DBOS, results)]
  return { verdict, results, details: details.filter(Boolean).join('\n\n') }
}

function describe({ inFlight, pool }: PeerSetting): string {
  return `${figure(inFlight)} in flight, ${pool === undefined ? 'its default number of connections (10)' : `${pool} connections`}`
}

function triedTable(attempts: readonly Attempt[]): string {
  if (attempts.length === 0) return ''
  const rows = attempts.map((attempt) => [figure(attempt.inFlight), String(attempt.pool ?? '10 (default)'), figure(attempt.rate, UNIT)])
  return ['### What suits DBOS best here (one measurement each)', table(['in flight', 'connections', 'rate'], rows)].join('\n\n')
}
