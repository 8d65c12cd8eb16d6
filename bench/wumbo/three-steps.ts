// One measurement of Wumbo: three-step workflows on a SQLite file, started and awaited in process through the public
// API.
import { join } from 'node:path'
import { createWumbo } from 'wumbo'
import { drive, type ThreeStepOptions, type ThreeStepResult } from '../flight.ts'
import { measure } from '../measurement.ts'
import { requireBuilt } from './built.ts'
import { checkStore, fsyncMode, notePragmas } from './store-check.ts'
import { increment, three, yaml } from './three-workflow.ts'

await measure<ThreeStepOptions, ThreeStepResult>(async (options) => {
  requireBuilt()
  const file = join(options.folder, 'wumbo.db')
  const notes = notePragmas(options.folder)
  const wumbo = await createWumbo({ store: `sqlite:${file}`, templates: [increment], workflows: [three, yaml] })
  const workflow = options.form === 'yaml' ? yaml : three
  const result = await drive(options, async (input) => {
    const run = await wumbo.start(workflow, input)
    return run.result()
  })
  await wumbo.close()
  const runs = options.warmUp + options.count
  checkStore(file, { runs, steps: 3 * runs })
  return { ...result, fsync: fsyncMode(notes, file) }
})
