// Takes the recording of a run out of a Wumbo, and reads one again: what is replayed as a regression test. The values in it can be changed on
// their way out, so that no secret comes into a repository.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { RECORDING_FORMAT } from '../../engine/recording.ts'
import type { RecordedOperation, RunRecording } from '../../engine/recording.ts'
import { ConfigInvalidError } from '../../errors.ts'
import type { Payload } from '../../model/payload.ts'
import { defaultCodec } from '../../shared/codec.ts'
import { hashText } from '../../shared/hash.ts'
import { parseJson } from '../../shared/parse-json.ts'
import type { Wumbo } from '../../wumbo-api.ts'

/** Which value is about to be written. */
export interface RecordedPlace {
  /** The path of an operation, or `$run` for the run's own input and output. */
  readonly path: string
  readonly what: 'input' | 'output'
}

/** How a run is recorded. */
export interface RecordOptions {
  /**
   * Called with each value; what it gives is written in its place. It must change equal parts equally wherever they stand, or the replay finds
   * the difference: an input that was made of an output must still be the one made of it. Messages of failures are written as they are.
   */
  readonly redact?: (value: unknown, place: RecordedPlace) => unknown
}

/**
 * The recording of a run as plain data: write it with JSON.stringify, keep it beside the tests, and give it to `replayRun`.
 *
 * It holds every input and output of the run and its steps, in full and readable, and the messages of failures. Leave out what is secret by
 * `redact`. Throws RUN_NOT_FOUND.
 * @example
 * const recording = await recordRun(wumbo, 'order-17', { redact: (value) => withoutEmails(value) })
 * await writeFile('test/order-17.json', JSON.stringify(recording, null, 2))
 */
export async function recordRun(wumbo: Pick<Wumbo, 'runs'>, id: string, options: RecordOptions = {}): Promise<RunRecording> {
  const recording = await wumbo.runs.export(id)
  const { redact } = options
  if (redact === undefined) return recording
  const changed = (payload: Payload, place: RecordedPlace): Payload => defaultCodec.snapshot(redact(defaultCodec.decode(payload), place), { name: `${place.path}.${place.what}` }).payload
  const part = (payload: Payload | null, place: RecordedPlace): Payload | null => (payload === null ? null : changed(payload, place))
  const { run } = recording
  return {
    ...recording,
    run: { ...run, input: changed(run.input, { path: '$run', what: 'input' }), output: part(run.output, { path: '$run', what: 'output' }) },
    records: recording.records.map((record) => {
      const input = part(record.input, { path: record.path, what: 'input' })
      // Where the input was too long to be kept nobody knows what it would be now.
      return { ...record, input, inputHash: input === null ? null : hashText(input), output: part(record.output, { path: record.path, what: 'output' }) }
    }),
  }
}

const record = z.object({
  path: z.string(), seq: z.int(), kind: z.string(), status: z.enum(['completed', 'failed', 'skipped']), template: z.string().nullable(), templateVersion: z.string().nullable(),
  inputHash: z.string().nullable(), input: z.string().nullable(), output: z.string().nullable(), error: z.object({ code: z.string(), message: z.string() }).loose().nullable(),
})

const recordingShape = z.object({
  format: z.literal(RECORDING_FORMAT),
  run: z.object({ id: z.string(), workflow: z.string(), version: z.string(), status: z.string(), input: z.string(), output: z.string().nullable() }).loose(),
  records: z.array(record.loose()),
})

/** Reads a recording: the object, or the path or URL of its file. Throws ConfigInvalidError for what is none. */
export async function readRecording(from: RunRecording | string | URL): Promise<RunRecording> {
  const given: unknown = typeof from === 'string' || from instanceof URL ? await parsed(from) : from
  const checked = recordingShape.safeParse(given)
  if (checked.success) return given as RunRecording // the shape has just been checked as far as a replay reads it
  const [issue] = checked.error.issues
  const path = ['recording', ...(issue?.path ?? [])].join('.')
  throw new ConfigInvalidError(`${path}: ${issue?.message ?? 'it is no recording'}`, { path, remedy: `Make it with recordRun(…) or \`wumbo runs export\`; this version reads ${RECORDING_FORMAT}.` })
}

async function parsed(file: string | URL): Promise<unknown> {
  try {
    return parseJson(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new ConfigInvalidError(`recording: ${String(file)} cannot be read as JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { path: String(file), cause })
  }
}

/** The value of a payload of a recording; undefined without one. */
export function recordedValue(payload: RecordedOperation['input']): unknown {
  return payload === null ? undefined : defaultCodec.decode(payload)
}
