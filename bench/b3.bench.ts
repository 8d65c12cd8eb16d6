// B3: one three-step workflow at a time; the median time from start to result, SQLite with synchronous=FULL; Restate
// beside it. A quarter of Restate's time is four times better; within twice the ceiling's is half of it or more.
import type { Bench } from './bench.ts'
import { judge, type Rounds } from './goal.ts'
import { figure, table } from './report.ts'
import { DIFFERENCES, figures, fsyncModes, judgeYaml, measureAlternately, NAMES, spreadTable, type Load, type Loads, type Results } from './three-steps.ts'
import { median } from './stats.ts'
import type { Lane } from './arguments.ts'

const UNIT = 'ms'

export const b3: Bench = {
  id: 'B3',
  title: 'One three-step durable workflow at a time, p50 from start to result, SQLite FULL, beside Restate',
  peers: true,
  async run(context) {
    const { quick } = context.request
    const near: Load = { mode: 'latency', inFlight: 1, warmUp: 1000, count: quick ? 500 : 1500 }
    const far: Load = { mode: 'latency', inFlight: 1, warmUp: 300, count: quick ? 200 : 500 }
    const loads: Loads = { ours: near, yaml: near, peer: { ...far, partitions: 1 }, 'peer-defaults': far, ceiling: near }
    const results = await measureAlternately(context, 'B3', UNIT, loads)
    const question = { id: 'B3', unit: UNIT, better: 'lower', goal: { timesPeer: 4, shareOfCeiling: 0.5 } } as const
    const verdict = judge(question, againstFasterPeer(figures(results)))
    return {
      verdicts: [verdict, ...judgeYaml('B3', UNIT, 'lower', results)],
      details: [DIFFERENCES, spreadTable(`${UNIT} (p50)`, loads, results), slowest(results)].join('\n\n'),
      fsync: fsyncModes(results),
    }
  },
}

/** One workflow at a time gains nothing from partitions or the lack of them: the faster setting of the day is the peer. */
function againstFasterPeer(rounds: Rounds): Rounds {
  const { peer, peerDefaults } = rounds
  if (peer === undefined || peerDefaults === undefined || median(peer) <= median(peerDefaults)) return rounds
  return { ...rounds, peer: peerDefaults }
}

function slowest(results: Results): string {
  const rows = (Object.entries(results) as [Lane, { p99?: number }[]][]).map(([lane, list]) => [
    NAMES[lane],
    figure(median(list.map(({ p99 }) => p99 ?? Number.NaN)), UNIT),
  ])
  return table(['lane', 'p99, median of the rounds'], rows)
}
