// B3: one three-step workflow at a time; the median time from start to result, SQLite with synchronous=FULL; Restate
// beside it. A quarter of Restate's time is four times better; within twice the ceiling's is half of it or more.
import type { Bench } from './bench.ts'
import { judge } from './goal.ts'
import { BESIDE_RESTATE, DIFFERENCES } from './sqlite-contest.ts'
import { againstFasterPeer, figures, fsyncModes, judgeYaml, measureAlternately, slowest, spreadTable, type Load, type Loads } from './three-steps.ts'

const UNIT = 'ms'

export const b3: Bench = {
  id: 'B3',
  title: 'One three-step durable workflow at a time, p50 from start to result, SQLite FULL, beside Restate',
  peers: ['@restatedev/restate-server', '@restatedev/restate-sdk'],
  async run(context) {
    const { quick } = context.request
    const near: Load = { mode: 'latency', inFlight: 1, warmUp: 1000, count: quick ? 500 : 1500 }
    const far: Load = { mode: 'latency', inFlight: 1, warmUp: 300, count: quick ? 200 : 500 }
    const loads: Loads = { ours: near, yaml: near, peer: { ...far, partitions: 1 }, 'peer-defaults': far, ceiling: near }
    const match = { label: 'B3', unit: UNIT, loads }
    const results = await measureAlternately(BESIDE_RESTATE, context, match)
    const question = { id: 'B3', unit: UNIT, better: 'lower', goal: { timesPeer: 4, shareOfCeiling: 0.5 } } as const
    const verdict = judge(question, againstFasterPeer(figures(results)))
    return {
      verdicts: [verdict, ...judgeYaml('B3', UNIT, 'lower', results)],
      details: [DIFFERENCES, spreadTable(BESIDE_RESTATE, { ...match, unit: `${UNIT} (p50)` }, results), slowest(BESIDE_RESTATE, match, results)].join('\n\n'),
      fsync: fsyncModes(BESIDE_RESTATE, results),
    }
  },
}
