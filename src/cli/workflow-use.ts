// `wumbo workflow use`: makes a stored version the one that new runs take.
import type { Command } from 'commander'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

/** Makes the command. */
export function workflowUseCommand(cli: Cli): Command {
  const command = describe({
    name: 'use',
    summary: 'make a stored version the one that new runs take',
    about: 'Running runs keep the version that they have. The versions are listed by wumbo workflow versions.',
    examples: [['wumbo workflow use onboard 3f2a91', 'back to an earlier version; six digits or more name it'], ['wumbo workflow use onboard 3f2a91 --json', 'for programs']],
  })
    .argument('<name>', 'the workflow\'s name')
    .argument('<version>', 'the hash of the version, or its first six digits or more')
  return act(cli, withProjectOptions(command), async (name: string, version: string, options: CommonOptions) => {
    const { changeWorkflow } = await import('./workflow-change.ts')
    const { shortVersion, workflowJson } = await import('./workflow-lines.ts')
    return changeWorkflow(cli, options, {
      change: (workflows, by) => workflows.use(name, version, by),
      json: workflowJson,
      tell: ({ err }, workflow) => err.line(`New runs of ${visibleLine(name)} take version ${shortVersion(workflow.version ?? version)}.${workflow.status === 'enabled' ? '' : ` It is ${workflow.status}.`}`),
    })
  })
}
