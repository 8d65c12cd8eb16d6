// 4. Crash and recovery, the part that is killed: sends five parcels, one after the other. Started again it does not begin
// again: the run has an id, and the same id means the same run.
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createWumbo, defineTemplate, defineWorkflow } from 'wumbo'
import { z } from 'zod'

/** The outside world: a file that gets a line per parcel. What is written there cannot be taken back. */
const sendParcel = defineTemplate({
  name: 'parcels.send', version: '1.0.0', description: 'Sends a parcel.',
  input: z.object({ parcel: z.int(), file: z.string() }),
  output: z.object({ sent: z.int() }),
  async execute({ parcel, file }, context) {
    console.log(`sending parcel ${parcel}`)
    await delay(50)
    await appendFile(file, `parcel ${parcel}, key ${context.idempotencyKey}\n`)
    return { sent: parcel }
  },
})

const sendAll = defineWorkflow({
  name: 'send-all', version: '1',
  input: z.object({ parcels: z.int(), file: z.string() }),
  async run(ctx, { parcels, file }) {
    for (let parcel = 1; parcel <= parcels; parcel++) await ctx.step('send', sendParcel, { parcel, file }, { key: parcel })
    return parcels
  },
})

const folder = process.argv[2] ?? '.wumbo/04'
const wumbo = await createWumbo({ store: `sqlite:${join(folder, 'wumbo.db')}`, workflows: [sendAll] })
const run = await wumbo.start(sendAll, { parcels: 5, file: join(folder, 'sent.txt') }, { id: 'monday' })
console.log(run.existing ? `going on with run ${run.id}` : `new run ${run.id}`)
console.log(`all ${await run.result()} parcels are sent`)
await wumbo.close()
