// `wumbo signal`: sends a signal to a run.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { readInput } from './input.ts'
import { sendTo } from './send.ts'

interface SignalOptions extends CommonOptions {
  readonly payload?: string
  readonly key?: string
  readonly id?: string
}

/** Makes the command. */
export function signalCommand(cli: Cli): Command {
  const command = describe({
    name: 'signal',
    summary: 'send a signal to a run',
    about: 'The signal is stored before this command ends. The run takes it at its next wait for a signal of this name, also when that comes later; several are taken in the order in which they were stored.',
    examples: [['wumbo signal 019a… paid --payload \'{"amount":12}\'', 'with a payload'], ['wumbo signal order-17 paid --key 3 --id evt_1', 'for the wait with key 3; sent again under the same id it is stored once']],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
    .argument('<name>', 'what the workflow waits for: ctx.signal(name)')
    .option('-p, --payload <json>', 'what is sent: JSON, @file or - for standard input (default: null)')
    .option('-k, --key <key>', 'the key of the wait, where the workflow gave one')
    .option('--id <id>', 'your own id of the signal: the same one is stored once for a run')
  return act(cli, withProjectOptions(command), async (run: string, name: string, options: SignalOptions) => {
    const payload = options.payload === undefined ? null : await readInput(options.payload, cli.terminal, '--payload')
    const { key, id } = options
    return sendTo(cli, run, options, {
      send: (backend, to) => backend.mail.signal(to, name, payload, { ...(key === undefined ? {} : { key }), ...(id === undefined ? {} : { id }) }),
      said: `Signal ${name} is stored for run`,
    })
  })
}
