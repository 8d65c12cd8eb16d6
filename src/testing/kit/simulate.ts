// The seeded simulation for users' workflows: real engines in virtual time, in an order of events that the seed picks, with bodies that take a
// while, attempts that fail and processes that die. Every run must end as without any of it. The same seed does the same again.
import { AssertionError } from 'node:assert'
import { deepStrictEqual } from 'node:assert/strict'
import type { AskedStep } from '../../engine/ports.ts'
import { ConfigInvalidError } from '../../errors.ts'
import { hashText } from '../../shared/hash.ts'
import { seededRandom } from '../../shared/random.ts'
import type { Random } from '../../shared/random.ts'
import type { AnyWorkflow, Workflow } from '../../workflow/contract.ts'
import { VirtualTime, settle } from '../virtual-time.ts'
import type { TestDoubles, TestOptions, TestRun } from './contract.ts'
import { bodySleep } from './bodies.ts'
import { readChaos, seedsOf } from './chaos.ts'
import type { Chaos, Faults } from './chaos.ts'
import { Doubles } from './doubles.ts'
import { httpMock } from './http-mock.ts'
import { journalProblems } from './journal-check.ts'
import { shownValue } from './journal.ts'
import { Machine } from './machine.ts'
import { partsOf } from './machine-parts.ts'
import { doublesOf } from './test-doubles.ts'
import { runOf, startOf } from './test-run.ts'

/** What an invariant is asked about: one seed, at its end. */
export interface SimulatedWorld<O, S> {
  /** In the order of the inputs. */
  readonly runs: readonly TestRun<O>[]
  /** What `setup` gave for this seed. */
  readonly state: S
  readonly seed: number
  /** Processes that died. */
  readonly deaths: number
}

/** How workflows are simulated. */
export interface SimulateOptions<I, O, S> extends Omit<TestOptions, 'leftovers' | 'seed'> {
  /** One run for each, all side by side in one process. */
  readonly inputs: readonly I[]
  /** How many seeds, from 1; or which. Default 100. */
  readonly seeds?: number | readonly number[]
  readonly faults?: Faults
  /** Called for each seed before its runs start: makes stubs and routes, and a world of the user's own, which `invariant` gets. */
  readonly setup?: (doubles: TestDoubles) => S
  /** Called, and awaited, at the end of each seed; throws when something is not as it must be, such as a customer who paid twice. */
  readonly invariant?: (world: SimulatedWorld<O, S>) => unknown
  /** What must be the same with and without faults. Default: the whole output. Leave out what differs by nature, such as times and ids. */
  readonly compare?: (output: O) => unknown
}

/** What a simulation has shown. */
export interface SimulationReport {
  readonly seeds: number
  readonly deaths: number
  /** Attempts that a fault let fail. */
  readonly failures: number
  /** By seed, a hash of all that happened in order. */
  readonly traces: ReadonlyMap<number, string>
}

type AnyOptions = SimulateOptions<unknown, never, unknown>

/**
 * Simulates a workflow under many seeds. Throws an AssertionError for the first seed that goes wrong: a run that ends otherwise than without
 * faults, a journal with something lost or doubled, a store that is not whole, an invariant that throws. The message says how to run that
 * seed again; it does the same, as long as bodies take their time and chance from the kit (`sleep`, `context.now()`, ctx.random()).
 * @example
 * await simulate(order, {
 *   inputs: [{ item: 'lamp' }, { item: 'desk' }], seeds: 500, faults: { deaths: 3, failures: 0.2 },
 *   setup(t) {
 *     const bank = new Map<string, number>()
 *     t.stub(charge, ({ cents }, { idempotencyKey = '' }) => { bank.set(idempotencyKey, cents); return { receipt: 'r1' } })
 *     return bank
 *   },
 *   invariant: ({ state: bank }) => assert.equal(bank.size, 2),
 * })
 */
