import { describe, expect, test } from 'vitest'
import type { JournalRecord } from '../model/record.ts'
import type { Operation } from '../workflow/contract.ts'
import { Replay } from './replay.ts'

function recorded(seq: number, path: string): { readonly record: JournalRecord; readonly output: unknown } {
  const record: JournalRecord = {
    space: 0, run: 'r', gen: 1, path, seq, kind: 'timer', status: 'completed', level: 'effect', template: null, templateVersion: null, inputHash: null, input: null, output: null, error: null,
    attempt: 0, startedAt: 0, finishedAt: 0, reads: null,
  }
  return { record, output: undefined }
}

function replay(...paths: string[]): Replay {
  return new Replay({ records: paths.map((path, index) => recorded(index + 1, path)), loose: new Map() })
}

const timer = (path: string): Operation => ({ kind: 'timer', path, ms: 1 })

describe('a source that ends before all recorded answers are given', () => {
  test('is the one that wrote the journal when it has asked for all of them: a race, a sleep that a failure gave up', () => {
    const journal = replay('a', 'b')
    journal.asked(timer('a'), null)
    journal.asked(timer('b'), null)
    expect(journal.next()).toMatchObject({ kind: 'answer', path: 'a' })
    expect(journal.unasked()).toBeNull()
  })

  test('is another one when something is recorded that it never asked for', () => {
    const journal = replay('a', 'b', 'c')
    journal.asked(timer('a'), null)
    journal.asked(timer('b'), null)
    journal.next()
    expect(journal.unasked()).toMatchObject({ code: 'NON_DETERMINISM', path: 'c' })
  })
})
