// Turns what the builder was given into the model: callbacks are called with references, references become `${{ }}`. It checks what
// only shows here, such as an item that is read outside of its loop; all else is checked where models are compiled.
import { DEFAULT_LAST, type BodyModel, type CompensateModel, type LoopModel, type NeedModel, type StepModel } from '../model/workflow.ts'
import { labelOf } from '../template/callable.ts'
import { configurationOf } from '../template/configured.ts'
import type { AnyTemplate } from '../template/contract.ts'
import { UNDONE_STEP } from './compile-compensate.ts'
import type { AnyWorkflow } from './contract.ts'
import { escapeText } from './interpolation.ts'
import { Problems } from './problems.ts'
import { ref, sourceOf, type LoopName, type Source } from './reference.ts'

/** What comes up while a part of a definition is built. */
export interface Draft {
  readonly problems: Problems
  readonly templates: Set<AnyTemplate>
  readonly workflows: Set<AnyWorkflow>
}

/** An empty draft. */
export function newDraft(): Draft {
  return { problems: new Problems(), templates: new Set(), workflows: new Set() }
}

/** Where a scope of the builder stands. */
export interface Site {
  readonly draft: Draft
  /** In the definition: `steps`, `steps.orders.steps`. */
  readonly path: string
  /** The loops around, from the outside in: what callbacks call their values, and what these are in the model. */
  readonly loops: readonly Readonly<Record<string, LoopName>>[]
}

/** What any option may be given as. */
export type Given = Readonly<Record<string, unknown>>

const OPTIONS = ['retry', 'timeout', 'totalTimeout', 'heartbeatTimeout', 'level'] as const

/** The names that callbacks are given at a site. */
export function namesAt({ loops }: Site): Readonly<Record<string, unknown>> {
  const steps: unknown = new Proxy({}, { get: (_, id) => (typeof id === 'string' ? ref(`steps.${id}`, ['output']) : undefined) })
  const looped = Object.entries(Object.assign({}, ...loops) as Readonly<Record<string, LoopName>>) // of two loops of a kind the inner one counts
  return { input: ref('input'), steps, ...Object.fromEntries(looped.map(([key, name]) => [key, ref(name.name, [], [name])])) }
}

/** What all kinds of steps say. */
export function commonModel(given: Given, path: string, site: Site): StepModel {
  const condition = given['if'] === undefined ? undefined : expressionText(called(given['if'], site), `${path}.if`, site)
  return {
    ...picked(given, ['description']),
    ...(given['needs'] === undefined ? {} : { needs: needsModel(given['needs'], `${path}.needs`, site) }),
    ...picked(given, ['join', 'continueOnError']),
    ...(condition === undefined ? {} : { if: condition }),
  }
}

/** The edges of a step, their conditions as text; the check of shape refuses what is none. */
function needsModel(given: unknown, path: string, site: Site): NonNullable<StepModel['needs']> {
  const one = (need: unknown, at: string): string | NeedModel => {
    if (typeof need !== 'object' || need === null || (need as NeedModel).if === undefined) return need as string | NeedModel
    return { ...(need as NeedModel), if: expressionText(called((need as NeedModel).if, site), `${at}.if`, site) }
  }
  return Array.isArray(given) ? given.map((need, index) => one(need, `${path}[${index}]`)) : one(given, path)
}

/** A template, its settings and its input. */
export function useModel(given: Given, path: string, site: Site): BodyModel {
  const template = given['uses'] as AnyTemplate | undefined
  const configuration = template === undefined ? undefined : configurationOf(template)
  const uses = template?.meta === undefined ? undefined : labelOf(template.meta)
  if (template === undefined || uses === undefined) site.draft.problems.add('INVALID_VALUE', `${path}.uses`, 'expected a template, as defineTemplate gives it', { remedy: 'Write uses: scoreLead, not its name; a name is for JSON and YAML.' })
  else site.draft.templates.add(configuration?.base ?? template)
  return {
    ...(uses === undefined ? {} : { uses }),
    ...(configuration === undefined ? {} : { config: configuration.given }),
    ...(given['with'] === undefined ? {} : { with: bindingModel(called(given['with'], site), `${path}.with`, site) }),
    ...picked(given, OPTIONS),
    ...(given['compensate'] === undefined ? {} : { compensate: compensateModel(given['compensate'], `${path}.compensate`, site) }),
  }
}

