// `wumbo workers drain`: asks a worker to stop in order, and waits until it has.
import type { Command } from 'commander'
import { UsageError, WorkerNotFoundError } from '../errors.ts'
import { parseDuration } from '../shared/duration.ts'
import { didYouMean } from '../shared/nearest.ts'
import { readPostgresUrl } from '../shared/postgres-url.ts'
import type { StoreSetting } from './settings.ts'
import { visibleLine } from '../shared/visible.ts'
import type { Wumbo } from '../index.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { lineJson } from './json.ts'

interface DrainOptions extends CommonOptions {
  readonly wait?: string
}

const LOOK_MS = 250

/** Makes the command. */
export function workersDrainCommand(cli: Cli): Command {
  const command = describe({
    name: 'drain',
    summary: 'ask a worker to stop in order',
    about: 'The worker takes no new runs, lets its steps finish or hands their runs back, and ends. It hears of it with its next heartbeat, within a third of its lease.',
    examples: [['wumbo workers drain host-4711', 'asks it, and does not wait'], ['wumbo workers drain host-4711 --wait 1m', 'waits until it is gone; exit code 1 when it is not']],
  })
    .argument('<worker>', 'its name or id, as wumbo workers list shows it')
    .option('--wait <duration>', 'wait until it is gone, at most so long')
  return act<[string], DrainOptions>(cli, withProjectOptions(command), async (worker, options) => {
    const { out, env } = cli.terminal
    const waitMs = options.wait === undefined ? 0 : waitOf(options.wait)
    const { readSettings } = await import('./settings.ts')
    const { openReader, refuseMemory } = await import('./reader.ts')
    const settings = await readSettings(options, env)
    const wumbo = await openReader(settings)
    try {
      if (!(await ask(refuseMemory(settings), worker, wumbo))) throw await unknown(wumbo, worker)
      const isGone = waitMs > 0 && (await gone(wumbo, { worker, until: performance.now() + waitMs }))
      if (options.json === true) out.line(lineJson({ worker, asked: true, gone: isGone }))
      else out.line(isGone ? `${visibleLine(worker)} is gone.` : `${visibleLine(worker)} was asked to stop.`)
      return waitMs === 0 || isGone ? EXIT.ok : EXIT.badly
    } finally {
      await wumbo.close()
    }
  })
}

/** Asks on a connection that may write; no lane is opened for it. */
async function ask(at: StoreSetting, worker: string, reader: Wumbo): Promise<boolean> {
  if (at.kind !== 'postgres') return reader.workers.drain(worker) // which says that there are none
  const { postgresStore } = await import('../store/postgres/index.ts')
  const store = await postgresStore(readPostgresUrl(at.url, 'store').options)
  try {
    return await store.drain(worker)
  } finally {
    await store.close()
  }
}

async function gone(wumbo: Wumbo, { worker, until }: { readonly worker: string; readonly until: number }): Promise<boolean> {
  for (;;) {
    const there = (await wumbo.workers.list()).some(({ id, name, state }) => (id === worker || name === worker) && state !== 'gone')
    if (!there) return true
    if (performance.now() > until) return false
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

async function unknown(wumbo: Wumbo, worker: string): Promise<WorkerNotFoundError> {
  const names = (await wumbo.workers.list()).filter(({ state }) => state === 'live' || state === 'draining').map(({ name }) => name)
  return new WorkerNotFoundError(`there is no living worker ${visibleLine(worker)}.${didYouMean(worker, names)}`, { details: { worker } })
}

function waitOf(words: string): number {
  try {
    return parseDuration(words, '--wait')
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown), { path: '--wait', remedy: 'Write a duration such as 30s or 2m.' })
  }
}
