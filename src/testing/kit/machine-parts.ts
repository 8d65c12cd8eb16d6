// What the machines of one test have in common, made of its options.
import { httpClient } from '../../builtin/http-client.ts'
import { ConfigInvalidError } from '../../errors.ts'
import { parseDuration } from '../../shared/duration.ts'
import type { Services } from '../../template/contract.ts'
import { services as noServices } from '../../template/services.ts'
import type { TestOptions } from './contract.ts'
import type { Doubles } from './doubles.ts'
import type { HttpMock } from './http-mock.ts'
import type { MachineParts } from './machine.ts'

const OPTIONS = ['workflows', 'templates', 'services', 'now', 'seed', 'log', 'patience', 'leftovers', 'limits']

/** What machines of a test have in common. */
export function partsOf(options: TestOptions, { doubles, http }: { readonly doubles: Doubles; readonly http: HttpMock }): Omit<MachineParts, 'time'> & { readonly start: number } {
  const strange = Object.keys(options).find((key) => !OPTIONS.includes(key))
  if (strange !== undefined) throw new ConfigInvalidError(`createTestWumbo: there is no option ${JSON.stringify(strange)}; there are ${OPTIONS.join(', ')}`, { path: strange })
  return {
    options, doubles, services: withHttp(options.services ?? noServices(), http), seed: options.seed ?? 1, start: beginning(options.now),
    patienceMs: parseDuration(options.patience ?? 1000, 'patience'),
  }
}

function beginning(now: TestOptions['now']): number {
  if (now === undefined) return Date.UTC(2026, 0, 1)
  const ms = typeof now === 'number' ? now : new Date(now).getTime()
  if (!Number.isFinite(ms)) throw new ConfigInvalidError(`now: expected milliseconds since 1970, a date, or text such as 2026-01-01T00:00:00Z, got ${String(now)}`, { path: 'now' })
  return ms
}

function withHttp(inner: Services, http: HttpMock): Services {
  return {
    get: (token) => (token.name === httpClient.name ? (http as unknown as ReturnType<typeof inner.get<never>>) : inner.get(token)), // the token's name stands for its type
    has: (token) => token.name === httpClient.name || inner.has(token),
  }
}
