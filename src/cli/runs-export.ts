// `wumbo runs export`: one run with its journal as JSON, to be kept or replayed as a regression test. Reads beside a process that owns the store.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson, prettyJson } from './json.ts'

/** Makes the command. */
export function runsExportCommand(cli: Cli): Command {
  const command = describe({
    name: 'export',
    summary: 'print a run with its journal as JSON, to replay it in a test',
    examples: [['wumbo runs export order-17 > test/order-17.json', 'then in a test: await replayRun(\'test/order-17.json\', order)']],
  }).argument('<run>', 'the run\'s id, or the id it was started with')
  return act(cli, withProjectOptions(command), async (id: string, options: CommonOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { openReader } = await import('./reader.ts')
    const wumbo = await openReader(await readSettings(options, cli.terminal.env))
    try {
      const recording = await wumbo.runs.export(id)
      cli.terminal.out.line(options.json === true ? lineJson(recording) : prettyJson(recording))
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}
