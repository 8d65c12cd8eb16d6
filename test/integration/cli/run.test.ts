// `wumbo run` and what follows a run: results, failures, interrupts and going on. Every run is a real process on a real store.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Project, PROJECT, WORKFLOWS, type Running } from './command.ts'

// Each starts several processes, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 })

describe('a run that ends', () => {
  let project: Project
  beforeAll(async () => {
    project = await Project.make({ ...PROJECT, 'input.json': '{"text":"from a file"}' })
  })
  afterAll(() => project.remove())

  test('prints its result on standard output and all else on standard error, also what steps print', async () => {
    const { code, out, err } = await project.run(['run', 'echo', '--input', '{"text":"Grüße 世界"}'])
    expect({ code, out }).toEqual({ code: 0, out: '{\n  "text": "Grüße 世界"\n}\n' })
    for (const text of ['saying Grüße 世界', '✓ say', '✓ echo completed']) expect(err).toContain(text)
    expect(err).not.toContain('\u001b')
  })

  test.each([
    ['@input.json', '', 'from a file'],
    ['-', '{"text":"from a pipe"}', 'from a pipe'],
  ])('takes its input from %s', async (word, input, text) => {
    const { code, out } = await project.run(['run', 'workflows/all.ts', '-w', 'echo', '--input', word, '--json', '--quiet'], { input })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ workflow: 'echo', status: 'completed', output: { text }, error: null })
  })

  test('an id stands for one run: the same again gives its result, another input is refused', async () => {
    const first = await project.run(['run', 'echo', '--id', 'order-17', '--json'])
    const again = await project.run(['run', 'echo', '--id', 'order-17', '--json'])
    expect(JSON.parse(again.out).id).toBe(JSON.parse(first.out).id)
    expect(again.err).toContain('was started before with this id')
    expect(again.err).not.toContain('saying')
    expect(await project.run(['run', 'echo', '--id', 'order-17', '--input', '{"text":"other"}'])).toMatchObject({ code: 3, out: '', err: expect.stringContaining('KEY_REUSED') })
  })

  test('values that JSON cannot say are written with tags, and control characters as escapes', async () => {
    const { code, out } = await project.run(['run', 'odd', '--json'])
    expect(code).toBe(0)
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(JSON.parse(out).output).toMatchObject({ bell: '\u0007\u009b31m\u202e', at: { $: ['date', 0] }, said: '<b>\u001b[2J' })
  })

  test('a run that fails ends with 1, names cause and remedy, and is retried from where it failed', async () => {
    const failed = await project.run(['run', 'buy', '--id', 'buy-1'])
    expect(failed).toMatchObject({ code: 1, out: '' })
    expect(failed.err).toContain('the card was \\u001b[31mdeclined\\u0007')
    expect(failed.err).toMatch(/do +Correct the cause, then go on where it stopped: wumbo runs retry [0-9a-f-]{36}\n/)
    expect(failed.err).not.toMatch(/\n\s+at |\u001b/)
    await project.write('bank', '')
    const retried = await project.run(['runs', 'retry', 'buy-1', '--reason', 'the bank is back', '--json'])
    expect(retried.code).toBe(0)
    expect(JSON.parse(retried.out)).toMatchObject({ key: 'buy-1', status: 'completed', output: { paid: true } })
    const { generations } = JSON.parse((await project.run(['runs', 'show', 'buy-1', '--json'])).out)
    expect(generations).toContainEqual(expect.objectContaining({ gen: 2, reason: 'the bank is back' }))
    expect(await project.run(['runs', 'retry', 'buy-1'])).toMatchObject({ code: 3, err: expect.stringContaining('RUN_NOT_RETRYABLE') })
    expect(await project.run(['runs', 'cancel', 'buy-1'])).toMatchObject({ code: 3, err: expect.stringContaining('RUN_FINISHED') })
  })

  test('what is thrown outside of every step is told without a stack, and the run is kept', async () => {
    const { code, out, err } = await project.run(['run', 'careless', '--id', 'c'])
    expect({ code, out }).toEqual({ code: 70, out: '' })
    expect(err).toContain('something was thrown outside of every step: nobody \\u0007 awaits me')
    expect(err).not.toMatch(/\n\s+at /)
    expect(JSON.parse((await project.run(['runs', 'show', 'c', '--json'])).out)).toMatchObject({ status: 'running' })
    expect((await project.run(['runs', 'cancel', 'c'])).code).toBe(0)
  })

  test('a store in memory works for one run', async () => {
    expect((await project.run(['run', 'echo', '--store', 'memory', '--quiet'])).code).toBe(0)
  })

  test('a reader that goes away changes nothing', async () => {
    const running = project.start(['run', 'echo'])
    running.child.stdout.destroy()
    running.child.stderr.destroy()
    expect((await running.ended).code).toBe(0)
  })
})

