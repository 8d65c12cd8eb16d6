// `wumbo workflow delete`: deletes an archived workflow with its versions, once none of its runs lives.
import type { Command } from 'commander'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

/** Makes the command. */
export function workflowDeleteCommand(cli: Cli): Command {
  const command = describe({
    name: 'delete',
    summary: 'delete an archived workflow with all its versions',
    about: 'Refused while one of its runs has not ended. Runs keep the definition that they have, and can still be retried.',
    examples: [['wumbo workflow delete onboard', 'after wumbo workflow archive onboard'], ['wumbo workflow delete onboard --json', 'for programs']],
  })
    .argument('<name>', 'the workflow\'s name')
  return act(cli, withProjectOptions(command), async (name: string, options: CommonOptions) => {
    const { changeWorkflow } = await import('./workflow-change.ts')
    return changeWorkflow(cli, options, {
      change: (workflows) => workflows.delete(name),
      json: () => ({ name, deleted: true }),
      tell: ({ err }) => err.line(`Workflow ${visibleLine(name)} is deleted with all its versions.`),
    })
  })
}
