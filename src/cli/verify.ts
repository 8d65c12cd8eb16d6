// `wumbo verify`: checks a whole store, beside a process that owns it. Findings go to standard output, one a line; any finding
// makes the exit code 1.
import type { Command } from 'commander'
import { visibleLine } from '../shared/visible.ts'
import type { Finding } from '../store/port.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'

/** A progress line is rewritten at most so often. */
const PROGRESS_MS = 100

/** Makes the command. */
export function verifyCommand(cli: Cli): Command {
  const command = describe({
    name: 'verify',
    summary: 'check a store: file, checksums, journals, blobs',
    about: 'Works beside a process that owns the store. Ends with 1 when anything was found.',
    examples: [['wumbo verify', 'the store of the project'], ['wumbo verify --store sqlite:backup.db --json', 'a backup, for programs']],
  })
  return act(cli, withProjectOptions(command), async (options: CommonOptions) => {
    const { readSettings } = await import('./settings.ts')
    const { openReader } = await import('./reader.ts')
    const { out, err, env } = cli.terminal
    const wumbo = await openReader(await readSettings(options, env))
    const checked = { runs: 0, records: 0, blobs: 0 }
    const findings: Finding[] = []
    const live = err.isTerminal && (env['CI'] ?? '') === ''
    let shownAt = 0
    const words = (): string => `${checked.runs} runs, ${checked.records} steps, ${checked.blobs} blobs`
    try {
      const onProgress = (progress: typeof checked): void => {
        Object.assign(checked, progress)
        if (!live || performance.now() - shownAt < PROGRESS_MS) return
        shownAt = performance.now()
        err.write(`\r${err.paint('dim', `checking: ${words()}`)}\u001b[K`)
      }
      for await (const finding of wumbo.verify({ onProgress })) {
        findings.push(finding)
        if (live && shownAt > 0) err.write('\r\u001b[K')
        if (options.json !== true) out.line(`${out.paint('red', finding.code)}  ${finding.run ?? '-'}  ${visibleLine(finding.message)}`)
      }
    } finally {
      if (live && shownAt > 0) err.write('\r\u001b[K')
      await wumbo.close()
    }
    if (options.json === true) out.line(lineJson({ ok: findings.length === 0, checked, findings }))
    else err.line(findings.length === 0 ? `${err.paint('green', '✓')} ${words()}: all is well` : `${err.paint('red', '✗')} ${words()}: ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`)
    return findings.length === 0 ? EXIT.ok : EXIT.badly
  })
}
