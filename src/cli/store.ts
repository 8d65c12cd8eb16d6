// `wumbo store`: the group of commands on a store as a whole.
import { Command } from 'commander'
import type { Cli } from './command.ts'
import { storeMoveCommand } from './store-move.ts'

/** Makes the group. */
export function storeCommand(cli: Cli): Command {
  const group = new Command('store').summary('move a store to another database').description('Commands on a store as a whole.')
  group.addCommand(storeMoveCommand(cli))
  return group
}
