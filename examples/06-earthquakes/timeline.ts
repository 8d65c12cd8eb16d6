// Draws a run as bars in the terminal: one row per step, steps of a map together in one row whose height is the number
// at work. Time in which nothing ran, such as after a kill, is folded into one dotted column.
import type { RunDetails, StepSummary } from 'wumbo'

/** A stretch of time in milliseconds since 1970. */
interface Span {
  readonly from: number
  readonly to: number
}

/** A longer pause in which nothing ran is folded. */
const PAUSE_MS = 1000
const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** The picture, line by line; `width` in characters. */
export function timeline(run: RunDetails, width = 80): string[] {
  const steps = run.steps.filter(({ kind, status }) => kind === 'step' && status !== 'skipped')
  if (steps.length === 0) return []
  const rows = [...Map.groupBy(steps, ({ path }) => path.replaceAll(/\[[^\]]*\]/g, '[]'))]
  const names = rows.map(([name, all]) => (all.length === 1 ? name : name.replace('[]', `[${all.length}]`)))
  const label = Math.max(...names.map((name) => name.length))
  const columns = columnsOf(steps.map(spanOf), Math.max(20, width - label - 22))
  return rows.map(([, all], index) => {
    const retries = all.reduce((sum, { failures }) => sum + failures.length, 0)
    const note = retries === 0 ? '' : `, ${retries} ${retries === 1 ? 'retry' : 'retries'}`
    return `${names[index]?.padEnd(label)} ${barOf(all.map(spanOf), columns)} ${durationOf(all)}${note}`
  })
}

function spanOf({ startedAt, finishedAt }: StepSummary): Span {
  return { from: startedAt, to: Math.max(finishedAt, startedAt + 1) }
}

/** Cuts the time in which something ran into columns of equal length; `null` stands for a folded pause. */
function columnsOf(spans: readonly Span[], count: number): readonly (Span | null)[] {
  const busy: Span[] = []
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = busy.at(-1)
    if (last !== undefined && span.from - last.to <= PAUSE_MS) busy[busy.length - 1] = { from: last.from, to: Math.max(last.to, span.to) }
    else busy.push(span)
  }
  const total = busy.reduce((sum, { from, to }) => sum + to - from, 0)
  const each = total / count
  return busy.flatMap(({ from, to }, index) => {
    const parts = Math.max(1, Math.round((to - from) / each))
    const length = (to - from) / parts
    const own: (Span | null)[] = Array.from({ length: parts }, (_, part) => ({ from: from + part * length, to: from + (part + 1) * length }))
    return index === 0 ? own : [null, ...own]
  })
}

function barOf(spans: readonly Span[], columns: readonly (Span | null)[]): string {
  const levels = columns.map((column) => (column === null ? null : spans.reduce((sum, span) => sum + overlap(span, column), 0)))
  const highest = spans.length === 1 ? 0 : Math.max(...levels.map((level) => level ?? 0))
  return levels
    .map((level) => {
      if (level === null) return '┊'
      if (level === 0) return ' '
      return highest === 0 ? '█' : (HEIGHTS[Math.min(7, Math.floor((level / highest) * 8))] ?? '█')
    })
    .join('')
}

/** How many of a span lie in a column: 1 when it fills it. Never 0 when they touch. */
function overlap(span: Span, column: Span): number {
  const shared = Math.min(span.to, column.to) - Math.max(span.from, column.from)
  return shared <= 0 ? 0 : shared / (column.to - column.from)
}

function durationOf(steps: readonly StepSummary[]): string {
  const ms = Math.max(...steps.map(({ finishedAt }) => finishedAt)) - Math.min(...steps.map(({ startedAt }) => startedAt))
  return (ms < 10_000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`).padStart(8)
}
