// What is sent to runs from outside: requests to cancel, to pause and to resume, signals, decisions. Each is stored in the run's inbox, whoever
// owns the run: accepted is not done. The run reads it by itself: run-inbox.ts.
import { ApprovalNotOpenError, DefinitionError, RunFinishedError, RunNotFoundError, SignalInvalidError } from '../errors.ts'
import type { Payload } from '../model/payload.ts'
import { DEFAULT_SPACE, isEnd } from '../model/run.ts'
import type { MailKind, RunKey } from '../model/run.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { JsonSchema } from '../template/contract.ts'
import { compileCheck } from '../template/validator.ts'
import { jsonSchema } from '../workflow/input-schema.ts'
import { signalAddress, type Decision } from '../workflow/waiting.ts'
import type { OpAnswer, StoreOp } from '../store/port.ts'
import { checkOptions } from './known-options.ts'
import { checkSignalId, checkSignalName } from './mail-waits.ts'
import { openApprovals } from './open-approvals.ts'
import type { OpenApproval } from './open-approvals.ts'
import { readValue, settlePayload } from './payloads.ts'
import type { PayloadHost } from './payloads.ts'
import type { EngineDeps } from './ports.ts'
import type { MigrationBody } from './migration.ts'
import type { MailBody } from './run-inbox.ts'

/** What the postbox needs of the engine. */
export interface PostboxHost {
  readonly deps: EngineDeps
  readonly payloads: PayloadHost
  newId(): string
  submit(op: StoreOp, bytes: number): Promise<OpAnswer | undefined>
  /** Mail is stored; `isOwned` tells that a lane had the run then. */
  sent(run: RunKey, isOwned: boolean, kind: MailKind): Promise<void>
}

/** How a signal is sent. */
export interface SendOptions {
  /** Tells apart waits of one name: the key that the wait was given. */
  readonly key?: string | number
  /** The sender's own id of the signal: the same id for the same run is stored once, the first stands. 1 to 200 characters. */
  readonly id?: string
}

/** What is decided of an approval. */
export interface DecisionToSend {
  readonly approved: boolean
  /** Who decides. */
  readonly by: string
  readonly form?: unknown
  readonly comment?: string
}

/** The way into the inboxes of runs. */
export class Postbox {
  readonly #host: PostboxHost

  constructor(host: PostboxHost) {
    this.#host = host
  }

  /** Asks a run to cancel, to pause, or to go on. Under an id of the sender's own it is stored once, however often it is sent. */
  async ask(run: string, kind: 'cancel' | 'pause' | 'resume', id?: string): Promise<void> {
    await this.#send(run, { kind, id: id === undefined ? this.#host.newId() : `ask:${id}`, body: null, sentAt: this.#host.deps.clock.now() }, kind)
  }

  /** Sends a signal. */
  async signal(run: string, name: string, payload: unknown, { key, id }: SendOptions = {}): Promise<void> {
    const body: MailBody = { address: signalAddress(checkSignalName(name), key), payload }
    const mailId = id === undefined ? this.#host.newId() : `signal:${checkSignalId(id)}`
    await this.#send(run, { kind: 'signal', id: mailId, body: await this.#settled(body), sentAt: this.#host.deps.clock.now() }, `signal ${name}`)
  }

  /** An id for mail whose sender gave none. */
  newId(): string {
    return this.#host.newId()
  }

  /** Hands an update to the run; under the mail's own id it is stored once. */
  async update(run: string, id: string, body: MailBody): Promise<void> {
    await this.#send(run, { kind: 'update', id, body: await this.#settled(body), sentAt: this.#host.deps.clock.now() }, `update ${body.address}`)
  }

  /**
   * Decides an approval that is open: by its path, which is its name outside of scopes. The form is checked against what the approval asks for.
   * When two decide at once the first that is stored counts; the other is shown as a leftover.
   */
  async decide(run: string, path: string, sent: DecisionToSend): Promise<void> {
    checkOptions('decision', sent, `approval ${path}`)
    const { approved, by, form, comment } = sent
    // Also of those who come without types.
    if (typeof approved !== 'boolean') throw new DefinitionError(`approval ${path}: approved: expected true or false, got ${JSON.stringify(approved) ?? 'nothing'}`, { path: 'approved' })
    if (comment !== undefined && typeof comment !== 'string') throw new DefinitionError(`approval ${path}: comment: expected a text, got ${typeof comment}`, { path: 'comment' })
    if (typeof by !== 'string' || by === '') throw new DefinitionError(`approval ${path}: by: expected who decides, got ${JSON.stringify(by) ?? 'nothing'}`, { path: 'by' })
    const open = await this.#open(run)
    const found = open.find((one) => one.path === path)
    if (found === undefined) {
      const others = open.length === 0 ? 'it waits for none at the moment' : `it waits for ${open.map((one) => one.path).join(', ')}`
      throw new ApprovalNotOpenError(`run ${run} does not wait for approval ${path}; ${others}`, { path })
    }
    if (found.form !== null && (approved || form !== undefined)) await checkForm(path, found.form, form)
    const sentAt = this.#host.deps.clock.now()
    const decision: Decision<unknown> = { approved, by, at: sentAt, form, comment: comment ?? null }
    await this.#send(run, { kind: 'approval', id: this.#host.newId(), body: await this.#settled({ address: path, payload: decision }), sentAt }, `decision on ${path}`)
  }

  /** Asks a run to go on with another version of its workflow: it looks by itself whether it fits. */
  async migrate(run: string, body: MigrationBody): Promise<void> {
    const payload = settlePayload(defaultCodec.snapshot(body).payload, this.#host.payloads)
    await this.#send(run, { kind: 'migrate', id: this.#host.newId(), body: await payload, sentAt: this.#host.deps.clock.now() }, 'other version')
  }

  async #open(run: string): Promise<readonly OpenApproval[]> {
    const { store } = this.#host.deps
    const loaded = await store.load({ space: DEFAULT_SPACE, run })
    if (loaded === undefined) throw new RunNotFoundError(`there is no run ${run}`)
    if (isEnd(loaded.run.status)) throw new RunFinishedError(`run ${run} has ended; there is nothing to decide`)
    return openApprovals(loaded, (payload) => readValue(payload, this.#host.payloads))
  }

  async #settled(body: MailBody): Promise<Payload> {
    return settlePayload(defaultCodec.snapshot(body).payload, this.#host.payloads)
  }

  async #send(run: string, mail: { readonly kind: MailKind; readonly id: string; readonly body: Payload | null; readonly sentAt: number }, what: string): Promise<void> {
    const key: RunKey = { space: DEFAULT_SPACE, run }
    const answer = await this.#host.submit({ op: 'send', mail: { ...key, ...mail } }, 100 + (mail.body?.length ?? 0))
    if (answer?.answer === 'missing') throw new RunNotFoundError(`there is no run ${run}`)
    if (answer?.answer === 'finished') throw new RunFinishedError(`run ${run} has ended; ${mail.kind === 'cancel' ? 'there is nothing to cancel' : `it takes no ${what}`}`)
    await this.#host.sent(key, answer?.answer === 'sent' && answer.owned, mail.kind)
  }
}

/** Checks a form at the door, as far as its JSON Schema can be checked here; the wait itself checks it by the schema in the code. */
async function checkForm(path: string, form: JsonSchema, value: unknown): Promise<void> {
  let schema
  try {
    schema = jsonSchema(form)
  } catch {
    return
  }
  await compileCheck(schema, { owner: `approval ${path}`, what: 'form', failure: SignalInvalidError })(value)
}
