// `wumbo events`: the group of commands on events by topic.
import { Command } from 'commander'
import type { Cli } from './command.ts'
import { eventsListCommand } from './events-list.ts'
import { eventsPublishCommand } from './events-publish.ts'

/** Makes the group. */
export function eventsCommand(cli: Cli): Command {
  const group = new Command('events').summary('publish events, and look at those that are kept').description('Publish events under a topic for all runs that wait for it, and look at those that are kept.')
  for (const make of [eventsPublishCommand, eventsListCommand]) group.addCommand(make(cli))
  return group
}
