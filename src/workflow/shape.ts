// The first look at a graph model: is it of the right shape? Tells each problem with its path and the nearest known key, and
// which places the checks of meaning must leave alone, so that one mistake is told once.
import type { z } from 'zod'
import { modelKeys, workflowSchema } from '../model/workflow-schema.ts'
import { didYouMean } from '../shared/nearest.ts'
import { shown } from './door.ts'
import type { ProblemCode } from './problem-codes.ts'
import type { Problems } from './problems.ts'
import { SLEEP_REMEDY } from './sleep.ts'

type Issue = z.core.$ZodIssue
type Key = PropertyKey

/** So many unknown keys of one object are told: whoever has more has pasted something else. */
const MAX_UNKNOWN = 50

/** Checks the shape; gives the paths of the values that are wrong. */
export function checkShape(model: unknown, problems: Problems): ReadonlySet<string> {
  const wrong = new Set<string>()
  for (const issue of workflowSchema.safeParse(model).error?.issues ?? []) {
    const path = pathText(issue.path)
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, MAX_UNKNOWN)) unknownKey(key, issue.path, problems)
    } else {
      wrong.add(path)
      const { code, on } = kindOf(issue, valueAt(model, issue.path))
      problems.add(code, path, messageOf(issue, valueAt(model, issue.path)), { remedy: issue.path.at(-1) === 'sleep' && code === 'INVALID_DURATION' ? SLEEP_REMEDY : REMEDIES[code], ...(on === undefined ? {} : { on }) })
    }
  }
  return wrong
}

/** Writes a path as messages show it: `steps.route.switch[1].if`. */
export function pathText(path: readonly Key[]): string {
  let text = ''
  for (const key of path) text += typeof key === 'number' ? `[${key}]` : text === '' ? String(key) : `.${String(key)}`
  return text
}

function unknownKey(key: string, path: readonly Key[], problems: Problems): void {
  const known = keysAt(path)
  const at = pathText([...path, key])
  if (path.length === 0 && key === 'version') problems.add('UNKNOWN_KEY', at, 'a graph has no version of its own', { remedy: "Leave it out: a graph's version is the hash of its logic.", on: 'key' })
  else problems.add('UNKNOWN_KEY', at, `there is no such key.${didYouMean(key, known)}`, { remedy: `Keys are: ${known.join(', ')}.`, on: 'key' })
}

function keysAt(path: readonly Key[]): readonly string[] {
  const last = path.at(-1)
  if (path.length === 0) return modelKeys.workflow
  if (path[0] === 'layout') return ['x', 'y']
  // A step may itself be called `retry`: then what stands before it is `steps`.
  if (last === 'retry' && path.at(-2) !== 'steps') return modelKeys.retry
  return typeof last === 'number' ? modelKeys.case : modelKeys.step
}

const REMEDIES: Partial<Record<ProblemCode, string>> = {
  INVALID_DURATION: 'Write for example 500ms, 30s, 1h 30m, or a number of milliseconds.',
  INVALID_NAME: 'Use letters, digits and "_" in ids of steps; lower-case words joined by "-", "." or "_" in the name of a workflow.',
}

/** What kind of problem an issue is, and whether it is about the key. */
function kindOf(issue: Issue, value: unknown): { readonly code: ProblemCode; readonly on?: 'key' } {
  const last = issue.path.at(-1)
  if (issue.code === 'invalid_key') return { code: 'INVALID_NAME', on: 'key' }
  if (value === undefined && issue.code === 'invalid_type') return { code: 'MISSING_KEY', on: 'key' }
  if (DURATIONS.has(String(last)) && issue.path.at(-2) !== 'steps') return { code: 'INVALID_DURATION' }
  return { code: issue.code === 'invalid_format' ? 'INVALID_NAME' : 'INVALID_VALUE' }
}

const DURATIONS: ReadonlySet<string> = new Set(['sleep', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'initialDelay', 'maxDelay'])

function messageOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${article(issue.expected)}, got ${shown(value)}`
    case 'invalid_value':
      return `expected ${issue.values.map((one) => JSON.stringify(one)).join(' or ')}, got ${shown(value)}`
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message
    case 'too_small':
      return `expected at least ${issue.minimum}, got ${shown(value)}`
    case 'too_big':
      return `expected at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}, got ${shown(value)}`
    case 'invalid_union':
      return `${issue.message}, got ${shown(value)}`
    default:
      return issue.message
  }
}

function article(kind: string): string {
  const words: Readonly<Record<string, string>> = { record: 'an object', object: 'an object', array: 'a list', string: 'a text', int: 'a whole number', boolean: 'true or false' }
  return words[kind] ?? `a ${kind}`
}

function valueAt(model: unknown, path: readonly Key[]): unknown {
  let value = model
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<Key, unknown>)[key]
  }
  return value
}
