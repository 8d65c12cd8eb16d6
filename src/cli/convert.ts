// `wumbo convert`: writes a graph in another form of the same model. It reads YAML, JSON and modules that export a graph; it writes YAML,
// JSON and TypeScript for the builder. What the other form cannot say is refused with its path.
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { DefinitionError, ModuleFailedError, UsageError } from '../errors.ts'
import type { WorkflowModel } from '../model/workflow.ts'
import { parseJson } from '../shared/parse-json.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { GraphWorkflow } from '../workflow/contract.ts'
import { act, describe, withOutputOptions, type Cli } from './command.ts'
import type { TemplatePlaces } from './convert-templates.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'
import type { Settings } from './settings.ts'

interface ConvertOptions {
  readonly to: 'yaml' | 'json' | 'ts'
  readonly out?: string
  readonly workflow?: string
  readonly file?: readonly string[]
  readonly project?: string
  readonly force?: boolean
  readonly json?: boolean
}

/** Makes the command. */
export function convertCommand(cli: Cli): Command {
  const command = describe({
    name: 'convert',
    summary: 'write a graph as YAML, JSON or TypeScript',
    about: 'Takes a definition in YAML or JSON, or a module that exports a graph. The version stays the same, whatever the form. Comments stay with their file: to change a definition and keep them, edit the file. A durable function is code and has no such form. TypeScript needs the templates: those of the project, and of --file.',
    examples: [['wumbo convert workflows/report.ts --to yaml', 'to standard output'], ['wumbo convert onboard.yaml --to json --out onboard.json', 'to a file, which must be new'], ['wumbo convert flows.ts --to yaml --workflow report', 'one of several'], ['wumbo convert onboard.yaml --to ts --out onboard.ts', 'as code, with its templates imported from the project']],
  })
    .argument('<file>', 'a .yaml, .yml or .json file, or a module')
    .addOption(new Option('-t, --to <form>', 'the form to write').choices(['yaml', 'json', 'ts']).makeOptionMandatory())
    .option('-o, --out <file>', 'writes there in place of standard output')
    .option('-w, --workflow <name>', 'which of several graphs of a module')
    .option('-f, --file <module...>', 'modules that hold further templates')
    .option('--force', 'writes over a file that there is')
    .option('-C, --project <dir>', 'the project\'s folder (default: the nearest one upwards that has a wumbo.yaml)')
  return act(cli, withOutputOptions(command), async (given: string, options: ConvertOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { fileOf } = await import('./project.ts')
    const { isDefinitionName } = await import('./definition-source.ts')
    const { SCHEMA, writeYaml } = await import('../workflow/write/yaml.ts')
    const { writeJson } = await import('../workflow/write/json.ts')
    const { out, err, env } = cli.terminal
    const file = fileOf(resolve(given))
    if (file === undefined) throw new UsageError(`${given} is no definition and no module`, { path: given, remedy: 'Name a .yaml, .yml or .json file, or a module that exports a graph.' })
    if (options.out !== undefined && existsSync(options.out) && options.force !== true) throw new UsageError(`${options.out} exists`, { path: '--out', remedy: 'Name another file, or write over it with --force.' })
    const settings = await readSettings(options.project === undefined ? {} : { project: options.project }, env)
    const { model, code } = isDefinitionName(file) ? await readText(file, options, settings) : await readModule(file, options, settings)
    const text = code ?? (options.to === 'json' ? writeJson(model) : writeYaml(model, { schema: pathOf(SCHEMA, file, options, settings) }))
    if (options.out !== undefined) await writeFile(options.out, text)
    if (options.json === true) out.line(lineJson({ file: options.out ?? null, format: options.to, workflow: model.name, text }))
    else if (options.out === undefined) out.write(text)
    else err.line(`${err.paint('green', '✓')} ${model.name} is in ${options.out}`)
    return EXIT.ok
  })
}

/** Where the editor of the file that is written finds the schema: from its folder, in the project. */
function pathOf(schema: string, file: string, { out }: ConvertOptions, { project }: Settings): string {
  return project === null ? schema : relative(folderOf(out, file), join(project, schema)).replaceAll('\\', '/')
}

/** A graph as it was read; its code when that was asked for. */
interface ReadGraph {
  readonly model: WorkflowModel
  readonly code?: string
}

async function readText(file: string, options: ConvertOptions, settings: Settings): Promise<ReadGraph> {
  if (options.workflow !== undefined) throw new UsageError(`${file} holds one workflow`, { path: '--workflow', remedy: 'Leave --workflow out: it chooses among the graphs of a module.' })
  if (options.to === 'ts') return codeOfText(file, options, settings)
  if (options.file !== undefined) throw new UsageError('the templates of a text are not looked at', { path: '--file', remedy: 'Leave --file out: it is for the templates of a graph in a module, and for --to ts.' })
  return { model: await modelOfText(file) }
}

