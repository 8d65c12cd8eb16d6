// What happens in a run, in one line each: for people, at any width. Data is made visible here, so that nothing in it steers the
// terminal.
import type { RunSummary } from '../engine/inspect.ts'
import type { RunEvent } from '../model/event.ts'
import { formatDuration } from '../shared/duration.ts'
import { visibleLine } from '../shared/visible.ts'
import type { Channel, Style } from './terminal.ts'
import { fitText, textWidth } from './text-width.ts'

/** Marks before a step's name. */
const MARKS: Readonly<Record<string, readonly [mark: string, style: Style]>> = {
  'step.completed': ['✓', 'green'], 'step.failed': ['✗', 'red'], 'step.skipped': ['–', 'dim'], 'step.retrying': ['↻', 'yellow'], 'step.started': ['▸', 'blue'],
}

/** The line of an event of a step, cut to `width` columns; undefined for events that people need not see one by one. */
export function stepLine(channel: Channel, event: RunEvent, width: number): string | undefined {
  if (!('path' in event)) return undefined
  const [mark, style] = MARKS[event.type] ?? []
  const told = toldOf(event)
  if (mark === undefined || style === undefined || told === undefined) return undefined
  const note = told === '' ? '' : `  ${visibleLine(told)}`
  // The name comes first: of a long note only what fits behind it.
  const name = fitText(visibleLine(event.path), Math.max(10, width - 2 - Math.min(note.length, 14)))
  return `${channel.paint(style, mark)} ${name}${channel.paint('dim', fitText(note, width - 2 - textWidth(name)))}`
}

function toldOf(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'step.completed':
      return `${formatDuration(event.durationMs)}${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}`
    case 'step.failed':
      return `${event.error.code}: ${event.error.message}`
    case 'step.retrying':
      return `attempt ${event.attempt} failed, again in ${formatDuration(Math.max(0, event.due - event.at))}: ${event.error.message}`
    case 'step.skipped':
      return 'skipped'
    case 'step.started':
    case 'step.progress':
    case 'run.started':
    case 'run.resumed':
    case 'run.compensating':
    case 'run.waiting':
    case 'run.migrated':
    case 'run.paused':
    case 'run.unpaused':
    case 'run.parked':
    case 'run.ended':
      return undefined
  }
}

/** The line of an event of a run; undefined for events of steps. */
export function runLine(channel: Channel, event: RunEvent): string | undefined {
  switch (event.type) {
    case 'run.waiting':
      return `${channel.paint('yellow', '…')} waiting${event.wakeAt === null ? '' : ` until ${localTime(event.wakeAt)}`}`
    case 'run.paused':
      return `${channel.paint('yellow', '…')} paused`
    case 'run.unpaused':
      return `${channel.paint('blue', '▸')} going on after a pause`
    case 'run.migrated':
      return `${channel.paint('blue', '▸')} going on with version ${visibleLine(event.to)}`
    case 'run.resumed':
      return event.recorded === 0 ? undefined : `${channel.paint('blue', '▸')} going on after ${event.recorded} recorded ${event.recorded === 1 ? 'step' : 'steps'}`
    case 'run.compensating':
      return `${channel.paint('yellow', '↩')} undoing what was done`
    default:
      return undefined
  }
}

/** A moment in the time zone of this machine: `2026-11-21 07:31:53`. */
export function localTime(ms: number): string {
  const at = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** A run's status in a word or two: of one that had steps to undo also what became of them. */
export function shownStatus({ status, compensation }: Pick<RunSummary, 'status' | 'compensation'>): string {
  return compensation === null ? status : compensation === 'compensated' ? `${status}, compensated` : status === 'parked' ? 'compensation_failed' : `${status}, compensation_failed`
}

/** How a status looks. */
export const STATUS_STYLES: Readonly<Record<string, Style>> = {
  completed: 'green', failed: 'red', cancelled: 'yellow', parked: 'yellow', waiting: 'yellow', paused: 'yellow', running: 'blue', skipped: 'dim',
}
