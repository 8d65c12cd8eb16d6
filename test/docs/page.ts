// Reads the code blocks of a Markdown page. `ts` blocks of a page make one module, in their order, as a reader types them
// in; a block with `file=<path>` in its first line is that file.
import { readFileSync } from 'node:fs'

/** A fenced block. */
export interface CodeBlock {
  readonly language: string
  /** The file that the block is the content of, if it says so. */
  readonly file: string | null
  readonly code: string
  /** Of the first line of code, from 1. */
  readonly line: number
}

/** The blocks of a page, in their order. */
export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  const lines = readFileSync(page, 'utf8').split('\n')
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(\w+)(?:\s+file=(\S+))?\s*$/.exec(lines[at] ?? '')
    if (fence === null) continue
    const end = lines.indexOf('```', at + 1)
    if (end < 0) throw new Error(`${page}:${at + 1}: the block does not end`)
    blocks.push({ language: fence[1] ?? '', file: fence[2] ?? null, code: `${lines.slice(at + 1, end).join('\n')}\n`, line: at + 2 })
    at = end
  }
  return blocks
}

/** The page's module: its `ts` blocks that are no files, each on the lines that it has in the page. */
export function moduleOf(page: string): string {
  const lines: string[] = []
  for (const { language, file, code, line } of codeBlocks(page)) {
    if (language !== 'ts' || file !== null) continue
    while (lines.length < line - 1) lines.push('')
    lines.push(...code.trimEnd().split('\n'))
  }
  return `${lines.join('\n')}\nexport {}\n`
}
