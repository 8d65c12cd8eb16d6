// B3-PG: one three-step workflow at a time; the median time from start to result, PostgreSQL; DBOS beside it on the same server. Half of
// its time is twice as good; within twice the ceiling's is half of it or more.
import type { Bench } from './bench.ts'
import { judge } from './goal.ts'
import { BESIDE_DBOS, DBOS_PACKAGES, DIFFERENCES } from './postgres-contest.ts'
import { againstFasterPeer, costTable, figures, fsyncModes, measureAlternately, slowest, spreadTable, type Load, type Loads } from './three-steps.ts'

const UNIT = 'ms'

export const b3pg: Bench = {
  id: 'B3-PG',
  title: 'One three-step durable workflow at a time, p50 from start to result, PostgreSQL, beside DBOS',
  peers: DBOS_PACKAGES,
  async run(context) {
    const { quick } = context.request
    const { facts } = await context.servers.postgres()
    const near: Load = { mode: 'latency', inFlight: 1, warmUp: 1000, count: quick ? 500 : 1500 }
    const far: Load = { mode: 'latency', inFlight: 1, warmUp: 300, count: quick ? 200 : 500 }
    const loads: Loads = { ours: near, peer: { ...far, pool: 20 }, 'peer-defaults': far, ceiling: near }
    const match = { label: 'B3-PG', unit: UNIT, loads }
    const results = await measureAlternately(BESIDE_DBOS, context, match)
    const question = { id: 'B3-PG', unit: UNIT, better: 'lower', against: 'DBOS', goal: { timesPeer: 2, shareOfCeiling: 0.5 } } as const
    return {
      verdicts: [judge(question, againstFasterPeer(figures(results)))],
      details: [DIFFERENCES, spreadTable(BESIDE_DBOS, { ...match, unit: `${UNIT} (p50)` }, results), slowest(BESIDE_DBOS, match, results), costTable(BESIDE_DBOS, results)].join('\n\n'),
      fsync: [facts, ...fsyncModes(BESIDE_DBOS, results)],
    }
  },
}
