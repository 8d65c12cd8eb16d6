// What a run that cannot be replayed is parked with: what is recorded, what the code asks for now, where the two differ, and what can be done. Values of
// inputs stand in the details alone, so that messages can be logged.
import { NonDeterminismError, errorData } from '../errors.ts'
import type { JournalRecord } from '../model/record.ts'
import { defaultCodec } from '../shared/codec.ts'
import { isCompatible } from '../template/compatible.ts'
import { hasChanged, plainVersion } from '../template/signature.ts'
import { startedName } from '../workflow/children.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { Operation } from '../workflow/contract.ts'
import { compileSchema } from '../workflow/json-schema.ts'
import { Problems } from '../workflow/problems.ts'
import { valueDifferences, type ValueDifference } from '../shared/value-difference.ts'
import type { StepOperation } from './step-host.ts'

/** A step that was asked for, as far as it is compared with its record. */
export interface AskedStep {
  readonly operation: StepOperation
  /** Empty until the input is encoded. */
  readonly inputHash: string
  encodeInput(): void
}

/** How a record and what the code asks for differ. */
export interface Mismatch {
  /** After "step charge (number 3 in the journal)". */
  readonly words: string
  /** One side each, in words. */
  readonly recorded: string
  readonly asked: string
  /** Where the inputs differ, when that is the difference. */
  readonly input?: readonly ValueDifference[]
  /** Where the recorded result is none of the template's, when that is the difference. */
  readonly output?: readonly { readonly at: string; readonly message: string }[]
}

/** So many places are named. */
const MAX_PLACES = 5

/** How what is asked for under the path of a record differs from it; null when it does not. */
export function differenceOf(record: JournalRecord, operation: Operation, step: AskedStep | null, output: unknown): Mismatch | null {
  const recorded = recordWords(record)
  const asked = operationWords(operation)
  const kind = operation.kind === 'decision' ? 'choice' : operation.kind
  if (record.kind !== kind) return { words: `was recorded as a ${record.kind}, the code asks for a ${kind}`, recorded, asked }
  if (operation.kind === 'value' && operation.of === 'deprecated patch' && record.output === 'j:false') {
    return { words: 'was recorded as not counting for this run, and the code from before the patch is gone', recorded: `${recorded}: false`, asked: 'the patch as the only way' }
  }
  if (operation.kind === 'decision') return otherInline(record, operation, { recorded, asked })
  if (step === null) return otherChild(record, operation, { recorded, asked })
  const { name, version } = step.operation.template.meta
  if (record.template !== name || !isCompatible(record.templateVersion, version)) {
    return { words: `was recorded with template ${templateWords(record)}, the code asks for ${name}@${version}`, recorded, asked }
  }
  return inputDifference(record, step, { recorded, asked }) ?? outputDifference(record, step, { recorded, asked, output })
}

/** The error of a record that is not asked for where its answer is due. */
export function notAsked(record: JournalRecord, operations: readonly Operation[]): NonDeterminismError {
  const others = operations.slice(0, 5).map(operationWords).join(', ') + (operations.length > 5 ? ` and ${operations.length - 5} more` : '')
  const asked = others === '' ? 'nothing' : others
  return mismatchError(record, { words: `is not asked for; the code asks for ${asked} instead`, recorded: recordWords(record), asked })
}

/** The error of a record that the code never comes to. */
export function neverAsked(record: JournalRecord): NonDeterminismError {
  return mismatchError(record, { words: 'is never asked for: the code ends before', recorded: recordWords(record), asked: 'nothing: it ends before' })
}

/** The error that a run is parked with. */
export function mismatchError(record: JournalRecord, { words, recorded, asked, input, output }: Mismatch): NonDeterminismError {
  const { kind, path, seq, template, templateVersion, run } = record
  return new NonDeterminismError(`${kind} ${path} (number ${seq} in the journal) ${words}`, {
    path,
    details: { seq, path, template, templateVersion: templateVersion === null ? null : plainVersion(templateVersion), recorded, asked, ...(input === undefined ? {} : { input: input.map((one) => ({ ...one })) }), ...(output === undefined ? {} : { output: output.map((one) => ({ ...one })) }), choices: choicesFor(run, path) },
    remedy: `Put back the code that the run began with, and let it try again: wumbo runs resume ${run}. Or let it go on with another version: wumbo workflow migrate. Or do the rest anew with the code at hand: wumbo fork ${run} --at ${path}. To change code under running runs, give it a new version, or guard the change with ctx.patched.`,
  })
}

