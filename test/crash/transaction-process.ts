// One process of the kill tests for transaction steps: starts runs under fixed ids, or goes on with those that are there, and prints how
// they ended. It kills itself before or after the store call that it is told; commits of transactions count as calls.
// Arguments: sqlite|postgres, file or schema, number of runs, call (0 for none), before|after.
import { createWumbo } from '../../src/wumbo.ts'
import { postgresStore } from '../../src/store/postgres/index.ts'
import { openStore } from '../../src/store/sqlite/store.ts'
import type { Store } from '../../src/store/port.ts'
import { transactionShape } from './transaction-shape.ts'

const [kind = '', place = '', runs = '1', call = '0', when = 'before'] = process.argv.slice(2)

let calls = 0
const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

function counted<T extends object>(target: T, methods: readonly string[]): T {
  return new Proxy(target, {
    get: (inner, property) => {
      const value: unknown = Reflect.get(inner, property)
      if (property === 'transactions') return counted(value as object, ['begin'])
      if (typeof value !== 'function') return value
      const method = (value as (...args: unknown[]) => unknown).bind(inner)
      if (typeof property !== 'string' || !methods.includes(property)) return method
      return async (...args: unknown[]): Promise<unknown> => {
        const mine = ++calls
        if (mine === Number(call) && when === 'before') return die()
        const result = await method(...args)
        if (mine === Number(call)) return die()
        if (property === 'openLane') return counted(result as object, ['flush'])
        return property === 'begin' ? counted(result as object, ['commit']) : result
      }
    },
  })
}

const bare: Store = kind === 'sqlite'
  ? (await openStore({ file: place, faults: new URL('./transaction-faults.ts', import.meta.url) })).store
  : await postgresStore({ url: process.env['WUMBO_TEST_POSTGRES_URL'] ?? '', schema: place, lane: 'main' })
const store = counted(bare, ['openLane', 'load', 'nextWake'])
const shape = transactionShape(kind === 'sqlite' ? null : place)
const wumbo = await createWumbo({ store, workflows: [shape], limits: { releaseAfterMs: 5 } })
const handles = await Promise.all(Array.from({ length: Number(runs) }, (_, index) => wumbo.start(shape, {}, { id: `run-${index}` })))
const ends = await Promise.all(handles.map((handle) => handle.result().then((output) => output, (error: unknown) => String(error))))
const findings: string[] = []
for await (const finding of wumbo.verify()) findings.push(`${finding.code} ${finding.message}`)
await wumbo.close()
process.stdout.write(`${JSON.stringify({ calls, ends, findings })}\n`)
