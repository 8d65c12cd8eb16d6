// What the API sends of runs, and what it takes: values in their JSON form, bodies checked key by key.
import { RequestInvalidError } from '../errors.ts'
import type { RunDetails } from '../engine/inspect.ts'
import { didYouMean } from '../shared/nearest.ts'
import { valueJson } from '../shared/value-json.ts'

/** A run as the API sends it: the details with every value in its JSON form. */
export type WireRun = RunDetails

/** Writes the values of a run in their JSON form. */
export function wireRun(run: RunDetails): WireRun {
  return {
    ...run, input: valueJson(run.input), output: valueJson(run.output),
    unreadMail: run.unreadMail.map((mail) => ({ ...mail, payload: valueJson(mail.payload) })),
    steps: run.steps.map((step) => ({ ...step, input: valueJson(step.input), output: valueJson(step.output) })),
  }
}

/** What starts a run. */
export interface StartBody {
  readonly workflow: string
  /** When given: refused unless this is the version that new runs take here. */
  readonly version?: string
  readonly input: unknown
  readonly id?: string
  /** The queue that workers take the run from. */
  readonly queue?: string
}

/** Checks the body of POST /api/v1/runs. */
export function startBody(body: unknown): StartBody {
  const fields = checkedObject(body, ['workflow', 'version', 'input', 'id', 'queue'])
  const queue = text(fields, 'queue')
  const workflow = text(fields, 'workflow')
  const version = text(fields, 'version')
  const id = text(fields, 'id')
  if (workflow === undefined) throw new RequestInvalidError('workflow: expected a name, got nothing', { path: 'workflow' })
  return { workflow, input: fields['input'], ...(version === undefined ? {} : { version }), ...(id === undefined ? {} : { id }), ...(queue === undefined ? {} : { queue }) }
}

/** Checks the body of POST /api/v1/runs/:id/retry. */
export function retryBody(body: unknown): { readonly by?: string; readonly reason?: string; readonly from?: string } {
  const fields = checkedObject(body, ['by', 'reason', 'from'])
  const from = text(fields, 'from')
  const by = text(fields, 'by')
  const reason = text(fields, 'reason')
  return { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }), ...(from === undefined ? {} : { from }) }
}

/** Checks the body of POST /api/v1/runs/:id/fork. */
export function forkBody(body: unknown): { readonly at: string; readonly input?: unknown; readonly workflow?: string } {
  const fields = checkedObject(body, ['at', 'input', 'workflow'])
  const at = text(fields, 'at')
  const workflow = text(fields, 'workflow')
  if (at === undefined) throw new RequestInvalidError('at: expected the path of a step, got nothing', { path: 'at' })
  return { at, ...(Object.hasOwn(fields, 'input') ? { input: fields['input'] } : {}), ...(workflow === undefined ? {} : { workflow }) }
}

/** Checks a body that carries nothing: `{}`. */
export function emptyBody(body: unknown): void {
  checkedObject(body, [])
}

const MAX_WAIT_MS = 30_000

/** Reads `?wait=`: milliseconds to wait for the run's end, 0 to 30,000. Default 0. */
export function waitOf(query: unknown): number {
  const given = (query as Record<string, unknown>)['wait']
  if (given === undefined) return 0
  const ms = typeof given === 'string' && /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN
  if (ms <= MAX_WAIT_MS) return ms
  throw new RequestInvalidError(`wait: expected milliseconds from 0 to ${MAX_WAIT_MS}, got ${JSON.stringify(given)}`, { path: 'wait' })
}

/** An object with no keys but the known ones; anything else is refused. */
export function checkedObject(body: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new RequestInvalidError('expected a JSON object as body')
  for (const key of Object.keys(body)) {
    if (!known.includes(key)) throw new RequestInvalidError(`${key}: no such key.${didYouMean(key, known)} Keys are: ${known.join(', ') || 'none'}`, { path: key })
  }
  return body as Readonly<Record<string, unknown>>
}

/** The text under a key, if there is one. */
export function text(fields: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = fields[key]
  if (value === undefined || typeof value === 'string') return value
  throw new RequestInvalidError(`${key}: expected text, got ${JSON.stringify(value)}`, { path: key })
}
