// A run's steps on a time axis, as lines of text; and the way of its values, who wrote and who read each. It only draws.
import { executionPath } from '../engine/execution-path.ts'
import type { RunDetails, StepSummary } from '../engine/inspect.ts'
import { isEnd } from '../model/run.ts'
import { formatDuration } from '../shared/duration.ts'
import { visibleLine } from '../shared/visible.ts'
import { localTime, STATUS_STYLES } from './event-lines.ts'
import { tableLines } from './table.ts'
import type { Channel } from './terminal.ts'
import { fitText, padText, textWidth } from './text-width.ts'

const MARKS: Readonly<Record<string, string>> = { completed: '✓', failed: '✗', skipped: '–' }
const PIECES = ['▏', '▎', '▍', '▌', '▋', '▊', '▉']
const MAX_BAR = 50
const MIN_BAR = 10
/** Of a long run so many steps are shown of its beginning, and of its end. */
const FIRST_ROWS = 20
const LAST_ROWS = 40

/** Each step with its mark, name, time and bar. What goes on or waits stands below. */
export function timelineLines(channel: Channel, whole: RunDetails, now: number): string[] {
  const { run, left } = bounded(whole)
  const end = run.steps.reduce((last, step) => Math.max(last, step.finishedAt), run.finishedAt ?? (isEnd(run.status) ? run.createdAt : now))
  const axis = { from: run.createdAt, span: Math.max(1, end - run.createdAt) }
  const names = run.steps.map((step) => visibleLine(step.path))
  const took = run.steps.map((step) => formatDuration(step.finishedAt - step.startedAt))
  const tookWidth = Math.max(0, ...took.map(textWidth))
  const available = channel.columns - 2 - tookWidth - 2
  const nameWidth = Math.min(Math.max(0, ...names.map(textWidth)), channel.isTerminal ? Math.max(12, available - MIN_BAR - 2) : Number.POSITIVE_INFINITY)
  const bar = Math.min(MAX_BAR, available - nameWidth - 2)
  const lines = run.steps.flatMap((step, index) => {
    const style = STATUS_STYLES[step.status] ?? 'dim'
    const head = `${channel.paint(style, MARKS[step.status] ?? '·')} ${padText(fitText(names[index] ?? '', nameWidth), nameWidth)}  ${padText(took[index] ?? '', tookWidth, 'left')}`
    return [bar < MIN_BAR ? head : `${head}  ${channel.paint(style, barText(step, axis, bar))}`, ...notes(step).map((note) => channel.paint('dim', `    ${channel.isTerminal ? fitText(note, channel.columns - 5) : note}`))]
  })
  if (left > 0) lines.splice(lineOf(run, FIRST_ROWS), 0, channel.paint('dim', `… ${left.toLocaleString('en-US')} more`))
  for (const one of run.pending) {
    const due = one.due === null ? '' : ` until ${localTime(one.due)}`
    const why = one.error === null ? '' : ` after ${one.error.code}: ${visibleLine(one.error.message)}`
    const line = `${visibleLine(one.path)}  ${one.kind === 'timer' || one.kind === 'wait' ? 'waiting' : one.kind}${due}${why}`
    lines.push(`${channel.paint('yellow', '…')} ${channel.isTerminal ? fitText(line, channel.columns - 2) : line}`)
  }
  return lines
}

/** The first and the last steps of a long run. */
function bounded(run: RunDetails): { readonly run: RunDetails; readonly left: number } {
  const left = run.steps.length - FIRST_ROWS - LAST_ROWS
  return left <= 1 ? { run, left: 0 } : { run: { ...run, steps: [...run.steps.slice(0, FIRST_ROWS), ...run.steps.slice(-LAST_ROWS)] }, left }
}

/** How many lines the first steps take. */
function lineOf(run: RunDetails, steps: number): number {
  return run.steps.slice(0, steps).reduce((lines, step) => lines + 1 + notes(step).length, 0)
}

/** Who wrote and read which value, in order. */
export function lineageLines(channel: Channel, run: RunDetails): string[] {
  const columns = [{ title: 'after', align: 'right' as const }, { title: 'who', min: 8 }, { title: 'did' }, { title: 'value of', min: 8 }]
  const rows = executionPath(run).map(({ node, action, key, at }) => [
    formatDuration(Math.max(0, at - run.createdAt)), visibleLine(node), action === 'write' ? { text: 'wrote', style: 'green' as const } : { text: 'read', style: 'blue' as const }, visibleLine(key),
  ])
  return tableLines(channel, columns, rows)
}

function barText(step: StepSummary, axis: { readonly from: number; readonly span: number }, width: number): string {
  const place = (at: number): number => Math.max(0, Math.min(1, (at - axis.from) / axis.span)) * width
  const start = Math.min(width - 1, Math.floor(place(step.startedAt)))
  const length = Math.max(0, place(step.finishedAt) - start)
  const full = Math.floor(length)
  const piece = PIECES[Math.floor((length - full) * PIECES.length)] ?? ''
  return ' '.repeat(start) + (full === 0 ? piece || '▏' : '█'.repeat(Math.min(full, width - start)) + (full < width - start && length > full ? piece : ''))
}

function notes(step: StepSummary): string[] {
  const failed = step.failures.map(({ attempt, error }) => (error === null ? `attempt ${attempt} failed` : `attempt ${attempt} failed: ${error.code}: ${error.message}`))
  const last = step.error === null ? [] : [`${step.error.code}: ${step.error.message}`]
  return [...failed, ...last].map(visibleLine)
}
