// `wumbo templates list`: the templates that a project can use.
import type { Command } from 'commander'
import { act, describe, withOutputOptions, withProjectFolder, type Cli } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'

interface ListOptions {
  readonly project?: string
  readonly category?: string
  readonly kind?: string
  readonly tag?: string
  readonly json?: boolean
}

/** Makes the command. */
export function templatesListCommand(cli: Cli): Command {
  const command = describe({
    name: 'list',
    summary: 'list templates by name, the project\'s and the built-in ones',
    about: 'Shows the highest version of each.',
    examples: [
      ['wumbo templates list', 'all that steps can use'],
      ['wumbo templates list --tag http', 'those with a tag'],
      ['wumbo templates list --json', 'for programs'],
    ],
  })
    .option('--category <name>', 'only those of a category')
    .option('--kind <name>', 'only those of a kind')
    .option('--tag <name>', 'only those with a tag')
  return act(cli, withOutputOptions(withProjectFolder(command)), async (options: ListOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { importTemplates } = await import('./template-registry.ts')
    const { templateJson, templateLines } = await import('./template-lines.ts')
    const { out, err, env } = cli.terminal
    const templates = await importTemplates(await readSettings(options, env))
    const { category, kind, tag } = options
    const found = templates.registry.list({ ...(category === undefined ? {} : { category }), ...(kind === undefined ? {} : { kind }), ...(tag === undefined ? {} : { tag }) })
    if (options.json === true) out.line(lineJson({ templates: found.map((one) => templateJson(one, templates)) }))
    else if (found.length === 0) err.line('No template is like that.')
    else for (const line of templateLines(out, found, templates)) out.line(line)
    return EXIT.ok
  })
}
