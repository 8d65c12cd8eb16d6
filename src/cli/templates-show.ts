// `wumbo templates show`: what a template is, what it takes and what it gives.
import type { Command } from 'commander'
import type { AnyTemplate } from '../template/contract.ts'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withOutputOptions, withProjectFolder, type Cli } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'
import type { ProjectTemplates } from './template-registry.ts'
import type { Channel } from './terminal.ts'

interface ShowOptions {
  readonly project?: string
  readonly json?: boolean
}

/** Makes the command. */
export function templatesShowCommand(cli: Cli): Command {
  const command = describe({
    name: 'show',
    summary: 'show what a template takes and gives',
    examples: [
      ['wumbo templates show http.request', 'its highest version'],
      ['wumbo templates show score-lead@^1', 'the highest that a range allows'],
      ['wumbo templates show log --json', 'with its JSON Schemas, for programs'],
    ],
  })
    .argument('<template>', 'name or alias, with a version or a range if wanted')
  return act(cli, withOutputOptions(withProjectFolder(command)), async (reference: string, options: ShowOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { importTemplates } = await import('./template-registry.ts')
    const { templateJson } = await import('./template-lines.ts')
    const { out, env } = cli.terminal
    const templates = await importTemplates(await readSettings(options, env))
    const template = templates.registry.resolve(reference)
    if (options.json === true) out.line(lineJson({ ...templateJson(template, templates), ...template.schemas }))
    else for (const line of await linesOf(out, template, templates)) out.line(line)
    return EXIT.ok
  })
}

async function linesOf(out: Channel, template: AnyTemplate, { registry, fileOf }: ProjectTemplates): Promise<string[]> {
  const { originText, schemaLines } = await import('./template-lines.ts')
  const { meta, level, schemas } = template
  const versions = registry.versions(meta.name)
  const facts: readonly (readonly [string, string])[] = [
    ['from', originText(fileOf(template))], ['level', level], ['versions', versions.length > 1 ? versions.join(', ') : ''],
    ['kind', meta.kind ?? ''], ['category', meta.category ?? ''], ['tags', (meta.tags ?? []).join(', ')], ['aliases', (meta.aliases ?? []).join(', ')], ['author', meta.author ?? ''],
  ]
  const part = (title: string, schema: AnyTemplate['schemas']['input'] | null): string[] => (schema === null ? [] : ['', out.paint('bold', title), ...schemaLines(out, schema)])
  return [
    `${out.paint('bold', meta.name)} ${meta.version}`, visibleLine(meta.description), '',
    ...facts.filter(([, text]) => text !== '').map(([name, text]) => `${out.paint('dim', name.padEnd(8))}  ${visibleLine(text)}`),
    ...part('Input', schemas.input), ...part('Output', schemas.output), ...part('Config', schemas.config),
    '', out.paint('dim', `In a step: uses: ${meta.name}@^${meta.version}`),
  ]
}
