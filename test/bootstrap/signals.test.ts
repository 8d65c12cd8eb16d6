// The bootstrap between a supervisor and a task: signals go down once, the end comes up as it was.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../architecture/sources.ts'

let folder = ''
let stubborn = ''

// Counts the signals that it gets, stops when told by its input, and ends with a code of its own.
const program = `
const got = []
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { got.push(signal); console.log('got ' + signal) })
process.stdin.on('data', () => { console.log('all ' + got.join()); process.exit(7) })
console.log('ready')
`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wumbo-signals-'))
  stubborn = join(folder, 'stubborn.mjs')
  await writeFile(stubborn, program)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

interface Started {
  readonly process: ChildProcess
  /** Resolves when the task has printed the text. */
  readonly prints: (text: string) => Promise<void>
  readonly output: () => string
}

/** In a session of its own, so that no terminal of whoever runs the tests plays a part. */
function bootstrap(...args: string[]): Started {
  const started = spawn(process.execPath, [join(root, 'scripts/bootstrap.mjs'), 'run', ...args], { detached: true })
  let output = ''
  started.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const prints = async (text: string): Promise<void> => {
    while (!output.includes(text)) await once(started.stdout, 'data')
  }
  return { process: started, prints, output: () => output }
}

describe.skipIf(process.platform === 'win32')('the bootstrap', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('hands %s on once, though it comes twice', async (signal) => {
    const task = bootstrap(stubborn)
    await task.prints('ready')
    task.process.kill(signal)
    await task.prints(`got ${signal}`)
    task.process.kill(signal)
    task.process.stdin?.write('stop\n')
    await once(task.process, 'exit')
    expect(task.output()).toContain(`all ${signal}\n`)
  })

  test('ends with the code of its task', async () => {
    const task = bootstrap(stubborn)
    await task.prints('ready')
    task.process.stdin?.write('stop\n')
    expect(await once(task.process, 'exit')).toEqual([7, null])
  })

  test('ends by the signal that ended its task', async () => {
    const file = join(folder, 'endless.mjs')
    await writeFile(file, "console.log('ready'); setInterval(() => {}, 1000)")
    const task = bootstrap(file)
    await task.prints('ready')
    task.process.kill('SIGTERM')
    expect(await once(task.process, 'exit')).toEqual([null, 'SIGTERM'])
  })

  test('hands on the arguments and keeps its own line off the output', async () => {
    const file = join(folder, 'arguments.mjs')
    await writeFile(file, 'console.log(JSON.stringify(process.argv.slice(2)))')
    const task = bootstrap(file, 'a b', '--once')
    await once(task.process, 'close')
    expect(task.output()).toBe('["a b","--once"]\n')
  })
})
