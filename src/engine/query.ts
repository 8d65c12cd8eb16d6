// Queries: what a run's code says of its own state. The run's function is entered beside the run with what the journal holds, up to the last
// record, and the handler that it has set answers. Nothing is begun and nothing is written, so a run is asked while it works, while it
// waits outside of memory, and after its end, from any process that has its code.
import { IllegalTransitionError, QueryFailedError, QueryNotFoundError, RunNotFoundError, WorkflowNotFoundError } from '../errors.ts'
import { DEFAULT_SPACE } from '../model/run.ts'
import type { LoadedRun } from '../store/port.ts'
import { defaultCodec } from '../shared/codec.ts'
import { hashText } from '../shared/hash.ts'
import { quietLogger } from '../template/log.ts'
import type { AnyWorkflow, FunctionWorkflow, Operation, SourceHost } from '../workflow/contract.ts'
import { historyFor } from './clean-up.ts'
import { redo } from './function-updates.ts'
import { FunctionSource } from './function-source.ts'
import { buildHistory } from './history.ts'
import { readValue } from './payloads.ts'
import type { EngineDeps } from './ports.ts'
import { Replay } from './replay.ts'
import type { AskedStep } from './mismatch.ts'
import type { History } from './replay.ts'

/** What asking needs: it works beside the engine, also in a process that only looks. */
export type QueryDeps = Pick<EngineDeps, 'store' | 'clock' | 'workflows' | 'sha256'>

/**
 * Asks a run. Throws RUN_NOT_FOUND, WORKFLOW_NOT_FOUND for a run whose code is not here, NON_DETERMINISM when it is another than the one that
 * wrote the journal, QUERY_NOT_FOUND, QUERY_FAILED.
 */
export async function queryRun(deps: QueryDeps, run: string, name: string, args: unknown): Promise<unknown> {
  const loaded = await deps.store.load({ space: DEFAULT_SPACE, run })
  if (loaded === undefined) throw new RunNotFoundError(`there is no run ${run}`)
  return enterBeside(deps, loaded, functionOf(deps, loaded), (source) => answer(source, name, args, run))
}

/** Enters a function beside its run, with what the loaded journal holds, and looks at it where that ends. Throws NON_DETERMINISM. */
export async function enterBeside<T>(deps: QueryDeps, loaded: LoadedRun, workflow: FunctionWorkflow, look: (source: FunctionSource) => T | Promise<T>): Promise<T> {
  const read = (payload: string | null): Promise<unknown> => readValue(payload, { blobs: deps.store.blobs, sha256: deps.sha256 })
  const [all, input] = await Promise.all([buildHistory(loaded, read, deps.clock.now()), read(loaded.run.input)])
  // Of a run that is cancelled: how it stood when its clean-up began.
  const history = historyFor(all, loaded.run.gen, false)
  const source = new FunctionSource(workflow, quietLogger)
  try {
    await replay(deps, source, { loaded, history, input })
    return await look(source)
  } finally {
    source.abandon(() => new IllegalTransitionError('the run was entered to be asked'))
  }
}

function functionOf(deps: QueryDeps, loaded: LoadedRun): FunctionWorkflow {
  const { run } = loaded
  const workflow = knownWorkflow(deps, loaded)
  if (workflow.form === 'function') return workflow
  throw new QueryNotFoundError(`run ${run.run} is one of the graph ${run.workflow}: a graph has no queries`, { remedy: 'Look at its steps and their outputs: wumbo runs show.' })
}

/** The code of a run. Throws WORKFLOW_NOT_FOUND. */
export function knownWorkflow({ workflows }: QueryDeps, { run }: LoadedRun): AnyWorkflow {
  const workflow = workflows.find(run.workflow, run.version)
  if (workflow !== undefined) return workflow
  throw new WorkflowNotFoundError(`run ${run.run} is one of workflow ${run.workflow} in version ${run.version}, which is not registered here`, {
    details: { workflow: run.workflow, version: run.version }, remedy: 'Ask a process that has the workflow in that version, or register it here.',
  })
}

/** Gives the function the recorded answers, one at a time, each when it has come to rest. */
async function replay({ clock }: QueryDeps, source: FunctionSource, { loaded, history, input }: { readonly loaded: LoadedRun; readonly history: History; readonly input: unknown }): Promise<void> {
  const recorded = new Replay(history)
  const ignore = (): void => undefined
  const host: SourceHost = { open: (operation) => recorded.asked(operation, askedStep(operation)), drop: (path) => recorded.drop(path), complete: ignore, fail: ignore }
  source.attach({ ...host, row: loaded.run, replaying: true, replay: recorded, beat: ignore })
  source.begin(input, host)
  for (;;) {
    await new Promise<void>((rest) => clock.defer(rest))
    const next = recorded.next()
    if (next.kind === 'done') return
    if (next.kind === 'mismatch') throw next.error
    if (next.kind === 'later') await next.ready
    else if (next.kind === 'answer') source.deliver(next.path, next.outcome)
    else {
      const error = redo(source.updates, next.record, next.given)
      if (error !== null) throw error
    }
  }
}

/** A step that is compared with its record and never begun. */
function askedStep(operation: Operation): AskedStep | null {
  if (operation.kind !== 'step') return null
  const step = { operation, inputHash: '', encodeInput: (): void => { step.inputHash = hashText(defaultCodec.snapshot(operation.input).payload) } }
  return step
}

function answer(source: FunctionSource, name: string, args: unknown, run: string): unknown {
  const handler = source.queries.get(name)
  if (handler === undefined) {
    const known = [...source.queries.keys()]
    throw new QueryNotFoundError(`run ${run} answers no query ${JSON.stringify(name)}; ${known.length === 0 ? 'its code has set none so far' : `it answers ${known.join(', ')}`}`, { path: name })
  }
  try {
    const value: unknown = handler(args)
    if (value instanceof Promise) {
      value.catch(() => undefined)
      throw new QueryFailedError('the handler gave a promise', { path: name, remedy: 'Let it give what the function has at hand: a query waits for nothing.' })
    }
    return defaultCodec.snapshot(value).value
  } catch (thrown) {
    if (thrown instanceof QueryFailedError) throw thrown
    throw new QueryFailedError(`query ${name} failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { path: name, cause: thrown })
  }
}
