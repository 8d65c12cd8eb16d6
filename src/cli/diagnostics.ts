// Problems of definitions as people and editors read them: `file:line:column: CODE path: message` with the line and a mark below it; and
// as JSON with ranges as the Language Server Protocol counts them.
import { visibleLine } from '../shared/visible.ts'
import type { LocatedProblem } from '../workflow/text/place.ts'
import type { Channel } from './terminal.ts'
import { shownPath } from './shown-path.ts'

/** The lines of one problem; `source` is the text of its file. */
export function problemLines(channel: Channel, { file, source, problem }: { readonly file: string; readonly source: string; readonly problem: LocatedProblem }): string[] {
  const { at, code, path, message, remedy } = problem
  const lines = [`${channel.paint('bold', `${shownPath(file)}:${at.line}:${at.column}`)}: ${channel.paint('red', code)} ${path === '' ? '' : `${visibleLine(path)}: `}${visibleLine(message)}`]
  lines.push(...excerpt(channel, source, problem))
  if (remedy !== undefined) lines.push(`  ${visibleLine(remedy)}`)
  return lines
}

/** One problem for programs. Lines and columns from 1; `range` from 0, in UTF-16 units, as editors take it. */
export function problemJson(file: string, { at, code, path, message, remedy }: LocatedProblem): Record<string, unknown> {
  return {
    file: shownPath(file), line: at.line, column: at.column, endLine: at.endLine, endColumn: at.endColumn,
    severity: 'error', code, path, message, remedy: remedy ?? null, source: 'wumbo',
    range: { start: { line: at.line - 1, character: at.column - 1 }, end: { line: at.endLine - 1, character: at.endColumn - 1 } },
  }
}

/** The line of the problem with the part marked that is wrong, as much of it as fits. */
function excerpt(channel: Channel, source: string, { at }: LocatedProblem): string[] {
  const line = source.split('\n', at.line)[at.line - 1]?.replace(/\r$/, '') ?? ''
  if (line.trim() === '') return []
  const number = String(at.line)
  const width = Math.max(20, channel.columns - number.length - 6)
  const from = Math.max(0, Math.min(at.column - 1 - Math.floor(width / 2), line.length - width))
  const shown = line.slice(from, from + width).replace(/\t/g, ' ')
  const start = at.column - 1 - from
  const length = Math.max(1, Math.min((at.endLine === at.line ? at.endColumn : line.length + 1) - at.column, shown.length - start))
  return [channel.paint('dim', `  ${number} | `) + visibleLine(shown), `  ${' '.repeat(number.length)} ${channel.paint('dim', '|')} ${' '.repeat(start)}${channel.paint('red', '^'.repeat(length))}`]
}
