// The service fails and is slow as its seed says, and its log tells every call.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readCallLog } from './call-log.ts'
import { startService } from './service.ts'
import type { GeoService } from './service.ts'

let service: GeoService
let log: string

beforeEach(async () => {
  log = join(mkdtempSync(join(tmpdir(), 'wumbo-service-')), 'calls.jsonl')
  service = await startService({ log })
})
afterEach(() => service.close())

async function call(path: string, body: unknown, key: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(service.url + path, { method: 'POST', body: JSON.stringify(body), headers: { 'idempotency-key': key, 'x-attempt': '1' } })
  return { status: response.status, body: await response.json() }
}

test('places get their zones in order', async () => {
  const hualien = { longitude: 121.6, latitude: 24 }
  const kilauea = { longitude: -155.3, latitude: 19.4 }
  expect(await call('/zones', [hualien, kilauea], 'k1')).toEqual({ status: 200, body: ['Taiwan Collision Zone', 'Hawaii'] })
})

test('about one request in fourteen is refused the first time, and only then', async () => {
  const places = Array.from({ length: 60 }, (_, index) => [{ longitude: index, latitude: 0 }])
  const send = (): Promise<number[]> => Promise.all(places.map(async (place, index) => (await call('/zones', place, `k${index}`)).status))
  const busy = (await send()).filter((status) => status === 503).length
  expect(busy).toBeGreaterThan(0)
  expect(busy).toBeLessThan(12)
  expect(new Set(await send())).toEqual(new Set([200]))
})

test('an alert is taken once per key, also by the service that starts again on the same log', async () => {
  const alert = { zone: 'Hawaii', place: 'Volcano', magnitude: 5.1 }
  const first = await call('/alerts', alert, 'a1')
  await service.close()
  service = await startService({ log })
  expect(first.status).toBe(201)
  expect(await call('/alerts', alert, 'a1')).toEqual({ status: 200, body: first.body })
  const results = readCallLog(log).flatMap((entry) => (entry.event === 'answered' ? [entry.result] : []))
  expect(results).toEqual(['done', 'known'])
})
