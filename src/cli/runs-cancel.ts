// `wumbo runs cancel`: asks a run to cancel, and waits a little for it to have done so.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'

interface CancelOptions extends CommonOptions {
  readonly file?: readonly string[]
}

/** A body may take so long to heed its abort signal before this command leaves it to itself. */
const PATIENCE_MS = 10_000

/** Makes the command. */
export function runsCancelCommand(cli: Cli): Command {
  const command = describe({
    name: 'cancel',
    summary: 'cancel a run',
    about: 'The request is stored before anything else happens, so it is not lost. Steps that are at work see their abort signal.',
    examples: [['wumbo runs cancel 019a…', 'by id'], ['wumbo runs cancel order-17 --json', 'by the id it was started with']],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
    .option('-f, --file <file...>', 'further files whose workflows the run may need')
  return act(cli, withProjectOptions(command), async (run: string, options: CancelOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { loadDefinitions, moduleFiles } = await import('./project.ts')
    const { connect } = await import('./connect.ts')
    const { createLogger } = await import('../platform/logger.ts')
    const { guardConsole } = await import('./console-guard.ts')
    const { lineJson } = await import('./json.ts')
    const { out, err, env } = cli.terminal
    const settings = await readSettings(options, env)
    const definitions = await loadDefinitions(settings, moduleFiles(options.file))
    const release = guardConsole((text) => err.write(text))
    const log = createLogger({ level: options.verbose === true ? 'debug' : 'warn', format: 'human', sink: (line) => err.write(line) })
    const backend = await connect({ settings, definitions, log })
    try {
      const { id } = await backend.details(run)
      await backend.cancel(id)
      await endOf(backend.events(id, AbortSignal.timeout(PATIENCE_MS)))
      const { status } = await backend.details(id)
      if (options.json === true) out.line(lineJson({ id, accepted: true, status }))
      else err.line(status === 'cancelled' ? `Run ${id} is cancelled.` : `Run ${id} was asked to cancel; it is ${status} until its steps have ended.`)
      return EXIT.ok
    } finally {
      await backend.close()
      release()
    }
  })
}

async function endOf(events: AsyncIterable<unknown>): Promise<void> {
  const each = events[Symbol.asyncIterator]()
  while ((await each.next()).done !== true);
}
