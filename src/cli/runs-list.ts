// `wumbo runs list`: the runs of a store, newest first. Reads beside a process that owns it.
import { Option, type Command } from 'commander'
import type { RunSummary } from '../engine/inspect.ts'
import { UsageError } from '../errors.ts'
import { RUN_TRANSITIONS, type RunStatus } from '../model/run.ts'
import { formatDuration, parseDuration } from '../shared/duration.ts'
import { didYouMean } from '../shared/nearest.ts'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { localTime, shownStatus, STATUS_STYLES } from './event-lines.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'
import { tableLines, type Cell } from './table.ts'
import type { Terminal } from './terminal.ts'

interface ListOptions extends CommonOptions {
  readonly status?: readonly string[]
  readonly workflow?: string
  readonly since?: string
  readonly limit?: string
  readonly after?: string
}

const STATUSES = Object.keys(RUN_TRANSITIONS)
const MAX_LIMIT = 1000

/** Makes the command. */
export function runsListCommand(cli: Cli): Command {
  const command = describe({
    name: 'list',
    summary: 'list runs, newest first',
    examples: [
      ['wumbo runs list --status failed,parked --since 2h', 'what needs somebody'],
      ['wumbo runs list --workflow hello --limit 10', 'the last ten of one workflow'],
      ['wumbo runs list --json', 'for programs; "next" is the --after of the next page'],
    ],
  })
    .option('-s, --status <status...>', `only these: ${STATUSES.join(', ')}; several with commas`)
    .option('-w, --workflow <name>', 'only runs of this workflow')
    .option('--since <when>', 'only runs started since then: a duration such as 2h, or a date')
    .addOption(new Option('-n, --limit <count>', 'at most so many, 1 to 1000 (default: 50)'))
    .option('--after <run>', 'the page after this run')
  return act(cli, withProjectOptions(command), async (options: ListOptions) => {
    const filter = {
      ...(options.status === undefined ? {} : { status: statuses(options.status) }), ...(options.workflow === undefined ? {} : { workflow: options.workflow }),
      ...(options.since === undefined ? {} : { since: since(options.since) }), ...(options.limit === undefined ? {} : { limit: limit(options.limit) }),
      ...(options.after === undefined ? {} : { after: options.after }),
    }
    const { readSettings } = await import('./settings.ts')
    const { openReader } = await import('./reader.ts')
    const { isOwned } = await import('./connect.ts')
    const settings = await readSettings(options, cli.terminal.env)
    const wumbo = await openReader(settings)
    try {
      const page = await wumbo.runs.list(filter)
      if (options.json === true) cli.terminal.out.line(lineJson(page))
      else show(cli.terminal, page, Object.keys(filter).length > 0)
      if (options.json !== true && page.runs.some(({ status }) => status === 'running' || status === 'waiting') && !(await isOwned(settings))) {
        cli.terminal.err.line('No process works on these runs. Go on with all of them: wumbo dev. With one: wumbo runs resume RUN')
      }
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}

function show({ out, err }: Terminal, { runs, next }: { readonly runs: readonly RunSummary[]; readonly next: string | null }, filtered: boolean): void {
  if (runs.length === 0) {
    err.line(filtered ? 'No run is like that.' : 'There are no runs yet. Start one: wumbo run')
    return
  }
  const now = Date.now()
  const columns = [{ title: 'status' }, { title: 'workflow', min: 8 }, { title: 'run' }, { title: 'started' }, { title: 'took', align: 'right' as const }, { title: 'note', min: 12 }]
  for (const line of tableLines(out, columns, runs.map((run) => row(run, now)))) out.line(line)
  if (next !== null) err.line(`More: add --after ${next}`)
}

function row(run: RunSummary, now: number): Cell[] {
  const notes = [
    ...(run.key === null ? [] : [`id ${run.key}`]),
    ...(run.forkedFrom === null ? [] : [`fork of ${run.forkedFrom.run}`]),
    ...(run.status === 'waiting' && run.wakeAt !== null ? [`until ${localTime(run.wakeAt)}`] : []),
    ...(run.error === null ? [] : [`${run.error.code}: ${run.error.message}`]),
  ]
  return [
    { text: shownStatus(run), style: STATUS_STYLES[run.status] ?? 'dim' }, visibleLine(run.workflow), run.id, { text: localTime(run.createdAt), style: 'dim' },
    formatDuration(Math.max(0, (run.finishedAt ?? now) - run.createdAt)), { text: visibleLine(notes.join('; ')), style: 'dim' },
  ]
}

function statuses(words: readonly string[]): RunStatus[] {
  return words.flatMap((word) => word.split(',')).map((word) => {
    if (STATUSES.includes(word)) return word as RunStatus
    throw wrong('--status', `one of ${STATUSES.join(', ')}`, `${JSON.stringify(word)}.${didYouMean(word, STATUSES)}`)
  })
}

/** A duration counts back from now; anything else is a date. */
function since(word: string): number {
  try {
    return Date.now() - parseDuration(word)
  } catch {
    const at = Date.parse(word)
    if (!Number.isNaN(at)) return at
    throw wrong('--since', 'a duration such as 2h or 7d, or a date such as 2026-11-21', JSON.stringify(word))
  }
}

function limit(word: string): number {
  const count = /^\d{1,4}$/.test(word) ? Number(word) : 0
  if (count >= 1 && count <= MAX_LIMIT) return count
  throw wrong('--limit', `a whole number from 1 to ${MAX_LIMIT}`, JSON.stringify(word))
}

function wrong(option: string, expected: string, got: string): UsageError {
  return new UsageError(`${option}: expected ${expected}, got ${got}`, { path: option, remedy: 'See wumbo runs list --help.' })
}
