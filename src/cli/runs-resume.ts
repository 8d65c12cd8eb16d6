// `wumbo runs resume`: goes on with a run that was interrupted, or follows one that another process works on, until its end.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

interface ResumeOptions extends CommonOptions {
  readonly file?: readonly string[]
  readonly quiet?: boolean
}

/** Makes the command. */
export function runsResumeCommand(cli: Cli): Command {
  const command = describe({
    name: 'resume',
    summary: 'go on with an interrupted run, or follow one that goes on, and print its result',
    about: 'Opening a store goes on with all its runs; this command stays until the named one has ended. A run that has ended gives its result at once.',
    examples: [['wumbo runs resume 019a…', 'after Ctrl-C or a crash'], ['wumbo runs resume 019a… --file ship.ts', 'its workflow is in a file outside of a project']],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
    .option('-f, --file <file...>', 'further files whose workflows the run may need')
    .option('-q, --quiet', 'no progress, only the result')
  return act(cli, withProjectOptions(command), async (run: string, options: ResumeOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { loadDefinitions, moduleFiles } = await import('./project.ts')
    const { pursue } = await import('./pursue.ts')
    const settings = await readSettings(options, cli.terminal.env)
    const definitions = await loadDefinitions(settings, moduleFiles(options.file))
    return pursue({ terminal: cli.terminal, settings, definitions, options, workflow: null, takesOver: true, begin: async (backend) => ({ id: (await backend.details(run)).id }) })
  })
}
