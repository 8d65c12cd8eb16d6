// `wumbo runs retry`: reopens a run that failed, was cancelled or is parked, and goes on from what is recorded.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

interface RetryOptions extends CommonOptions {
  readonly reason?: string
  readonly from?: string
  readonly file?: readonly string[]
  readonly quiet?: boolean
}

/** Makes the command. */
export function runsRetryCommand(cli: Cli): Command {
  const command = describe({
    name: 'retry',
    summary: 'reopen a failed, cancelled or parked run and wait for its end',
    about: 'It goes on at the step that failed. Steps that are recorded are not run again; with --from that step, and what was recorded after it, is. Who retried, and why, is kept with the run.',
    examples: [['wumbo runs retry 019a…', 'go on where it failed'], ['wumbo runs retry 019a… --from charge', 'do that step, and what comes after it, again'], ['wumbo runs retry order-17 --reason "the bank is back"', 'by the id it was started with']],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
    .option('--from <step>', 'the step to begin anew with, as wumbo runs show names it (default: the one that failed)')
    .option('--reason <text>', 'why; it is kept with the run')
    .option('-f, --file <file...>', 'further files whose workflows the run may need')
    .option('-q, --quiet', 'no progress, only the result')
  return act(cli, withProjectOptions(command), async (run: string, options: RetryOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { loadDefinitions, moduleFiles } = await import('./project.ts')
    const { pursue } = await import('./pursue.ts')
    const { userOf } = await import('./user.ts')
    const settings = await readSettings(options, cli.terminal.env)
    const definitions = await loadDefinitions(settings, moduleFiles(options.file))
    return pursue({
      terminal: cli.terminal, settings, definitions, options, workflow: null,
      async begin(backend) {
        const { id } = await backend.details(run)
        await backend.retry(id, { by: userOf(cli.terminal.env), reason: options.reason ?? '', ...(options.from === undefined ? {} : { from: options.from }) })
        return { id }
      },
    })
  })
}
