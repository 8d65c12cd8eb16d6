// `wumbo templates`: the group of commands on the templates that a project can use.
import { Command } from 'commander'
import type { Cli } from './command.ts'
import { templatesListCommand } from './templates-list.ts'
import { templatesSearchCommand } from './templates-search.ts'
import { templatesShowCommand } from './templates-show.ts'

/** Makes the group. */
export function templatesCommand(cli: Cli): Command {
  const group = new Command('templates').summary('list, search and show templates').description('List, search and show the templates that steps can use: those of the project\'s modules and the built-in ones.')
  for (const make of [templatesListCommand, templatesSearchCommand, templatesShowCommand]) group.addCommand(make(cli))
  return group
}
