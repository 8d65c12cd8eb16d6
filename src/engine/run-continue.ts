// How a run continues as new: the function has ended with another input, and the next generation begins with it and an empty journal. What was sent and nothing
// has taken stays; of what was taken the id stays where the sender chose it, so that sent again it is still known.
import { errorData } from '../errors.ts'
import type { Mail, RunRow } from '../model/run.ts'
import type { Payload } from '../model/payload.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { StoreOp } from '../store/port.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { patiently } from './patient-read.ts'
import { settlePayload } from './payloads.ts'
import { lost } from './run-exit.ts'
import type { Departure, RunHost } from './run-host.ts'
import type { RunJournal } from './run-journal.ts'

/** Who continues a run, and why: what its generation says. */
export const CONTINUED = { by: 'engine', reason: 'continued as new' } as const

/** The run, as its continuation needs it. */
export interface ContinuingRun {
  readonly row: RunRow
  readonly journal: RunJournal
  closeChildren(then: () => void): void
  leave(departure: Departure): void
}

/** The next input as it is stored. Rejects for one that the workflow does not take. */
export async function nextInput(workflow: AnyWorkflow, input: unknown, host: RunHost): Promise<Payload> {
  return settlePayload(defaultCodec.snapshot(await workflow.check(input)).payload, host.payloads)
}

/** Begins the next generation; `open` are the numbers of the mail that waits to be taken. */
export function continueRun(run: ContinuingRun, host: RunHost, { input, open }: { readonly input: Payload; readonly open: ReadonlySet<number> }): void {
  run.journal.whenFree(() => run.closeChildren(() => {
    patiently(host.deps, () => host.deps.store.mail(run.row, 0), () => host.usable() && !run.journal.isClosed).then((mail) => write(run, host, { input, ...spent(mail, open) }), (thrown: unknown) => run.leave(lost(thrown)))
  }))
}

type Change = Pick<Extract<StoreOp, { op: 'continue' }>, 'input' | 'drop' | 'blank'>

function write(run: ContinuingRun, host: RunHost, change: Change): void {
  if (run.journal.isClosed) return
  const { space, run: id, gen } = run.row
  run.journal.abandon()
  const generation = { space, run: id, gen: gen + 1, baseSeq: 0, at: host.deps.clock.now(), ...CONTINUED }
  host.flusher.add({ op: 'continue', generation, ...change }, id, 200 + change.input.length, (_answer, error) => {
    if (error !== undefined) host.deps.log.error('a run could not continue as new', { run: id, error: errorData(error).message })
    run.leave(error === undefined ? { how: 'continued' } : lost(error))
  })
}

/** What of the mail is of no more use: all that was read, but what waits to be taken and the last word about a pause. */
function spent(mail: readonly Mail[], open: ReadonlySet<number>): { readonly drop: readonly number[]; readonly blank: readonly number[] } {
  const pause = mail.findLast(({ kind }) => kind === 'pause' || kind === 'resume')
  const over = mail.filter((one) => one !== pause && one.kind !== 'taken' && !open.has(one.number))
  const isChosen = ({ id }: Mail): boolean => id.startsWith('signal:') || id.startsWith('update:') || id.startsWith('ask:')
  return { drop: over.filter((one) => !isChosen(one)).map(({ number }) => number), blank: over.filter(isChosen).map(({ number }) => number) }
}
