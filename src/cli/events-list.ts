// `wumbo events list`: the events that are kept, newest first. Reads beside a process that owns the store.
import type { Command } from 'commander'
import type { EventList } from '../engine/publishing.ts'
import { UsageError } from '../errors.ts'
import { valueJson } from '../shared/value-json.ts'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { localTime } from './event-lines.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

interface ListOptions extends CommonOptions {
  readonly topic?: string
  readonly key?: string
  readonly limit?: string
  readonly before?: string
}

/** Makes the command. */
export function eventsListCommand(cli: Cli): Command {
  const command = describe({
    name: 'list',
    summary: 'list the events that are kept, newest first',
    examples: [['wumbo events list --topic order.paid --key order-17', 'what came about one order'], ['wumbo events list --json', 'for programs; "next" is the --before of the next page']],
  })
    .option('-t, --topic <topic>', 'only events of this topic')
    .option('-k, --key <key>', 'only events with this key')
    .option('-n, --limit <count>', 'at most so many, 1 to 1000 (default: 50)')
    .option('--before <number>', 'the page before this event')
  return act(cli, withProjectOptions(command), async (options: ListOptions) => {
    const { topic, key, limit, before } = options
    const filter = {
      ...(topic === undefined ? {} : { topic }), ...(key === undefined ? {} : { key }),
      ...(limit === undefined ? {} : { limit: whole('--limit', limit, 1000) }), ...(before === undefined ? {} : { before: whole('--before', before, Number.MAX_SAFE_INTEGER) }),
    }
    const { readSettings } = await import('./settings.ts')
    const { openReader } = await import('./reader.ts')
    const wumbo = await openReader(await readSettings(options, cli.terminal.env))
    try {
      const list = await wumbo.events.list(filter)
      if (options.json === true) cli.terminal.out.line(lineJson({ events: list.events.map((event) => ({ ...event, data: valueJson(event.data) })), next: list.next }))
      else show(cli.terminal, list, Object.keys(filter).length > 0)
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}

function show({ out, err }: Terminal, { events, next }: EventList, filtered: boolean): void {
  if (events.length === 0) {
    err.line(filtered ? 'No event is like that.' : 'There are no events. Publish one: wumbo events publish TOPIC')
    return
  }
  const columns = [{ title: 'published' }, { title: 'topic', min: 8 }, { title: 'key', min: 4 }, { title: 'id', min: 6 }, { title: 'data', min: 12 }]
  const rows = events.map(({ at, topic, key, id, data }) => [{ text: localTime(at), style: 'dim' as const }, visibleLine(topic), visibleLine(key ?? ''), visibleLine(id), { text: visibleLine(JSON.stringify(valueJson(data)) ?? ''), style: 'dim' as const }])
  for (const line of tableLines(out, columns, rows)) out.line(line)
  if (next !== null) err.line(`More: add --before ${next}`)
}

function whole(option: string, word: string, most: number): number {
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN
  if (value >= 1 && value <= most) return value
  throw new UsageError(`${option}: expected a whole number from 1 to ${most}, got ${JSON.stringify(word)}`)
}
