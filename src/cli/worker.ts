// `wumbo worker`: a process that works on the runs of a store until it is told to stop. Many of them share one PostgreSQL database.
// SIGTERM: not ready any more, no new runs, bodies finish or their runs are handed back, the end; a second signal ends it at once.
import type { Command } from 'commander'
import { UsageError, WumboError } from '../errors.ts'
import { formatDuration, parseDuration } from '../shared/duration.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'

interface WorkerOptions extends CommonOptions {
  readonly queues?: string
  readonly concurrency?: string
  readonly name?: string
  readonly grace: string
  readonly port?: string
}

/** What the options say. */
interface Plan {
  /** Undefined: all queues. */
  readonly queues: readonly string[] | undefined
  readonly concurrency: number | undefined
  readonly name: string | undefined
  readonly graceMs: number
  readonly port: number | undefined
}

/** The part of the grace period that bodies get; the rest is for handing back and closing. */
const BODIES_PART = 0.8

/** Makes the command. */
export function workerCommand(cli: Cli): Command {
  const command = describe({
    name: 'worker',
    summary: 'work on the runs of a store until it is told to stop',
    about: 'Any number of workers share one PostgreSQL store; an SQLite file has one. Runs of a worker that dies are taken over by the others. SIGTERM or Ctrl-C stops in order: the worker is not ready any more, takes no new runs, lets steps finish or hands their runs back, and ends within the grace period. A second signal ends it at once; nothing that is recorded is lost.',
    examples: [
      ['wumbo worker', 'all queues, as many steps at a time as wumbo.yaml says'],
      ['wumbo worker --queues mail,reports --concurrency 20', 'two queues, 20 steps at a time'],
      ['wumbo worker --port 9000 --grace 2m', 'with /readyz and /livez on 127.0.0.1:9000'],
    ],
  })
    .option('-q, --queues <names>', 'only runs of these queues, with commas between them (default: all)')
    .option('-c, --concurrency <count>', 'steps at a time (default: what wumbo.yaml says, else 1000)')
    .option('--name <name>', 'what wumbo workers list calls it (default: host name and process number)')
    .option('--grace <duration>', 'how long stopping in order may take', '30s')
    .option('-p, --port <port>', 'serve the status page with /livez and /readyz on this port of 127.0.0.1 (default: no page)')
  return act(cli, withProjectOptions(command), async (options: WorkerOptions) => work(cli, options))
}

async function work(cli: Cli, options: WorkerOptions): Promise<number> {
  const plan = planOf(options)
  const { readSettings, requireProject } = await import('./settings.ts')
  const { loadDefinitions } = await import('./project.ts')
  const { OwnBackend } = await import('./own-backend.ts')
  const { Interrupts } = await import('./interrupts.ts')
  const { guardConsole } = await import('./console-guard.ts')
  const { createLogger } = await import('../platform/logger.ts')
  const { refuseMemory } = await import('./reader.ts')
  const { working } = await import('./worker-lines.ts')
  const { out, err, env } = cli.terminal
  const { port: _, ...names } = options
  const settings = await readSettings(names, env)
  requireProject(settings)
  refuseMemory(settings)
  const json = options.json === true
  const release = guardConsole((text) => err.write(text))
  const interrupts = new Interrupts(() => undefined)
  const log = createLogger({ level: options.verbose === true ? 'debug' : 'info', format: json ? 'json' : 'human', sink: (line) => err.write(line) })
  let cut: NodeJS.Timeout | undefined
  try {
    const definitions = await loadDefinitions(settings)
    const concurrency = plan.concurrency ?? settings.concurrency
    const backend = await OwnBackend.open({ settings: { ...settings, concurrency }, definitions, log, worker: { name: plan.name, queues: plan.queues, drainMs: Math.floor(plan.graceMs * BODIES_PART) } })
    try {
      const server = plan.port === undefined ? undefined : await backend.serve(plan.port)
      if (server?.moved === true) throw new UsageError(`--port: port ${plan.port} is taken`, { path: '--port', remedy: 'Name a free one.' })
      out.line(working(out, { settings, plan, wumbo: backend.wumbo, url: server?.url, json }))
      const lost = await Promise.race([backend.wumbo.lost, backend.wumbo.drained.then(() => 'drained' as const), aborted(interrupts.signal)])
      if (lost instanceof Error) throw lost
      err.line(`${lost === 'drained' ? 'Asked to stop' : 'Stopping'}: no new runs; steps that are at work get ${formatDuration(plan.graceMs)}, then their runs are handed back.${lost === 'drained' ? '' : ' Again to end at once.'}`)
      cut = setTimeout(() => {
        err.line('The grace period is over. What is recorded is kept; what was at work goes on elsewhere once the lease has run out.')
        process.exit(EXIT.surroundings)
      }, plan.graceMs)
      return EXIT.ok
    } finally {
      await backend.close()
    }
  } finally {
    clearTimeout(cut)
    interrupts.close()
    release()
  }
}

function planOf({ queues, concurrency, name, grace, port }: WorkerOptions): Plan {
  return {
    queues: queues === undefined ? undefined : queuesOf(queues),
    concurrency: concurrency === undefined ? undefined : whole('--concurrency', concurrency, { least: 1, most: 100_000 }),
    name: name === undefined ? undefined : nameOf(name),
    graceMs: graceOf(grace),
    port: port === undefined ? undefined : whole('--port', port, { least: 0, most: 65_535 }),
  }
}

function queuesOf(words: string): readonly string[] {
  const queues = words.split(',').map((word) => word.trim())
  const wrong = queues.find((queue) => !/^[\w.:-]{1,100}$/.test(queue))
  if (wrong !== undefined) throw refusal('--queues', 'names of letters, digits, "_", ".", ":" and "-" with commas between them', words)
  return [...new Set(queues)]
}

function nameOf(name: string): string {
  if (/^[\w.:@-]{1,100}$/.test(name)) return name
  throw refusal('--name', '1 to 100 letters, digits, "_", ".", ":", "@" and "-"', name)
}

function graceOf(words: string): number {
  try {
    return parseDuration(words, '--grace')
  } catch (thrown) {
    throw thrown instanceof WumboError ? new UsageError(thrown.message, { path: '--grace', remedy: 'Write a duration such as 30s or 2m.' }) : thrown
  }
}

function whole(option: string, word: string, { least, most }: { readonly least: number; readonly most: number }): number {
  const given = /^\d{1,6}$/.test(word) ? Number(word) : Number.NaN
  if (given >= least && given <= most) return given
  throw refusal(option, `a whole number from ${least} to ${most}`, word)
}

function refusal(option: string, expected: string, got: string): UsageError {
  return new UsageError(`${option}: expected ${expected}, got ${JSON.stringify(got)}`, { path: option, remedy: 'See wumbo worker --help.' })
}

function aborted(signal: AbortSignal): Promise<'interrupted'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('interrupted')
    else signal.addEventListener('abort', () => resolve('interrupted'))
  })
}
