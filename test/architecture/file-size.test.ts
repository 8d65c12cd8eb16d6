// Files stay small and say what they are: none in src/ above the limit, each with a comment at its head.
import { describe, expect, test } from 'vitest'
import { filesBelow, isTest, type SourceFile } from './sources.ts'

/** A file with more lines does two things. Most have 60 to 150. */
const limit = 400
/** Files that are longer, by as much as they were when that was found: they may shrink, and are to be split. */
const LONGER: ReadonlyMap<string, number> = new Map([['src/engine/hot-run.ts', 447]])

function tooLong(files: readonly SourceFile[]): string[] {
  return files
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0) }))
    .filter(({ path, lines }) => lines > (LONGER.get(path) ?? limit))
    .map(({ path, lines }) => `${path} has ${lines} lines`)
}

/** A first line for the shell (#!…) may stand before the comment. */
function withoutHeader(files: readonly SourceFile[]): string[] {
  return files.filter(({ text }) => !/^(#!.*\n)?(\/\/ \S|\/\*\*?\s)/.test(text)).map(({ path }) => path)
}

test('no file in src/ has more than 400 lines, but for the ones that are named', () => {
  expect(tooLong(filesBelow('src'))).toEqual([])
})

test('every source file opens with a comment that says what it is', () => {
  const files = [...filesBelow('src'), ...filesBelow('scripts'), ...filesBelow('examples')]
  expect(withoutHeader(files.filter(({ path }) => !isTest(path)))).toEqual([])
})

describe('the checker', () => {
  const file = (text: string): SourceFile[] => [{ path: 'src/planted.ts', text }]

  test('catches line 401, not line 400', () => {
    expect(tooLong(file('x\n'.repeat(401)))).toEqual(['src/planted.ts has 401 lines'])
    expect(tooLong(file('x\n'.repeat(400)))).toEqual([])
  })

  test('catches a file that opens with code', () => {
    expect(withoutHeader(file("import './x.ts'\n// late\n"))).toEqual(['src/planted.ts'])
    expect(withoutHeader(file('//\nconst x = 1\n'))).toEqual(['src/planted.ts'])
  })

  test('lets pass both forms of comment, also below a first line for the shell', () => {
    for (const text of ['// What it is.\n', '/** What it is. */\n', '#!/usr/bin/env node\n// What it is.\n']) {
      expect(withoutHeader(file(text))).toEqual([])
    }
  })
})
