// `wumbo runs`: the group of commands on runs that exist.
import { Command } from 'commander'
import type { Cli } from './command.ts'
import { runsCancelCommand } from './runs-cancel.ts'
import { runsExportCommand } from './runs-export.ts'
import { runsListCommand } from './runs-list.ts'
import { runsResumeCommand } from './runs-resume.ts'
import { runsRetryCommand } from './runs-retry.ts'
import { runsShowCommand } from './runs-show.ts'

/** Makes the group. */
export function runsCommand(cli: Cli): Command {
  const group = new Command('runs').summary('look at runs, retry, resume or cancel them').description('Look at runs, export, retry, resume or cancel them. A run is named by its id, or by the id that it was started with.')
  for (const make of [runsListCommand, runsShowCommand, runsRetryCommand, runsResumeCommand, runsCancelCommand, runsExportCommand]) group.addCommand(make(cli))
  return group
}
