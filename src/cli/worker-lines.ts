// What `wumbo worker` says when it is at work.
import type { Wumbo } from '../index.ts'
import { visibleLine } from '../shared/visible.ts'
import { lineJson } from './json.ts'
import { shownPath } from './shown-path.ts'
import type { Settings } from './settings.ts'
import type { Channel } from './terminal.ts'

/** What the line tells. */
export interface Working {
  readonly settings: Settings
  readonly plan: { readonly queues: readonly string[] | undefined; readonly concurrency: number | undefined; readonly name: string | undefined }
  readonly wumbo: Wumbo
  readonly url: string | undefined
  readonly json: boolean
}

/** The line. */
export function working(channel: Channel, { settings, plan, wumbo, url, json }: Working): string {
  const { store } = settings
  const at = store.kind === 'postgres' ? store.shown : store.kind === 'sqlite' ? store.file : 'memory'
  const names = [...new Set(wumbo.workflows.map(({ name }) => name))]
  const ms = Math.round(performance.now())
  const name = plan.name ?? null
  if (json) return lineJson({ type: 'ready', pid: process.pid, name, store: at, queues: plan.queues ?? null, concurrency: plan.concurrency ?? settings.concurrency ?? null, workflows: names, url: url ?? null, ms })
  const queues = plan.queues === undefined ? 'all queues' : `queue${plan.queues.length === 1 ? '' : 's'} ${plan.queues.join(', ')}`
  const where = store.kind === 'sqlite' ? shownPath(at) : at
  return `${channel.paint('green', 'Working')}${name === null ? '' : ` as ${visibleLine(name)}`} after ${ms} ms on ${queues}: ${names.length} workflow${names.length === 1 ? '' : 's'}, store ${where}${url === undefined ? '' : `, ${channel.paint('bold', url)}`}`
}
