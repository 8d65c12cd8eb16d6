// One measurement of Wumbo: three-step workflows on PostgreSQL, started and awaited in process through the public API.
import { createWumbo } from 'wumbo'
import { postgresStore } from 'wumbo/store/postgres'
import { drive, type ThreeStepOptions, type ThreeStepResult } from '../flight.ts'
import { measure } from '../measurement.ts'
import { Meter } from '../postgres/meter.ts'
import { requireBuilt } from './built.ts'
import { checkPostgres, durability } from './postgres-check.ts'
import { three } from './three-workflow.ts'

await measure<ThreeStepOptions & { url: string }, ThreeStepResult>(async (options) => {
  requireBuilt()
  const { url } = options
  const meter = await Meter.open(url)
  const wumbo = await createWumbo({ store: await postgresStore({ url }), workflows: [three] })
  const fsync = durability(wumbo)
  const result = await drive(
    options,
    async (input) => {
      const run = await wumbo.start(three, input)
      return run.result()
    },
    (runs, work) => meter.timed(runs, work),
  )
  await wumbo.close()
  const runs = options.warmUp + options.count
  await checkPostgres(url, { runs, steps: 3 * runs })
  return { ...result, fsync, usage: await meter.usage(runs) }
})
