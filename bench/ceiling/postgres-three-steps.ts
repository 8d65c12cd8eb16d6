// One measurement of the ceiling on PostgreSQL: the three-step workflow written straight onto the bare journal.
import { drive, type ThreeStepOptions, type ThreeStepResult } from '../flight.ts'
import { check, measure } from '../measurement.ts'
import { connectionDurability } from '../postgres/durability.ts'
import { Meter } from '../postgres/meter.ts'
import { onConnection } from '../postgres/server.ts'
import { orderedId } from './ordered-id.ts'
import { PostgresJournal } from './postgres-journal.ts'

interface Value {
  readonly n: number
}

const increment = ({ n }: Value): Value => ({ n: n + 1 })

/** Two gain over one: JavaScript makes a batch while the server takes another. */
const CONNECTIONS = 2

await measure<ThreeStepOptions & { url: string }, ThreeStepResult>(async (options) => {
  const { url } = options
  const meter = await Meter.open(url)
  const failed = Promise.withResolvers<never>()
  const journal = await PostgresJournal.open(url, CONNECTIONS, failed.reject)
  const driven = drive(options, (input) => three(journal, input), (runs, work) => meter.timed(runs, work))
  const result = await Promise.race([driven, failed.promise])
  await journal.close()
  const runs = options.warmUp + options.count
  check('what the store holds', await held(url), { runs, steps: 3 * runs })
  return { ...result, fsync: await connectionDurability(url), usage: await meter.usage(runs) }
})

async function three(journal: PostgresJournal, input: Value): Promise<Value> {
  const id = orderedId()
  const writer = journal.writer()
  await writer.insertRun(id, JSON.stringify(input))
  let value = input
  for (const path of ['a', 'b']) {
    const started = Date.now()
    value = increment(value)
    await writer.insertStep(id, path, JSON.stringify(value), started)
  }
  const started = Date.now()
  value = increment(value)
  await writer.finish(id, 'c', JSON.stringify(value), started)
  return value
}

async function held(url: string): Promise<{ runs: number; steps: number }> {
  const { rows: [row] } = await onConnection(url, (client) => client.query<{ runs: string; steps: string }>(`
    select (select count(*) from runs where status = 1) as runs, (select count(*) from steps) as steps`))
  return { runs: Number(row?.runs), steps: Number(row?.steps) }
}
