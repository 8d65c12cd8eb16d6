// `wumbo workflow disable`: keeps runs of a workflow from starting.
import type { Command } from 'commander'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

/** Makes the command. */
export function workflowDisableCommand(cli: Cli): Command {
  const command = describe({
    name: 'disable',
    summary: 'keep runs of a workflow from starting',
    about: 'Starts are refused until it is enabled again. Running runs go on, and failed ones can be retried. Works on workflows of files too.',
    examples: [['wumbo workflow disable onboard', 'by name'], ['wumbo workflow disable onboard --json', 'for programs']],
  })
    .argument('<name>', 'the workflow\'s name')
  return act(cli, withProjectOptions(command), async (name: string, options: CommonOptions) => {
    const { changeWorkflow } = await import('./workflow-change.ts')
    const { workflowJson } = await import('./workflow-lines.ts')
    return changeWorkflow(cli, options, {
      change: (workflows, by) => workflows.disable(name, by),
      json: workflowJson,
      tell: ({ err }) => err.line(`Workflow ${visibleLine(name)} is disabled: no run of it is started. Running runs go on. Undo it: wumbo workflow enable ${visibleLine(name)}`),
    })
  })
}
