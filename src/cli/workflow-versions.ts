// `wumbo workflow versions`: the versions of a workflow, newest first, with the runs that live in each. Reads beside a process that owns the store.
import type { Command } from 'commander'
import { visibleLine } from '../shared/visible.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'

/** Makes the command. */
export function workflowVersionsCommand(cli: Cli): Command {
  const command = describe({
    name: 'versions',
    summary: 'list the versions of a workflow, newest first, with their live runs',
    examples: [['wumbo workflow versions onboard', 'which there are, since when, and how many runs live in each'], ['wumbo workflow versions onboard --json', 'with whole hashes, for programs']],
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
      const inUse = await wumbo.versions.list(name)
      if (options.json === true) out.line(lineJson({ name, versions, inUse }))
      else {
        if (versions.length === 0) err.line(`No version of ${visibleLine(name)} is stored; its file is its definition.`)
        const columns = [{ title: 'version' }, { title: 'current' }, { title: 'origin' }, { title: 'since' }, { title: 'by', min: 8 }, { title: 'live runs', align: 'right' as const }]
        const rows = inUse.map(({ version, current: is, origin, since, by, live, parked }) => [
          visibleLine(version), is ? { text: 'yes', style: 'green' as const } : '', origin === 'registered' ? 'file' : origin, { text: since === null ? '' : localTime(since), style: 'dim' as const }, visibleLine(by ?? ''),
          parked === 0 ? String(live) : `${live} (${parked} parked)`,
        ])
        for (const line of tableLines(out, columns, rows)) out.line(line)
      }
      return EXIT.ok
    } finally {
      await wumbo.close()
    }
  })
}
