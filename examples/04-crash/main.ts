// 4. Crash and recovery: starts parcels.ts, kills it with SIGKILL in the middle and starts it again. Nothing that was
// recorded is done again; the one parcel that was in flight may be sent twice, under the same key.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Shows it in a folder; gives what was sent, line by line. */
export async function main(folder = `.wumbo/04-${process.pid}`): Promise<string[]> {
  await life(folder, 'sending parcel 3')
  console.log('kill -9')
  await life(folder, null)
  const sent = readFileSync(join(folder, 'sent.txt'), 'utf8').trim().split('\n')
  console.log(sent.join('\n'))
  return sent
}

/** One life of the process; it is killed when it says `killAt`. */
async function life(folder: string, killAt: string | null): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL('parcels.ts', import.meta.url)), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface(child.stdout).on('line', (line) => {
    console.log(`  ${line}`)
    if (line === killAt) child.kill('SIGKILL')
  })
  await once(child, 'close')
}

if (process.argv[1] === import.meta.filename) await main()
