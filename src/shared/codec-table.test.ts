// The tables of docs/reference/values.md against the codec: each row is a test, so the page cannot drift.
import { readFileSync } from 'node:fs'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ValueNotStorableError } from '../errors.ts'
import { defaultCodec } from './codec.ts'

const page = readFileSync(new URL('../../docs/reference/values.md', import.meta.url), 'utf8')

function rows(heading: string): string[][] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('| '))
  return lines.slice(2).map((line) => line.slice(2, -2).split(' | ').map((cell) => cell.replace(/^`(.*)`$/, '$1')))
}

/** Runs an example of the page, which is ours. */
function run(code: string | undefined): unknown {
  return runInThisContext(`(${code ?? ''})`)
}

describe('what is carried', () => {
  const carried = rows('What is carried')

  it('has rows', () => {
    expect(carried.length).toBeGreaterThan(20)
  })

  it.each(carried)('%s', (_, example, stored, back) => {
    const { value, payload } = defaultCodec.snapshot(run(example))
    expect(payload).toBe(stored)
    for (const given of [value, defaultCodec.decode(payload)]) {
      const expected = run(back)
      expect(given).toEqual(expected)
      if (typeof given !== 'object' || given === null) expect(Object.is(given, expected)).toBe(true)
      else if (!ArrayBuffer.isView(given) && !(given instanceof ArrayBuffer)) expect(Object.isFrozen(given)).toBe(true)
    }
  })
})

describe('what is refused', () => {
  const refused = rows('What is refused')

  it('has rows', () => {
    expect(refused.length).toBeGreaterThan(15)
  })

  it.each(refused)('%s', (_, example, message) => {
    const value = run(example)
    try {
      defaultCodec.snapshot(value, { name: 'result' })
      expect.unreachable('the value was not refused')
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ValueNotStorableError)
      expect((thrown as Error).message).toBe(message)
    }
  })
})
