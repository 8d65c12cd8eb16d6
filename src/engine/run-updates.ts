// The updates of one run in memory, in the order in which they were stored. One is taken when the function is at rest and all that is recorded has been
// delivered to it: so its record stands in the journal exactly where its effect stands in the course of the function.
import { PayloadTooLargeError, UpdateRefusedError, WumboError, errorData } from '../errors.ts'
import { mailRead } from '../model/record.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { Operation, Source } from '../workflow/contract.ts'
import type { AppliedUpdate, BoundUpdate } from '../workflow/updates.ts'
import type { RecordedUpdate } from './function-updates.ts'
import type { RunHost } from './run-host.ts'
import { plainRecord } from './run-records.ts'
import type { RecordsHost } from './run-records.ts'

/** What the paths of updates begin with. */
export const UPDATE = '$update.'

/** The run, as its updates need it. */
export interface UpdatedRun extends RecordsHost {
  readonly source: Source
  readonly replaying: boolean
  readonly undo: { readonly isActive: boolean; readonly isClosing: boolean } | null
  considerLeavingSoon(): void
  /** Asks for a turn: in it the source is at rest. */
  queueTurn(): void
}

interface Offer extends RecordedUpdate {
  readonly number: number
  /** What the schema of this handler made of the arguments. */
  checked: { readonly by: BoundUpdate; readonly args: unknown } | null
}

/** The updates that wait to be taken. */
export class RunUpdates {
  readonly #run: UpdatedRun
  readonly #host: RunHost
  readonly #taken: () => void
  #offers: Offer[] = []
  /** A schema looks at arguments: those that came later wait. */
  #isChecking = false
  /** What begins once the next update has been taken. */
  #held: (() => void)[] = []
  #isReleasing = false

  /** `taken` is called when one has been taken or refused. */
  constructor(run: UpdatedRun, host: RunHost, taken: () => void) {
    this.#run = run
    this.#taken = taken
    this.#host = host
  }

  /** True while one can be taken: the run must stay for it. */
  get isBusy(): boolean {
    return this.#isChecking || this.#next() !== undefined
  }

  /** True while an update that was stored before mail `number` is about to be taken: what came later waits for it. */
  holdsUp(number: number): boolean {
    const next = this.#next()
    return next !== undefined && next.number < number
  }

