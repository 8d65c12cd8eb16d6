// The definition of the guide on sagas is accepted, and is undone as the page says.
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { TemplateFailedError, createWumbo, defineTemplate, fromText } from 'wumbo'
import { z } from 'zod'
import { codeBlocks } from './page.ts'

test('the YAML of the guide on sagas is run and undone', async () => {
  const said: string[] = []
  const hold = defineTemplate({ name: 'seats.hold', version: '1.0.0', description: 'Holds.', input: z.object({ film: z.string() }), output: z.object({ seat: z.string() }), execute: ({ film }) => ({ seat: `${film}-7` }) })
  const free = defineTemplate({ name: 'seats.free', version: '1.0.0', description: 'Frees.', input: z.object({ seat: z.string(), note: z.string() }), output: z.object({}), execute: ({ seat, note }) => (said.push(`${seat}: ${note}`), {}) })
  const charge = defineTemplate({
    name: 'cards.charge', version: '1.0.0', description: 'Charges.', input: z.object({ cents: z.int() }), output: z.object({}),
    execute() {
      throw new TemplateFailedError('declined', { retryable: false })
    },
  })
  const source = codeBlocks(join(import.meta.dirname, '../../docs/guide/workflows/sagas.md')).find(({ language }) => language === 'yaml')?.code ?? ''
  const templates = [hold, free, charge]
  const wumbo = await createWumbo({ store: 'memory', templates })
  onTestFinished(() => wumbo.close())
  const run = await wumbo.start(fromText(source, templates), { film: 'Metropolis' })
  await expect(run.result()).rejects.toMatchObject({ code: 'RUN_FAILED' })
  expect(said).toEqual(['Metropolis-7: no Metropolis tonight'])
  expect(await wumbo.runs.get(run.id)).toMatchObject({ status: 'failed', compensation: 'compensated' })
})
