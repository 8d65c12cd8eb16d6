// Three-step workflows on a SQLite file, beside Restate on one node: who runs in which lane of B2 and B3.
import type { Contest, Contestant } from './three-steps.ts'

const RESTATE = new URL('./restate/three-steps.ts', import.meta.url)

const WUMBO: Contestant = {
  name: 'Wumbo',
  file: new URL('./wumbo/three-steps.ts', import.meta.url),
  imports: [new URL('./wumbo/pragma-probe.mjs', import.meta.url)],
}

export const BESIDE_RESTATE: Contest = {
  lanes: {
    ours: WUMBO,
    yaml: { ...WUMBO, name: 'Wumbo, YAML', options: { form: 'yaml' } },
    peer: { name: 'Restate', file: RESTATE },
    'peer-defaults': { name: 'Restate, defaults', file: RESTATE },
    ceiling: { name: 'ceiling', file: new URL('./ceiling/three-steps.ts', import.meta.url) },
  },
  within: (_context, work) => work({}),
}

/** What a reader must know before comparing the lanes; stands in RESULTS.md with every figure. */
export const DIFFERENCES = `What differs: Wumbo and the ceiling run in the process that drives the load. Restate is a server of its own, started
workflows reach it over HTTP on loopback (keep-alive), and it calls the steps in a third process over HTTP/2; that is how
it is deployed, and the time is part of its figure. Wumbo validates the input of the workflow and the input and output of every step;
Restate and the ceiling validate nothing. Wumbo and Restate keep finished runs with their journals; the handler on
Restate's side is of a plain service, which is cheaper there than its workflow kind. The ceiling journals the same rows
by group commit and could not recover a run.`
