// `wumbo workflow create`: stores the graph that a file holds; from then on it starts by name.
import type { Command } from 'commander'
import type { WorkflowModel } from '../model/workflow.ts'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'

/** Makes the command. */
export function workflowCreateCommand(cli: Cli): Command {
  const command = describe({
    name: 'create',
    summary: 'store a graph from a YAML or JSON file, or a new version of it',
    about: 'The definition is checked against the templates of the process that owns the store, else of the project, and stored with them pinned. New runs take it at once; running ones keep the version that they have. The same definition again adds nothing.',
    examples: [
      ['wumbo workflow create onboard.yaml', 'then: wumbo run onboard'],
      ['wumbo workflow create onboard.json --json', 'name, version and templates, for programs'],
    ],
  })
    .argument('<file>', 'a .yaml, .yml or .json file')
  return act(cli, withProjectOptions(command), async (file: string, options: CommonOptions) => {
    const { locatedError, readDefinitionFile } = await import('./definition-file.ts')
    const { changeWorkflow } = await import('./workflow-change.ts')
    const definition = await readDefinitionFile(file)
    const { source, format, model } = definition
    return changeWorkflow(cli, options, {
      change: (workflows, by) => workflows.create(model as WorkflowModel, { source, format, ...by }).catch((thrown: unknown) => { // whatever the model is: create checks all of it
        throw locatedError(thrown, definition, file)
      }),
      json: (created) => created,
      tell({ out, err }, { name, version, templates, added, status }) {
        const shown = visibleLine(name)
        err.line(`${err.paint('green', '✓')} ${shown} ${added ? 'is stored in a new version' : 'was stored in this version before'}, with ${templates.map(visibleLine).join(', ')}`)
        err.line(status === 'enabled' ? `Start it: wumbo run ${shown}` : `It is ${status}; let it start: wumbo workflow enable ${shown}`)
        out.line(version)
      },
    })
  })
}
