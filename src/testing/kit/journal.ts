// The journal of a run as tests see it: typed rows, and a table for the messages of what failed.
import { inspect } from 'node:util'
import type { RunDetails, StepSummary } from '../../engine/inspect.ts'
import { formatDuration } from '../../shared/duration.ts'
import type { Journal } from './contract.ts'

const MAX_ROWS = 60
const MAX_CELL = 48

/** Makes the journal of a run. */
export function journalOf(run: RunDetails): Journal {
  return { run, rows: run.steps, toString: () => journalTable(run) }
}

/** A value in one line, of so many characters at most. */
export function shownValue(value: unknown, most = MAX_CELL): string {
  const text = inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY, compact: true, maxArrayLength: 10, maxStringLength: 200 })
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

/** The run and its rows, as plain text. */
export function journalTable(run: RunDetails): string {
  const end = run.error === null ? '' : `, ${run.error.code}: ${run.error.message}`
  const title = `Run ${run.id} of ${run.workflow}: ${run.status}${end}`
  const rows = run.steps.slice(0, MAX_ROWS).map((step) => [
    String(step.seq), step.path, step.kind, step.status, step.attempt === 0 ? '' : String(step.attempt), formatDuration(step.startedAt - run.createdAt), outcome(step),
  ])
  const table = rows.length === 0 ? ['  (nothing is recorded)'] : aligned([['#', 'path', 'kind', 'status', 'attempt', 'began after', 'outcome'], ...rows])
  const more = run.steps.length > MAX_ROWS ? [`  … and ${run.steps.length - MAX_ROWS} more`] : []
  const pending = run.pending.map(({ path, kind, due }) => `  ${path} waits (${kind}${due === null ? '' : `, due after ${formatDuration(Math.max(0, due - run.createdAt))}`})`)
  return [title, ...table, ...more, ...pending].join('\n')
}

function outcome(step: StepSummary): string {
  if (step.status === 'skipped') return ''
  if (step.error === null) return step.kind === 'timer' ? '' : shownValue(step.output)
  const { code, message } = step.error.cause ?? step.error
  const text = `${code}: ${message}`
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