/** What can be done with a run that does not fit its code, as commands. */
function choicesFor(run: string, path: string): { readonly choice: string; readonly command: string }[] {
  const at = /^[\w.[\]#$-]*$/.test(path) ? path : JSON.stringify(path)
  return [
    { choice: 'try again, once the code that the run began with is back', command: `wumbo runs resume ${run}` },
    { choice: 'do this step and all after it anew, in this run', command: `wumbo runs retry ${run} --from ${at}` },
    { choice: 'do this step and all after it anew, in a new run', command: `wumbo fork ${run} --at ${at}` },
    { choice: 'give the run up', command: `wumbo runs cancel ${run}` },
  ]
}

/** A workflow that a function runs inline goes on with the version that it began with. */
function otherInline({ template, templateVersion }: JournalRecord, { of }: Extract<Operation, { kind: 'decision' }>, sides: { readonly recorded: string; readonly asked: string }): Mismatch | null {
  if ((of?.name ?? null) === template && (of?.version ?? null) === templateVersion) return null
  const shown = (name: string | null | undefined, version: string | null | undefined): string => (name == null ? 'no workflow' : `the workflow ${name}@${version ?? '?'}`)
  return { words: `was recorded with ${shown(template, templateVersion)}, the code asks for ${shown(of?.name, of?.version)}`, ...sides }
}

/** A child that is asked for must be of the workflow that was started; its version may have changed since. */
function otherChild(record: JournalRecord, operation: Operation, sides: { readonly recorded: string; readonly asked: string }): Mismatch | null {
  const asked = operation.kind === 'children' ? operation.workflow : operation.kind === 'child' || operation.kind === 'spawn' ? operation.start?.workflow : undefined
  if (asked === undefined || record.template === null || startedName(asked) === record.template) return null
  return { words: `was recorded with workflow ${record.template}, the code asks for ${startedName(asked)}`, ...sides, asked: `${sides.asked} of ${startedName(asked)}` }
}

function inputDifference(record: JournalRecord, step: AskedStep, sides: { readonly recorded: string; readonly asked: string }): Mismatch | null {
  if (record.inputHash === null) return null
  try {
    step.encodeInput()
  } catch (thrown) {
    return { words: `was recorded with an input, the code gives one that cannot be stored: ${errorData(thrown).message}`, ...sides }
  }
  if (record.inputHash === step.inputHash) return null
  const hashes = `hash ${record.inputHash}, now ${step.inputHash}`
  if (record.input === null || record.input.startsWith('b:')) return { words: `was recorded with another input, too long to be kept (${hashes})`, ...sides }
  const input = valueDifferences(defaultCodec.decode(record.input), step.operation.input)
  const places = input.map(({ at }) => at).join(', ')
  return { words: `was recorded with another input: it differs at ${places || 'the type of a value'} (${hashes})`, ...sides, input }
}

/** Made once for each template, whose records may be many. */
const outputChecks = new WeakMap<AnyTemplate, ReturnType<typeof compileSchema>>()

/** What a template gives has changed under one version: that is a difference when the recorded result is none that it could give now. */
function outputDifference(record: JournalRecord, step: AskedStep, { output, ...sides }: { readonly recorded: string; readonly asked: string; readonly output: unknown }): Mismatch | null {
  const { template } = step.operation
  if (record.status !== 'completed' || !hasChanged(record.templateVersion ?? '', template)) return null
  if (!outputChecks.has(template)) outputChecks.set(template, compileSchema(template.schemas.output, 'output', new Problems()))
  const checked = outputChecks.get(template)?.(output)
  if (checked === undefined || !('errors' in checked)) return null
  const places = checked.errors.slice(0, MAX_PLACES).map(({ path, message }) => ({ at: ['output', ...path].join('.'), message }))
  return { words: `was recorded with template ${templateWords(record)}, which has changed since without another version: ${places.map(({ at, message }) => `${at} ${message}`).join(', ')}`, ...sides, output: places }
}

function recordWords(record: JournalRecord): string {
  const { kind, path, template } = record
  return template === null ? `${kind} ${path}` : `${kind} ${path} with ${templateWords(record)}`
}

function templateWords({ template, templateVersion }: JournalRecord): string {
  return `${template ?? '?'}@${plainVersion(templateVersion ?? '?')}`
}

function operationWords(operation: Operation): string {
  if (operation.kind === 'decision') return `choice ${operation.path}${operation.of === undefined ? '' : ` with ${operation.of.name}@${operation.of.version}`}`
  return operation.kind === 'step' ? `step ${operation.path} with ${operation.template.meta.name}@${operation.template.meta.version}` : `${operation.kind} ${operation.path}`
}
