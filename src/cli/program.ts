// The command line as a whole: its commands, the one place where failures become words and exit codes. Commands load what they
// need when they run.
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { InternalError, UsageError } from '../errors.ts'
import { approveCommand } from './approve.ts'
import { completionCommand } from './completion.ts'
import type { Cli } from './command.ts'
import { devCommand } from './dev.ts'
import { forkCommand } from './fork.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { failureJson, failureLines } from './failure-text.ts'
import { initCommand } from './init.ts'
import { pauseCommand, resumeCommand } from './pause.ts'
import { queryCommand } from './query.ts'
import { runCommand } from './run.ts'
import { runsCommand } from './runs.ts'
import { eventsCommand } from './events.ts'
import { signalCommand } from './signal.ts'
import { storeCommand } from './store.ts'
import { templatesCommand } from './templates.ts'
import { processTerminal, type Terminal } from './terminal.ts'
import { convertCommand } from './convert.ts'
import { updateCommand } from './update.ts'
import { validateCommand } from './validate.ts'
import { verifyCommand } from './verify.ts'
import { workerCommand } from './worker.ts'
import { workersCommand } from './workers.ts'
import { workflowCommand } from './workflow.ts'

const HELP = new Set(['commander.helpDisplayed', 'commander.version'])

/** Runs one command line and gives the exit code. It never throws. */
export async function runCli(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  const cli: Cli = { terminal, exitCode: EXIT.ok }
  // What is thrown where nobody can catch it ends the process: what is recorded is kept, so nothing is lost by it.
  const stray = (thrown: unknown): void => process.exit(report(strayFailure(thrown), argv, terminal))
  process.on('uncaughtException', stray)
  try {
    await makeProgram(cli).parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' })
  } catch (thrown) {
    cli.exitCode = report(thrown, argv, terminal)
  }
  await Promise.all([terminal.out.flushed(), terminal.err.flushed()])
  process.off('uncaughtException', stray)
  return cli.exitCode
}

/** Makes the tree of commands. */
export function makeProgram(cli: Cli): Command {
  const program = new Command('wumbo')
    .description('Durable workflows in TypeScript: runs survive crashes and go on where they stopped.')
    .version(packageVersion(), '-V, --version', 'print the version')
    // So that a command may have a --version of its own: this one stands before the command.
    .enablePositionalOptions()
    .addHelpText('after', `
Examples:
  npx wumbo init                              make a project here
  npx wumbo run hello --input '{"names":[]}'  run a workflow and print its result
  npx wumbo runs list --status failed         what went wrong lately
  npx wumbo workflow create onboard.yaml      store a graph; from then on it starts by name
  npx wumbo dev                               work on all runs and show them on a page

Exit codes: 0 done, 1 the run did not end well, 2 wrong use or definition, 3 refused, 4 surroundings failed, 130 Ctrl-C.`)
  program.addCommand(initCommand(cli))
  program.addCommand(runCommand(cli))
  program.addCommand(runsCommand(cli))
  program.addCommand(forkCommand(cli))
  program.addCommand(signalCommand(cli))
  program.addCommand(eventsCommand(cli))
  program.addCommand(approveCommand(cli))
  program.addCommand(queryCommand(cli))
  program.addCommand(updateCommand(cli))
  program.addCommand(pauseCommand(cli))
  program.addCommand(resumeCommand(cli))
  program.addCommand(workflowCommand(cli))
  program.addCommand(templatesCommand(cli))
  program.addCommand(devCommand(cli))
  program.addCommand(workerCommand(cli))
  program.addCommand(workersCommand(cli))
  program.addCommand(validateCommand(cli))
  program.addCommand(convertCommand(cli))
  program.addCommand(verifyCommand(cli))
  program.addCommand(storeCommand(cli))
  program.addCommand(completionCommand(cli, () => makeProgram(cli)))
  for (const command of commandsOf(program)) settle(command, cli.terminal)
  return program
}

function settle(command: Command, { out, err }: Terminal): void {
  command.exitOverride()
  command.configureOutput({
    writeOut: (text) => out.write(text),
    writeErr: (text) => err.write(text),
    // Failures are told in our own words, in report().
    outputError: () => undefined,
    getOutHelpWidth: () => out.columns,
    getErrHelpWidth: () => err.columns,
    getOutHasColors: () => out.colored,
    getErrHasColors: () => err.colored,
  })
  command.configureHelp({ styleTitle: (text) => (out.colored ? out.paint('bold', text) : text), sortOptions: false })
}

function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)]
}

function report(thrown: unknown, argv: readonly string[], { err }: Terminal): number {
  if (thrown instanceof CommanderError && HELP.has(thrown.code)) return EXIT.ok
  if (thrown instanceof CommanderError && thrown.code === 'commander.help') return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage // a group without a command has shown its help
  const failure = thrown instanceof CommanderError ? usageOf(thrown, argv) : thrown
  const words = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined)
  if (words.includes('--json')) err.line(failureJson(failure))
  else for (const line of failureLines(err, failure, words.includes('--verbose'))) err.line(line)
  return exitCodeOf(failure)
}

function strayFailure(thrown: unknown): InternalError {
  return new InternalError(`something was thrown outside of every step: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
    cause: thrown, remedy: 'Mostly it is a promise in a template or workflow that nobody awaits; --verbose shows where it was thrown. Unfinished runs are kept: wumbo runs list.',
  })
}

/** What the parser refuses, in the catalogue's form: `(Did you mean --input?)` stays with the message. */
function usageOf(error: CommanderError, argv: readonly string[]): UsageError {
  const message = error.message.replace(/^error: /, '').replace(/\n\(Did you mean (.+?)\?\)$/, '. Did you mean $1?')
  const command = argv.find((word) => !word.startsWith('-'))
  const known = command !== undefined && error.code !== 'commander.unknownCommand'
  return new UsageError(message, { remedy: `See wumbo ${known ? `${command} ` : ''}--help.` })
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}
