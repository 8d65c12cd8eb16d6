// One measurement of the ceiling: the three-step workflow written straight onto the bare journal.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { drive, type ThreeStepOptions, type ThreeStepResult } from '../flight.ts'
import { check, measure } from '../measurement.ts'
import { Journal } from './journal.ts'
import { orderedId } from './ordered-id.ts'

interface Value {
  readonly n: number
}

const increment = ({ n }: Value): Value => ({ n: n + 1 })

await measure<ThreeStepOptions, ThreeStepResult>(async (options) => {
  const file = join(options.folder, 'ceiling.db')
  const journal = new Journal(file)
  const result = await drive(options, (input) => three(journal, input))
  const synchronous = await journal.close()
  check('pragma synchronous (2 is FULL)', synchronous, 2)
  const runs = options.warmUp + options.count
  const database = new DatabaseSync(file, { readOnly: true })
  const counted = database.prepare('select (select count(*) from runs where status = 1) as runs, (select count(*) from steps) as steps')
  check('what the store holds', counted.get(), { runs, steps: 3 * runs })
  database.close()
  return { ...result, fsync: `pragma synchronous = ${String(synchronous)}` }
})

async function three(journal: Journal, input: Value): Promise<Value> {
  const id = orderedId()
  await journal.insertRun(id, JSON.stringify(input), Date.now())
  let value = input
  for (const path of ['a', 'b']) {
    const started = Date.now()
    value = increment(value)
    await journal.insertStep(id, path, JSON.stringify(value), started)
  }
  const started = Date.now()
  value = increment(value)
  await journal.finish(id, 'c', JSON.stringify(value), started)
  return value
}