  /**
   * Holds up what is answered soon while an update is about to be taken, and calls `begin` after it; false when there is none. Without that a function whose
   * steps are all answered at once would never be at rest. After each update what it held up goes on first, so that many updates do not hold it up for long.
   */
  goesFirst({ kind }: Operation, begin: () => void): boolean {
    if (this.#isReleasing || (kind !== 'step' && kind !== 'value') || !this.isBusy) return false
    this.#held.push(begin)
    return true
  }

  #release(): void {
    const held = this.#held
    this.#held = []
    this.#isReleasing = true
    for (const begin of held) if (this.#run.live) begin()
    this.#isReleasing = false
  }

  get numbers(): readonly number[] {
    return this.#offers.map(({ number }) => number)
  }

  take(number: number, name: string, args: unknown): void {
    this.#offers.push({ number, name, args, checked: null })
    if (!this.#run.replaying) this.#run.queueTurn()
  }

  /**
   * Takes the oldest update that the function has a handler for, if the source is at rest: nothing has been delivered to it in this turn. True when
   * another turn is needed.
   */
  turn(isAtRest: boolean): boolean {
    const offer = this.#next()
    if (offer === undefined || this.#isChecking) return false
    if (!isAtRest) return true
    const { journal } = this.#run
    if (!journal.isFree) {
      journal.whenFree(() => this.#run.queueTurn())
      return false
    }
    const bound = this.#run.source.updates?.get(offer.name)
    if (bound === undefined) return false
    if (offer.checked?.by === bound) this.#apply(offer, bound, offer.checked.args)
    else this.#check(offer, bound)
    return true
  }

  /** None while the run is undone: it ends, and what waits is shown as left over. */
  #next(): Offer | undefined {
    const { undo, source } = this.#run
    if (this.#offers.length === 0 || undo?.isActive === true || undo?.isClosing === true) return undefined
    return this.#offers.find(({ name }) => source.updates?.get(name) !== undefined)
  }

  #check(offer: Offer, bound: BoundUpdate): void {
    const passed = (args: unknown): void => {
      offer.checked = { by: bound, args }
    }
    try {
      const args = bound.check === null ? offer.args : bound.check(offer.args)
      if (!(args instanceof Promise)) {
        passed(args)
        return
      }
      this.#isChecking = true
      args.then(passed, (thrown: unknown) => this.#refuse(offer, thrown)).finally(() => {
        this.#isChecking = false
        if (this.#run.live) this.#run.queueTurn()
      }).catch((thrown: unknown) => this.#run.broken(thrown))
    } catch (thrown) {
      this.#refuse(offer, thrown)
    }
  }

  #apply(offer: Offer, bound: BoundUpdate, checked: unknown): void {
    const { name } = offer
    let args
    try {
      args = keptArguments(name, checked, this.#host.payloads.limit)
      this.#run.source.updates?.validate(name, bound, args)
    } catch (thrown) {
      this.#refuse(offer, thrown)
      return
    }
    this.#forget(offer)
    const applied = this.#run.source.updates?.apply(name, bound, args)
    if (applied !== undefined) this.#record(offer, args, applied)
  }

  /** The next number is free, so the record follows the effect at once. */
  #record({ name, number }: Offer, args: unknown, applied: AppliedUpdate): void {
    const { journal } = this.#run
    const fits = fitting(name, args, applied, this.#host.payloads.limit)
    const path = `${UPDATE}${name}[${journal.seq + 1}]`
    const error = fits.status === 'failed' ? fits.error : null
    const { payload } = defaultCodec.snapshot(fits.status === 'failed' ? { name, args } : { name, args, value: fits.value })
    journal.append(plainRecord(this.#run, this.#host, { path, kind: 'update', level: 'effect', status: applied.status, output: payload, error, reads: [mailRead(number)] }))
    this.#release()
    this.#taken()
  }

  /** It is said in the store, so that it is refused for good and its sender is told. */
  #refuse(offer: Offer, thrown: unknown): void {
    if (!this.#run.live) return
    this.#forget(offer)
    const { name, number } = offer
    const error = errorData(thrown instanceof WumboError ? thrown : new UpdateRefusedError(`the arguments of update ${name} could not be checked`, { path: name, cause: thrown }))
    this.#run.journal.mark({ path: `${UPDATE}${name}`, kind: 'refused', attempt: number, at: this.#host.deps.clock.now(), due: null, error }, (_answer, failed) => {
      if (failed !== undefined) this.#run.broken(failed)
      else this.#host.updates.tell(this.#run.row.run)
    })
    this.#release()
    this.#taken()
    this.#run.considerLeavingSoon()
  }

  #forget(offer: Offer): void {
    this.#offers = this.#offers.filter((one) => one !== offer)
  }
}

/** The arguments as they are recorded, and as each replay has them. Throws for what a row does not take. */
export function keptArguments(name: string, args: unknown, limit: number): unknown {
  const { payload, value } = defaultCodec.snapshot(args)
  if (payload.length > limit / 2) throw new PayloadTooLargeError(`the arguments of update ${name} take ${payload.length} characters; an update takes ${Math.floor(limit / 2)}`, { path: 'args', remedy: 'Keep what is large elsewhere, and send where it is.' })
  return value
}

/** A result that is too long for a row is left out, and the sender told so; the status stays what each replay finds. */
function fitting(name: string, args: unknown, applied: AppliedUpdate, limit: number): AppliedUpdate {
  if (applied.status === 'failed') return applied
  const { payload } = defaultCodec.snapshot({ name, args, value: applied.value })
  return payload.length <= limit ? applied : { status: 'failed', error: errorData(new PayloadTooLargeError(`update ${name} was done, and its result takes too many characters to be kept: ${payload.length} with its arguments, of ${limit}`, { path: name, remedy: 'Let the handler give less, and ask for the rest with a query.' })) }
}
