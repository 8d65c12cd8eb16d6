// K1 for definitions: what was acknowledged is there after the process was killed, and nothing is there by half.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createWumbo, log } from '../../src/index.ts'
import { collect } from '../../src/testing/store-cases/samples.ts'

const program = fileURLToPath(new URL('./definitions-process.ts', import.meta.url))

type Told = { readonly name: string; readonly version: string; readonly source: string; readonly message: string } | { readonly name: string; readonly archived: true }

/** Lets a process change definitions, kills it after some acknowledged changes, and gives all that it has told. */
async function changeAndKill(folder: string, first: number, changes: number): Promise<readonly Told[]> {
  const child = spawn(process.execPath, ['--conditions=wumbo-source', program, folder, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const told: Told[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(JSON.parse(line) as Told)
    if (told.length === changes) child.kill('SIGKILL')
  }
  expect((await ended)[1]).toBe('SIGKILL')
  return told
}

test('K1: acknowledged definitions survive kill -9, each version whole and with its text', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wumbo-definitions-'))
  const told: Told[] = []
  try {
    for (const [round, changes] of [3, 41, 17].entries()) {
      told.push(...(await changeAndKill(folder, 1 + round * 1000, changes)))
      const wumbo = await createWumbo({ store: `sqlite:${folder}/wumbo.db`, templates: [log] })
      for (const change of told) {
        if ('archived' in change) expect(await wumbo.definitions.get(change.name)).toMatchObject({ status: 'archived' })
        else expect(await wumbo.definitions.version(change.name, change.version)).toMatchObject({ hash: change.version, source: change.source, definition: { steps: { say: { with: { message: change.message } } } } })
      }
      const { name } = told.findLast((change) => change.name.startsWith('w')) ?? { name: '' }
      expect(await (await wumbo.start(name, {})).result()).toMatchObject({ say: { message: expect.stringMatching(/^say \d+$/) } })
      expect(await collect(wumbo.verify())).toEqual([])
      await wumbo.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
