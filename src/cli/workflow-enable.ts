// `wumbo workflow enable`: lets runs of a workflow start again.
import type { Command } from 'commander'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

/** Makes the command. */
export function workflowEnableCommand(cli: Cli): Command {
  const command = describe({
    name: 'enable',
    summary: 'let runs of a workflow start',
    about: 'Brings back what was disabled or archived, with the version it had. Works on workflows of files too.',
    examples: [['wumbo workflow enable onboard', 'by name'], ['wumbo workflow enable onboard --json', 'for programs']],
  })
    .argument('<name>', 'the workflow\'s name')
  return act(cli, withProjectOptions(command), async (name: string, options: CommonOptions) => {
    const { changeWorkflow } = await import('./workflow-change.ts')
    const { workflowJson } = await import('./workflow-lines.ts')
    return changeWorkflow(cli, options, {
      change: (workflows, by) => workflows.enable(name, by),
      json: workflowJson,
      tell: ({ err }) => err.line(`Workflow ${visibleLine(name)} is enabled: runs of it start.`),
    })
  })
}