export async function simulate<I, O, S = undefined>(workflow: Workflow<I, O>, options: SimulateOptions<NoInfer<I>, NoInfer<O>, S>): Promise<SimulationReport> {
  const untyped = options as unknown as AnyOptions // the signature has bound input and output to the workflow
  const seeds = seedsOf(untyped.seeds ?? 100)
  const faults = readChaos(untyped.faults ?? {})
  if (!Array.isArray(untyped.inputs) || untyped.inputs.length === 0) throw new ConfigInvalidError('simulate: inputs: expected a list with at least one input', { path: 'inputs' })
  const expected = await live(workflow, untyped, { seed: 0, faults: null })
  await checked(workflow, untyped, { seed: 0, expected, world: expected })
  const traces = new Map<number, string>()
  let [deaths, failures] = [0, 0]
  for (const seed of seeds) {
    const world = await live(workflow, untyped, { seed, faults })
    await checked(workflow, untyped, { seed, expected, world })
    traces.set(seed, world.trace)
    deaths += world.deaths
    failures += world.failures
  }
  return { seeds: seeds.length, deaths, failures, traces }
}

interface World {
  readonly runs: readonly TestRun<never>[]
  readonly state: unknown
  readonly problems: readonly string[]
  readonly deaths: number
  readonly failures: number
  readonly trace: string
}

/** More things than happen in any world that comes to rest. */
const MOST_STEPS = 1_000_000

/** Lives through one seed. */
async function live(workflow: AnyWorkflow, options: AnyOptions, { seed, faults }: { readonly seed: number; readonly faults: Chaos | null }): Promise<World> {
  const random = seededRandom(seed)
  const doubles = new Doubles()
  const http = httpMock()
  const { inputs, seeds: _seeds, faults: _faults, setup, invariant: _invariant, compare: _compare, ...given } = options
  const parts = partsOf({ ...given, seed, workflows: [...new Set([...(given.workflows ?? []), workflow])] }, { doubles, http })
  const time = new VirtualTime({ start: parts.start, ...(faults === null ? {} : { random }) })
  let trace = hashText(String(seed))
  const note = (what: string): void => {
    trace = hashText(`${trace}${time.now()}${what}`)
  }
  const trouble = faults === null ? null : new Trouble(faults, random)
  const machine: Machine = new Machine({
    ...parts, time,
    observe: (event) => note(`${event.type}${'path' in event ? event.path : ''}`),
    began: (run, path, step) => note(`${run}${path}${JSON.stringify(step.input) ?? ''}`),
    ...(trouble === null ? {} : { around: (step: AskedStep, attempt: number) => trouble.around(step, attempt) }),
  })
  try {
    const state = setup?.(doublesOf({ doubles, http, machine }))
    const ids = new Map<number, string>()
    const refusals: Error[] = []
    const accept = async (): Promise<void> => {
      const wumbo = machine.wumbo
      if (wumbo === null) return
      for (const [index, input] of inputs.entries()) {
        startOf(wumbo, workflow, input, { id: `simulated-${index}` }).then(({ id }) => ids.set(index, id), (thrown: unknown) => {
          if (machine.wumbo === wumbo) refusals.push(thrown instanceof Error ? thrown : new Error(String(thrown)))
        })
      }
    }
    let started: unknown = null
    for (let steps = 0; ; steps++) {
      await machine.rest()
      if (refusals[0] !== undefined) throw refusals[0]
      // A start that no process has acknowledged is sent again, under the same id, to the next one.
      if (ids.size < inputs.length && machine.wumbo !== null && machine.wumbo !== started) {
        started = machine.wumbo
        await accept()
        await settle()
      }
      if (ids.size === inputs.length && steps % 10 === 0 && (await allEnded(machine, ids.values()))) break
      if (trouble?.dies(steps, machine.deaths) === true) {
        note('death')
        machine.kill()
      }
      if (!time.step() || steps > MOST_STEPS || steps % 5000 === 4999) for (const id of ids.values()) await machine.mustGoOn(id)
      if (steps > MOST_STEPS) throw new AssertionError({ message: `the world has not come to rest within ${MOST_STEPS} steps`, operator: 'simulate' })
    }
    const details = await Promise.all(inputs.map((_, index) => machine.details(ids.get(index) ?? '')))
    const problems = [...details.flatMap((run) => journalProblems(run)), ...(await machine.findings())]
    return { runs: details.map((run) => runOf<never>(run)), state, problems, deaths: machine.deaths, failures: trouble?.failures ?? 0, trace }
  } catch (thrown) {
    throw told(workflow, seed, thrown instanceof Error ? thrown.message : String(thrown))
  } finally {
    machine.abandon()
  }
}

