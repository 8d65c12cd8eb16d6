// `wumbo events publish`: publishes an event, by way of the owner of the store, or by itself when there is none.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { readInput } from './input.ts'

interface PublishOptions extends CommonOptions {
  readonly data?: string
  readonly key?: string
  readonly id?: string
}

/** Makes the command. */
export function eventsPublishCommand(cli: Cli): Command {
  const command = describe({
    name: 'publish',
    summary: 'publish an event under a topic',
    about: 'The event is stored before this command ends. Every run that waits for its topic gets it, and so does one that begins to wait later, as long as events are kept: 7 days.',
    examples: [['wumbo events publish order.paid --key order-17 --data \'{"amount":12}\'', 'about one order, with data'], ['wumbo events publish deploy.finished --id build-204', 'published again under the same id it is stored once']],
  })
    .argument('<topic>', 'what it is published under: ctx.event(topic), or event: { topic }')
    .option('-d, --data <json>', 'what it carries: JSON, @file or - for standard input (default: null)')
    .option('-k, --key <key>', 'what it is about: runs that wait for a key get no other')
    .option('--id <id>', 'your own id of the event: the same one is stored once for a topic')
  return act(cli, withProjectOptions(command), async (topic: string, options: PublishOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { connect } = await import('./connect.ts')
    const { createLogger } = await import('../platform/logger.ts')
    const { lineJson } = await import('./json.ts')
    const { out, err, env } = cli.terminal
    const data = options.data === undefined ? null : await readInput(options.data, cli.terminal, '--data')
    const { key, id } = options
    const settings = await readSettings(options, env)
    const log = createLogger({ level: options.verbose === true ? 'debug' : 'warn', format: 'human', sink: (line) => err.write(line) })
    const backend = await connect({ settings, definitions: { templates: [], workflows: [] }, log, idle: true })
    try {
      const published = await backend.publish(topic, data, { ...(key === undefined ? {} : { key }), ...(id === undefined ? {} : { id }) })
      if (options.json === true) out.line(lineJson(published))
      else if (!published.isNew) err.line(`The topic has an event with id ${published.id} already; nothing was stored.`)
      else err.line(`Event ${published.id} is stored; ${published.runs === 0 ? 'no run waits' : published.runs === 1 ? 'one run waits' : `${published.runs} runs wait`} for it at the moment.`)
      return EXIT.ok
    } finally {
      await backend.close()
    }
  })
}
