// The main example runs in all its forms and the check finds nothing; then each kind of loss and doubling is planted in a copy
// of the evidence, and the check has to find it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallEntry } from './call-log.ts'
import { check } from './check.ts'
import type { Evidence } from './check.ts'
import { gatherEvidence } from './evidence.ts'
import { runMain } from './run-main.ts'
import type { Ended } from './run-main.ts'

const folder = mkdtempSync(join(tmpdir(), 'wumbo-earthquakes-'))
let ends: Ended[]
let evidence: Evidence

beforeAll(async () => {
  ends = [await runMain(folder, '--once'), await runMain(folder, '--once', '--graph'), await runMain(folder, '--once', '--yaml')]
  evidence = await gatherEvidence(folder)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('all forms end well, and a later start shows the runs before', () => {
  expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual([{ code: 0, stderr: '' }, { code: 0, stderr: '' }, { code: 0, stderr: '' }])
  expect(ends[0]!.stdout).toContain('1677 earthquakes in 43 zones, 20 alerts; 30 events were rejected.')
  expect(ends[0]!.stdout).toMatch(/^batches\[68\]\.locate +[▁▂▃▄▅▆▇█ ]+ +\d+ ms, \d+ retries$/m)
  expect(ends[1]!.stdout).toMatch(/^Earlier: run [0-9a-f-]{36}, .*, completed$/m)
})

test('the function, the graph and the YAML write the same bytes and give the same output', () => {
  const [yaml, graph, fn] = evidence.runs
  expect([fn, graph, yaml].map((one) => one!.run.workflow)).toEqual(['earthquakes', 'earthquakes-graph', 'earthquakes-yaml'])
  expect(graph!.run.output).toEqual(fn!.run.output)
  expect(yaml!.run.output).toEqual(fn!.run.output)
  const bytes = (one: Evidence['runs'][number], name: string): Buffer => readFileSync(join(folder, (one.run.input as { output: string }).output, name))
  for (const name of ['report.json', 'report.md']) for (const other of [graph!, yaml!]) expect(bytes(other, name).equals(bytes(fn!, name)), name).toBe(true)
})

test('nothing was lost and nothing doubled', () => {
  expect(check(evidence)).toMatchObject({ problems: [], runs: 3, repeated: 0 })
})

type Received = Extract<CallEntry, { event: 'received' }>
const received = (path: string): Received => evidence.calls.find((entry): entry is Received => entry.event === 'received' && entry.path === path && entry.attempt === 1)!
const answer = (call: number): CallEntry => evidence.calls.find((entry) => entry.event === 'answered' && entry.call === call)!
const again = (entry: CallEntry, change: object): CallEntry[] => [{ ...entry, call: 10_001, ...change }, { ...answer(entry.call), call: 10_001 }]
const withCalls = (calls: readonly CallEntry[]): Evidence => ({ ...evidence, calls })
const withRun = (change: (one: Evidence['runs'][number]) => Partial<Evidence['runs'][number]>): Evidence => ({ ...evidence, runs: evidence.runs.map((one, index) => (index === 0 ? { ...one, ...change(one) } : one)) })

const planted: Record<string, { evidence: () => Evidence; problem: RegExp }> = {
  'a step is recorded that the service never served': {
    evidence: () => withCalls(evidence.calls.filter((entry) => entry.call !== received('/alerts').call)),
    problem: /recorded, but the service never served it/,
  },
  'a step is called again after its record': {
    evidence: () => withCalls([...evidence.calls, ...again(received('/zones'), { at: Date.now() + 1000, process: 1 })]),
    problem: /1 calls after its result was recorded/,
  },
  'a recorded failure is forgotten and its attempt repeated': {
    evidence: () => {
      const refused = evidence.calls.find((entry) => entry.event === 'answered' && entry.result === 'busy')!
      const first = evidence.calls.find((entry) => entry.call === refused.call)!
      return { ...withCalls([...evidence.calls, ...again(first, { at: refused.at + 50, process: 1 })]), killed: [1] }
    },
    problem: /1 calls repeat an attempt whose failure was recorded/,
  },
  'an attempt is repeated though nobody was killed': {
    evidence: () => withCalls([...evidence.calls, ...again(received('/zones'), { process: 1 })]),
    problem: /repeated although no process was killed/,
  },
  'one process makes the same attempt twice': {
    evidence: () => withCalls([...evidence.calls, ...again(received('/zones'), {})]),
    problem: /one process called twice in attempt 1/,
  },
  'an alert is raised twice': {
    evidence: () => withCalls([...evidence.calls, ...again(received('/alerts'), { process: 1 })]),
    problem: /the alert was raised twice/,
  },
  'a repetition has another key': {
    evidence: () => withCalls([...evidence.calls, ...again(received('/zones'), { process: 1, key: 'another' })]),
    problem: /sent 2 different keys/,
  },
  'two steps share a key': {
    evidence: () => withCalls(evidence.calls.map((entry) => (entry.event === 'received' && entry.call === received('/zones').call ? { ...entry, key: received('/alerts').key } : entry))),
    problem: /was sent by 2 steps/,
  },
  'a step that was called has no record': {
    evidence: () => withRun(({ run }) => ({ run: { ...run, steps: run.steps.filter(({ template }) => template?.startsWith('quakes.alert') !== true) } })),
    problem: /of which there is no record/,
  },
  'a path has two records': {
    evidence: () => withRun(({ run }) => ({ run: { ...run, steps: [...run.steps, { ...run.steps[5]!, seq: run.steps.length + 1 }] } })),
    problem: /two records of/,
  },
  'a run did not end': {
    evidence: () => withRun(({ run }) => ({ run: { ...run, status: 'running' } })),
    problem: /is running, not completed/,
  },
  'an earthquake is missing in the report': {
    evidence: () => withRun(({ report }) => ({ report: { ...report, quakes: report.quakes.slice(1) } })),
    problem: /earthquakes with their zones: 1676 where 1677 are due/,
  },
  'an earthquake is in the report twice': {
    evidence: () => withRun(({ report }) => ({ report: { ...report, quakes: [...report.quakes.slice(1), report.quakes[5]!] } })),
    problem: /earthquakes with their zones/,
  },
  'an alert is missing in the report': {
    evidence: () => withRun(({ report }) => ({ report: { ...report, zones: report.zones.map((zone) => ({ ...zone, alert: null })) } })),
    problem: /alerts: 0 where 20 are due/,
  },
}

test.each(Object.keys(planted))('the check finds that %s', (name) => {
  const { problems } = check(planted[name]!.evidence())
  expect(problems.join('\n')).toMatch(planted[name]!.problem)
})

test('a repeated call is no problem when its process was killed in flight', () => {
  const zones = received('/zones')
  const verdict = check({ ...withCalls([...again(zones, { at: zones.at - 1, process: 1 }), ...evidence.calls]), killed: [1] })
  expect(verdict).toMatchObject({ problems: [], repeated: 1 })
})
