// The canonical form of a graph model, and its version. The order of steps and of cases is logic, since what is ready at the same
// moment is opened in it; all other keys stand in a fixed order. A description or a layout changes no version.
import { DEFAULT_ITEM, DEFAULT_LAST, defaultCaseName, DURATION_KEYS, type CaseModel, type StepModel, type WorkflowModel } from '../model/workflow.ts'
import { parseDuration } from '../shared/duration.ts'
import { isPlain, schemaLogic } from '../shared/schema-logic.ts'
import { sha256 } from '../shared/sha256.ts'

const WORKFLOW = ['$schema', 'name', 'description', 'input', 'timeout', 'onFailure', 'onCancel', 'steps', 'output', 'onError', 'finally', 'cleanUpTimeout', 'workflows', 'layout']
const STEP = ['description', 'needs', 'join', 'if', 'forEach', 'as', 'concurrency', 'loop', 'continueOnError', 'onError', 'uses', 'config', 'with', 'steps', 'switch', 'parallel', 'inline', 'sleep', 'signal', 'event', 'approval', 'child', 'children', 'output', 'retry', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'level', 'compensate']
const ON_ERROR = ['codes', ...STEP.slice(STEP.indexOf('uses'))]
const COMPENSATE = ['uses', 'with', 'retry', 'timeout', 'onUnknown']
const CASE = ['name', 'description', 'if', 'else', ...STEP.slice(STEP.indexOf('uses'))]
const BRANCH = ['description', 'continueOnError', ...STEP.slice(STEP.indexOf('uses'))]
const PARALLEL = ['branches', 'merge', 'concurrency']
const INLINE = ['workflow', 'input']
const NEED = ['step', 'on', 'if', 'else']
const SIGNAL = ['name', 'key', 'schema', 'timeout', 'onTimeout', 'fallback']
const EVENT = ['topic', 'key', 'where', 'schema', 'lookback', 'timeout', 'onTimeout', 'fallback']
const APPROVAL = ['title', 'assignees', 'form', 'timeout', 'onTimeout', 'fallback']
const CHILD = ['workflow', 'input', 'wait', 'parentClose', 'queue']
const CHILDREN = ['workflow', 'inputs', 'concurrency', 'onFailure', 'collect', 'parentClose', 'queue']
const LOOP = ['max', 'until', 'while', 'delay', 'initial', 'as', 'onMax']

/** Replaces references to templates, by the path of the step or case that has them, and to workflows that are run inline. */
export type Pin = (reference: string, path: string, kind: 'template' | 'workflow') => string

/**
 * Puts a model into its canonical form; `pin` may replace the references to templates and workflows. What is not of the right shape is left
 * as it is, for the checks to tell.
 */
export function canonicalModel(model: unknown, pin: Pin = (reference) => reference): WorkflowModel {
  const ordered = pick(model, WORKFLOW, (key, value) => {
    if (key === 'workflows') return canonicalWorkflows(value, pin)
    if (key === 'steps') return canonicalSteps(value, key, pin)
    if (key === 'onError' || key === 'finally') return canonicalBody(value, key, pin, ON_ERROR)
    return key === 'input' || key === 'output' || key === 'layout' ? sorted(value) : value
  })
  return ordered as WorkflowModel // checked by the callers
}

/** Definitions that stand beside the workflow. Their order says nothing. */
function canonicalWorkflows(workflows: unknown, pin: Pin): unknown {
  if (!isPlain(workflows)) return workflows
  const entries = Object.entries(workflows).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([reference, model]) => [reference, canonicalModel(model, (inner, path, kind) => pin(inner, `workflows.${reference}.${path}`, kind))]))
}

function canonicalSteps(steps: unknown, path: string, pin: Pin, keys: readonly string[] = STEP): unknown {
  if (!isPlain(steps)) return steps
  return Object.fromEntries(Object.entries(steps).map(([id, step]) => [id, canonicalBody(step, `${path}.${id}`, pin, keys)]))
}

function canonicalBody(body: unknown, path: string, pin: Pin, keys: readonly string[]): unknown {
  return pick(body, keys, (key, value) => {
    switch (key) {
      case 'steps':
        return canonicalSteps(value, `${path}.steps`, pin)
      case 'switch':
        return Array.isArray(value) ? value.map((one, index) => canonicalBody(one, `${path}.switch[${index}]`, pin, CASE)) : value
      case 'parallel':
        return pick(value, PARALLEL, (name, inner) => (name === 'branches' ? canonicalSteps(inner, `${path}.parallel.branches`, pin, BRANCH) : sorted(inner)))
      case 'onError':
        return canonicalBody(value, `${path}.onError`, pin, ON_ERROR)
      case 'uses':
        return typeof value === 'string' ? pin(value, path, 'template') : value
      case 'compensate':
        return pick(value, COMPENSATE, (name, inner) => (name === 'uses' && typeof inner === 'string' ? pin(inner, `${path}.compensate`, 'template') : sorted(inner)))
      case 'inline':
        return pick(value, INLINE, (name, inner) => (name === 'workflow' && typeof inner === 'string' ? pin(inner, path, 'workflow') : sorted(inner)))
      case 'needs':
        return (Array.isArray(value) ? value : [value]).map(canonicalNeed)
      case 'loop':
        return pick(value, LOOP, (name, inner) => (name === 'initial' ? sorted(inner) : inner))
      case 'signal':
      case 'event':
      case 'approval':
        return pick(value, key === 'signal' ? SIGNAL : key === 'event' ? EVENT : APPROVAL, (_, inner) => sorted(inner))
      case 'child':
      case 'children':
        return pick(value, key === 'child' ? CHILD : CHILDREN, (_, inner) => sorted(inner))
      case 'config':
      case 'with':
      case 'output':
      case 'retry':
        return sorted(value)
      default:
        return value
    }
  })
}

