// What the commands that send something to a run have in common: they store it by way of the owner, or by themselves when there is none. What
// becomes of it they do not wait for, or only a little.
import type { RunStatus } from '../model/run.ts'
import type { Backend } from './backend.ts'
import type { Cli, CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'

/** Sends to a run and says so: as text, or with --json as `{"id", "accepted": true, "status"}`. */
export async function sendTo(cli: Cli, run: string, options: CommonOptions, { send, said }: { readonly send: (backend: Backend, id: string) => Promise<void>; readonly said: string | ((id: string, status: RunStatus) => string) }): Promise<number> {
  const { readSettings } = await import('./settings.ts')
  const { connect } = await import('./connect.ts')
  const { createLogger } = await import('../platform/logger.ts')
  const { lineJson } = await import('./json.ts')
  const { out, err, env } = cli.terminal
  const settings = await readSettings(options, env)
  const log = createLogger({ level: options.verbose === true ? 'debug' : 'warn', format: 'human', sink: (line) => err.write(line) })
  const backend = await connect({ settings, definitions: { templates: [], workflows: [] }, log, idle: true })
  try {
    const { id } = await backend.details(run)
    await send(backend, id)
    const { status } = await backend.details(id)
    if (options.json === true) out.line(lineJson({ id, accepted: true, status }))
    else err.line(typeof said === 'string' ? `${said} ${id}.` : said(id, status))
    return EXIT.ok
  } finally {
    await backend.close()
  }
}
