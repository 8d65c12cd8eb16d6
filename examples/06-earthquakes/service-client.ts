// Calls the service on behalf of a step. The step's idempotency key goes with every attempt, so that the service can drop
// a repetition after a crash; run, step, attempt and process go along for its log.
import { HttpFailedError, serviceToken } from 'wumbo'
import type { TemplateContext } from 'wumbo'

/** Where the service is. A service of the process and no input of the run: after a restart its port may be another. */
export const Geo = serviceToken<{ readonly url: string }>('geo')

/** Posts JSON and gives the JSON answer. A 5xx or no answer may be retried, a 4xx may not. */
export async function callService(path: string, body: unknown, context: TemplateContext): Promise<unknown> {
  const { url } = context.services.get(Geo)
  const response = await fetch(url + path, {
    method: 'POST',
    signal: context.signal,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': context.idempotencyKey ?? '',
      'x-run': context.run?.id ?? '',
      'x-step': context.run?.path ?? '',
      'x-attempt': String(context.attempt),
      'x-process': String(process.pid),
    },
    body: JSON.stringify(body),
  })
  if (response.ok) return response.json()
  throw new HttpFailedError(`POST ${path}: expected 200 or 201, got ${response.status}`, { retryable: response.status >= 500, details: { body: await response.text() } })
}
