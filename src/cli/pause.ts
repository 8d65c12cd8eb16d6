// `wumbo pause` and `wumbo resume`: a pause of a run, and its end.
import type { Command } from 'commander'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { sendTo } from './send.ts'

/** Makes `wumbo pause`. */
export function pauseCommand(cli: Cli): Command {
  const command = describe({
    name: 'pause',
    summary: 'let a run begin no further step',
    about: 'Steps that are at work end and are recorded; no other begins until `wumbo resume`, whatever is restarted meanwhile. Signals and decisions are still taken, and it can be cancelled.',
    examples: [['wumbo pause 019a…', 'by id'], ['wumbo runs list --status paused', 'what is paused']],
  }).argument('<run>', 'the run\'s id, or the id it was started with')
  return act(cli, withProjectOptions(command), (run: string, options: CommonOptions) => sendTo(cli, run, options, { send: (backend, id) => backend.mail.pause(id), said: 'A pause is stored for run' }))
}

/** Makes `wumbo resume`. */
export function resumeCommand(cli: Cli): Command {
  const command = describe({
    name: 'resume',
    summary: 'let a paused run go on',
    about: 'Whoever works on the store\'s runs goes on with it; `wumbo runs resume` does so in this terminal. A parked run tries again.',
    examples: [['wumbo resume 019a…', 'by id']],
  }).argument('<run>', 'the run\'s id, or the id it was started with')
  return act(cli, withProjectOptions(command), (run: string, options: CommonOptions) => sendTo(cli, run, options, { send: (backend, id) => backend.mail.resume(id), said: 'The end of the pause is stored for run' }))
}
