// From the start of a run to its end, for every command that waits for one: it finds who owns the store, begins, shows how the run
// goes, heeds Ctrl-C, prints the result and gives the exit code.
import type { RunDetails } from '../engine/inspect.ts'
import { createLogger } from '../platform/logger.ts'
import type { EndStatus } from '../model/run.ts'
import { formatDuration } from '../shared/duration.ts'
import { visibleLine } from '../shared/visible.ts'
import type { Backend } from './backend.ts'
import { runView } from './choose-view.ts'
import { connect } from './connect.ts'
import { guardConsole } from './console-guard.ts'
import { EXIT } from './exit-codes.ts'
import { recordedFailureLines } from './failure-text.ts'
import { follow } from './follow.ts'
import { Interrupts } from './interrupts.ts'
import { lineJson, prettyJson } from './json.ts'
import type { Definitions } from './modules.ts'
import { OwnBackend } from './own-backend.ts'
import type { RunView } from './run-view.ts'
import type { Settings } from './settings.ts'
import type { Terminal } from './terminal.ts'

/** One run to be pursued. */
export interface Pursuit {
  readonly terminal: Terminal
  readonly settings: Settings
  readonly definitions: Definitions
  readonly options: { readonly json?: boolean; readonly quiet?: boolean; readonly verbose?: boolean }
  /** Stands in the view; null when it is known only from the run. */
  readonly workflow: string | null
  /** True to go on with whatever nobody works on: the run may be among it. Default false. */
  readonly takesOver?: boolean
  /** Starts, reopens or finds the run. */
  readonly begin: (backend: Backend) => Promise<{ readonly id: string; readonly existing?: boolean }>
}

/** Begins and follows a run; gives the exit code. */
export async function pursue(pursuit: Pursuit): Promise<number> {
  const { terminal, settings, definitions, options } = pursuit
  const view = runView(terminal, { quiet: options.quiet === true, workflow: pursuit.workflow ?? 'run' })
  const interrupts = new Interrupts(() => view.end())
  const release = guardConsole((text) => view.print(text))
  const log = createLogger({ level: options.verbose === true ? 'debug' : 'warn', format: 'human', sink: (line) => view.print(line) })
  let backend: Backend | undefined
  const find = (): Promise<Backend> => connect({ settings, definitions, log, alone: pursuit.takesOver !== true })
  const use = (next: Backend): void => {
    backend = next
    if (next instanceof OwnBackend) next.announceSoon()
  }
  try {
    use(await find())
    if (interrupts.exitCode !== undefined) return interrupts.exitCode
    const { id, existing } = await pursuit.begin(backend as Backend)
    if (options.quiet !== true && !interrupts.signal.aborted) sayBegun(view, { backend: backend as Backend, id, existing: existing === true })
    interrupts.signal.addEventListener('abort', () => sayStopping(view, backend as Backend))
    const run = await follow(backend as Backend, id, { view, signal: interrupts.signal, connect: find, replaced: use })
    view.end()
    if (run === null) {
      const owner = backend?.owner ?? null
      const ended = await stop(backend, id)
      backend = undefined
      return sayInterrupted(pursuit, { id, owner, ended, code: interrupts.exitCode ?? EXIT.interrupted })
    }
    return sayEnded(pursuit, run)
  } finally {
    view.end()
    await backend?.close()
    release()
    interrupts.close()
  }
}

function sayBegun(view: RunView, { backend, id, existing }: { backend: Backend; id: string; existing: boolean }): void {
  const where = backend.owner === null ? '' : `, worked on by process ${backend.owner.pid} (${backend.owner.url})`
  view.print(`Run ${id}${existing ? ' was started before with this id' : ''}${where}\n`)
}

function sayStopping(view: RunView, backend: Backend): void {
  if (backend.owner === null) view.print('Stopping: steps that are at work get 10 s to end. Ctrl-C again stops at once.\n')
}

/** Closes the backend; gives how the run ended, if it did so in the meantime. */
async function stop(backend: Backend | undefined, id: string): Promise<EndStatus | undefined> {
  let ended: EndStatus | undefined
  const unobserve = backend instanceof OwnBackend ? backend.wumbo.observe((event) => {
    if (event.run === id && event.type === 'run.ended') ended = event.status
  }) : undefined
  await backend?.close()
  unobserve?.()
  return ended
}

interface Interruption {
  readonly id: string
  readonly owner: Backend['owner']
  readonly ended: EndStatus | undefined
  readonly code: number
}

function sayInterrupted({ terminal, settings, options }: Pursuit, { id, owner, ended, code }: Interruption): number {
  const { out, err } = terminal
  if (ended !== undefined) err.line(`Run ${id} ${ended} meanwhile. Its result: wumbo runs show ${id}`)
  else if (settings.store.kind === 'memory') err.line(`Run ${id} has ended with this process: the store "memory" keeps nothing.`)
  else if (owner === null) err.line(`Run ${id} is kept. Go on with it: wumbo runs resume ${id}  (wumbo dev goes on with all runs)`)
  else err.line(`Run ${id} goes on in process ${owner.pid}. Follow it: wumbo runs resume ${id}  Stop it: wumbo runs cancel ${id}`)
  if (options.json === true) out.line(lineJson({ id, status: ended ?? null, interrupted: true }))
  return code
}

function sayEnded({ terminal: { out, err }, options }: Pursuit, run: RunDetails): number {
  const took = formatDuration((run.finishedAt ?? Date.now()) - run.createdAt)
  if (options.json === true) out.line(lineJson(resultOf(run)))
  if (run.status === 'completed') {
    if (options.quiet !== true) err.line(`${err.paint('green', '✓')} ${visibleLine(run.workflow)} completed in ${took}`)
    if (options.json !== true) out.line(prettyJson(run.output))
    return EXIT.ok
  }
  const retry = `Correct the cause, then go on where it stopped: wumbo runs retry ${run.id}`
  if (run.error === null || run.status === 'cancelled') err.line(`${err.paint('yellow', '–')} ${visibleLine(run.workflow)} was ${run.status} after ${took}`)
  else for (const line of recordedFailureLines(err, run.error, run.status === 'parked' ? (run.error.remedy ?? retry) : retry)) err.line(line)
  return EXIT.badly
}

/** What `--json` prints of a run that has ended. */
function resultOf({ id, key, workflow, version, status, createdAt, finishedAt, output, error }: RunDetails): object {
  return { id, key, workflow, version, status, createdAt, finishedAt, output, error }
}
