// `wumbo templates search`: templates by words, the best match first.
import type { Command } from 'commander'
import { act, describe, withOutputOptions, withProjectFolder, type Cli } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'

interface SearchOptions {
  readonly project?: string
  readonly json?: boolean
}

/** Makes the command. */
export function templatesSearchCommand(cli: Cli): Command {
  const command = describe({
    name: 'search',
    summary: 'search templates by words, best match first',
    about: 'All words must be found in name, alias, tag, category, kind or description. Ends with 1 when nothing is found.',
    examples: [['wumbo templates search http', 'by one word'], ['wumbo templates search read file --json', 'by several, for programs']],
  })
    .argument('<words...>', 'what to look for')
  return act(cli, withOutputOptions(withProjectFolder(command)), async (words: readonly string[], options: SearchOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { importTemplates } = await import('./template-registry.ts')
    const { templateJson, templateLines } = await import('./template-lines.ts')
    const { out, err, env } = cli.terminal
    const templates = await importTemplates(await readSettings(options, env))
    const found = templates.registry.search(words.join(' '))
    if (options.json === true) out.line(lineJson({ templates: found.map((one) => templateJson(one, templates)) }))
    else if (found.length === 0) err.line('No template has all of these words. All there are: wumbo templates list')
    else for (const line of templateLines(out, found, templates)) out.line(line)
    return found.length === 0 ? EXIT.badly : EXIT.ok
  })
}
