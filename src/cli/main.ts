#!/usr/bin/env node
// The door of the command `wumbo`: it answers `--version` by itself, checks that this Node is new enough, and loads everything else
// only then.
import { readFileSync } from 'node:fs'

const argv = process.argv.slice(2)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

/** Node 22 calls SQLite and type stripping experimental; a project without `"type"` costs a second look at its files. */
const HARMLESS = new Set(['ExperimentalWarning', 'MODULE_TYPELESS_PACKAGE_JSON'])

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  process.stdout.write(`${version}\n`)
} else if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`Wumbo needs Node 22.18 or newer; this is ${process.versions.node}. Get one from https://nodejs.org.\n`)
  process.exitCode = 4
} else {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (!HARMLESS.has(warning.name) && !HARMLESS.has((warning as NodeJS.ErrnoException).code ?? '')) for (const listener of listeners) listener(warning)
  })
  const { runCli } = await import('./program.ts')
  // Ends what modules of users may have left open: sockets, timers.
  process.exit(await runCli(argv))
}
