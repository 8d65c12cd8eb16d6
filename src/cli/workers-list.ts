// `wumbo workers list`: the processes that share a store, the youngest first.
import type { Command } from 'commander'
import type { WorkerRow } from '../store/port.ts'
import { formatDuration } from '../shared/duration.ts'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { localTime } from './event-lines.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'
import { tableLines, type Cell } from './table.ts'
import type { Terminal } from './terminal.ts'

interface ListOptions extends CommonOptions {
  readonly all?: boolean
}

const STYLES = { live: 'green', draining: 'yellow', lapsed: 'red', gone: 'dim' } as const

/** Makes the command. */
export function workersListCommand(cli: Cli): Command {
  const command = describe({
    name: 'list',
    summary: 'list the processes that share a store',
    about: 'live: works, and its lease holds. draining: asked to stop. lapsed: its lease has run out, and its runs are about to be taken over. gone: ended, with --all only.',
    examples: [['wumbo workers list', 'who is at work'], ['wumbo workers list --all --json', 'for programs, with those that ended in the last day']],
  }).option('-a, --all', 'those that have ended, too')
  return act(cli, withProjectOptions(command), async (options: ListOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { openReader } = await import('./reader.ts')
    const wumbo = await openReader(await readSettings(options, cli.terminal.env))
    try {
      const workers = (await wumbo.workers.list()).filter(({ state }) => options.all === true || state !== 'gone')
      if (options.json === true) cli.terminal.out.line(lineJson({ workers }))
      else show(cli.terminal, workers)
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}

function show({ out, err }: Terminal, workers: readonly WorkerRow[]): void {
  if (workers.length === 0) {
    err.line('No worker is there. Start one: wumbo worker')
    return
  }
  const columns = [
    { title: 'worker', min: 8 }, { title: 'state' }, { title: 'queues', min: 6 }, { title: 'runs', align: 'right' as const }, { title: 'since' }, { title: 'lease' }, { title: 'host', min: 4 }, { title: 'pid', align: 'right' as const }, { title: 'version' },
  ]
  const now = Date.now()
  for (const line of tableLines(out, columns, workers.map((worker) => row(worker, now)))) out.line(line)
}

function row({ name, id, state, queues, runs, since, leaseUntil, host, pid, version }: WorkerRow, now: number): Cell[] {
  const left = leaseUntil - now
  return [
    visibleLine(name === '' ? id : name), { text: state, style: STYLES[state] }, queues === null ? 'all' : queues.length === 0 ? 'none' : visibleLine(queues.join(',')), String(runs), { text: localTime(since), style: 'dim' },
    state === 'gone' ? '' : left >= 0 ? formatDuration(left) : `${formatDuration(-left)} over`, visibleLine(host), String(pid), visibleLine(version),
  ]
}
