// `wumbo workflow versions`: the stored versions of a workflow, newest first. Reads beside a process that owns the store.
import type { Command } from 'commander'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'

/** Makes the command. */
export function workflowVersionsCommand(cli: Cli): Command {
  const command = describe({
    name: 'versions',
    summary: 'list the stored versions of a workflow, newest first',
    examples: [['wumbo workflow versions onboard', 'which there are, when and by whom they were stored'], ['wumbo workflow versions onboard --json', 'with whole hashes, for programs']],
  })
    .argument('<name>', 'the workflow\'s name')
  return act(cli, withProjectOptions(command), async (name: string, options: CommonOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { openLibrary } = await import('./reader.ts')
    const { loadDefinitions } = await import('./project.ts')
    const { lineJson } = await import('./json.ts')
    const { localTime } = await import('./event-lines.ts')
    const { tableLines } = await import('./table.ts')
    const { out, err, env } = cli.terminal
    const settings = await readSettings(options, env)
    const wumbo = await openLibrary(settings, await loadDefinitions(settings))
    try {
      const { version: current } = await wumbo.definitions.get(name)
      const versions = (await wumbo.definitions.versions(name)).map((version) => ({ ...version, current: version.hash === current }))
      if (options.json === true) out.line(lineJson({ name, versions }))
      else if (versions.length === 0) err.line(`No version of ${visibleLine(name)} is stored; its file is its definition.`)
      else {
        const columns = [{ title: 'version' }, { title: 'current' }, { title: 'format' }, { title: 'stored' }, { title: 'by', min: 8 }]
        const rows = versions.map(({ hash, current: is, format, createdAt, by }) => [hash, is ? { text: 'yes', style: 'green' as const } : '', format, { text: localTime(createdAt), style: 'dim' as const }, visibleLine(by)])
        for (const line of tableLines(out, columns, rows)) out.line(line)
      }
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}