describe('a run that is interrupted', () => {
  let project: Project
  beforeEach(async () => {
    project = await Project.make(PROJECT)
  })
  afterEach(() => project.remove())

  const atTheGate = async (args: readonly string[] = []): Promise<Running> => {
    const running = project.start(['run', 'gated', '--id', 'g', ...args])
    await running.says('at the gate')
    return running
  }
  const said = (running: Running): number => running.err.split('saying before').length - 1

  test('Ctrl-C lets steps end, keeps the run and says how to go on; resuming runs no recorded step again', async () => {
    const running = await atTheGate()
    running.signal('SIGINT')
    await running.says('Stopping')
    await project.write('open', '')
    const { code, out, err } = await running.ended
    expect({ code, out }).toEqual({ code: 130, out: '' })
    expect(err).toMatch(/is kept\. Go on with it: wumbo runs resume [0-9a-f-]{36}/)
    expect(JSON.parse((await project.run(['runs', 'show', 'g', '--json'])).out)).toMatchObject({ steps: [{ path: 'before' }, { path: 'gate' }] })
    const list = await project.run(['runs', 'list', '--status', 'running,waiting'])
    expect(list.err).toContain('No process works on these runs')
    const resumed = project.start(['runs', 'resume', 'g'])
    expect(await resumed.ended).toMatchObject({ code: 0, out: expect.stringContaining('"after": true') })
    expect(said(resumed)).toBe(0)
    // A run that has ended gives its result at once.
    expect(await project.run(['runs', 'resume', 'g', '--quiet'])).toMatchObject({ code: 0, out: expect.stringContaining('"after": true') })
  })

  test('twice stops at once, and what is recorded is kept', async () => {
    const running = await atTheGate()
    running.signal('SIGINT')
    await running.says('Stopping')
    running.signal('SIGINT')
    const stopped = await running.ended
    expect(stopped.code).toBe(130)
    expect(stopped.err).not.toContain('is kept') // it did not wait for the step
    await project.write('open', '')
    const resumed = project.start(['runs', 'resume', 'g', '--json'])
    const { code, out } = await resumed.ended
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ status: 'completed', output: { text: 'before', after: true } })
    expect(said(resumed)).toBe(0)
  })

  test('a run that ends while it is being stopped is said to have ended', async () => {
    const running = project.start(['run', 'held'])
    await running.says('at the gate')
    running.signal('SIGINT')
    await running.says('Stopping')
    await project.write('open', '')
    expect(await running.ended).toMatchObject({ code: 130, err: expect.stringMatching(/Run [0-9a-f-]{36} completed meanwhile\. Its result: wumbo runs show/) })
  })

  test('SIGTERM ends with 143', async () => {
    const running = await atTheGate(['--json'])
    running.signal('SIGTERM')
    await project.write('open', '')
    const { code, out } = await running.ended
    expect(code).toBe(143)
    expect(JSON.parse(out)).toMatchObject({ interrupted: true })
  })

  test('a killed process loses nothing that was recorded', async () => {
    const running = await atTheGate()
    running.signal('SIGKILL')
    await running.ended
    await project.write('open', '')
    const resumed = project.start(['runs', 'resume', 'g'])
    expect((await resumed.ended).code).toBe(0)
    expect(said(resumed)).toBe(0)
  })

  test('a run of a file outside of a project goes on with that file named, and without it is parked', async () => {
    const loose = await Project.make({ 'ship.ts': WORKFLOWS })
    try {
      const running = loose.start(['run', 'ship.ts', '-w', 'gated', '--id', 'g'])
      await running.says('at the gate')
      running.signal('SIGKILL')
      await running.ended
      await loose.write('open', '')
      expect(await loose.run(['runs', 'resume', 'g'])).toMatchObject({ code: 1, err: expect.stringContaining('WORKFLOW_NOT_FOUND') })
      expect(await loose.run(['runs', 'resume', 'g', '--file', 'ship.ts', '--quiet'])).toMatchObject({ code: 0 })
      expect(existsSync(join(loose.folder, '.wumbo/wumbo.db'))).toBe(true)
      expect(readFileSync(join(loose.folder, 'ship.ts'), 'utf8')).toBe(WORKFLOWS)
    } finally {
      await loose.remove()
    }
  })

  test('cancelling a run that nobody works on cancels it', async () => {
    const running = project.start(['run', 'nap', '--id', 'n'])
    await running.says('waiting until')
    running.signal('SIGINT')
    await running.ended
    expect(await project.run(['runs', 'cancel', 'n', '--json'])).toMatchObject({ code: 0, out: expect.stringContaining('"status":"cancelled"') })
    expect((await project.run(['runs', 'resume', 'n'])).code).toBe(1)
  })
})
