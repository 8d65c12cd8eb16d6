// Compiles what a step or a case does: a template with its settings and its input, a block, a switch, a wait (compile-wait.ts), children
// (compile-child.ts), or a workflow that is run inline (compile-inline.ts).
import { defaultCaseName, type BodyModel, type CaseModel } from '../model/workflow.ts'
import type { EventModel, SignalModel } from '../model/waiting.ts'
import { modelKeys } from '../model/workflow-schema.ts'
import { nearest } from '../shared/nearest.ts'
import { inputBinding } from './binding.ts'
import { compileChild, compileChildren } from './compile-child.ts'
import { compileCompensate } from './compile-compensate.ts'
import { compileInline, INLINE_OPTIONS } from './compile-inline.ts'
import { compileApproval, compileEvent, compileSignal, compileSleep, referencesOf } from './compile-wait.ts'
import { compileParallel } from './compile-parallel.ts'
import { compileConfig } from './compile-config.ts'
import { checkLimits, compileBare, usable, type Compilation, type Place } from './compilation.ts'
import type { StepOptions } from './contract.ts'
import type { BodyPlan, CasePlan, WaitPlan } from './plan.ts'
import { Uses } from './uses.ts'

/** A body, and the steps that it uses: hard what its beginning needs, soft what only a part of it needs. */
export interface CompiledBody {
  readonly plan: BodyPlan
  readonly uses: Uses
}

/** What a body is: exactly one of these. */
export const BODY_KINDS = ['uses', 'steps', 'switch', 'parallel', 'inline', 'sleep', 'signal', 'event', 'approval', 'child', 'children'] as const
export type BodyKind = (typeof BODY_KINDS)[number]
const OPTIONS = ['retry', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'level'] as const
const KNOWN: ReadonlySet<string> = new Set([...modelKeys.step, ...modelKeys.case, ...modelKeys.onError])
/** What the output is of a body that says nothing of it itself. */
const OUTPUTS = { uses: 'what the template gives', steps: 'that of the block', switch: 'that of the case', parallel: 'what merge says', inline: 'that of the workflow', sleep: 'null', signal: 'what was sent', event: 'the event', approval: 'the decision', child: 'what the child gives', children: 'how many have completed and failed' } as const
const NOTHING: BodyPlan = { kind: 'switch', cases: [] }

/** Compiles a body; `owner` is the id of the step that it belongs to. */
export function compileBody(body: BodyModel, place: Place, owner: string, compilation: Compilation): CompiledBody {
  const { path } = place
  const { problems } = compilation
  const kinds = BODY_KINDS.filter((kind) => Object.hasOwn(body, kind))
  const [kind] = kinds
  if (kind === undefined && Object.keys(body).some((key) => !KNOWN.has(key) && nearest(key, BODY_KINDS) !== undefined)) return { plan: NOTHING, uses: new Uses() } // told as an unknown key
  if (kind === undefined || kinds.length > 1) {
    problems.add(kind === undefined ? 'MISSING_KEY' : 'MISPLACED_KEY', path, `expected exactly one of ${BODY_KINDS.slice(0, -1).join(', ')} and ${BODY_KINDS.at(-1) ?? ''}, got ${kinds.length === 0 ? 'none' : kinds.join(' and ')}`, { remedy: kind === undefined ? 'Say what the step does: uses: name-of-a-template.' : `Keep one of them: leave ${kinds.slice(1).join(' and ')} out, or make steps of their own.`, on: 'key' })
  } else {
    if (kind !== 'uses') for (const key of ['config', 'with', ...OPTIONS, 'compensate'] as const) if (Object.hasOwn(body, key)) problems.add('MISPLACED_KEY', `${path}.${key}`, `belongs to a step with uses, not with ${kind}`, { remedy: remedyFor(key, kind), on: 'key' })
    if (kind !== 'steps' && Object.hasOwn(body, 'output')) problems.add('MISPLACED_KEY', `${path}.output`, `belongs to a block, not to a step with ${kind}`, { remedy: `Leave it out: the output is ${OUTPUTS[kind ?? 'uses']}.`, on: 'key' })
  }
  switch (kind) {
    case 'uses':
      return compileUse(body, place, compilation)
    case 'steps':
      return compileBlock(body, place, owner, compilation)
    case 'switch':
      return compileSwitch(body, place, owner, compilation)
    case 'parallel': {
      const model = usable(body, 'parallel', place, compilation)
      if (model === undefined) return { plan: NOTHING, uses: new Uses() }
      return compileParallel(model, { path: `${path}.parallel`, names: place.names }, (branch, at) => compileBody(branch, at, owner, compilation), compilation)
    }
    case 'inline':
      return compileInline(body, place, compilation) ?? { plan: NOTHING, uses: new Uses() }
    case 'sleep':
      return compilePause(body, place, compilation)
    case 'signal':
    case 'event':
    case 'approval':
      return compileWait(body, kind, place, compilation)
    case 'child': {
      const model = usable(body, 'child', place, compilation)
      return model === undefined ? { plan: NOTHING, uses: new Uses() } : compileChild(model, { path: `${path}.child`, names: place.names }, compilation)
    }
    case 'children': {
      const model = usable(body, 'children', place, compilation)
      return model === undefined ? { plan: NOTHING, uses: new Uses() } : compileChildren(model, { path: `${path}.children`, names: place.names }, compilation)
    }
    default:
      return { plan: NOTHING, uses: new Uses() }
  }
}

