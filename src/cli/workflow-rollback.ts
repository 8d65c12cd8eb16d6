// `wumbo workflow rollback`: lets new runs take an earlier version again.
import type { Command } from 'commander'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

/** Makes the command. */
export function workflowRollbackCommand(cli: Cli): Command {
  const command = describe({
    name: 'rollback',
    summary: 'let new runs take an earlier version again',
    about: 'Durable in the store and followed by all workers, also for workflows of the code, of which the version must be registered beside the newer one. Running runs keep theirs: see wumbo workflow migrate. Forward again: wumbo workflow use.',
    examples: [['wumbo workflow rollback onboard', 'the version before'], ['wumbo workflow rollback onboard --to 1', 'a version of your choice'], ['wumbo workflow rollback onboard --json', 'for programs']],
  })
    .argument('<name>', 'the workflow\'s name')
    .option('--to <version>', 'the version that new runs are to take (default: the one before)')
  return act(cli, withProjectOptions(command), async (name: string, options: CommonOptions & { readonly to?: string }) => {
    const { changeWorkflow } = await import('./workflow-change.ts')
    const { shortVersion } = await import('./workflow-lines.ts')
    return changeWorkflow(cli, options, {
      change: (_workflows, by, backend) => backend.versions.rollback(name, { ...by, ...(options.to === undefined ? {} : { to: options.to }) }),
      json: (outcome) => outcome,
      tell: ({ err }, { from, to }) => err.line(`New runs of ${visibleLine(name)} take version ${shortVersion(to)}${from === null ? '' : ` in place of ${shortVersion(from)}`}. Running runs keep theirs.`),
    })
  })
}
