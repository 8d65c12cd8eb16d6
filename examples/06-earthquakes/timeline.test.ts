// The picture of a run: bars where steps ran, heights where several ran together, a fold where nothing ran.
import { expect, test } from 'vitest'
import type { RunDetails, StepSummary } from 'wumbo'
import { timeline } from './timeline.ts'

function run(...steps: readonly (readonly [path: string, startedAt: number, finishedAt: number, failures?: number])[]): RunDetails {
  const records = steps.map(([path, startedAt, finishedAt, failures = 0]) => ({ path, startedAt, finishedAt, kind: 'step', status: 'completed', failures: Array.from({ length: failures }) }) as unknown as StepSummary)
  return { steps: records } as unknown as RunDetails
}

test('steps in sequence are bars one after the other', () => {
  expect(timeline(run(['read', 0, 100], ['write', 100, 200]), 47)).toEqual([
    'read  ██████████             100 ms',
    'write           ██████████   100 ms',
  ])
})

test('the items of a map share a row that shows how many are at work', () => {
  expect(timeline(run(['a[0].locate', 0, 100], ['a[1].locate', 0, 50, 2]), 53)).toEqual(['a[2].locate ██████████▅▅▅▅▅▅▅▅▅▅   100 ms, 2 retries'])
})

test('time in which nothing ran is folded', () => {
  const [read, write] = timeline(run(['read', 0, 100], ['write', 3_600_000, 3_600_100]), 47)
  expect(read).toBe('read  ██████████┊             100 ms')
  expect(write).toBe('write           ┊██████████   100 ms')
})

test('a run without steps has no picture', () => {
  expect(timeline(run())).toEqual([])
})
