// One of several workers on one PostgreSQL: opens Wumbo when it is told to, says how many steps it has done, and ends when told. Driven by fleet.ts.
import { setTimeout as pause } from 'node:timers/promises'
import { createWumbo, type Wumbo } from 'wumbo'
import { postgresStore } from 'wumbo/store/postgres'
import { computing, onStep } from './cpu-workflow.ts'

/** What it is told. */
export type Order = { readonly order: 'open'; readonly url: string } | { readonly order: 'settle' } | { readonly order: 'close' }
/** What it says. */
export type Said = 'ready' | 'step' | 'settled'

/** Runs it takes at a time: the others are left to other workers. */
const HOT_RUNS = 4
const LOOK_MS = 1

let wumbo: Wumbo | undefined

const say = (what: Said): void => void process.send?.(what)

process.on('message', (message: Order) => void obey(message))
process.once('disconnect', () => process.exit(1))
onStep(() => say('step'))
say('ready')

async function obey(message: Order): Promise<void> {
  switch (message.order) {
    case 'open':
      wumbo = await createWumbo({ store: await postgresStore({ url: message.url }), workflows: [computing], limits: { hotRuns: HOT_RUNS } })
      return
    case 'settle':
      while (wumbo === undefined || wumbo.metrics().hotRuns > 0) await pause(LOOK_MS)
      say('settled')
      return
    case 'close':
      await wumbo?.close()
      process.exit(0)
  }
}
