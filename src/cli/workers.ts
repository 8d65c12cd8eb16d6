// `wumbo workers`: the group of commands on the processes that share a store.
import { Command } from 'commander'
import type { Cli } from './command.ts'
import { workersDrainCommand } from './workers-drain.ts'
import { workersListCommand } from './workers-list.ts'

/** Makes the group. */
export function workersCommand(cli: Cli): Command {
  const group = new Command('workers').summary('list the workers of a store, or ask one to stop').description('Commands on the processes that share a PostgreSQL store.')
  group.addCommand(workersListCommand(cli))
  group.addCommand(workersDrainCommand(cli))
  return group
}
