// One measurement of DBOS: three-step workflows on PostgreSQL, called and awaited in process.
import { drive, type ThreeStepOptions, type ThreeStepResult } from '../flight.ts'
import { check, measure } from '../measurement.ts'
import { connectionDurability } from '../postgres/durability.ts'
import { Meter } from '../postgres/meter.ts'
import { onConnection } from '../postgres/server.ts'

export interface DbosThreeSteps extends ThreeStepOptions {
  readonly url: string
  /** Connections; its own default when left out. */
  readonly pool?: number
}

/** What bench/peers/dbos.mjs exports. */
interface Dbos {
  launch(options: { readonly url: string; readonly pool?: number }): Promise<{ run(input: { n: number }): Promise<{ n: number }>; stop(): Promise<void> }>
}

await measure<DbosThreeSteps, ThreeStepResult>(async (options, started) => {
  const { url, pool } = options
  const meter = await Meter.open(url)
  const { launch } = (await import(new URL('../peers/dbos.mjs', import.meta.url).href)) as Dbos
  const dbos = await launch({ url, ...(pool === undefined ? {} : { pool }) })
  let isStopped = false
  const stop = async (): Promise<void> => {
    if (!isStopped) await dbos.stop()
    isStopped = true
  }
  started.undo(stop)
  const result = await drive(options, (input) => dbos.run(input), (runs, work) => meter.timed(runs, work))
  await stop()
  const runs = options.warmUp + options.count
  check('what DBOS holds', await held(url), { runs, steps: 3 * runs })
  return { ...result, fsync: await connectionDurability(url), usage: await meter.usage(runs) }
})

async function held(url: string): Promise<{ runs: number; steps: number }> {
  const { rows: [row] } = await onConnection(url, (client) => client.query<{ runs: string; steps: string }>(`
    select (select count(*) from dbos.workflow_status where status = 'SUCCESS') as runs, (select count(*) from dbos.operation_outputs) as steps`))
  return { runs: Number(row?.runs), steps: Number(row?.steps) }
}
