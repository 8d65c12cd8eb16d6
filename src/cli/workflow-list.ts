// `wumbo workflow list`: the workflows of a project, those in its files and those in its store. Reads beside a process that owns the
// store.
import type { Command } from 'commander'
import type { DefinedWorkflow, DefinitionFilter } from '../engine/definitions-api.ts'
import { UsageError } from '../errors.ts'
import { WORKFLOW_TRANSITIONS, type WorkflowStatus } from '../model/definition.ts'
import { didYouMean } from '../shared/nearest.ts'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { localTime } from './event-lines.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'
import { tableLines, type Cell } from './table.ts'
import type { Terminal } from './terminal.ts'
import { originOf, shortVersion, WORKFLOW_STYLES, workflowJson } from './workflow-lines.ts'

interface ListOptions extends CommonOptions {
  readonly status?: readonly string[]
  readonly prefix?: string
  readonly text?: string
  readonly limit?: string
  readonly after?: string
}

const STATUSES = Object.keys(WORKFLOW_TRANSITIONS)
const MAX_LIMIT = 1000

/** Makes the command. */
export function workflowListCommand(cli: Cli): Command {
  const command = describe({
    name: 'list',
    summary: 'list workflows by name, those in files and stored ones',
    about: 'A workflow in a file wins over a stored one of the same name.',
    examples: [
      ['wumbo workflow list', 'all of the project'],
      ['wumbo workflow list --status disabled,archived', 'what does not start'],
      ['wumbo workflow list --prefix billing. --json', 'for programs; "next" is the --after of the next page'],
    ],
  })
    .option('-s, --status <status...>', `only these: ${STATUSES.join(', ')}; several with commas`)
    .option('--prefix <text>', 'only names that begin with it')
    .option('--text <text>', 'only names that hold it')
    .option('-n, --limit <count>', 'at most so many, 1 to 1000 (default: 50)')
    .option('--after <name>', 'the page after this name')
  return act(cli, withProjectOptions(command), async (options: ListOptions) => {
    const filter = filterOf(options)
    const { readSettings } = await import('./settings.ts')
    const { openLibrary } = await import('./reader.ts')
    const { loadDefinitions } = await import('./project.ts')
    const settings = await readSettings(options, cli.terminal.env)
    const wumbo = await openLibrary(settings, await loadDefinitions(settings))
    try {
      const page = await wumbo.definitions.list(filter)
      if (options.json === true) cli.terminal.out.line(lineJson({ workflows: page.workflows.map(workflowJson), next: page.next }))
      else show(cli.terminal, page, Object.keys(filter).length > 0)
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}

function filterOf({ status, prefix, text, limit, after }: ListOptions): DefinitionFilter {
  return {
    ...(status === undefined ? {} : { status: statuses(status) }), ...(prefix === undefined ? {} : { prefix }), ...(text === undefined ? {} : { text }),
    ...(limit === undefined ? {} : { limit: count(limit) }), ...(after === undefined ? {} : { after }),
  }
}

function show({ out, err }: Terminal, { workflows, next }: { readonly workflows: readonly DefinedWorkflow[]; readonly next: string | null }, filtered: boolean): void {
  if (workflows.length === 0) {
    err.line(filtered ? 'No workflow is like that.' : 'There are no workflows yet. Make a project: wumbo init. Or store one: wumbo workflow create FILE')
    return
  }
  const columns = [{ title: 'workflow', min: 8 }, { title: 'status' }, { title: 'origin' }, { title: 'form' }, { title: 'version' }, { title: 'changed' }, { title: 'by', min: 6 }]
  for (const line of tableLines(out, columns, workflows.map(row))) out.line(line)
  if (next !== null) err.line(`More: add --after ${visibleLine(next)}`)
}

function row(workflow: DefinedWorkflow): Cell[] {
  const { name, status, form, version, updatedAt, by } = workflow
  return [
    visibleLine(name), { text: status, style: WORKFLOW_STYLES[status] }, originOf(workflow), form ?? '', version === null ? '' : shortVersion(version),
    { text: updatedAt === null ? '' : localTime(updatedAt), style: 'dim' }, visibleLine(by ?? ''),
  ]
}

function statuses(words: readonly string[]): WorkflowStatus[] {
  return words.flatMap((word) => word.split(',')).map((word) => {
    if (STATUSES.includes(word)) return word as WorkflowStatus
    throw wrong('--status', `one of ${STATUSES.join(', ')}`, `${JSON.stringify(word)}.${didYouMean(word, STATUSES)}`)
  })
}

function count(word: string): number {
  const given = /^\d{1,4}$/.test(word) ? Number(word) : 0
  if (given >= 1 && given <= MAX_LIMIT) return given
  throw wrong('--limit', `a whole number from 1 to ${MAX_LIMIT}`, JSON.stringify(word))
}

function wrong(option: string, expected: string, got: string): UsageError {
  return new UsageError(`${option}: expected ${expected}, got ${got}`, { path: option, remedy: 'See wumbo workflow list --help.' })
}
