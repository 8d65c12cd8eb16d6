// `wumbo approve`: decides what a run waits to have approved.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { readInput } from './input.ts'
import { sendTo } from './send.ts'
import { userOf } from './user.ts'

interface ApproveOptions extends CommonOptions {
  readonly reject?: boolean
  readonly form?: string
  readonly comment?: string
  readonly by?: string
}

/** Makes the command. */
export function approveCommand(cli: Cli): Command {
  const command = describe({
    name: 'approve',
    summary: 'approve or reject what a run waits for',
    about: '`wumbo runs show` lists what is open, with its path and what its form takes. Who decided and when is recorded. When two decide at once, the first that is stored counts.',
    examples: [['wumbo approve 019a… manager --form \'{"limit":100}\'', 'with its form filled in'], ['wumbo approve 019a… manager --reject --comment "too dear"', 'rejected']],
  })
    .argument('<run>', 'the run\'s id, or the id it was started with')
    .argument('<approval>', 'its path: the name, outside of scopes')
    .option('--reject', 'reject it')
    .option('--form <json>', 'what is filled in: JSON, @file or - for standard input')
    .option('--comment <text>', 'recorded with the decision')
    .option('--by <name>', 'who decides (default: the user at this terminal)')
  return act(cli, withProjectOptions(command), async (run: string, approval: string, options: ApproveOptions) => {
    const form = options.form === undefined ? undefined : await readInput(options.form, cli.terminal, '--form')
    const { comment, reject = false, by = userOf(cli.terminal.env) } = options
    return sendTo(cli, run, options, {
      send: (backend, id) => backend.mail.decide(id, approval, { approved: !reject, by, ...(form === undefined ? {} : { form }), ...(comment === undefined ? {} : { comment }) }),
      said: `${approval} is ${reject ? 'rejected' : 'approved'} for run`,
    })
  })
}
