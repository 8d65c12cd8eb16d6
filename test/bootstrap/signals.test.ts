// The bootstrap between a supervisor and a task: signals go down once, the end comes up as it was.
import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forwardSignals } from '../../scripts/bootstrap/child.mjs'
import { root } from '../architecture/sources.ts'

let folder = ''
let stubborn = ''

// Tells of the signals that it gets, stops when told by its input, and ends with a code of its own.
const program = `
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => console.log('got ' + signal))
process.stdin.on('data', () => process.exit(7))
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

describe('a signal', () => {
  const listen = (hearsCtrlC: boolean): { readonly process: EventEmitter; readonly killed: string[] } => {
    const process = new EventEmitter()
    const killed: string[] = []
    forwardSignals({ kill: (signal) => killed.push(signal) }, { from: process, hearsCtrlC: () => hearsCtrlC })
    return { process, killed }
  }

  test('that comes twice is handed on once', () => {
    const { process, killed } = listen(false)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGINT', 'SIGTERM', 'SIGHUP']) process.emit(signal, signal)
    expect(killed).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP'])
  })

  test('of a terminal is not handed on, because the child has it already; an order to end is', () => {
    const { process, killed } = listen(true)
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM']) process.emit(signal, signal)
    expect(killed).toEqual(['SIGTERM'])
  })
})

describe.skipIf(process.platform === 'win32')('the bootstrap', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('hands %s on and waits for the task', async (signal) => {
    const task = bootstrap(stubborn)
    await task.prints('ready')
    task.process.kill(signal)
    await task.prints(`got ${signal}`)
    task.process.stdin?.write('stop\n')
    expect(await once(task.process, 'exit')).toEqual([7, null])
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
