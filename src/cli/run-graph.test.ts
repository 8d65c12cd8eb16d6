import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { RunDetails } from '../engine/inspect.ts'
import { asciiLine, wantsAscii } from './ascii.ts'
import { graphLines } from './run-graph.ts'
import { Channel, type OutStream } from './terminal.ts'
import { timelineLines } from './timeline.ts'

const plain = new Channel(new PassThrough(), { NO_COLOR: '1' })

function run(steps: readonly (readonly [path: string, status: string, kind?: string])[], more: Partial<RunDetails> = {}): RunDetails {
  const made = steps.map(([path, status, kind = 'step'], index) => ({ path, status, kind, seq: index + 1, gen: 1, level: 'effect', template: null, attempt: 1, startedAt: index, finishedAt: index + 1, input: undefined, output: undefined, error: null, reads: null, failures: [] }))
  return { status: 'running', createdAt: 0, finishedAt: null, definition: null, pending: [], steps: made, ...more } as unknown as RunDetails
}

test('a graph is drawn by its definition, with what is not reached yet', () => {
  const definition = { name: 'g', steps: { fetch: { uses: 'a' }, each: { forEach: '${{ x }}', steps: { send: { uses: 'b' } } }, pick: { switch: [{ if: 'x', steps: { slow: { sleep: '1d' } } }, { else: true as const, uses: 'c' }] }, last: { uses: 'd' } } }
  const lines = graphLines(plain, run([['fetch', 'completed'], ['each', 'completed', 'choice'], ...Array.from({ length: 4998 }, (_, at) => [`each[${at}].send`, 'completed'] as const), ['each[4998].send', 'failed'], ['pick', 'completed', 'choice']], {
    definition, pending: [{ path: 'pick.case0.slow', kind: 'timer', attempt: 1, due: 5, error: null }],
  }))
  expect(lines).toEqual(['├─ ✓ fetch', '├─ ✓ each', '│  └─ ✗ send  ✓ 4,998  ✗ 1', '├─ ✓ pick', '│  ├─ ● case0', '│  │  └─ ● slow', '│  └─ ○ else', '└─ ○ last'])
  expect(lines.map(asciiLine).slice(0, 3)).toEqual(['|- v fetch', '|- v each', '|  `- x send  v 4,998  x 1'])
})

test('a graph that is run inline is drawn below its step', () => {
  const beside = { 'check@12': { name: 'check', steps: { first: { uses: 'a' }, last: { uses: 'b' } } } }
  const definition = { name: 'g', steps: { one: { inline: { workflow: 'check@12' } }, each: { forEach: 'x', inline: { workflow: 'check@12' } } }, workflows: beside }
  const lines = graphLines(plain, run([['one.first', 'completed'], ['one.$inline.$finally.free', 'completed'], ['each', 'completed', 'choice'], ['each[0].first', 'completed'], ['each[1].first', 'failed']], { definition }))
  expect(lines).toEqual(['├─ ● one', '│  ├─ ✓ first', '│  └─ ○ last', '└─ ✓ each', '   ├─ ✗ first  ✓ 1  ✗ 1', '   └─ ○ last'])
})

test('a function is drawn by the paths of what it has done, without recorded values', () => {
  expect(graphLines(plain, run([['a', 'completed'], ['_now', 'completed', 'value'], ['both.x', 'completed'], ['both.y', 'skipped'], ['poll', 'completed'], ['poll#2', 'completed'], ['items[k].pay', 'completed'], ['items[l].pay', 'completed']]))).toEqual([
    '├─ ✓ a', '├─ ✓ both', '│  ├─ ✓ x', '│  └─ – y', '├─ ✓ poll  ✓ 1', '└─ ✓ items', '   └─ ✓ pay  ✓ 2',
  ])
  expect(graphLines(plain, run([]))).toEqual([])
})

test('lines fit a narrow terminal, in the tree and on the time axis', () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 60 }) as OutStream
  const narrow = new Channel(stream, { NO_COLOR: '1' })
  const long = run([[`a${'b'.repeat(90)}.c${'d'.repeat(90)}`, 'completed']])
  for (const line of [...graphLines(narrow, long), ...timelineLines(narrow, long, 10)]) expect(line.length).toBeLessThanOrEqual(60)
})

test('of a long run the time axis shows the first and the last steps, and how many are left out', () => {
  const lines = timelineLines(plain, run(Array.from({ length: 5000 }, (_, at) => [`s${at}`, 'completed'] as const)), 5000)
  expect(lines).toHaveLength(61)
  expect(lines[20]).toBe('… 4,940 more')
  expect(lines.at(-1)).toContain('s4999')
})

test.each([[{ LANG: 'C' }, true], [{ LANG: 'en_US.UTF-8' }, false], [{ LC_ALL: 'POSIX', LANG: 'en_US.UTF-8' }, true], [{}, false], [{ LANG: 'C.utf8' }, false]])('the locale %j wants ASCII: %s', (env, expected) => {
  expect(wantsAscii(env as NodeJS.ProcessEnv)).toBe(expected)
})
