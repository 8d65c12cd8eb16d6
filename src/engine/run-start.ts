// How runs come to be: somebody starts one from outside, or a run starts a child. Both become durable with the next flush, and go on here at once when
// the memory has room and the queue is taken here; else they wait in the store for whoever takes them.
import { LaneFencedError, OverloadedError } from '../errors.ts'
import { parentKey } from '../model/child.ts'
import type { Payload } from '../model/payload.ts'
import type { RunEvent } from '../model/event.ts'
import type { RunRow } from '../model/run.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { OpAnswer, StoreOp } from '../store/port.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import type { ChildToStart } from './child-start.ts'
import { cleanUpAhead } from './clean-up.ts'
import type { Completion } from './completion.ts'
import type { Flusher } from './flush.ts'
import { settlePayload } from './payloads.ts'
import type { PayloadHost } from './payloads.ts'
import type { EngineDeps } from './ports.ts'
import { checkKey, checkQueue, keyHash, keyReused, startInDoubt, takesQueue } from './start-options.ts'
import type { Entering } from './takeover.ts'
import { checkTransactions } from './transaction-check.ts'

/** A start that was accepted: durable, whether it is new or was there before. */
export interface Accepted {
  readonly run: string
  /** True when the key was taken and this is the run that it stands for. */
  readonly existing: boolean
  readonly completion: Completion | null
}

/** What starting needs of the engine. */
export interface StartHost {
  readonly deps: EngineDeps
  readonly flusher: Flusher
  readonly payloads: PayloadHost
  newRow(workflow: AnyWorkflow, given: { input: Payload; key: string | null; queue: string; now: number }): RunRow
  saveDefinition(workflow: AnyWorkflow, at: number): void
  /** Runs in memory. */
  hot(): number
  emit(event: RunEvent): void
  enter(entering: Entering): void
  /** A run waits in the store. */
  soon(): void
  completion(run: string): Completion
}

/** Starts runs. */
export class RunStarts {
  readonly #host: StartHost
  /** Those that are on their way to the disk. */
  #starting = 0

  constructor(host: StartHost) {
    this.#host = host
  }

  /** Accepts a run. Resolves once it is durable; refused input, a full buffer and a reused key reject. */
  async start(workflow: AnyWorkflow, input: unknown, options: { readonly key?: string; readonly queue?: string }): Promise<Accepted> {
    const { deps, flusher } = this.#host
    const { limits, clock } = deps
    // Where others stand in for steps it shows only then whether a transaction is left.
    if (deps.standIn === undefined) checkTransactions(workflow, deps.store)
    if (flusher.waitingBytes > limits.bufferBytes) {
      throw new OverloadedError(`${flusher.waitingBytes} bytes wait to be written; no run is accepted above ${limits.bufferBytes}`, { retryAfter: 1000 })
    }
    // Nothing is awaited that need not be: what is refused by the bytes that wait must see those of the start before.
    const checking = this.#checked(workflow, input)
    const checked = checking instanceof Promise ? await checking : checking
    const now = clock.now()
    const row = this.#host.newRow(workflow, { input: checked.payload, key: options.key ?? null, queue: checkQueue(options.queue), now })
    const hash = options.key === undefined ? '' : keyHash(workflow.name, input)
    const key = options.key === undefined ? null : { key: checkKey(options.key), hash, expiresAt: now + limits.keyTtlMs }
    const { answer, isFree } = await this.#begin({ row, workflow, value: checked.value }, { key, once: false })
    if (answer?.answer === 'exists') {
      if (answer.hash !== hash) throw keyReused(options.key ?? '', answer.run)
      return { run: answer.run, existing: true, completion: null }
    }
    // A run that others may work on is looked for in the store.
    const completion = isFree && deps.store.isShared ? null : this.#host.completion(row.run)
    this.#go({ row, workflow, value: checked.value }, isFree)
    return { run: row.run, existing: false, completion }
  }

  /** Starts a child, unless it was started before. Rejects for input that its workflow does not take, and where that is not known. */
  async child({ id, link, start, queue }: ChildToStart): Promise<'new' | 'known'> {
    const { deps } = this.#host
    const workflow = await deps.workflows.child(start.workflow)
    if (deps.standIn === undefined) checkTransactions(workflow, deps.store)
    const { payload, value } = await this.#checked(workflow, start.input)
    const row: RunRow = { ...this.#host.newRow(workflow, { input: payload, key: parentKey(link), queue: checkQueue(queue), now: deps.clock.now() }), run: id }
    const { answer, isFree } = await this.#begin({ row, workflow, value }, { key: null, once: true })
    if (answer?.answer === 'exists') return 'known'
    this.#go({ row, workflow, value }, isFree)
    return 'new'
  }

  #checked(workflow: AnyWorkflow, input: unknown): Checked | Promise<Checked> {
    const pending = workflow.check(input)
    return pending instanceof Promise ? pending.then((value) => this.#kept(value)) : this.#kept(pending)
  }

  #kept(checked: unknown): Checked | Promise<Checked> {
    const { payload, value } = defaultCodec.snapshot(checked)
    const stored = settlePayload(payload, this.#host.payloads)
    return typeof stored === 'string' ? { payload: stored, value } : stored.then((kept) => ({ payload: kept, value }))
  }

  async #begin({ row, workflow }: Begun, { key, once }: { readonly key: Extract<StoreOp, { op: 'start' }>['key']; readonly once: boolean }): Promise<{ readonly answer: OpAnswer | undefined; readonly isFree: boolean }> {
    const { deps } = this.#host
    this.#host.saveDefinition(workflow, row.createdAt)
    // More runs than the memory is to hold: this one waits its turn in the store, from its first moment on.
    const isFree = this.#host.hot() + this.#starting >= deps.limits.hotRuns || !takesQueue(deps.queues, row.queue)
    return { answer: await this.#add({ op: 'start', run: row, key, ...(isFree ? { isFree: true } : {}), ...(once ? { once: true } : {}) }), isFree }
  }

  #add(op: Extract<StoreOp, { op: 'start' }>): Promise<OpAnswer | undefined> {
    return new Promise((resolve, reject) => {
      this.#starting++
      this.#host.flusher.add(op, op.run.run, 150 + op.run.input.length, (answer, error) => {
        this.#starting--
        if (error === undefined) resolve(answer)
        else reject(error instanceof LaneFencedError && this.#host.deps.store.isShared ? startInDoubt(error) : error)
      })
    })
  }

  #go({ row, workflow, value }: Begun, isFree: boolean): void {
    if (this.#host.deps.observers.size > 0) this.#host.emit({ type: 'run.started', run: row.run, workflow: row.workflow, at: row.createdAt })
    if (isFree) this.#host.soon()
    else this.#host.enter({ row, workflow, input: value, history: null, trial: null, paused: false, cleanUp: cleanUpAhead(workflow, null) })
  }
}

/** An input that its workflow takes. */
interface Checked {
  readonly payload: Payload
  readonly value: unknown
}

/** A run that has just been made. */
interface Begun {
  readonly row: RunRow
  readonly workflow: AnyWorkflow
  readonly value: unknown
}
