// The page on children is held to the program: its definition is accepted as it stands, and does what the page says.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createWumbo, defineWorkflow, fromText } from 'wumbo'
import { z } from 'zod'
import { codeBlocks } from './page.ts'

const definitions = codeBlocks(join(import.meta.dirname, '../../docs/guide/workflows/children.md')).filter(({ language, code }) => language === 'yaml' && code.startsWith('name:'))

test('the definition in YAML runs', async () => {
  const [definition] = definitions
  const parcels = fromText<{ parcels: { parcel: string }[] }, { watch: string }>(definition?.code ?? '', [])
  const ship = defineWorkflow({ name: 'ship', input: z.object({ parcel: z.string() }), run: (_ctx, { parcel }) => {
    if (parcel === 'lost') throw new Error('lost')
    return { label: `to ${parcel}` }
  } })
  const wumbo = await createWumbo({ store: 'memory', workflows: [parcels, ship] })
  onTestFinished(() => wumbo.close())
  const output = await (await wumbo.start(parcels, { parcels: [{ parcel: 'lost' }, { parcel: 'a' }, { parcel: 'b' }] })).result()
  expect(output).toEqual({ first: 'none', watch: expect.any(String), shipped: 2, labels: ['to a', 'to b'] })
  expect(await (await wumbo.runs.handle(output.watch)).result()).toEqual({ label: 'to the watch' })
})
