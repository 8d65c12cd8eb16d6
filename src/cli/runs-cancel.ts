// `wumbo runs cancel`: asks a run to cancel, and waits a little for it to have done so.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

/** A body may take so long to heed its abort signal before this command leaves it to itself. */
const PATIENCE_MS = 10_000

/** Makes the command. */
export function runsCancelCommand(cli: Cli): Command {
  const command = describe({
    name: 'cancel',
    summary: 'cancel a run',
    about: 'The request is stored before anything else happens, so it is not lost. Steps that are at work see their abort signal. A run that nobody works on is cancelled without any of its code, and no other run is touched.',
    examples: [['wumbo runs cancel 019a…', 'by id'], ['wumbo runs cancel order-17 --json', 'by the id it was started with']],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
  return act(cli, withProjectOptions(command), async (run: string, options: CommonOptions) => {
    const { sendTo } = await import('./send.ts')
    return sendTo(cli, run, options, {
      send: (backend, id) => backend.cancel(id),
      after: (backend, id) => endOf(backend.events(id, AbortSignal.timeout(PATIENCE_MS))),
      said: (id, status) => (status === 'cancelled' ? `Run ${id} is cancelled.` : `Run ${id} was asked to cancel; it is ${status} until its steps have ended.`),
    })
  })
}

async function endOf(events: AsyncIterable<unknown>): Promise<void> {
  const each = events[Symbol.asyncIterator]()
  while ((await each.next()).done !== true);
}
