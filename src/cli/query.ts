// `wumbo query`: asks a run for what its code says of its state. Reads beside a process that owns the store.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { readInput } from './input.ts'
import { lineJson } from './json.ts'

interface QueryOptions extends CommonOptions {
  readonly args?: string
  readonly file?: readonly string[]
}

/** Makes the command. */
export function queryCommand(cli: Cli): Command {
  const command = describe({
    name: 'query',
    summary: 'ask a run for its state',
    about: 'What the run\'s function has set with ctx.setQuery answers, as of the last record. The run is not touched, and may have ended.',
    examples: [['wumbo query 019a… progress', 'what the handler gives, as JSON'], ['wumbo query order-17 lines --args \'{"from":3}\'', 'with arguments']],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
    .argument('<name>', 'the query: ctx.setQuery(name, handler)')
    .option('-a, --args <json>', 'what the handler is given: JSON, @file or - for standard input')
    .option('-f, --file <file...>', 'further files with workflows')
  return act(cli, withProjectOptions(command), async (run: string, name: string, options: QueryOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { loadDefinitions, moduleFiles } = await import('./project.ts')
    const { openReader } = await import('./reader.ts')
    const { valueJson } = await import('../shared/value-json.ts')
    const settings = await readSettings(options, cli.terminal.env)
    const args = options.args === undefined ? undefined : await readInput(options.args, cli.terminal, '--args')
    const wumbo = await openReader(settings, await loadDefinitions(settings, moduleFiles(options.file)))
    try {
      cli.terminal.out.line(lineJson(valueJson(await wumbo.runs.query(run, name, args))))
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}
