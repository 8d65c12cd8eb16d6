// `wumbo fork`: starts a new run that takes over what another had recorded before a step, and waits for its end.
import { Option, type Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

interface ForkOptions extends CommonOptions {
  readonly at: string
  readonly input?: string
  readonly workflow?: string
  readonly file?: readonly string[]
  readonly quiet?: boolean
}

/** Makes the command. */
export function forkCommand(cli: Cli): Command {
  const command = describe({
    name: 'fork',
    summary: 'start a new run from the middle of another and wait for its end',
    about: 'What was recorded before the step is taken over and not run again; the step and all after it are done anew, in a run of its own. The other run stays as it is.',
    examples: [
      ['wumbo fork 019a… --at charge', 'again from the step "charge"'],
      ['wumbo fork 019a… --at charge --input \'{"cents":250}\'', 'with another input; the steps before keep their results'],
      ['wumbo fork 019a… --at charge --workflow order', 'with the workflow as it is now'],
    ],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
    .requiredOption('--at <step>', 'the step to begin anew with, as wumbo runs show names it')
    .addOption(new Option('-i, --input <json>', 'JSON, @file or - for standard input (default: the input of the other run)'))
    .option('-w, --workflow <name>', 'a workflow in place of the run\'s own, such as a newer version of it')
    .option('-f, --file <file...>', 'further files whose workflows the run may need')
    .option('-q, --quiet', 'no progress, only the result')
  return act(cli, withProjectOptions(command), async (run: string, options: ForkOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { readInput } = await import('./input.ts')
    const { loadDefinitions, moduleFiles } = await import('./project.ts')
    const { pursue } = await import('./pursue.ts')
    const settings = await readSettings(options, cli.terminal.env)
    const input = options.input === undefined ? {} : { input: await readInput(options.input, cli.terminal) }
    const definitions = await loadDefinitions(settings, moduleFiles(options.file))
    return pursue({
      terminal: cli.terminal, settings, definitions, options, workflow: null,
      begin: async (backend) => ({ id: await backend.fork(run, { at: options.at, ...input, ...(options.workflow === undefined ? {} : { workflow: options.workflow }) }) }),
    })
  })
}
