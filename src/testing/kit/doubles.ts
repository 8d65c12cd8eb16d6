// What stands in for steps: stubs in place of templates, and faults. One set of doubles serves all processes of a test; what dies is up to
// whoever runs them.
import type { AskedStep, WorkflowFinder } from '../../engine/ports.ts'
import { ConfigInvalidError, OutputInvalidError, StepTimeoutError, TransactionUnsupportedError, type WumboError } from '../../errors.ts'
import { labelOf, makeTemplate } from '../../template/callable.ts'
import type { AnyTemplate, Schema, TemplateContext } from '../../template/contract.ts'
import { asFailure } from '../../template/failure.ts'
import { WORKFLOW_NAME } from '../../model/workflow.ts'
import { jsonSchema } from '../../workflow/input-schema.ts'
import { whileAsleep } from './bodies.ts'
import type { Fault, FaultOptions, Stub, StubAnswer, StubCall, StubbedWorkflow, Target } from './contract.ts'
import { readFault } from './fault-options.ts'
import { shownTarget, stepMatcher } from './target.ts'
import type { StepMatcher } from './target.ts'
import { stubTemplateName, withStubs } from './stub-workflow.ts'
import { isThenable } from '../../shared/thenable.ts'

/** The process in which a step runs, as far as its doubles need it. */
export interface DoublesHost {
  isAlive(): boolean
  kill(): void
  /** Dies as soon as the step is recorded. */
  killOnRecord(run: string, path: string): void
  /** A body begins, whether it is a template's or a stub's. */
  began(run: string, path: string, step: AskedStep): void
  /** Comes before the body of each attempt, which fails when this does. */
  readonly around?: (step: AskedStep, attempt: number) => Promise<void>
}

type Call = { -readonly [K in keyof StubCall<unknown, unknown>]: StubCall<unknown, unknown>[K] }

interface OwnStub {
  readonly isFor: StepMatcher
  readonly answer: StubAnswer<unknown, unknown>
  readonly calls: Call[]
  /** The workflow that it stands in for. */
  readonly workflow?: string
}

interface OwnFault {
  readonly isFor: StepMatcher
  readonly target: string
  readonly options: Required<Pick<FaultOptions, 'attempt' | 'times'>> & FaultOptions
  /** Attempts that it has happened to. */
  readonly fired: Set<string>
  /** It has happened in this run of the test, or in an earlier one of a sweep. */
  hasFired: boolean
}

const NEVER = new Promise<never>(() => undefined)

/** The doubles of one test. */
export class Doubles {
  #stubs: readonly OwnStub[] = []
  #faults: readonly OwnFault[] = []
  /** Attempts whose body has begun. */
  readonly #seen = new WeakSet<TemplateContext>()
  /** What a stub gave in an attempt. */
  readonly #given = new WeakMap<TemplateContext, { readonly value: unknown }>()

  stub(target: Target, answer: StubAnswer<never, unknown>): Stub<never, never> {
    return this.#add({ isFor: stepMatcher(target), answer: answer as StubAnswer<unknown, unknown>, calls: [] })
  }

  /** Stands in for the children of a workflow. */
  stubWorkflow(target: StubbedWorkflow, answer: unknown): Stub<never, never> {
    const workflow = nameOf(target)
    const template = stubTemplateName(workflow)
    const given = typeof answer === 'function' ? (answer as StubAnswer<unknown, unknown>) : () => answer
    return this.#add({ isFor: (step) => step.template.meta.name === template, answer: given, calls: [], workflow })
  }

  /** Finds the workflows of children, stubbed or not. */
  finder(finder: WorkflowFinder): WorkflowFinder {
    return withStubs(finder, (name) => this.#stubs.some(({ workflow }) => workflow === name))
  }

  #add(own: OwnStub): Stub<never, never> {
    this.#stubs = [own, ...this.#stubs]
    return {
      get calls() {
        return own.calls as unknown as Stub<never, never>['calls'] // the caller's signature names the types of its template
      },
      restore: () => {
        this.#stubs = this.#stubs.filter((one) => one !== own)
      },
    }
  }

  fault(target: Target, options: FaultOptions): Fault {
    const own: OwnFault = { isFor: stepMatcher(target), target: shownTarget(target), options: readFault(options), fired: new Set(), hasFired: false }
    this.#faults = [...this.#faults, own]
    return {
      get fired() {
        return own.fired.size
      },
      restore: () => {
        this.#faults = this.#faults.filter((one) => one !== own)
      },
    }
  }

  /** The targets of faults that have never happened. */
  get unfired(): readonly string[] {
    return this.#faults.filter(({ hasFired }) => !hasFired).map(({ target, options }) => `${target}, attempt ${options.attempt}`)
  }

