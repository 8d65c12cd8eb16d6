// The first look at a graph model: is it of the right shape? Tells each problem with its path and the nearest known key, and
// which places the checks of meaning must leave alone, so that one mistake is told once.
import type { z } from 'zod'
import { DURATION_KEYS } from '../model/workflow.ts'
import { modelExamples, modelKeys, workflowSchema } from '../model/workflow-schema.ts'
import { didYouMean, nearest } from '../shared/nearest.ts'
import { shown } from './door.ts'
import type { ProblemCode } from './problem-codes.ts'
import type { Problems } from './problems.ts'
import { SLEEP_REMEDY } from './sleep.ts'

type Issue = z.core.$ZodIssue
type Key = PropertyKey

/** Spaces that come along when text is copied from pages, and that YAML takes for letters. */
const ODD_SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]/
/** So many unknown keys of one object are told: whoever has more has pasted something else. */
const MAX_UNKNOWN = 50

/** Checks the shape; gives the paths of the values that are wrong. */
export function checkShape(model: unknown, problems: Problems): ReadonlySet<string> {
  const wrong = new Set<string>()
  const issues = (workflowSchema.safeParse(model).error?.issues ?? []).flatMap(told)
  const meant = misspelt(issues)
  for (const issue of issues) {
    const path = pathText(issue.path)
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, MAX_UNKNOWN)) unknownKey(key, issue.path, problems)
      continue
    }
    wrong.add(path)
    if (meant.has(path)) continue // told as an unknown key
    const value = valueAt(model, issue.path)
    const { code, on } = kindOf(issue, value)
    problems.add(code, path, messageOf(issue, value), { remedy: remedyOf(issue, code), ...(on === undefined ? {} : { on }) })
  }
  return wrong
}

/** What is told of an issue: where only one kind of several is of the right form, what is wrong inside of that. */
function told(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const inside = issue.errors.filter((errors) => errors.length > 0 && errors.every(({ path }) => path.length > 0))
  const [only] = inside
  return only === undefined || inside.length > 1 ? [issue] : only.flatMap((one) => told({ ...one, path: [...issue.path, ...one.path] }))
}

/** The keys that are missing only since they are misspelt, as paths. */
function misspelt(issues: readonly Issue[]): ReadonlySet<string> {
  return new Set(issues.flatMap((issue) => (issue.code !== 'unrecognized_keys' ? [] : issue.keys.slice(0, MAX_UNKNOWN).flatMap((key) => {
    const known = nearest(key, keysAt(issue.path))
    return known === undefined ? [] : [pathText([...issue.path, known])]
  }))))
}

/** What to do: the rule for what is wrong, else an example of what the key takes. */
function remedyOf({ path: whole }: Issue, code: ProblemCode): string | undefined {
  const path = whole[0] === 'workflows' ? whole.slice(2) : whole
  const last = path.at(-1)
  if ((last === 'sleep' || last === 'delay') && code === 'INVALID_DURATION') return SLEEP_REMEDY
  const rule = REMEDIES[code]
  if (rule !== undefined) return rule
  if (last === undefined) return 'A definition is an object: name: my-workflow, and below it steps: with a step.'
  if (last === 'onError' || last === 'finally') return path.length === 1 ? `Write below ${last} steps: with a step.` : 'Write below onError output: with what stands for the output of the step, or uses: name-of-a-template.'
  if (last === 'steps') return 'Write below steps: an id, and below the id uses: name-of-a-template.'
  if (path[0] === 'layout') return 'A place is { x: 0, y: 80 }, in pixels.'
  if (path.at(-2) === 'steps') return 'A step is an object: write below its id uses: name-of-a-template, or sleep: 10s.'
  // An item of a list: the example is that of the list.
  const at = typeof last === 'number' ? path.findLastIndex((key) => typeof key === 'string') : path.length - 1
  const key = String(path[at])
  const example = modelExamples[ownerAt(path.slice(0, at))].get(key)
  return example === undefined ? undefined : `Write for example ${key}: ${typeof example === 'string' ? example : JSON.stringify(example)}`
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
  const odd = ODD_SPACE.exec(key)?.[0]
  if (odd !== undefined) {
    const code = odd.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    problems.add('UNKNOWN_KEY', at, `there is no such key: it holds the character U+${code}, which looks like a space and is none`, { remedy: 'Write ordinary spaces in its place, also for indentation.', on: 'key' })
  } else if (path.length === 0 && key === 'version') problems.add('UNKNOWN_KEY', at, 'a graph has no version of its own', { remedy: "Leave it out: a graph's version is the hash of its logic.", on: 'key' })
  else problems.add('UNKNOWN_KEY', at, `there is no such key.${didYouMean(key, known)}`, { remedy: `Keys are: ${known.join(', ')}.`, on: 'key' })
}

