// `wumbo workflow archive`: ends the life of a workflow without losing anything of it.
import type { Command } from 'commander'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

/** Makes the command. */
export function workflowArchiveCommand(cli: Cli): Command {
  const command = describe({
    name: 'archive',
    summary: 'retire a workflow, keeping all its versions',
    about: 'Like disable, and it takes no new version. Only an archived workflow can be deleted. Running runs go on, and failed ones can be retried.',
    examples: [['wumbo workflow archive onboard', 'by name'], ['wumbo workflow archive onboard --json', 'for programs']],
  })
    .argument('<name>', 'the workflow\'s name')
  return act(cli, withProjectOptions(command), async (name: string, options: CommonOptions) => {
    const { changeWorkflow } = await import('./workflow-change.ts')
    const { workflowJson } = await import('./workflow-lines.ts')
    return changeWorkflow(cli, options, {
      change: (workflows, by) => workflows.archive(name, by),
      json: workflowJson,
      tell: ({ err }) => err.line(`Workflow ${visibleLine(name)} is archived: no run of it is started, and it takes no new version. Undo it: wumbo workflow enable ${visibleLine(name)}`),
    })
  })
}
