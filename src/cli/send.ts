// What the commands that send something to a run have in common: they store it by way of the owner, or by themselves when there is none. What
// becomes of it they do not wait for, or only a little.
import type { RunStatus } from '../model/run.ts'
import { isOwnerGone, type Backend } from './backend.ts'
import type { Cli, CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'

/** What is sent, and how it is said. */
interface Sending {
  /** Resolves once it is stored. */
  readonly send: (backend: Backend, id: string) => Promise<void>
  /** Waits a little for what becomes of it. */
  readonly after?: (backend: Backend, id: string) => Promise<void>
  readonly said: string | ((id: string, status: RunStatus) => string)
}

/** Sends to a run and says so: as text, or with --json as `{"id", "accepted": true, "status"}`. */
export async function sendTo(cli: Cli, run: string, options: CommonOptions, { send, after, said }: Sending): Promise<number> {
  const { readSettings } = await import('./settings.ts')
  const { connect } = await import('./connect.ts')
  const { createLogger } = await import('../platform/logger.ts')
  const { lineJson } = await import('./json.ts')
  const { out, err, env } = cli.terminal
  const settings = await readSettings(options, env)
  const log = createLogger({ level: options.verbose === true ? 'debug' : 'warn', format: 'human', sink: (line) => err.write(line) })
  const open = (): Promise<Backend> => connect({ settings, definitions: { templates: [], workflows: [] }, log, idle: true })
  const backend = await open()
  try {
    const { id } = await backend.details(run)
    await send(backend, id)
    const status = await statusAfter(backend, id, { after, open })
    if (options.json === true) out.line(lineJson({ id, accepted: true, status }))
    else err.line(typeof said === 'string' ? `${said} ${id}.` : said(id, status))
    return EXIT.ok
  } finally {
    await backend.close()
  }
}

/** How the run stands after what was sent is stored. A process that worked on nothing else may have ended with the run by then. */
async function statusAfter(backend: Backend, id: string, { after, open }: { readonly after: Sending['after'] | undefined; readonly open: () => Promise<Backend> }): Promise<RunStatus> {
  try {
    await after?.(backend, id)
    return (await backend.details(id)).status
  } catch (thrown) {
    if (backend.owner === null || !isOwnerGone(thrown)) throw thrown
  }
  const next = await open()
  try {
    return (await next.details(id)).status
  } finally {
    await next.close()
  }
}