  /** Faults may happen again, as at the beginning. */
  rearm(): void {
    for (const fault of this.#faults) fault.fired.clear()
  }

  /** What is run in place of a step. */
  standIn(step: AskedStep, host: DoublesHost): AskedStep {
    const { transaction: _transaction, ...members } = step.template
    const twin = makeTemplate<never, unknown>({
      ...members,
      level: step.template.level === 'transaction' ? 'effect' : step.template.level,
      invoke: (checked, context) => {
        if (this.#seen.has(context)) return this.#again(step, checked, context)
        this.#seen.add(context)
        return this.#invoke(step, { checked, context, host })
      },
    })
    return { ...step, template: twin }
  }

  #invoke(step: AskedStep, { checked, context, host }: { readonly checked: unknown; readonly context: TemplateContext; readonly host: DoublesHost }): unknown {
    if (!host.isAlive()) return NEVER
    const run = context.run?.id ?? ''
    const fault = this.#faultOf(step, context)
    if (fault?.crash === 'start') {
      host.kill()
      return NEVER
    }
    host.began(run, step.path, step)
    if (fault?.error !== undefined) throw asFailure(typeof fault.error === 'string' ? new Error(fault.error) : fault.error, labelOf(step.template.meta))
    if (fault?.timeout === true) return whileAsleep(hang(step, context))
    if (fault?.crash === 'after') host.killOnRecord(run, step.path)
    const given = host.around === undefined ? this.#body(step, checked, context) : this.#later(step, { checked, context, host })
    if (!(given instanceof Promise)) return fault?.crash === 'before' ? die(host) : given
    return given.then((value: unknown) => (!host.isAlive() ? NEVER : fault?.crash === 'before' ? die(host) : value))
  }

  /** A body with something before it. Pure steps have no second look then, as those that are asynchronous. */
  async #later(step: AskedStep, { checked, context, host }: { readonly checked: unknown; readonly context: TemplateContext; readonly host: DoublesHost }): Promise<unknown> {
    try {
      await host.around?.(step, context.attempt)
    } catch (thrown) {
      throw asFailure(thrown, labelOf(step.template.meta))
    }
    return host.isAlive() ? this.#body(step, checked, context) : NEVER
  }

  /** The second look at a pure step: no call of its own for a stub, which need not be pure, and no occasion for a fault. */
  #again({ template }: AskedStep, checked: unknown, context: TemplateContext): unknown {
    const stubbed = this.#given.get(context)
    return stubbed === undefined ? template.invoke(checked, context) : stubbed.value
  }

  /** An attempt that is begun again after a crash fails again; a crash comes once. */
  #faultOf(step: AskedStep, context: TemplateContext): FaultOptions | undefined {
    const key = context.executionId
    const fault = this.#faults.find(({ isFor, options, fired }) => {
      if ((options.attempt !== 'any' && options.attempt !== context.attempt) || !isFor(step)) return false
      return fired.has(key) ? options.crash === undefined : fired.size < options.times
    })
    if (fault === undefined) return undefined
    fault.fired.add(key)
    fault.hasFired = true
    return fault.options
  }

  #body(step: AskedStep, checked: unknown, context: TemplateContext): unknown {
    const { template, input, path } = step
    const stub = this.#stubs.find(({ isFor }) => isFor(step))
    if (stub !== undefined) {
      const value = answerOf(stub, step, { input, context })
      this.#given.set(context, { value })
      return value
    }
    if (template.level !== 'transaction') return template.invoke(checked, context)
    throw new TransactionUnsupportedError(`${path}: ${template.meta.name} is a transaction of a store of kind ${template.transaction?.store ?? '?'}, and a test has its store in memory`, {
      path, remedy: `Stub it: t.stub(${template.meta.name}, (input) => …). Test what it does to the database on a database.`,
    })
  }
}

function nameOf(target: StubbedWorkflow): string {
  const name: unknown = typeof target === 'string' ? target : (target as { readonly name?: unknown } | null)?.name
  if (typeof name === 'string' && WORKFLOW_NAME.test(name)) return name
  throw new ConfigInvalidError(`target: expected a workflow or its name, got ${typeof target === 'string' ? JSON.stringify(target) : typeof target}`, { path: 'target' })
}

function die(host: DoublesHost): Promise<never> {
  host.kill()
  return NEVER
}

/** Gives no answer until the attempt is aborted. */
async function hang({ path, options, template }: AskedStep, { signal }: TemplateContext): Promise<never> {
  if ((options.timeout ?? template.defaults.timeout ?? options.heartbeatTimeout ?? template.defaults.heartbeatTimeout ?? options.totalTimeout) === undefined) {
    throw new StepTimeoutError(`a fault lets ${path} hang until its time limit, and the step has none`, { path, retryable: false, remedy: 'Give the step a timeout, or let the fault be an error.' })
  }
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
}

function answerOf(stub: OwnStub, step: AskedStep, { input, context }: { readonly input: unknown; readonly context: TemplateContext }): unknown {
  const { template, path } = step
  const call: Call = {
    input, run: context.run?.id ?? '', path, attempt: context.attempt, idempotencyKey: context.idempotencyKey ?? '', at: context.now(), output: undefined, error: undefined,
  }
  stub.calls.push(call)
  const failed = (thrown: unknown): WumboError => {
    call.error = thrown
    return asFailure(thrown, labelOf(template.meta))
  }
  const checked = (output: unknown): unknown => {
    checkOutput(template, output)
    return (call.output = output)
  }
  try {
    const given = stub.answer(input, context)
    if (!isThenable(given)) return checked(given)
    return Promise.resolve(given).then(checked).catch((thrown: unknown) => Promise.reject(failed(thrown)))
  } catch (thrown) {
    throw failed(thrown)
  }
}

/** The published output schemas as checks; null for one that says more than can be checked. */
const checks = new WeakMap<object, Schema | null>()

/** A stub must give what its template could have given. */
function checkOutput({ schemas, meta }: AnyTemplate, output: unknown): void {
  let schema = checks.get(schemas)
  if (schema === undefined) checks.set(schemas, (schema = compiled(schemas.output)))
  const result = schema?.['~standard'].validate(output)
  if (result === undefined || result instanceof Promise || result.issues === undefined) return
  const told = result.issues.map(({ path, message }) => `${['output', ...(path ?? []).map((part) => String(typeof part === 'object' ? part.key : part))].join('.')}: ${message}`)
  throw new OutputInvalidError(`the stub of ${labelOf(meta)} gave what the template's output schema refuses: ${told.join('; ')}`, { path: meta.name, remedy: 'Let the stub give what the template would.' })
}

function compiled(schema: AnyTemplate['schemas']['output']): Schema | null {
  try {
    return jsonSchema(schema)
  } catch {
    return null
  }
}
