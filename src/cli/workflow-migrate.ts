// `wumbo workflow migrate`: moves live runs to another version of their workflow, if what is recorded of them fits it.
import type { Command } from 'commander'
import type { MigratedRun } from '../engine/versions-api.ts'
import { visibleLine } from '../shared/visible.ts'
import type { Backend } from './backend.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

interface MigrateCliOptions extends CommonOptions {
  readonly from?: string
  readonly to: string
  readonly run?: string
  readonly reason?: string
  readonly dryRun?: boolean
}

type Outcome = MigratedRun & { readonly taken: boolean }

/** A run takes a request up within this time, unless a body of it is at work, in milliseconds. */
const PATIENCE_MS = 5000
const LOOK_MS = 50

/** Makes the command. */
export function workflowMigrateCommand(cli: Cli): Command {
  const command = describe({
    name: 'migrate',
    summary: 'move running runs to another version, if they fit it',
    about: 'What is recorded of each run is replayed against the other version, and nothing is run. A run that fits is asked to go on with it, and does when no body of it is at work; one that does not fit stays, with the difference. Who moved a run is kept with it.',
    examples: [
      ['wumbo workflow migrate onboard --from 1 --to 2 --dry-run', 'which runs fit, and why others do not'],
      ['wumbo workflow migrate onboard --from 1 --to 2', 'move them'],
      ['wumbo workflow migrate onboard --run RUN --to 2 --json', 'one run, for programs'],
    ],
  })
    .argument('<name>', 'the workflow\'s name')
    .requiredOption('--to <version>', 'the version to move to; of a hash the first six digits or more')
    .option('--from <version>', 'the version whose runs are moved')
    .option('--run <run>', 'only this run')
    .option('--reason <text>', 'why, kept with the runs')
    .option('--dry-run', 'only tell what would come of it')
  return act(cli, withProjectOptions(command), async (name: string, options: MigrateCliOptions) => {
    const { changeWorkflow } = await import('./workflow-change.ts')
    const { from, to, run, reason, dryRun } = options
    const asked = { to, ...(from === undefined ? {} : { from }), ...(run === undefined ? {} : { run }), ...(reason === undefined ? {} : { reason }), ...(dryRun === undefined ? {} : { dryRun }) }
    return changeWorkflow(cli, options, {
      change: async (_workflows, by, backend) => {
        const { to: version, runs } = await backend.versions.migrate(name, { ...asked, ...by })
        return { to: version, runs: await taken(backend, version, runs) }
      },
      json: (outcome) => outcome,
      tell({ out, err }, { to: version, runs }) {
        for (const one of runs) for (const line of runLines(one)) out.line(line)
        const [fit, stay] = [runs.filter(({ state }) => state === 'asked' || state === 'fits').length, runs.filter(({ state }) => state === 'stays').length]
        err.line(runs.length === 0 ? 'No run that lives has that version.' : `${fit} ${fit === 1 ? 'run' : 'runs'} ${dryRun === true ? 'would go on' : 'go on'} with version ${visibleLine(version)}${stay === 0 ? '.' : `, ${stay} ${stay === 1 ? 'stays' : 'stay'}.`}`)
      },
    })
  })
}

/** Waits a little until the runs have taken the request up. */
async function taken(backend: Backend, version: string, runs: readonly MigratedRun[]): Promise<readonly Outcome[]> {
  const until = Date.now() + PATIENCE_MS
  const outcomes: Outcome[] = []
  for (const one of runs) {
    let is = one.state === 'there'
    while (one.state === 'asked' && !is) {
      is = (await backend.details(one.run)).version === version
      if (is || Date.now() > until) break
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    outcomes.push({ ...one, taken: is })
  }
  return outcomes
}

function runLines({ run, state, drops, why, taken: is }: Outcome): string[] {
  const words = { asked: is ? 'goes on with it' : 'asked; it goes on with it when no body of it is at work', fits: 'fits', stays: 'stays', there: 'has it already' }[state]
  const left = drops.length === 0 ? [] : [`  lets go of ${drops.map(visibleLine).join(', ')}`]
  const input = why?.details?.['input']
  const places = Array.isArray(input) ? (input as { readonly at: string; readonly recorded: string; readonly now: string }[]).map(({ at, recorded, now }) => `    ${visibleLine(at)}: ${visibleLine(recorded)} is recorded, ${visibleLine(now)} now`) : []
  const { recorded, asked } = why?.details ?? {}
  const sides = typeof recorded === 'string' && typeof asked === 'string' ? [`    recorded: ${visibleLine(recorded)}`, `    asked for: ${visibleLine(asked)}`] : []
  return [`${visibleLine(run)}  ${words}`, ...left, ...(why === null ? [] : [`  ${visibleLine(why.message)}`]), ...sides, ...places]
}