async function allEnded(machine: Machine, ids: Iterable<string>): Promise<boolean> {
  for (const id of ids) if (!(await machine.hasEnded(id))) return false
  return true
}

/** What the seed lets go wrong. */
class Trouble {
  readonly #faults: Chaos
  readonly #random: Random
  #nextDeath: number
  failures = 0

  constructor(faults: Chaos, random: Random) {
    this.#faults = faults
    this.#random = random
    this.#nextDeath = this.#after()
  }

  /** True when the process is to die before this step of the world. */
  dies(step: number, deaths: number): boolean {
    if (deaths >= this.#faults.deaths || step < this.#nextDeath) return false
    this.#nextDeath = step + this.#after()
    return true
  }

  /** What comes before the body of an attempt: a while, and perhaps a failure, of attempts only that another one follows. */
  async around({ options, template, path }: AskedStep, attempt: number): Promise<void> {
    const { delayMs, failures } = this.#faults
    const takes = Math.floor(this.#random.next() * delayMs)
    const fails = this.#random.next() < failures
    if (takes > 0) await bodySleep(takes)
    if (!fails || attempt >= ((options.retry ?? template.defaults.retry)?.maxAttempts ?? 1)) return
    this.failures++
    throw new Error(`the simulation lets attempt ${attempt} of ${path} fail`)
  }

  #after(): number {
    return 1 + Math.floor(this.#random.next() * this.#random.next() * 120)
  }
}

async function checked(workflow: AnyWorkflow, options: AnyOptions, { seed, expected, world }: { readonly seed: number; readonly expected: World; readonly world: World }): Promise<void> {
  const refuse = (what: string, run?: TestRun<never>): never => {
    throw told(workflow, seed, run === undefined ? what : `${what}\n\n${run.journal.toString()}`)
  }
  if (world.problems.length > 0) refuse(world.problems.join('; '))
  const part = options.compare ?? ((output: never): unknown => output)
  for (const [index, run] of world.runs.entries()) {
    const before = expected.runs[index]
    if (before === undefined) continue
    const shown = (one: TestRun<never>): string => `${one.status}${one.error === null ? '' : ` (${one.error.code}: ${one.error.message})`}`
    const what = `the run of input ${shownValue(options.inputs[index])}`
    if (run.status !== before.status || run.error?.code !== before.error?.code) refuse(`${what} is ${shown(run)}; without faults it is ${shown(before)}`, run)
    if (run.status !== 'completed') continue
    try {
      deepStrictEqual(part(run.output), part(before.output))
    } catch (thrown) {
      refuse(`${what} gives another output than without faults: ${(thrown as Error).message}`, run)
    }
  }
  try {
    await options.invariant?.({ runs: world.runs, state: world.state, seed, deaths: world.deaths })
  } catch (thrown) {
    refuse(`the invariant does not hold: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

function told(workflow: AnyWorkflow, seed: number, what: string): AssertionError {
  const again = seed === 0 ? 'It goes wrong without any fault.' : `Run it again: simulate(${workflow.name}, { …, seeds: [${seed}] }).`
  return new AssertionError({ message: `${seed === 0 ? 'before the first seed' : `seed ${seed}`}: ${what}\n\n${again}`, operator: 'simulate' })
}