/** An edge that says nothing is written as the id alone. */
function canonicalNeed(need: unknown): unknown {
  const ordered = pick(need, NEED, (_, value) => value)
  return isPlain(ordered) && Object.keys(ordered).length === 1 && typeof ordered['step'] === 'string' ? ordered['step'] : ordered
}

/** The keys of an object in the given order, unknown ones at the end, those without a value left out. */
function pick(given: unknown, order: readonly string[], map: (key: string, value: unknown) => unknown): unknown {
  if (!isPlain(given)) return given
  const made: Record<string, unknown> = {}
  const rest = Object.keys(given).filter((key) => !order.includes(key))
  for (const key of [...order, ...rest]) if (Object.hasOwn(given, key) && given[key] !== undefined) made[key] = map(key, given[key])
  return made
}

/** JSON with the keys of each object sorted by code units. */
function sorted(value: unknown, depth = 0): unknown {
  if (depth > 200) return value
  if (Array.isArray(value)) return value.map((item) => sorted(item, depth + 1))
  if (!isPlain(value)) return value
  const entries = Object.entries(value).filter(([, child]) => child !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, child]) => [key, sorted(child, depth + 1)]))
}

/** The references to templates of a model and of what it runs inline, each once, sorted; with pinned templates these are `name@version`. */
export function templatesOf(model: WorkflowModel): readonly string[] {
  const found = new Set<string>()
  canonicalModel(model, (reference, _path, kind) => {
    if (kind === 'template') found.add(reference)
    return reference
  })
  return [...found].sort()
}

/** The references to workflows that a model runs inline, each once, with the path of the first step that does; those that it holds are left out. */
export function inlinedBy(model: WorkflowModel): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  canonicalModel(model, (reference, path, kind) => {
    if (kind === 'workflow' && !found.has(reference) && !Object.hasOwn(model.workflows ?? {}, reference)) found.set(reference, path)
    return reference
  })
  return found
}

/** A version has so many hexadecimal digits of the hash: collisions stay out of reach, and people can read it out. */
const VERSION_DIGITS = 40

/** The version of a canonical model with pinned templates, its expressions spelled in one way (spelling.ts): SHA-256 of its logic. */
export function versionOf(model: WorkflowModel): string {
  // Sub-workflows are named by the version of their own logic: what stands beside says nothing more.
  const { $schema: _schema, description: _description, layout: _layout, workflows: _workflows, steps, input, onError, finally: final, ...rest } = model
  const closings = { ...(onError === undefined ? {} : { onError: bodyLogic(onError) }), ...(final === undefined ? {} : { finally: bodyLogic(final) }) }
  const logic = { ...inMilliseconds(rest), ...closings, ...(input === undefined ? {} : { input: schemaLogic(input) }), steps: stepsLogic(steps) }
  return sha256(JSON.stringify(logic)).slice(0, VERSION_DIGITS)
}

/** Steps as a list: their order counts, whatever a parser of JSON does with the keys of objects. */
function stepsLogic(steps: WorkflowModel['steps']): unknown {
  return Object.entries(steps).map(([id, step]) => [id, bodyLogic(step)])
}

function bodyLogic({ description: _, steps, switch: cases, loop, parallel, onError, ...rest }: StepModel & CaseModel): unknown {
  return {
    ...inMilliseconds('as' in rest && rest.as === DEFAULT_ITEM ? without(rest, 'as') : rest),
    ...(loop === undefined ? {} : { loop: inMilliseconds(loop.as === DEFAULT_LAST ? without(loop, 'as') : loop) }),
    ...(onError === undefined ? {} : { onError: bodyLogic(onError) }),
    ...(steps === undefined ? {} : { steps: stepsLogic(steps) }),
    ...(isPlain(rest.compensate) ? { compensate: inMilliseconds(rest.compensate) } : {}),
    ...(isPlain(rest.signal) ? { signal: inMilliseconds(rest.signal) } : {}),
    ...(isPlain(rest.event) ? { event: inMilliseconds(rest.event) } : {}),
    ...(isPlain(rest.approval) ? { approval: inMilliseconds(rest.approval) } : {}),
    ...(parallel === undefined ? {} : { parallel: { ...parallel, branches: stepsLogic(parallel.branches) } }),
    ...(cases === undefined ? {} : { switch: cases.map((one, index) => bodyLogic(one.name === defaultCaseName(one, index) ? without(one, 'name') : one)) }),
  }
}

function without<T extends object, K extends keyof T>(given: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = given
  return rest
}

/** The same durations, however they are written, as milliseconds. */
function inMilliseconds<T extends object>(given: T): T {
  const made = { ...given } as Record<string, unknown> // looked at by key
  for (const key of DURATION_KEYS) if (made[key] !== undefined) made[key] = milliseconds(made[key])
  if (isPlain(made['retry'])) made['retry'] = inMilliseconds(made['retry'])
  return made as T // the same keys, other texts
}

/** A duration as a number; what is none, such as an expression, as it is. */
function milliseconds(duration: unknown): unknown {
  try {
    return parseDuration(duration as number | string) // refuses everything else
  } catch {
    return duration
  }
}
