// Replays a recorded run: the workflow's code runs against the recorded answers, no body does. What it asks for now is held against what it
// asked for then, in the order in which the answers came.
import { redo } from '../../engine/function-updates.ts'
import { FunctionSource } from '../../engine/function-source.ts'
import type { RecordedOperation, RunRecording } from '../../engine/recording.ts'
import { Replay } from '../../engine/replay.ts'
import { NonDeterminismError, errorData, errorFromData, type ErrorData } from '../../errors.ts'
import { DEFAULT_SPACE } from '../../model/run.ts'
import { defaultCodec } from '../../shared/codec.ts'
import { hashText } from '../../shared/hash.ts'
import { quietLogger } from '../../template/log.ts'
import { plainVersion } from '../../template/signature.ts'
import { isClosing } from '../../workflow/closing-paths.ts'
import type { AnyWorkflow, Cut, Operation, Source, SourceHost } from '../../workflow/contract.ts'
import { settle } from '../virtual-time.ts'
import { shownValue } from './journal.ts'
import { readRecording, recordedValue } from './recording.ts'

/** Characters of a value in a message, at most. */
const MAX_SHOWN = 500

/** What a replay has shown. */
export interface ReplayReport {
  /** Recorded answers that were given. */
  readonly answers: number
  /** How the run stood when it was recorded; the code came to the same. */
  readonly status: RunRecording['run']['status']
}

/**
 * Runs a workflow's code against the answers that a run of it recorded, without running a body: a regression test for changes of the code. A
 * run that had not ended is replayed as far as it had come.
 *
 * Throws NonDeterminismError (NON_DETERMINISM) for the first difference: with the path of the step, what is recorded (`details.recorded`) and
 * what the code asks for (`details.asked`). Throws ConfigInvalidError for what is no recording, or one of another workflow.
 * @example
 * await replayRun(new URL('./order-17.json', import.meta.url), order)
 */
export async function replayRun(from: RunRecording | string | URL, workflow: AnyWorkflow): Promise<ReplayReport> {
  const recording = await readRecording(from)
  const { run } = recording
  if (run.workflow !== workflow.name) throw difference('$run', { seq: 0, recorded: `a run of ${run.workflow}`, asked: `the workflow ${workflow.name}` })
  // What the engine records by itself has a path that no workflow can ask for.
  const own = { ...recording, records: recording.records.filter(({ path, kind }) => !path.startsWith('$') || kind === 'update' || isClosing(path)) }
  const code = new ReplayedCode(own, workflow)
  return code.run()
}

type End = { readonly status: 'completed'; readonly output: unknown } | { readonly status: 'failed'; readonly error: ErrorData }

class ReplayedCode implements SourceHost {
  readonly row: { readonly run: string; readonly gen: number; readonly workflow: string; readonly version: string }
  readonly replaying = true
  readonly #recording: RunRecording
  readonly #source: Source
  readonly #replay: Replay
  readonly #asked = new Map<string, Operation>()
  #end: End | null = null

  constructor(recording: RunRecording, workflow: AnyWorkflow) {
    const { run, records } = recording
    this.#recording = recording
    this.row = { run: run.id, gen: run.gen, workflow: run.workflow, version: run.version }
    const none: ReadonlyMap<string, never> = new Map<string, never>()
    const history = {
      records: records.map((record) => ({ record: { ...record, space: DEFAULT_SPACE, run: run.id }, output: recordedValue(record.output) })),
      marks: none, tried: none, deadlines: none, loose: none, lastSeq: records.at(-1)?.seq ?? 0,
    }
    this.#replay = new Replay(history)
    if (workflow.form === 'graph') this.#source = workflow.source(cutFor(recording))
    else {
      const source = new FunctionSource(workflow, quietLogger)
      source.attach(this)
      this.#source = source
    }
  }

  open(operation: Operation): void {
    this.#asked.set(operation.path, operation)
    // Templates and inputs are compared here, where both sides can be shown.
    this.#replay.asked(operation, null)
  }

  drop(path: string): void {
    this.#replay.drop(path)
  }

  complete(output: unknown): void {
    this.#end ??= { status: 'completed', output }
  }

  fail(error: unknown): void {
    this.#end ??= { status: 'failed', error: errorData(error) }
  }

  get replay(): Replay {
    return this.#replay
  }

  beat(): void {
    // Nothing runs whose heartbeat it could be.
  }

