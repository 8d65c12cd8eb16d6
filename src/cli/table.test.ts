import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { tableLines } from './table.ts'
import { Channel } from './terminal.ts'

const columns = [{ title: 'status' }, { title: 'workflow', min: 6 }, { title: 'took', align: 'right' as const }]
const rows = [['completed', 'a-very-long-name-of-a-workflow', '1.2 s'], ['failed', 'hello', '12 ms']]

function terminal(width: number, env: NodeJS.ProcessEnv = {}): Channel {
  return new Channel(Object.assign(new PassThrough(), { isTTY: true, columns: width }), { NO_COLOR: '1', ...env })
}

test('keeps every text where there is room', () => {
  expect(tableLines(terminal(80), columns, rows)).toEqual([
    'status     workflow                         took',
    'completed  a-very-long-name-of-a-workflow  1.2 s',
    'failed     hello                           12 ms',
  ])
})

test('cuts the column that may lose most', () => {
  expect(tableLines(terminal(40), columns, rows)).toEqual([
    'status     workflow                 took',
    'completed  a-very-long-name-of-a…  1.2 s',
    'failed     hello                   12 ms',
  ])
})

test('gives each row lines of its own where the columns do not fit, and leaves ids whole', () => {
  const wide = [{ title: 'status' }, { title: 'run' }, { title: 'note', min: 10 }]
  const id = '019a0000-0000-7000-8000-000000000001'
  expect(tableLines(terminal(40), wide, [['failed', id, 'x'.repeat(60)]])).toEqual(['failed', `  run   ${id}`, `  note  ${'x'.repeat(31)}…`])
})

test('cuts nothing where there is no terminal', () => {
  const piped = new Channel(new PassThrough(), {})
  expect(tableLines(piped, columns, [['completed', 'x'.repeat(300), '1 s']]).at(-1)).toContain('x'.repeat(300))
})

test.each([
  [{}, true], [{ NO_COLOR: '1' }, false], [{ NO_COLOR: '' }, true], [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true], [{ FORCE_COLOR: '0' }, false], [{ TERM: 'dumb' }, false],
])('a terminal with %j is colored: %s', (env, colored) => {
  const channel = new Channel(Object.assign(new PassThrough(), { isTTY: true }), env)
  expect(channel.paint('red', 'x') !== 'x').toBe(colored)
})

test('a pipe is colored only when it is forced', () => {
  expect(new Channel(new PassThrough(), {}).paint('red', 'x')).toBe('x')
  expect(new Channel(new PassThrough(), { FORCE_COLOR: '1' }).paint('red', 'x')).not.toBe('x')
})
