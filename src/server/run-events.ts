// The events of one run from its beginning: what the journal holds is told first, then what happens from now on. And the end of
// a run as something that can be waited for with a limit. Reads only.
import type { RunDetails, StepSummary } from '../engine/inspect.ts'
import type { RunEvent } from '../model/event.ts'
import { isEnd } from '../model/run.ts'
import type { ServedWumbo } from './contract.ts'
import type { OpenSteps } from './open-steps.ts'

/** What the events of runs are made of. */
export interface RunEventSource {
  readonly wumbo: Pick<ServedWumbo, 'observe' | 'runs'>
  readonly open: OpenSteps
}

/** Gives every event of a run: recorded ones first, then what goes on, then what comes. Ends with the run, when it is parked, and when `signal` aborts. */
export async function* runEvents({ wumbo, open }: RunEventSource, id: string, signal: AbortSignal): AsyncGenerator<RunEvent> {
  const queue: RunEvent[] = []
  let wake: () => void = () => undefined
  const first = await wumbo.runs.get(id) // a key becomes the run's id, and a missing run is told before anything is sent
  const stop = wumbo.observe((event) => {
    if (event.run !== first.id) return
    queue.push(event)
    wake()
  })
  const aborted = (): void => wake()
  signal.addEventListener('abort', aborted)
  try {
    // Read again now that somebody listens: nothing falls between the two.
    const run = await wumbo.runs.get(first.id)
    const told = new Set(run.steps.map((step) => step.path))
    for (const step of run.steps) yield recordedEvent(run, step)
    const over = endOf(run)
    if (over !== undefined) {
      yield over
      return
    }
    // What has begun and is not in the queue began before anybody listened.
    const queued = new Set(queue.flatMap((event) => (event.type === 'step.started' || event.type === 'step.retrying' ? [event.path] : [])))
    for (const event of open.of(run.id)) if (!told.has(event.path) && !queued.has(event.path)) yield event
    while (!signal.aborted) {
      for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
        if (!('path' in event) || !told.has(event.path)) yield event
        if (event.type === 'run.ended' || event.type === 'run.parked') return
      }
      if (signal.aborted) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    signal.removeEventListener('abort', aborted)
    stop()
  }
}

/** Resolves when the run has ended or is parked, after `ms`, or when `signal` aborts. */
export async function settled(source: RunEventSource, id: string, limits: { readonly ms: number; readonly signal: AbortSignal }): Promise<void> {
  const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(limits.ms)])
  for await (const event of runEvents(source, id, signal)) {
    if (event.type === 'run.ended' || event.type === 'run.parked') return
  }
}

function recordedEvent(run: RunDetails, step: StepSummary): RunEvent {
  const about = { run: run.id, workflow: run.workflow, at: step.finishedAt, path: step.path } as const
  if (step.status === 'skipped') return { ...about, type: 'step.skipped' }
  if (step.status === 'failed' && step.error !== null) return { ...about, type: 'step.failed', attempt: step.attempt, error: step.error }
  return { ...about, type: 'step.completed', attempt: step.attempt, durationMs: step.finishedAt - step.startedAt }
}

function endOf(run: RunDetails): RunEvent | undefined {
  const about = { run: run.id, workflow: run.workflow } as const
  if (isEnd(run.status)) return { ...about, at: run.finishedAt ?? run.createdAt, type: 'run.ended', status: run.status, error: run.error }
  if (run.status === 'parked' && run.error !== null) return { ...about, at: run.createdAt, type: 'run.parked', error: run.error }
  return undefined
}
