// `wumbo update`: changes the state of a run through the handler that its function has set, and prints what that gives.
import type { Command } from 'commander'
import type { Duration } from '../shared/duration.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { readInput } from './input.ts'
import { lineJson } from './json.ts'

interface UpdateCommandOptions extends CommonOptions {
  readonly data?: string
  readonly id?: string
  readonly timeout?: string
  readonly file?: readonly string[]
}

/** Makes the command. */
export function updateCommand(cli: Cli): Command {
  const command = describe({
    name: 'update',
    summary: 'change the state of a run',
    about: 'Calls what the run\'s function has set with ctx.setUpdate, and prints what that gives as JSON. What its schema or its validator refuses is not stored. It goes to the process that owns the store; without one this process works on the run until the update is done.',
    examples: [['wumbo update 019a… add --data \'"tea"\'', 'with arguments'], ['wumbo update order-17 add --data @line.json --id click-9', 'sent again under the same id it is done once, and has the same answer']],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
    .argument('<name>', 'the update: ctx.setUpdate(name, options, handler)')
    .option('-d, --data <json>', 'what the handler is given: JSON, @file or - for standard input')
    .option('--id <id>', 'your own id of the update: the same one is done once for a run')
    .option('--timeout <duration>', 'how long the answer is waited for (default: 30s)')
    .option('-f, --file <file...>', 'further files with workflows')
  return act(cli, withProjectOptions(command), async (run: string, name: string, options: UpdateCommandOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { connect, connectOwner } = await import('./connect.ts')
    const { loadDefinitions, moduleFiles } = await import('./project.ts')
    const { createLogger } = await import('../platform/logger.ts')
    const { valueJson } = await import('../shared/value-json.ts')
    const { out, err, env } = cli.terminal
    const settings = await readSettings(options, env)
    const args = options.data === undefined ? undefined : await readInput(options.data, cli.terminal, '--data')
    const log = createLogger({ level: options.verbose === true ? 'debug' : 'warn', format: 'human', sink: (line) => err.write(line) })
    const backend = (await connectOwner(settings)) ?? (await connect({ settings, definitions: await loadDefinitions(settings, moduleFiles(options.file)), log, alone: true }))
    try {
      const { id } = await backend.details(run)
      const { timeout } = options
      const value = await backend.mail.update(id, name, args, { ...(options.id === undefined ? {} : { id: options.id }), ...(timeout === undefined ? {} : { timeout: timeout as Duration }) }) // the engine parses it
      out.line(lineJson(backend.owner === null ? valueJson(value) : value))
      return EXIT.ok
    } finally {
      await backend.close()
    }
  })
}
