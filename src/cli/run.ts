// `wumbo run`: starts a run of a workflow and waits for its end, in this process or in the one that owns the store.
import { Option, type Command } from 'commander'
import { OwnerUnreachableError, UsageError, WorkflowNotFoundError } from '../errors.ts'
import type { NamedWorkflow } from './backend.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import type { Definitions } from './modules.ts'
import type { Settings } from './settings.ts'

interface RunOptions extends CommonOptions {
  readonly input?: string
  readonly id?: string
  readonly workflow?: string
  readonly detach?: boolean
  readonly quiet?: boolean
}

/** Makes the command. */
export function runCommand(cli: Cli): Command {
  const command = describe({
    name: 'run',
    summary: 'start a run and print its result',
    about: 'Names a file that exports or defines a workflow, a workflow of the project, or a stored one; without either the project\'s only workflow is run. The result goes to standard output, the progress to standard error. Ctrl-C stops in order: the run is kept and can go on later.',
    examples: [
      ['wumbo run', 'the only workflow of the project'],
      ['wumbo run hello --input \'{"names":["Ada"]}\'', 'by name'],
      ['wumbo run workflows/hello.ts --input @people.json', 'by file, the input from a file'],
      ['wumbo run onboard.yaml', 'a definition'],
      ['wumbo run hello --id order-17', 'at most one run with this id'],
      ['echo \'{}\' | wumbo run hello --input - --json', 'input from a pipe, the outcome as JSON'],
    ],
  })
    .argument('[workflow]', 'a workflow\'s name, or a .ts, .mts, .js, .mjs, .yaml, .yml or .json file')
    .addOption(new Option('-i, --input <json>', 'JSON, @file or - for standard input (default: {})'))
    .option('--id <id>', 'your own name for the run: the same id is the same run')
    .option('-w, --workflow <name>', 'which of several workflows of a file')
    .option('-d, --detach', 'print the run\'s id and do not wait; needs a process that works on the store\'s runs, such as wumbo dev')
    .option('-q, --quiet', 'no progress, only the result')
  return act(cli, withProjectOptions(command), async (target: string | undefined, options: RunOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { readInput } = await import('./input.ts')
    const settings = await readSettings(options, cli.terminal.env)
    const input = await readInput(options.input, cli.terminal)
    const { workflow, definitions } = await choose(settings, target, options.workflow)
    if (options.detach === true) return detach(cli, { settings, workflow, definitions, input, options })
    const { pursue } = await import('./pursue.ts')
    return pursue({ terminal: cli.terminal, settings, definitions, options, workflow: workflow.name, begin: (backend) => backend.start(workflow, input, options.id) })
  })
}

/** The workflow that is meant, and all that the project and the file define. */
async function choose(settings: Settings, target: string | undefined, name: string | undefined): Promise<{ workflow: NamedWorkflow; definitions: Definitions }> {
  const { fileOf, loadDefinitions, loadWithFile, onlyWorkflow, workflowNamed } = await import('./project.ts')
  const file = target === undefined ? undefined : fileOf(target)
  if (file !== undefined && target !== undefined) {
    const { definitions, own } = await loadWithFile(settings, file)
    return { definitions, workflow: name === undefined ? onlyWorkflow(own.workflows, target) : workflowNamed(own, name) }
  }
  if (target !== undefined && name !== undefined && name !== target) throw new UsageError(`two workflows are named: ${target} and ${name}`, { path: '--workflow', remedy: 'Leave out --workflow, or name a file before it.' })
  const wanted = target ?? name
  const { storedNames } = await import('./reader.ts')
  if (settings.project === null) {
    if (wanted !== undefined && (await storedNames(settings)).includes(wanted)) return { definitions: { templates: [], workflows: [] }, workflow: { name: wanted } }
    throw new WorkflowNotFoundError(wanted === undefined ? 'there is no project here and no file was named' : `there is no file ${wanted}, and no project here that could have a workflow of that name`, { remedy: 'Name a file (wumbo run hello.ts), or make a project with wumbo init.' })
  }
  const definitions = await loadDefinitions(settings)
  if (wanted === undefined) return { definitions, workflow: onlyWorkflow(definitions.workflows, undefined) }
  const stored = definitions.workflows.some((workflow) => workflow.name === wanted) ? [] : await storedNames(settings)
  return { definitions, workflow: stored.includes(wanted) ? { name: wanted } : workflowNamed(definitions, wanted, stored) }
}

interface Detached {
  readonly settings: Settings
  readonly workflow: NamedWorkflow
  readonly definitions: Definitions
  readonly input: unknown
  readonly options: RunOptions
}

/** Hands the run to the owner of a file, or leaves it in the database for a worker, and goes. */
async function detach(cli: Cli, { settings, workflow, definitions, input, options }: Detached): Promise<number> {
  const { connect, connectOwner } = await import('./connect.ts')
  const { createLogger } = await import('../platform/logger.ts')
  const { lineJson } = await import('./json.ts')
  const { out, err } = cli.terminal
  const log = createLogger({ level: options.verbose === true ? 'debug' : 'warn', format: 'human', sink: (line) => err.write(line) })
  const backend = await (settings.store.kind === 'postgres' ? connect({ settings, definitions, log, idle: true }) : connectOwner(settings))
  if (backend === undefined) throw new OwnerUnreachableError('no process owns the store, so nobody would go on with the run', { remedy: 'Start one with wumbo dev, or leave out --detach.' })
  try {
    const run = await backend.start(workflow, input, options.id)
    out.line(options.json === true ? lineJson(run) : run.id)
    return EXIT.ok
  } finally {
    await backend.close()
  }
}