function keysAt(path: readonly Key[]): readonly string[] {
  const [first, name, ...inside] = path
  if (first === 'workflows' && name !== undefined) return keysAt(inside)
  return path[0] === 'layout' ? ['x', 'y'] : modelKeys[ownerAt(path)]
}

/** What kind of object stands at a path. */
function ownerAt(path: readonly Key[]): keyof typeof modelKeys {
  const last = path.at(-1)
  if (path.length === 0) return 'workflow'
  if (path.length === 1 && last === 'finally') return last
  if (path.length === 1 && last === 'onError') return 'runError'
  // A step may itself be called `retry`: then what stands before it is `steps`.
  if (OBJECTS.has(last) && path.at(-2) !== 'steps' && path.at(-2) !== 'branches') return last as keyof typeof modelKeys
  if (path.at(-2) === 'branches' && path.at(-3) === 'parallel') return 'branch'
  if (last === 'needs' || path.at(-2) === 'needs') return path.at(last === 'needs' ? -2 : -3) === 'steps' ? 'step' : 'need'
  return typeof last === 'number' ? 'case' : 'step'
}

/** Keys of steps and cases whose value is an object with keys of its own. */
const OBJECTS: ReadonlySet<PropertyKey | undefined> = new Set(['retry', 'compensate', 'loop', 'parallel', 'inline', 'onError', 'signal', 'event', 'approval', 'sleep', 'child', 'children'])

const REMEDIES: Partial<Record<ProblemCode, string>> = {
  INVALID_DURATION: 'Write for example 500ms, 30s, 1h 30m, or a number of milliseconds.',
  INVALID_NAME: 'Use letters, digits and "_" in ids of steps; lower-case words joined by "-", "." or "_" in the name of a workflow.',
}

/** What kind of problem an issue is, and whether it is about the key. */
function kindOf(issue: Issue, value: unknown): { readonly code: ProblemCode; readonly on?: 'key' } {
  const last = issue.path.at(-1)
  if (issue.code === 'invalid_key') return { code: 'INVALID_NAME', on: 'key' }
  if (value === undefined && issue.code === 'invalid_type') return { code: 'MISSING_KEY', on: 'key' }
  if (DURATION_KEYS.has(String(last)) && issue.path.at(-2) !== 'steps') return { code: 'INVALID_DURATION' }
  return { code: issue.code === 'invalid_format' && last !== 'topic' ? 'INVALID_NAME' : 'INVALID_VALUE' }
}

function messageOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return value === undefined && issue.path.length > 0 ? 'is missing' : `expected ${article(issue.expected)}, got ${shown(value)}`
    case 'invalid_value':
      return `expected ${issue.values.map((one) => JSON.stringify(one)).join(' or ')}, got ${shown(value)}${typeof value === 'string' ? near(value, issue.values.map(String)) : ''}`
    case 'invalid_key':
      return keyMessage(issue)
    case 'too_small':
      return `expected at least ${issue.minimum}${issue.origin === 'string' ? ' character' : ''}, got ${shown(value)}`
    case 'too_big':
      return `expected at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}, got ${shown(value)}`
    case 'invalid_union':
      return `${issue.message}, got ${shown(value)}`
    default:
      return issue.message
  }
}

/** What is wrong with a key. */
function keyMessage({ issues: [first], message }: Extract<Issue, { readonly code: 'invalid_key' }>): string {
  return first?.code === 'too_big' ? `is too long: expected at most ${first.maximum} characters` : (first?.message ?? message)
}

function near(value: string, known: readonly string[]): string {
  const found = didYouMean(value, known)
  return found === '' ? '' : `.${found}`
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
