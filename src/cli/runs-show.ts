// `wumbo runs show`: one run with its steps as a tree and on a time axis, or the way of its values. Reads beside a process that owns the store.
import type { Command } from 'commander'
import { executionPath } from '../engine/execution-path.ts'
import type { RunDetails } from '../engine/inspect.ts'
import { UsageError } from '../errors.ts'
import { isEnd } from '../model/run.ts'
import { asciiLine, wantsAscii } from './ascii.ts'
import { formatDuration } from '../shared/duration.ts'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { localTime, shownStatus, STATUS_STYLES } from './event-lines.ts'
import { EXIT } from './exit-codes.ts'
import { recordedFailureLines } from './failure-text.ts'
import { lineJson } from './json.ts'
import { graphLines } from './run-graph.ts'
import type { Channel } from './terminal.ts'
import { fitText } from './text-width.ts'
import { lineageLines, timelineLines } from './timeline.ts'

interface ShowOptions extends CommonOptions {
  readonly lineage?: boolean
  readonly definition?: boolean
}

/** Operations with children that are shown; all of them are in the JSON. */
const SHOWN_CHILDREN = 10

/** Makes the command. */
export function runsShowCommand(cli: Cli): Command {
  const command = describe({
    name: 'show',
    summary: 'show a run: its steps as a tree, and on a time axis',
    examples: [['wumbo runs show 019a…', 'its steps and their states, attempts, input and output'], ['wumbo runs show 019a… --lineage', 'who wrote and read each value'], ['wumbo runs show 019a… --definition', 'the definition that it has, as YAML'], ['wumbo runs show order-17 --json', 'everything but the definition, for programs']],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
    .option('-l, --lineage', 'who wrote and read each value')
    .option('--definition', 'the exact definition of a graph\'s run as YAML; with --json inside the answer')
  return act(cli, withProjectOptions(command), async (id: string, options: ShowOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { openReader } = await import('./reader.ts')
    const { wireRun } = await import('../server/wire.ts')
    const { out, env } = cli.terminal
    const draw = wantsAscii(env) ? asciiLine : (line: string): string => line
    const wumbo = await openReader(await readSettings(options, cli.terminal.env))
    try {
      const run = wireRun(await wumbo.runs.get(id))
      if (options.json === true) out.line(lineJson(options.lineage === true ? { id: run.id, path: executionPath(run) } : withDefinition(run, options.definition === true)))
      else if (options.definition === true) out.write(await definitionText(run))
      else for (const line of options.lineage === true ? lineageLines(out, run) : runLines(out, run)) out.line(draw(line))
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}

/** The definition may be long: only who asks for it is sent it. */
function withDefinition({ definition, ...run }: RunDetails, wanted: boolean): object {
  return wanted ? { ...run, definition } : run
}

async function definitionText({ definition, workflow }: RunDetails): Promise<string> {
  if (definition === null) throw new UsageError(`the run's workflow ${workflow} is a function; its code is its definition`, { path: '--definition', remedy: 'Leave out --definition; the templates it used are shown without it.' })
  const { writeYaml } = await import('../workflow/write/yaml.ts')
  return writeYaml(definition, { schema: null })
}

function runLines(channel: Channel, run: RunDetails): string[] {
  const now = Date.now()
  const fact = (name: string, text: string): string => {
    const shown = visibleLine(text)
    return `${channel.paint('dim', name.padEnd(9))} ${channel.isTerminal && name !== 'run' ? fitText(shown, channel.columns - 10) : shown}`
  }
  const status = channel.paint(STATUS_STYLES[run.status] ?? 'dim', shownStatus(run))
  const steps = timelineLines(channel, run, now)
  const tree = graphLines(channel, run)
  return [
    `${channel.paint('bold', visibleLine(run.workflow))} ${status} ${isEnd(run.status) ? 'in' : 'for'} ${formatDuration(Math.max(0, (run.finishedAt ?? now) - run.createdAt))}`,
    fact('run', run.id),
    ...(run.key === null ? [] : [fact('id given', run.key)]),
    ...(run.forkedFrom === null ? [] : [fact('fork of', `${run.forkedFrom.run} at ${run.forkedFrom.at}${run.forkedFrom.gen === 1 ? '' : `, generation ${run.forkedFrom.gen}`}`)]),
    ...(run.parent === null ? [] : [fact('child of', `${run.parent.run} at ${run.parent.path}${run.parent.gen === 1 ? '' : `, generation ${run.parent.gen}`}`)]),
    ...run.children.slice(0, SHOWN_CHILDREN).map(({ path, run: child, count, ended }) => fact('child', child === null ? `${path}: ${count} runs, ${ended} ended` : `${path}: ${child}${ended === 0 ? '' : ', ended'}`)),
    ...(run.children.length <= SHOWN_CHILDREN ? [] : [fact('', `${run.children.length - SHOWN_CHILDREN} more; all of them: --json`)]),
    fact('version', `${run.version} (${run.form})${run.gen === 1 ? '' : `, generation ${run.gen}`}`),
    ...(run.templates.length === 0 ? [] : [fact('templates', run.templates.join(', '))]),
    fact('started', localTime(run.createdAt)),
    ...(run.wakeAt === null || isEnd(run.status) ? [] : [fact('goes on', localTime(run.wakeAt))]),
    ...(run.crashes === 0 ? [] : [fact('crashes', String(run.crashes))]),
    ...run.generations.filter(({ gen }) => gen > 1).map(({ by, at, from, reason }) => fact(by === 'engine' ? 'anew' : 'retried', `${localTime(at)} by ${by}${from === null ? '' : ` from ${from}`}${reason === '' ? '' : `: ${reason}`}`)),
    ...run.migrations.map(({ from, to, by, at, takenAt, refused }) => fact('version', `${refused !== null ? `stays with ${from}, asked for` : takenAt === null ? 'asked to go on with' : `moved from ${from} to`} ${to}, ${localTime(at)} by ${by}${refused === null ? '' : `: ${refused.message}`}`)),
    fact('input', lineJson(run.input)),
    ...(run.status === 'completed' ? [fact('output', lineJson(run.output))] : []),
    ...(tree.length === 0 ? [] : ['', ...tree]),
    '',
    ...(steps.length === 0 ? [channel.paint('dim', 'no steps yet')] : steps),
    ...mailLines(channel, run),
    ...differenceLines(channel, run),
    ...(run.error === null || run.status === 'completed' ? [] : ['', ...recordedFailureLines(channel, run.error, run.status === 'parked' ? (run.error.remedy ?? '') : `Correct the cause, then: wumbo runs retry ${run.id}`)]),
  ]
}

/** Of a run that does not fit its code: both sides, and what can be done. */
function differenceLines(channel: Channel, { status, error }: RunDetails): string[] {
  const { recorded, asked, input, choices } = (error?.details ?? {}) as { readonly recorded?: unknown; readonly asked?: unknown; readonly input?: unknown; readonly choices?: unknown }
  if (status !== 'parked' || error?.code !== 'NON_DETERMINISM' || typeof recorded !== 'string' || typeof asked !== 'string' || !Array.isArray(choices)) return []
  const places = Array.isArray(input) ? (input as { readonly at: string; readonly recorded: string; readonly now: string }[]) : []
  return [
    '', `recorded: ${visibleLine(recorded)}`, `asked for: ${visibleLine(asked)}`,
    ...places.map((one) => `  ${visibleLine(one.at)}: ${visibleLine(one.recorded)} is recorded, ${visibleLine(one.now)} now`),
    ...(choices as { readonly choice: string; readonly command: string }[]).flatMap(({ choice, command }) => [channel.paint('dim', `To ${visibleLine(choice)}:`), `  ${visibleLine(command)}`]),
  ]
}

/** What somebody is to decide, and what was sent and nothing has taken. */
function mailLines(channel: Channel, run: RunDetails): string[] {
  const shown = (text: string): string => (channel.isTerminal ? fitText(visibleLine(text), channel.columns - 2) : visibleLine(text))
  const asked = run.approvals.map(({ path, title, assignees, due }) => `${channel.paint('yellow', '?')} ${shown(`${path}: ${title}${assignees.length === 0 ? '' : `, asked of ${assignees.join(', ')}`}${due === null ? '' : `, until ${localTime(due)}`}; decide it: wumbo approve ${run.id} ${path}`)}`)
  const left = run.unreadMail.map(({ kind, address, sentAt, refused }) => `${channel.paint('dim', '·')} ${shown(`not taken: ${kind}${address === null ? '' : ` ${address}`} of ${localTime(sentAt)}${refused === null ? '' : `, set aside: ${refused.message}`}`)}`)
  return asked.length + left.length === 0 ? [] : ['', ...asked, ...left]
}
