// What the commands that change a stored workflow have in common: the change goes to the process that owns the store, or this one
// opens it; then its outcome is told. Runs are not worked on meanwhile.
import type { Backend } from './backend.ts'
import type { Cli, CommonOptions } from './command.ts'
import { EXIT } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** A change and how it is told. */
export interface WorkflowChange<T> {
  readonly change: (workflows: Backend['workflows'], by: { readonly by: string }, backend: Backend) => Promise<T>
  /** For `--json`. */
  readonly json: (outcome: T) => unknown
  readonly tell: (terminal: Terminal, outcome: T) => void
}

/** Makes a change; gives the exit code. */
export async function changeWorkflow<T>(cli: Cli, options: CommonOptions, { change, json, tell }: WorkflowChange<T>): Promise<number> {
  const { readSettings } = await import('./settings.ts')
  const { loadDefinitions } = await import('./project.ts')
  const { connect, connectOwner } = await import('./connect.ts')
  const { createLogger } = await import('../platform/logger.ts')
  const { lineJson } = await import('./json.ts')
  const { userOf } = await import('./user.ts')
  const { guardConsole } = await import('./console-guard.ts')
  const { refuseMemory } = await import('./reader.ts')
  const { out, err, env } = cli.terminal
  const settings = await readSettings(options, env)
  refuseMemory(settings)
  const log = createLogger({ level: options.verbose === true ? 'debug' : 'warn', format: 'human', sink: (line) => err.write(line) })
  const release = guardConsole((text) => err.write(text))
  try {
    // An owner knows its own templates and workflows; without one they are those of the project.
    const backend = (await connectOwner(settings)) ?? (await connect({ settings, definitions: await loadDefinitions(settings), log, idle: true }))
    try {
      const outcome = await change(backend.workflows, { by: userOf(env) }, backend)
      if (options.json === true) out.line(lineJson(json(outcome)))
      else tell(cli.terminal, outcome)
      return EXIT.ok
    } finally {
      await backend.close()
    }
  } finally {
    release()
  }
}
