// What `wumbo dev` says: the one line when it is ready, and a line for each run that begins or ends.
import type { Wumbo } from '../index.ts'
import type { RunEvent } from '../model/event.ts'
import { visibleLine } from '../shared/visible.ts'
import { lineJson } from './json.ts'
import type { Definitions } from './modules.ts'
import { shownPath } from './shown-path.ts'
import type { Settings } from './settings.ts'
import type { Channel } from './terminal.ts'

/** What the ready line tells. */
export interface Ready {
  readonly url: string
  readonly settings: Settings
  /** Names, those of stored ones included. */
  readonly workflows: readonly string[]
  readonly templates: Definitions['templates']
  readonly json: boolean
}

/** The ready line. */
export function ready(channel: Channel, { url, settings, workflows, templates, json }: Ready): string {
  const store = settings.store.kind === 'memory' ? 'memory' : settings.store.kind === 'postgres' ? settings.store.shown : settings.store.file
  const ms = Math.round(performance.now())
  if (json) return lineJson({ type: 'ready', url, pid: process.pid, store, workflows, templates: templates.map(({ meta }) => meta.name), ms })
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
  return `${channel.paint('green', 'Ready')} in ${ms} ms: ${channel.paint('bold', url)}  ${count(workflows.length, 'workflow')}, ${count(templates.length, 'template')}, store ${settings.store.kind === 'sqlite' ? shownPath(store) : store}`
}

/** Tells of runs until the Wumbo is closed. */
export function tellRuns(channel: Channel, wumbo: Wumbo): void {
  wumbo.observe((event) => {
    const line = runLine(channel, event)
    if (line !== undefined) channel.line(line)
  })
}

function runLine(channel: Channel, event: RunEvent): string | undefined {
  const about = `${visibleLine(event.workflow)} ${event.run}`
  switch (event.type) {
    case 'run.started':
      return `${channel.paint('blue', '▸')} ${about} started`
    case 'run.resumed':
      return `${channel.paint('blue', '▸')} ${about} goes on`
    case 'run.ended': {
      const [mark, style] = event.status === 'completed' ? (['✓', 'green'] as const) : event.status === 'failed' ? (['✗', 'red'] as const) : (['–', 'yellow'] as const)
      return `${channel.paint(style, mark)} ${about} ${event.status}${event.error === null ? '' : visibleLine(`: ${event.error.code}: ${event.error.message}`)}`
    }
    case 'run.parked':
      return `${channel.paint('yellow', '…')} ${about} is parked: ${visibleLine(event.error.message)}`
    default:
      return undefined
  }
}
