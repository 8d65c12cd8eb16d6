// `wumbo validate`: checks definitions and tells every problem where it stands. It imports the project's modules, since they hold the
// templates and their schemas; it runs no template, fetches nothing and opens no store.
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { act, describe, withOutputOptions, type Cli } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'

interface ValidateOptions {
  readonly project?: string
  readonly file?: readonly string[]
  readonly json?: boolean
}

/** Makes the command. */
export function validateCommand(cli: Cli): Command {
  const command = describe({
    name: 'validate',
    summary: 'check definitions, and tell every problem where it stands',
    about: 'Checks files, or all definitions below a folder; by default the project\'s workflows. Tells file, line, column, code and what to do, all at once. Runs and fetches nothing; the project\'s modules are imported for the schemas of their templates. Ends with 1 when anything was found. Codes: docs/reference/problems.md.',
    examples: [['wumbo validate', 'the workflows of the project'], ['wumbo validate workflows/onboard.yaml', 'one file'], ['wumbo validate workflows --json', 'a folder, for editors and scripts']],
  })
    .argument('[paths...]', 'files (.yaml, .yml, .json) and folders')
    .option('-C, --project <dir>', 'the project\'s folder (default: the nearest one upwards that has a wumbo.yaml)')
    .option('-f, --file <module...>', 'modules that hold further templates')
  return act(cli, withOutputOptions(command), async (paths: readonly string[], options: ValidateOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { moduleFiles } = await import('./project.ts')
    const { importTemplates } = await import('./template-registry.ts')
    const { DefinitionText } = await import('../index.ts')
    const { DefinitionTexts } = await import('./definition-texts.ts')
    const { definitionsBelow, readDefinitionSource } = await import('./definition-source.ts')
    const { isDefinition } = await import('./definition-files.ts')
    const { problemJson, problemLines } = await import('./diagnostics.ts')
    const { out, err, env } = cli.terminal
    const settings = await readSettings(options.project === undefined ? {} : { project: options.project }, env)
    const { named, found } = await filesOf(paths.length > 0 ? paths : settings.folders.filter((folder) => existsSync(folder)), definitionsBelow)
    if (paths.length === 0 && settings.project === null) throw new UsageError('name the files to check: there is no project here', { remedy: 'wumbo validate FILE…, or go into a project.' })
    const { registry, workflows } = await importTemplates(settings, moduleFiles(options.file))
    // Those of the project that are not checked may be run inline by those that are.
    const others = (await Promise.all(settings.folders.map(definitionsBelow))).flat().filter((file) => !found.includes(file))
    const texts = []
    for (const file of [...others, ...found]) {
      const source = await readDefinitionSource(file).catch((thrown: unknown) => {
        if (!found.includes(file)) return '' // nobody asked about it
        throw thrown
      })
      const text = DefinitionText.read(source)
      if (named.has(file) || isDefinition(text)) texts.push({ file, text })
    }
    const definitions = new DefinitionTexts(texts, { templates: registry, workflows })
    const checked = []
    for (const { file, text } of texts) {
      if (!found.includes(file)) continue
      const { workflow, problems } = definitions.check(text)
      checked.push({ file, workflow, problems })
      if (options.json !== true) for (const problem of problems) for (const line of problemLines(out, { file, source: text.source, problem })) out.line(line)
    }
    const problems = checked.flatMap((one) => one.problems)
    if (options.json === true) {
      out.line(lineJson({ ok: problems.length === 0, files: checked.map(({ file, workflow, problems: found }) => ({ file, workflow: workflow === undefined ? null : { name: workflow.name, version: workflow.version }, problems: found.map((one) => problemJson(file, one)) })) }))
    } else {
      const wrong = checked.filter((one) => one.problems.length > 0).length
      const words = counted(checked.length, 'file')
      err.line(problems.length === 0 ? `${err.paint('green', '✓')} ${words}: all is well` : `${err.paint('red', '✗')} ${counted(problems.length, 'problem')} in ${wrong === checked.length ? words : `${wrong} of ${words}`}`)
    }
    return problems.length === 0 ? EXIT.ok : EXIT.badly
  })
}

/** The files that are meant, each once. A folder stands for all below it that may hold definitions. */
async function filesOf(paths: readonly string[], below: (folder: string) => Promise<readonly string[]>): Promise<{ readonly named: ReadonlySet<string>; readonly found: readonly string[] }> {
  const [found, named]: [string[], Set<string>] = [[], new Set()]
  for (const path of paths) {
    const full = resolve(path)
    const isFolder = statSync(full, { throwIfNoEntry: false })?.isDirectory() === true
    if (isFolder) found.push(...(await below(full)))
    else {
      found.push(full)
      named.add(full)
    }
  }
  return { named, found: [...new Set(found)] }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
