// `wumbo workflow show`: the definition of a workflow as its author wrote it, so that it can be kept in a file again. Reads beside a
// process that owns the store.
import type { Command } from 'commander'
import type { DefinedWorkflow } from '../engine/definitions-api.ts'
import { UsageError } from '../errors.ts'
import type { Wumbo } from '../index.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import { parseJson } from '../shared/parse-json.ts'
import { visibleLine, visibleText } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { localTime } from './event-lines.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'
import { originOf, shortVersion, workflowJson } from './workflow-lines.ts'

interface ShowOptions extends CommonOptions {
  readonly version?: string
}

/** A definition and what is known of it. */
interface Shown {
  readonly version: string
  readonly format: string
  readonly source: string
  readonly definition: WorkflowModel
  readonly templates: readonly string[]
  /** Who stored it, and when; nothing for one in a file. */
  readonly stored: { readonly at: number; readonly by: string } | null
}

/** Makes the command. */
export function workflowShowCommand(cli: Cli): Command {
  const command = describe({
    name: 'show',
    summary: 'print the definition of a workflow',
    about: 'Prints a stored definition as it was written; a graph in a file as YAML. In a pipe every character is as it is stored; a terminal is shown escapes for those that would steer it.',
    examples: [
      ['wumbo workflow show onboard', 'the version that new runs take'],
      ['wumbo workflow show onboard --version 3f2a91 > onboard.yaml', 'an earlier one, into a file'],
      ['wumbo workflow show onboard --json', 'with its templates pinned, for programs'],
    ],
  })
    .argument('<name>', 'the workflow\'s name')
    .option('--version <hash>', 'a stored version: its hash, or the first six digits or more')
  return act(cli, withProjectOptions(command), async (name: string, options: ShowOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { openLibrary } = await import('./reader.ts')
    const { loadDefinitions } = await import('./project.ts')
    const { out, err, env } = cli.terminal
    const settings = await readSettings(options, env)
    const wumbo = await openLibrary(settings, await loadDefinitions(settings))
    try {
      const workflow = await wumbo.definitions.get(name)
      const shown = await definitionOf(wumbo, workflow, options.version)
      if (options.json === true) {
        const { stored, ...rest } = shown
        out.line(lineJson({ ...workflowJson(workflow), ...rest, current: shown.version === workflow.version, storedAt: stored?.at ?? null, storedBy: stored?.by ?? null }))
      } else {
        const by = shown.stored === null ? '' : `, stored ${localTime(shown.stored.at)} by ${visibleLine(shown.stored.by)}`
        err.line(err.paint('dim', `${visibleLine(name)}: ${workflow.status}, ${originOf(workflow)}, version ${shortVersion(shown.version)}${shown.version === workflow.version ? '' : ' (new runs take another)'}${by}`))
        out.write(out.isTerminal ? visibleText(shown.source) : shown.source)
        if (!shown.source.endsWith('\n') && out.isTerminal) out.line()
      }
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}

/** A stored version, or the graph in a file where it is what new runs take. */
async function definitionOf(wumbo: Wumbo, { name, origin }: DefinedWorkflow, hash: string | undefined): Promise<Shown> {
  if (origin === 'stored' || hash !== undefined) {
    const { hash: version, format, source, definition, templates, createdAt, by } = await wumbo.definitions.version(name, hash)
    return { version, format, source, definition, templates, stored: { at: createdAt, by } }
  }
  const { writeYaml } = await import('../workflow/write/yaml.ts')
  const workflow = wumbo.workflows.findLast((one) => one.name === name)
  if (workflow?.form !== 'graph') throw new UsageError(`workflow ${name} is a function; its file is its definition`, { path: name, remedy: 'Open its file in the project\'s folder of workflows.' })
  const definition = parseJson(workflow.definition) as WorkflowModel
  return { version: workflow.version, format: 'yaml', source: writeYaml(definition, { schema: null }), definition, templates: [...workflow.templates.keys()].sort(), stored: null }
}
