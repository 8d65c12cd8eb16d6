// What all commands have in common: their shared options, examples in the help, and an action that gives an exit code.
import { Command, Option } from 'commander'
import type { Terminal } from './terminal.ts'

/** What commands are made with. */
export interface Cli {
  readonly terminal: Terminal
  /** Set by the command that ran. */
  exitCode: number
}

/** The options that every command on a project takes. */
export interface CommonOptions {
  readonly project?: string
  readonly store?: string
  readonly json?: boolean
  readonly verbose?: boolean
  readonly color: boolean
}

/** An action: arguments as declared, then the options. It gives the exit code. */
export type Action<Arguments extends readonly unknown[], Options> = (...given: [...Arguments, Options]) => Promise<number>

/** How a command is described. */
export interface Description {
  readonly name: string
  readonly summary: string
  /** More than the summary says; shown in the command's own help. */
  readonly about?: string
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, does: string])[]
}

/** Makes a command with its help. */
export function describe({ name, summary, about, examples }: Description): Command {
  const width = Math.max(...examples.map(([line]) => line.length))
  return new Command(name)
    .summary(summary)
    .description(about === undefined ? summary : `${summary}\n\n${about}`)
    .addHelpText('after', `\nExamples:\n${examples.map(([line, does]) => `  ${line.padEnd(width)}  ${does}`).join('\n')}`)
}

/** Adds the options that every command on a project takes. */
export function withProjectOptions(command: Command): Command {
  return withOutputOptions(withProjectFolder(command)
    .option('--store <store>', 'sqlite:<file>, postgres://user@host/database or memory (default: what wumbo.yaml says, else sqlite:.wumbo/wumbo.db)'))
}

/** Adds the option that names the project. */
export function withProjectFolder(command: Command): Command {
  return command.option('-C, --project <dir>', 'the project\'s folder (default: the nearest one upwards that has a wumbo.yaml)')
}

/** Adds the options on how to answer. */
export function withOutputOptions(command: Command): Command {
  return command
    .addOption(new Option('--json', 'answer as one JSON document on standard output'))
    .option('--verbose', 'show stacks of failures, and log more')
    .option('--no-color', 'no colours (so do NO_COLOR and pipes)')
}

/** Binds an action: its exit code becomes the command line's. */
export function act<Arguments extends readonly unknown[], Options>(cli: Cli, command: Command, action: Action<Arguments, Options>): Command {
  return command.action(async (...given: unknown[]) => {
    given.pop() // the command itself; before it stand the arguments and the options
    const options = given.at(-1) as { readonly color?: boolean }
    if (options.color === false) cli.terminal.out.colored = cli.terminal.err.colored = false
    cli.exitCode = await action(...(given as unknown as [...Arguments, Options]))
  })
}
