// One process of the crash-point test: opens a Wumbo on a SQLite file, starts one run under a fixed id, and kills itself with
// SIGKILL before or after the store call that it was told. Without such a call it prints the run's end.
// Arguments: folder, shape, call (0 for none), before|after.
import { appendFileSync, fsyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createWumbo } from '../../src/index.ts'
import { sqliteStore } from '../../src/store/sqlite/index.ts'
import type { Store } from '../../src/store/port.ts'
import { realShapes } from './real-shapes.ts'

const [folder = '.', shapeName = '', call = '0', when = 'before'] = process.argv.slice(2)
const log = openSync(join(folder, 'effects.log'), 'a')
const shape = realShapes((line) => {
  appendFileSync(log, `${JSON.stringify(line)}\n`)
  fsyncSync(log)
}).find(({ name }) => name === shapeName)
if (shape === undefined) throw new Error(`no shape ${shapeName}`)

let calls = 0
const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => undefined)
}

function counted<T extends object>(target: T, methods: readonly string[]): T {
  return new Proxy(target, {
    get: (inner, property) => {
      const value: unknown = Reflect.get(inner, property)
      if (property === 'blobs') return counted(value as object, ['put'])
      if (typeof value !== 'function') return value
      const method = (value as (...args: unknown[]) => unknown).bind(inner)
      if (typeof property !== 'string' || !methods.includes(property)) return method
      return async (...args: unknown[]): Promise<unknown> => {
        const mine = ++calls
        if (mine === Number(call) && when === 'before') return die()
        const result = await method(...args)
        if (mine === Number(call)) return die()
        return property === 'openLane' ? counted(result as object, ['flush']) : result
      }
    },
  })
}

const store: Store = counted(await sqliteStore({ file: join(folder, 'wumbo.db') }), ['openLane', 'load', 'nextWake'])
const wumbo = await createWumbo({ store, workflows: [shape.workflow], limits: { inlinePayload: 3000, releaseAfterMs: 20 } })
const handle = await wumbo.start(shape.workflow, shape.input as never, { id: 'the-run' })
const end = await handle.result().then((output) => ({ output }), (error: unknown) => ({ code: (error as { code?: string }).code }))
const details = await wumbo.runs.get(handle.id)
const findings: string[] = []
for await (const finding of wumbo.verify()) findings.push(`${finding.code} ${finding.message}`)
const { runs } = await wumbo.runs.list()
await wumbo.close()
process.stdout.write(`${JSON.stringify({ calls, run: handle.id, runs: runs.length, end, findings, steps: details.steps.map(({ path, kind, level, attempt, status }) => ({ path, kind, level, attempt, status })) })}\n`)