/** What undoes a step: a template, one with settings, or `false`. */
function compensateModel(given: unknown, path: string, site: Site): CompensateModel | false {
  if (given === false) return false
  const said = (typeof given === 'function' ? { uses: given } : given) as Given // the check of shape refuses everything else
  if (typeof said !== 'object' || said === null) return said
  const template = said['uses'] as AnyTemplate | undefined
  if (template?.meta === undefined) site.draft.problems.add('INVALID_VALUE', `${path}.uses`, 'expected a template, as defineTemplate gives it', { remedy: 'Write compensate: release, or compensate: { uses: release }.' })
  else site.draft.templates.add(template)
  const step: LoopName = { name: UNDONE_STEP }
  const inner: Site = { ...site, loops: [{ item: step, index: { name: 'index' } }] }
  const bound = typeof said['with'] === 'function' ? (said['with'] as (names: unknown) => unknown)({ input: ref('input'), step: ref(UNDONE_STEP, [], [step]) }) : said['with']
  return {
    uses: template?.meta === undefined ? '' : labelOf(template.meta), ...(bound === undefined ? {} : { with: bindingModel(bound, `${path}.with`, inner) }),
    ...picked(said, ['retry', 'timeout', 'onUnknown']),
  }
}

/** How a body is repeated: what begins it sees what is around, its conditions and its delay see the turns. */
export function loopModel(given: Given, as: string, { path, site, inner }: { readonly path: string; readonly site: Site; readonly inner: Site }): LoopModel {
  const condition = (key: 'until' | 'while'): Given => (given[key] === undefined ? {} : { [key]: expressionText(called(given[key], inner), `${path}.loop.${key}`, inner) })
  return {
    ...picked(given, ['max', 'onMax']), ...condition('until'), ...condition('while'),
    ...(given['delay'] === undefined ? {} : { delay: bindingModel(called(given['delay'], inner), `${path}.loop.delay`, inner) }),
    ...(given['initial'] === undefined ? {} : { initial: bindingModel(called(given['initial'], site), `${path}.loop.initial`, site) }),
    ...(as === DEFAULT_LAST ? {} : { as }),
  } as unknown as LoopModel // the check of shape refuses everything else
}

/** Data with references in it, as JSON with `${{ }}` in it. Texts that look like expressions are escaped. */
export function bindingModel(value: unknown, path: string, site: Site, depth = 0): unknown {
  const source = sourceOf(value)
  if (source !== undefined) return bindingText(source, path, site)
  if (typeof value === 'string') return escapeText(value)
  if (typeof value !== 'object' || value === null || depth > 100) return value
  if (Array.isArray(value)) return value.map((item, index) => bindingModel(item, `${path}[${index}]`, site, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value // refused with its path when the model is compiled
  const entries = Object.entries(value).filter(([, child]) => child !== undefined)
  return Object.fromEntries(entries.map(([key, child]) => [key, bindingModel(child, `${path}.${key}`, site, depth + 1)]))
}

/** The text of an expression that stands alone. */
export function expressionText(value: unknown, path: string, site: Site): string {
  const source = sourceOf(value)
  if (source === undefined) {
    site.draft.problems.add('INVALID_VALUE', path, 'expected an expression', { remedy: 'Make one of references: gt(steps.fetch.visits, 0), or write cel("…").' })
    return 'true'
  }
  checkLoops(source, path, site)
  return source.cel
}

/** Calls a callback with the names; what is no callback is taken as it is. */
export function called(value: unknown, site: Site): unknown {
  return typeof value === 'function' ? (value as (names: unknown) => unknown)(namesAt(site)) : value
}

/** Those of the keys that were given. */
export function picked(given: Given, keys: readonly string[]): Given {
  return Object.fromEntries(keys.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]))
}

function bindingText(source: Source, path: string, site: Site): string {
  checkLoops(source, path, site)
  if (source.pieces === undefined) return `\${{ ${source.cel} }}`
  return source.pieces.map((piece) => (typeof piece === 'string' ? escapeText(piece) : bindingText(piece, path, site))).join('')
}

/** An item is only known by its name: refuse it where the name means another one, or nothing. */
function checkLoops({ loops }: Source, path: string, site: Site): void {
  for (const loop of loops) {
    const known = site.loops.flatMap((names) => Object.values(names)).findLast(({ name }) => name === loop.name)
    if (known === loop) continue
    if (known === undefined) site.draft.problems.add('UNKNOWN_NAME', path, `the ${loop.name} of a loop is read outside of it`, { remedy: 'Give the block an output and read that.' })
    else site.draft.problems.add('UNKNOWN_NAME', path, `the ${loop.name} of an outer loop is hidden by the inner one`, { remedy: loop.name === 'index' || loop.name === 'iteration' ? `Hand the ${loop.name} on as part of the data.` : 'Give one of the loops another name: as: "order".' })
  }
}
