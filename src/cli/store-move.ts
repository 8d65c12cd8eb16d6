// `wumbo store move`: takes everything that a store holds from SQLite to PostgreSQL, or back. Progress goes to standard error; the outcome is told last.
import { randomUUID } from 'node:crypto'
import { Option, type Command } from 'commander'
import { UsageError } from '../errors.ts'
import type { MoveProgress, MoveReport } from '../store/move.ts'
import type { TransferSource, TransferTarget } from '../store/transfer.ts'
import { act, describe, withOutputOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'
import type { StoreSetting } from './settings.ts'
import type { Terminal } from './terminal.ts'

interface MoveOptions extends Omit<CommonOptions, 'store'> {
  readonly from?: string
  readonly to: string
}

/** The line is rewritten at most so often; where there is no terminal a line is written at most so often. */
const PROGRESS_MS = 100
const PLAIN_PROGRESS_MS = 5000

/** Makes the command. */
export function storeMoveCommand(cli: Cli): Command {
  const command = describe({
    name: 'move',
    summary: 'move a store from SQLite to PostgreSQL or back, with every run as it is',
    about: 'Moves runs of every status with all that is recorded, keys, definitions, stored workflows and large values, and compares what arrived with what was read. No process may work on the source; the target must be empty, a file must be new. Nothing is kept until all of it is; interrupted before that, the source is as it was. Afterwards the source is kept but not opened any more.',
    examples: [
      ['wumbo store move --to postgres://me@localhost/app', 'the project\'s store; the password from PGPASSWORD or ~/.pgpass'],
      ['wumbo store move --from sqlite:a.db --to "postgres://me@db/app?schema=flows"', 'into another schema than "wumbo"'],
      ['wumbo store move --from postgres://me@localhost/app --to sqlite:.wumbo/new.db', 'back into a file'],
      ['wumbo store move --to "$DATABASE_URL" --json', 'counts and hashes of all tables, for scripts'],
    ],
  })
    .option('-C, --project <dir>', 'the project\'s folder (default: the nearest one upwards that has a wumbo.yaml)')
    .option('--from <store>', 'sqlite:<file> or postgres://user@host/database (default: the project\'s store)')
    .addOption(new Option('--to <store>', 'postgres://user@host/database, or a new sqlite:<file>').makeOptionMandatory())
  return act(cli, withOutputOptions(command), async (options: MoveOptions) => {
    const { parseStore, readSettings } = await import('./settings.ts')
    const { Interrupts } = await import('./interrupts.ts')
    const { moveStore } = await import('../store/move.ts')
    const place = { base: process.cwd() }
    const target = parseStore(options.to, { ...place, from: '--to' })
    const settings = options.from === undefined ? await readSettings(options.project === undefined ? {} : { project: options.project }, cli.terminal.env) : undefined
    const kinds = checkKinds(settings?.store ?? parseStore(options.from ?? '', { ...place, from: '--from' }), target)
    const progress = new ProgressLine(cli.terminal, options.json === true)
    const interrupts = new Interrupts(() => progress.clear())
    const began = performance.now()
    let source: TransferSource | undefined
    let to: TransferTarget | undefined
    try {
      source = await openSource(kinds.from)
      to = await openTarget(kinds.to)
      const report = await moveStore(source, to, { id: randomUUID(), at: Date.now(), signal: interrupts.signal, onProgress: (at) => progress.tell(at) })
      progress.clear()
      tell(cli.terminal, { report, from: source.shown, to: to.shown, ms: Math.round(performance.now() - began), json: options.json === true })
      return EXIT.ok
    } catch (thrown) {
      if (interrupts.exitCode === undefined) throw thrown
      progress.clear()
      cli.terminal.err.line(thrown instanceof Error ? thrown.message : String(thrown))
      return interrupts.exitCode
    } finally {
      progress.clear()
      interrupts.close()
      await to?.close()
      await source?.close()
    }
  })
}

/** A store that is kept, under the option that named it. */
type Kept = Exclude<StoreSetting, { readonly kind: 'memory' }>

/** What can be moved: from one kind to the other. */
function checkKinds(from: StoreSetting, to: StoreSetting): { readonly from: Kept; readonly to: Kept } {
  if (from.kind === 'memory') throw new UsageError('--from: expected sqlite:<file> or postgres://user@host/database, got memory', { path: '--from', remedy: 'A store in memory ends with its process.' })
  if (to.kind === 'memory') throw new UsageError('--to: expected postgres://user@host/database or sqlite:<file>, got memory', { path: '--to', remedy: 'Name the store that is to hold everything from now on.' })
  if (from.kind !== to.kind) return { from, to }
  throw new UsageError(`--to: expected ${to.kind === 'sqlite' ? 'postgres://user@host/database' : 'sqlite:<file>'}, got a store of the same kind as the source`, {
    path: '--to', remedy: to.kind === 'sqlite' ? 'A SQLite store is copied with its files, while nobody owns it.' : 'A PostgreSQL database is copied with pg_dump.',
  })
}

async function openSource(from: Kept): Promise<TransferSource> {
  if (from.kind === 'sqlite') return (await import('../store/sqlite/transfer-source.ts')).sqliteSource(from.file)
  return (await import('../store/postgres/transfer-source.ts')).postgresSource(await addressOf(from.url, '--from'))
}

async function openTarget(to: Kept): Promise<TransferTarget> {
  if (to.kind === 'sqlite') return (await import('../store/sqlite/transfer-target.ts')).sqliteTarget(to.file)
  return (await import('../store/postgres/transfer-target.ts')).postgresTarget(await addressOf(to.url, '--to'))
}

async function addressOf(store: string, option: string): Promise<{ readonly url: string; readonly schema?: string }> {
  const { readPostgresUrl } = await import('../shared/postgres-url.ts')
  const { options: { url, schema, pooler }, shown } = readPostgresUrl(store, option)
  // All is one transaction, and what is set for a connection must hold before and after it as well.
  if (pooler !== undefined) throw new UsageError(`${option}: expected the address of the server itself, got that of a pooler: ${shown}`, { path: option, remedy: 'Leave the pooler out: name host and port of PostgreSQL, without ?pooler=transaction.' })
  return { url, ...(schema === undefined ? {} : { schema }) }
}

interface Outcome {
  readonly report: MoveReport
  readonly from: string
  readonly to: string
  readonly ms: number
  readonly json: boolean
}

function tell({ out, err }: Terminal, { report: { tables }, from, to, ms, json }: Outcome): void {
  if (json) out.line(lineJson({ moved: true, from, to, tables, ms }))
  if (tables === null) err.line(`${err.paint('green', '✓')} Everything had been moved to ${to} before; the source is marked now.`)
  else if (!json) {
    const width = Math.max(...Object.keys(tables).map((name) => name.length))
    for (const [name, { rows, sha256 }] of Object.entries(tables)) out.line(`${name.padEnd(width)}  ${String(rows).padStart(9)}  ${out.paint('dim', sha256.slice(0, 16))}`)
    err.line(`${err.paint('green', '✓')} Moved to ${to} in ${(ms / 1000).toFixed(1)} s; what arrived is what was read.`)
  }
  err.line(`From now on write into wumbo.yaml, without a password:  store: ${to}`)
  err.line(`${from} is kept and not opened any more; delete it when all is well.`)
}

/** How far it is: one line on a terminal, now and then a line elsewhere. */
class ProgressLine {
  readonly #terminal: Terminal
  readonly #isLive: boolean
  readonly #isQuiet: boolean
  #toldAt = performance.now()
  #isShown = false

  constructor(terminal: Terminal, json: boolean) {
    this.#terminal = terminal
    this.#isLive = terminal.err.isTerminal && (terminal.env['CI'] ?? '') === ''
    this.#isQuiet = json && !this.#isLive
  }

  tell({ doing, done, total }: MoveProgress): void {
    const now = performance.now()
    if (this.#isQuiet || now - this.#toldAt < (this.#isLive ? PROGRESS_MS : PLAIN_PROGRESS_MS)) return
    this.#toldAt = now
    const { err } = this.#terminal
    const words = `${doing}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} rows`
    if (this.#isLive) err.write(`\r${err.paint('dim', words)}\u001b[K`)
    else err.line(words)
    this.#isShown = this.#isLive
  }

  clear(): void {
    if (this.#isShown) this.#terminal.err.write('\r\u001b[K')
    this.#isShown = false
  }
}