/** What to do with a key of a template beside another body. */
function remedyFor(key: keyof typeof INLINE_OPTIONS, kind: BodyKind | undefined): string {
  if (kind === 'inline') return INLINE_OPTIONS[key]
  if (key === 'with' && (kind === 'child' || kind === 'children')) return kind === 'child' ? 'Say below child what it is started with: input.' : 'Say below children what they are started with: inputs.'
  return kind === 'steps' || kind === 'switch' || kind === 'parallel' ? 'Move it to the steps inside.' : 'Leave it out.'
}

function compileUse(body: BodyModel, place: Place, compilation: Compilation): CompiledBody {
  const { path, names } = place
  checkLimits({ ...body }, ['timeout', 'totalTimeout', 'heartbeatTimeout'], place, compilation)
  const reference = usable(body, 'uses', place, compilation)
  const found = reference === undefined ? undefined : compilation.template(reference, path)
  const template = found === undefined ? undefined : compileConfig(body, found, path, compilation)
  const input = inputBinding(body.with, { path: `${path}.with`, names, problems: compilation.problems })
  const uses = new Uses().read(input.references)
  if (template === undefined) return { plan: { kind: 'switch', cases: [], refused: input }, uses }
  const compensate = compileCompensate(body, template, place, compilation)
  return { plan: { kind: 'step', template, input, options: optionsOf(compilation.isClosing === true ? { ...body, compensate: false } : body), ...(compensate === undefined ? {} : { compensate }) }, uses }
}

function optionsOf(body: BodyModel): StepOptions {
  const options: Record<string, unknown> = {}
  for (const key of OPTIONS) if (body[key] !== undefined) options[key] = body[key]
  if (body.compensate === false) options['compensate'] = false
  return Object.freeze(options)
}

function compileBlock(body: BodyModel, place: Place, owner: string, compilation: Compilation): CompiledBody {
  const { path, names } = place
  const steps = usable(body, 'steps', place, compilation)
  if (steps === undefined) return { plan: NOTHING, uses: new Uses() }
  const { plan, outer } = compilation.scope({ steps, output: body.output, outputPath: `${path}.output`, owner }, { path: `${path}.steps`, names }, compilation)
  return { plan: { kind: 'block', scope: plan }, uses: outer }
}

function compileSwitch(body: BodyModel, place: Place, owner: string, compilation: Compilation): CompiledBody {
  const uses = new Uses()
  const models = usable(body, 'switch', place, compilation) ?? []
  const cases: CasePlan[] = []
  const taken = new Set<string>()
  for (const [index, model] of models.entries()) {
    const path = `${place.path}.switch[${index}]`
    if (compilation.wrong.has(path)) continue
    checkCase(model, { path, last: index === models.length - 1 }, compilation)
    const name = usable(model, 'name', { path }, compilation) ?? defaultCaseName(model, index)
    if (taken.has(name)) compilation.problems.add('DUPLICATE_NAME', `${path}.name`, `another case is called ${name}`, { remedy: 'Name each case differently: its name is part of the paths of its steps.' })
    taken.add(name)
    const condition = compileBare(usable(model, 'if', { path }, compilation), { path: `${path}.if`, names: place.names }, compilation)
    if (condition !== null) uses.read(condition.references)
    const compiled = compileBody(model, { path, names: place.names }, owner, compilation)
    uses.take(compiled.uses, 'soft')
    cases.push({ name, condition, requires: compiled.uses.required, body: compiled.plan })
  }
  return { plan: { kind: 'switch', cases }, uses }
}

function compilePause(body: BodyModel, place: Place, compilation: Compilation): CompiledBody {
  const given = usable(body, 'sleep', place, compilation)
  const plan = given === undefined ? null : compileSleep(given, { path: `${place.path}.sleep`, names: place.names }, compilation)
  return plan === null ? { plan: NOTHING, uses: new Uses() } : { plan, uses: new Uses().read(plan.duration.references) }
}

function compileWait(body: BodyModel, on: WaitPlan['on'], place: Place, compilation: Compilation): CompiledBody {
  const given = usable(body, on, place, compilation)
  if (given === undefined) return { plan: NOTHING, uses: new Uses() }
  const at: Place = { path: `${place.path}.${on}`, names: place.names }
  const plan = on === 'signal' ? compileSignal(given as SignalModel, at, compilation) : on === 'event' ? compileEvent(given as EventModel, at, compilation) : compileApproval(given, at, compilation)
  return { plan, uses: new Uses().read(referencesOf(plan)) }
}

function checkCase(model: CaseModel, { path, last }: { readonly path: string; readonly last: boolean }, { problems }: Compilation): void {
  const both = Object.hasOwn(model, 'if') && Object.hasOwn(model, 'else')
  if (both || !(Object.hasOwn(model, 'if') || Object.hasOwn(model, 'else'))) problems.add(both ? 'MISPLACED_KEY' : 'MISSING_KEY', path, `expected either if or else, got ${both ? 'both' : 'neither'}`, { remedy: 'Write if: expression, or else: true in the last case.' })
  else if (Object.hasOwn(model, 'else') && !last) problems.add('UNREACHABLE', path, 'else must be the last case: no case behind it is ever chosen', { remedy: 'Move it to the end.' })
}