/** The model that a text says, in its own words: its ranges of versions stay ranges. The templates need not be there. */
async function modelOfText(file: string): Promise<WorkflowModel> {
  const { locatedError, readDefinitionFile } = await import('./definition-file.ts')
  const { checkShape } = await import('../workflow/shape.ts')
  const { Problems } = await import('../workflow/problems.ts')
  const definition = await readDefinitionFile(file)
  const problems = new Problems()
  checkShape(definition.model, problems)
  try {
    problems.throwIfAny('workflow')
  } catch (thrown) {
    throw locatedError(thrown, definition, file)
  }
  return definition.model as WorkflowModel // of the right shape
}

/** The code of a text: its templates are those of the project. */
async function codeOfText(file: string, options: ConvertOptions, settings: Settings): Promise<ReadGraph> {
  const { loadProject, moduleFiles } = await import('./project.ts')
  const { locatedError, readDefinitionFile } = await import('./definition-file.ts')
  const { withBuiltins } = await import('../builtin/index.ts')
  const { createRegistry, fromModel } = await import('../index.ts')
  const { respelled } = await import('../workflow/spelling.ts')
  const { byFile, definitions, failures } = await loadProject(settings, moduleFiles(options.file))
  const templates = createRegistry(withBuiltins(definitions.templates))
  const definition = await readDefinitionFile(file)
  try {
    fromModel(definition.model, templates, definitions.workflows) // throws what is wrong
    const model = respelled(definition.model as WorkflowModel) // in the order of its keys, as it was written
    return { model, code: await codeOf(model, { resolve: (uses) => templates.find(uses), byFile, folder: folderOf(options.out, file) }) }
  } catch (thrown) {
    const failed = failures.find((failure) => failure instanceof ModuleFailedError)
    throw failed ?? locatedError(thrown, definition, file) // a template may be missing only since its module failed
  }
}

/** The model of the graph that a module exports, with the versions that it pins. */
async function readModule(file: string, options: ConvertOptions, settings: Settings): Promise<ReadGraph> {
  const { loadProject, moduleFiles, onlyWorkflow } = await import('./project.ts')
  const { shownPath } = await import('./shown-path.ts')
  const loaded = await loadProject(settings, [...moduleFiles(options.file), file])
  const failure = loaded.failures[0]
  if (failure !== undefined) throw failure
  const { workflows } = loaded.byFile.get(file) ?? { workflows: [] }
  const { templates } = loaded.definitions
  const named = options.workflow === undefined ? workflows : workflows.filter(({ name }) => name === options.workflow)
  if (named.length === 0 && options.workflow !== undefined) throw new UsageError(`${shownPath(file)} exports no workflow ${JSON.stringify(options.workflow)}`, { path: '--workflow', remedy: `It exports: ${workflows.map(({ name }) => name).join(', ') || 'none'}.` })
  const workflow = onlyWorkflow(named, shownPath(file))
  if (workflow.form === 'function') {
    throw new DefinitionError(`${shownPath(file)}: the workflow "${workflow.name}" is a durable function: its \`run\` is code, which no data can say`, { path: 'run', remedy: 'Write it as a graph: workflow("name", { … }).step(…), whose steps are data.' })
  }
  const model = parseJson(workflow.definition) as WorkflowModel
  if (options.to === 'ts') return { model, code: await codeOf(model, { resolve: (uses) => workflow.templates.get(uses), byFile: loaded.byFile, folder: folderOf(options.out, file) }) }
  await refuseNameless(model, workflow, templates)
  return { model }
}

async function codeOf(model: WorkflowModel, places: TemplatePlaces): Promise<string> {
  const { templateFinder } = await import('./convert-templates.ts')
  const { writeTypeScript } = await import('../workflow/write/typescript.ts')
  const { find, findGraph, problems } = await templateFinder(places)
  const code = writeTypeScript(model, find, findGraph)
  problems.throwIfAny(`workflow "${model.name}"`)
  return code
}

/** The folder of what is written: that of the file, or of what is read when it goes to standard output. */
function folderOf(out: string | undefined, read: string): string {
  return dirname(resolve(out ?? read))
}

/** A template that no file exports and that is not built in is known to this module alone: a text could not name it. */
async function refuseNameless(model: WorkflowModel, workflow: GraphWorkflow, templates: readonly AnyTemplate[]): Promise<void> {
  const { builtinTemplates } = await import('../index.ts')
  const { labelOf } = await import('../template/callable.ts')
  const known = new Set([...builtinTemplates, ...templates].map(({ meta }) => labelOf(meta)))
  const nameless = new Set([...workflow.templates.keys()].filter((label) => !known.has(label)))
  if (nameless.size === 0) return
  const { canonicalModel } = await import('../workflow/canonical.ts')
  const { Problems } = await import('../workflow/problems.ts')
  const problems = new Problems()
  canonicalModel(model, (uses, path, kind) => {
    if (kind === 'template' && nameless.has(uses)) problems.add('UNKNOWN_TEMPLATE', `${path}.uses`, `no module exports the template ${uses}, so no text can name it`, { remedy: 'Export it from a module of the project, name its module with --file, or use its parts as steps.' })
    return uses
  })
  problems.throwIfAny(`workflow "${model.name}"`)
}
