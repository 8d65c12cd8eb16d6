// createTestWumbo: a Wumbo in memory whose time moves only when a test lets it. The machine is machine.ts, what stands in for templates is
// doubles.ts; this file is what tests hold.
import { AssertionError } from 'node:assert'
import { WumboError } from '../../errors.ts'
import { parseDuration } from '../../shared/duration.ts'
import type { Duration } from '../../shared/duration.ts'
import type { AnyTemplate } from '../../template/contract.ts'
import type { AnyWorkflow } from '../../workflow/contract.ts'
import type { StartOptions, Wumbo } from '../../wumbo-api.ts'
import type { Fault, FaultOptions, Journal, StartedRun, Stub, StubAnswer, StubbedWorkflow, SweepOptions, SweepReport, Target, TestOptions, TestRun, TestWumbo } from './contract.ts'
import { bodyNow, bodySleep } from './bodies.ts'
import { sweepRuns } from './crash-everywhere.ts'
import { Doubles } from './doubles.ts'
import { FreeTime } from './free-time.ts'
import { httpMock } from './http-mock.ts'
import { journalOf } from './journal.ts'
import { DIED, Machine } from './machine.ts'
import { partsOf } from './machine-parts.ts'
import { runOf, startOf } from './test-run.ts'

/**
 * Makes a Wumbo for one test: everything of Wumbo on a store in memory, with virtual time. It needs no fake timers of the test runner, and
 * belongs to none.
 *
 * Virtual time moves by itself while `run` or `end` waits, and by `advance`; it stands still while a body does real work. Throws
 * ConfigInvalidError for an option that it does not know, and what createWumbo throws.
 * @example
 * const t = await createTestWumbo({ workflows: [onboard] })
 * const sent = t.stub(sendMail, () => ({ id: 'm1' }))
 * const run = await t.run(onboard, { email: 'ada@example.com' })   // sleeps three days, takes a few milliseconds
 * assert.deepEqual(run.output, { accepted: true })
 * assert.equal(sent.calls.length, 2)
 * await t.close()
 */
export async function createTestWumbo(options: TestOptions = {}): Promise<TestWumbo> {
  const test = new OpenTest(options)
  await test.open()
  return test
}

class OpenTest implements TestWumbo {
  readonly http = httpMock()
  readonly #doubles = new Doubles()
  readonly #machine: Machine
  readonly #parts: ReturnType<typeof partsOf>
  /** Something has failed that the test learns of anyway. */
  #hasFailed = false
  #closing: Promise<void> | undefined

  constructor(options: TestOptions) {
    this.#parts = partsOf(options, { doubles: this.#doubles, http: this.http })
    this.#machine = new Machine({ ...this.#parts, time: new FreeTime({ start: this.#parts.start }) })
  }

  async open(): Promise<void> {
    await this.#machine.opened()
  }

  get wumbo(): Wumbo {
    const { wumbo } = this.#machine
    if (wumbo === null) throw new AssertionError({ message: 'the process has just died, and the next one is not open yet: await t.advance(0) first' })
    return wumbo
  }

  get deaths(): number {
    return this.#machine.deaths
  }

  now(): number {
    return bodyNow() ?? this.#machine.time.now()
  }

  sleep(duration: Duration): Promise<void> {
    return bodySleep(duration)
  }

  stub(target: AnyTemplate | string, answer: StubAnswer<never, unknown>): Stub<never, never> & Stub {
    return this.#doubles.stub(target, answer) // the overloads name the types
  }

  stubWorkflow(workflow: StubbedWorkflow, answer: unknown): Stub<never, never> & Stub {
    return this.#doubles.stubWorkflow(workflow, answer)
  }

  fault(target: Target, options: FaultOptions): Fault {
    return this.#doubles.fault(target, options)
  }

  async run(workflow: AnyWorkflow | string, input: unknown, options?: StartOptions): Promise<TestRun<never>> {
    const run = await this.start(workflow, input, options)
    return run.end()
  }

  async start(workflow: AnyWorkflow | string, input: unknown, options?: StartOptions): Promise<StartedRun<never>> {
    return this.#watched(async () => {
      const id = await this.#accepted(workflow, input, options)
      return {
        id,
        status: async () => (await this.#machine.details(id)).status,
        cancel: async () => (await this.#machine.opened()).runs.cancel(id),
        end: () => this.#watched(() => this.#end(id)),
      }
    })
  }

  /** Starts the run. When the process dies meanwhile, nobody knows whether it was accepted: only one with an id can be started again. */
  async #accepted(workflow: AnyWorkflow | string, input: unknown, options: StartOptions | undefined): Promise<string> {
    for (;;) {
      const handle = await this.#machine.ask((wumbo) => startOf(wumbo, workflow, input, options))
      if (handle !== DIED) return handle.id
      if (options?.id === undefined) throw new AssertionError({ message: 'the process died before it had accepted the run; start it with an id, and it is started again in the next process', operator: 'start' })
    }
  }

  advance(duration: Duration): Promise<void> {
    return this.#watched(async () => {
      await this.#machine.opened()
      await this.#machine.advance(parseDuration(duration))
    })
  }

  journal(run: string | { readonly id: string }): Promise<Journal> {
    return this.#watched(async () => journalOf(await (await this.#machine.opened()).runs.get(typeof run === 'string' ? run : run.id)))
  }

  async crash(): Promise<void> {
    this.#machine.kill()
    await this.#machine.opened()
  }

  crashEverywhere(workflow: AnyWorkflow, input: unknown, options: SweepOptions<never> = {}): Promise<SweepReport> {
    return this.#watched(() => sweepRuns({ parts: this.#parts, workflow, input, options }))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #end(id: string): Promise<TestRun<never>> {
    const machine = this.#machine
    await machine.until(() => machine.hasEnded(id), () => machine.mustGoOn(id))
    return runOf<never>(await machine.details(id))
  }

  async #close(): Promise<void> {
    const wumbo = await this.#machine.opened()
    await this.#machine.rest()
    const { runs } = await wumbo.runs.list({ status: ['running', 'waiting'], limit: 20 })
    await this.#machine.close()
    if (this.#hasFailed || this.#parts.options.leftovers === 'allow') return
    const left = [
      ...runs.map(({ id, workflow, status }) => `run ${id} of ${workflow} is ${status}`),
      ...this.#doubles.unfired.map((fault) => `the fault at ${fault} never came`),
      ...this.http.unanswered.map((request) => `no route took ${request}`),
    ]
    if (left.length > 0) throw new AssertionError({ message: `the test leaves something behind (createTestWumbo({ leftovers: 'allow' }) lets it):\n  ${left.join('\n  ')}` })
  }

  /** The first failure is the one to look at: what is left behind after it is no news. */
  async #watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof WumboError && thrown.fault === 'user')) this.#hasFailed = true
      throw thrown
    }
  }
}
