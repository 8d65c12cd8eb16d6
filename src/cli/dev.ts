// `wumbo dev`: the process that owns a project's store. It goes on with its runs, takes commands from the others and shows the
// runs on a page, until it is interrupted. What changes in the project's files meanwhile is taken up without a restart.
import { Option, type Command } from 'commander'
import { StoreLockedError, UsageError, WumboError } from '../errors.ts'
import { act, describe, withProjectOptions, type Cli, type CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import type { Definitions } from './modules.ts'
import type { OwnBackend as Owner } from './own-backend.ts'

interface DevOptions extends CommonOptions {
  readonly port?: string
}

/** Makes the command. */
export function devCommand(cli: Cli): Command {
  const command = describe({
    name: 'dev',
    summary: 'work on the project\'s runs and show them on a page',
    about: 'Owns the store until Ctrl-C: goes on with unfinished runs, works on runs that wumbo run hands to it, and serves a status page on 127.0.0.1. Changed templates and workflows are loaded when they are saved; while something in them is wrong, all stays as it was. Runs go on.',
    examples: [['wumbo dev', 'the page at http://127.0.0.1:8080, or the next free port'], ['wumbo dev --port 9000 --json', 'another port; ready as a JSON line']],
  }).addOption(new Option('-p, --port <port>', 'port of the page; a taken one gives way to the next, 0 takes any (default: WUMBO_PORT or 8080)'))
  return act(cli, withProjectOptions(command), async (options: DevOptions) => {
    const { readSettings, requireProject, PORT } = await import('./settings.ts')
    const { Reloader } = await import('./dev-reload.ts')
    const { ReloadTeller } = await import('./reload-lines.ts')
    const { together } = await import('./definition-files.ts')
    const { OwnBackend } = await import('./own-backend.ts')
    const { Interrupts } = await import('./interrupts.ts')
    const { guardConsole } = await import('./console-guard.ts')
    const { createLogger } = await import('../platform/logger.ts')
    const { out, err, env } = cli.terminal
    const port = options.port === undefined ? undefined : /^\d{1,5}$/.test(options.port) ? Number(options.port) : Number.NaN
    const { port: _, ...names } = options
    const wrong = port === undefined ? undefined : PORT.refuse(port)
    if (wrong !== undefined) throw new UsageError(`--port: expected ${wrong}, got ${JSON.stringify(options.port)}`, { path: '--port', remedy: 'See wumbo dev --help.' })
    const settings = await readSettings({ ...names, ...(port === undefined ? {} : { port }) }, env)
    const project = requireProject(settings)
    const release = guardConsole((text) => err.write(text))
    const interrupts = new Interrupts(() => undefined)
    const log = createLogger({ level: options.verbose === true ? 'debug' : 'info', format: options.json === true ? 'json' : 'human', sink: (line) => err.write(line) })
    const reloader = await Reloader.open(settings, { project, tell: new ReloadTeller(cli.terminal, { json: options.json === true }) })
    const begun = async (): Promise<{ owner: Owner; definitions: Definitions }> => {
      const { definitions, failures } = await reloader.load()
      const failure = together(failures)
      if (failure !== undefined) throw failure
      return { definitions, owner: await OwnBackend.open({ settings, definitions, log }) }
    }
    const { owner, definitions } = await begun().catch(async (thrown: unknown) => {
      await reloader.stop()
      throw owned(thrown)
    })
    try {
      const server = await owner.serve(settings.port)
      if (server.moved) err.line(`Port ${settings.port} is taken; serving on ${server.port}.`)
      const { ready, tellRuns } = await import('./dev-lines.ts')
      const { workflows } = await owner.wumbo.definitions.list({ limit: 1000 })
      out.line(ready(out, { url: server.url, settings, workflows: workflows.map(({ name }) => name), templates: definitions.templates, json: options.json === true }))
      if (options.json !== true) tellRuns(err, owner.wumbo)
      reloader.begin((changed) => owner.wumbo.reload(changed))
      const lost = await Promise.race([owner.wumbo.lost, untilAborted(interrupts.signal)])
      if (lost !== undefined) throw lost
      err.line('Stopping: steps that are at work get 10 s to end. Ctrl-C again stops at once. Runs are kept and go on with the next wumbo dev.')
      return EXIT.ok // to be stopped is how this command ends
    } finally {
      await reloader.stop()
      await owner.close()
      interrupts.close()
      release()
    }
  })
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined))
  })
}

/** A store that another process owns: says who, and where its page is. */
function owned(thrown: unknown): unknown {
  if (!(thrown instanceof WumboError) || thrown.code !== 'STORE_LOCKED') return thrown
  const { pid, address } = thrown.details ?? {}
  const remedy = typeof address === 'string' ? `Look at ${address}, or stop process ${String(pid)} first.` : typeof pid === 'number' ? `Stop process ${pid} first.` : thrown.remedy
  return new StoreLockedError(thrown.message, { remedy, ...(thrown.details === undefined ? {} : { details: thrown.details }) })
}