  async run(): Promise<ReplayReport> {
    const { run, records } = this.#recording
    this.#source.begin(defaultCodec.decode(run.input), this)
    let answers = 0
    for (let record = records[0]; record !== undefined; record = records[answers]) {
      await settle()
      if (this.#end !== null) break
      this.#compare(record)
      const step = this.#replay.next()
      if (step.kind === 'mismatch') throw this.#differs(record)
      if (step.kind === 'done') break
      if (step.kind === 'later') {
        await step.ready
        continue
      }
      if (step.kind === 'update') {
        const error = redo(this.#source.updates, step.record, step.given)
        if (error !== null) throw difference(record.path, { seq: record.seq, recorded: `update ${step.given.name}`, asked: error.message })
        answers++
        continue
      }
      // A patch that the recorded run knew nothing of is answered and has no record.
      if (step.path === record.path) answers++
      this.#asked.delete(step.path)
      this.#source.deliver(step.path, step.outcome)
    }
    await settle()
    this.#judge()
    this.#source.abandon?.(() => new NonDeterminismError('the replay is over'))
    return { answers, status: run.status }
  }

  #compare(record: RecordedOperation): void {
    const operation = this.#asked.get(record.path)
    if (operation?.kind !== 'step' || record.kind !== 'step') return
    const { name, version } = operation.template.meta
    const { seq, path } = record
    if (record.template !== name || plainVersion(record.templateVersion ?? '?') !== version) throw difference(path, { seq, recorded: `template ${record.template ?? '?'}@${plainVersion(record.templateVersion ?? '?')}`, asked: `template ${name}@${version}` })
    if (record.inputHash === null) return
    const payload = defaultCodec.snapshot(operation.input, { name: `${path}.input` }).payload
    if (hashText(payload) === record.inputHash) return
    throw difference(path, { seq, recorded: record.input === null ? 'another input, which was too long to be kept' : `input ${shownValue(recordedValue(record.input), MAX_SHOWN)}`, asked: `input ${shownValue(operation.input, MAX_SHOWN)}` })
  }

  #differs({ path, seq, kind, template }: RecordedOperation): NonDeterminismError {
    const asked = this.#asked.get(path)
    const others = [...this.#asked.values()].map(described)
    return difference(path, { seq, recorded: template === null ? `a ${kind}` : `a step with ${template}`, asked: asked === undefined ? (others.length === 0 ? 'nothing' : others.slice(0, 5).join(', ')) : described(asked) })
  }

  #judge(): void {
    const { run } = this.#recording
    const end = this.#end
    const unasked = end === null ? null : this.#replay.unasked()
    const record = unasked === null ? undefined : this.#recording.records.find(({ path }) => path === unasked.path)
    if (record !== undefined) throw difference(record.path, { seq: record.seq, recorded: `a ${record.kind}`, asked: 'nothing: it ends before' })
    // It has not ended, or what ended it came from outside: as for the engine, what comes after the records is the code's own affair.
    if ((run.status !== 'completed' && run.status !== 'failed') || run.error?.code === 'RUN_TIMEOUT') return
    if (end === null) {
      const [first] = this.#replay.unanswered
      throw difference(first?.path ?? '$run', { seq: 0, recorded: `nothing: the run has ${run.status} by then`, asked: first === undefined ? 'nothing, and it does not end' : described(first) })
    }
    const recorded: End = run.status === 'completed' ? { status: 'completed', output: recordedValue(run.output) } : { status: 'failed', error: run.error ?? errorData(undefined) }
    const isSame = end.status === 'completed' ? recorded.status === 'completed' && payloadOf(end.output) === payloadOf(recorded.output) : recorded.status === 'failed' && recorded.error.code === end.error.code && recorded.error.path === end.error.path
    if (!isSame) throw difference('$run', { seq: 0, recorded: shownEnd(recorded), asked: shownEnd(end) })
  }
}

/** Where a graph was cut by a cancel or by its timeout, to do what it does at its end. */
function cutFor({ run, records }: RunRecording): Cut | undefined {
  const after = records.findIndex(({ path }) => isClosing(path))
  if (after === -1 || !(run.status === 'cancelled' || run.error?.code === 'RUN_TIMEOUT')) return undefined
  return { after, outcome: run.status === 'cancelled' ? 'cancelled' : 'failed', error: run.status === 'cancelled' || run.error === null ? null : errorFromData(run.error) }
}

function payloadOf(value: unknown): string {
  return defaultCodec.snapshot(value).payload
}

function described(operation: Operation): string {
  return operation.kind === 'step' ? `a step ${operation.path} with ${operation.template.meta.name}` : `a ${operation.kind} ${operation.path}`
}

function shownEnd(end: End): string {
  return end.status === 'completed' ? `output ${shownValue(end.output, MAX_SHOWN)}` : `failure ${end.error.code}: ${end.error.message}`
}

function difference(path: string, { seq, recorded, asked }: { readonly seq: number; readonly recorded: string; readonly asked: string }): NonDeterminismError {
  const place = path === '$run' ? 'the run' : seq === 0 ? path : `${path} (number ${seq} in the journal)`
  return new NonDeterminismError(`${place}: recorded is ${recorded}; the code asks for ${asked}`, { path, details: { seq, path, recorded, asked }, remedy: 'Raise the version of the workflow, so that old runs keep the code that they began with; or record the run anew when the change is wanted and no such run lives.' })
}
