// One cold start, timed from outside: spawn to exit for a command that only prints, spawn to readiness for `wumbo dev`.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { check, measure, type Started } from '../measurement.ts'

export interface ColdStartOptions {
  readonly folder: string
  readonly what: 'node' | 'version' | 'dev'
}

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

await measure<ColdStartOptions, { seconds: number }>(async ({ what, folder }, started) => {
  switch (what) {
    case 'node':
      return { seconds: await untilExit(['--eval', '0'], /^$/) }
    case 'version':
      return { seconds: await untilExit([CLI, '--version'], /^\d+\.\d+\.\d+\S*\n$/) }
    case 'dev':
      return { seconds: await untilReady(folder, started) }
  }
})

async function untilExit(words: readonly string[], expected: RegExp): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const seconds = (performance.now() - start) / 1000
  check(`the exit code of node ${words.join(' ')}`, code, 0)
  if (!expected.test(output)) throw new Error(`check failed: node ${words.join(' ')} printed ${JSON.stringify(output)}`)
  return seconds
}

async function untilReady(folder: string, started: Started): Promise<number> {
  throw new Error(`wumbo dev: to be written once its options are known (${folder}, ${started.process.name})`)
}
