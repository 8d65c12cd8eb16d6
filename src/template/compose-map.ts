// mapEach: one template for every item of a list, a bounded number at a time. Each item is a complete execution of its own;
// the list fails with its first failing item. Lists whose failures are to be collected go through collect.ts.
import { DefinitionError, InputInvalidError, TemplateFailedError, WumboError, AbortedError } from '../errors.ts'
import { makeComposite } from './composite.ts'
import type { AnyTemplate, MaybePromise, Template, TemplateContext } from './contract.ts'
import { childContext } from './derived-context.ts'
import { shown } from './door.ts'
import { documentOf } from './json-parts.ts'
import { runPool } from './pool.ts'

/** How a list is worked on. */
export interface MapOptions {
  /** Items at a time, for templates that wait. Default 10. */
  readonly concurrency?: number
}

const DEFAULT_CONCURRENCY = 10

/**
 * Applies a template to each item: outputs in the order of the items. When an item fails the others are aborted, and once all
 * have ended TemplateFailedError names the item, with its failure as cause.
 * @example
 * const scoreAll = mapEach(scoreLead, { concurrency: 20 })
 * await scoreAll([{ visits: 3 }, { visits: 7 }])   // [{ score: 0.3 }, { score: 0.7 }]
 */
export function mapEach<I, O>(template: Template<I, O>, options: MapOptions = {}): Template<readonly I[], O[]> {
  const concurrency = concurrencyOf(options, 'mapEach')
  return makeComposite({
    kind: 'map-each',
    description: `${template.meta.name} for each item.`,
    children: [{ label: '[]', template }],
    input: documentOf({ item: template.schemas.input }, (part) => ({ type: 'array', items: part('item') })),
    output: documentOf({ item: template.schemas.output }, (part) => ({ type: 'array', items: part('item') })),
    check: (input) => checkItems(template, input),
    run: (items, context) => runItems({ template, items: items as readonly unknown[], concurrency }, context),
  })
}

/** The concurrency of the options. Throws DefinitionError for what is no whole number from 1. */
export function concurrencyOf(options: MapOptions, owner: string): number {
  const { concurrency = DEFAULT_CONCURRENCY } = options
  if (concurrency === Infinity || (Number.isInteger(concurrency) && concurrency >= 1)) return concurrency
  throw new DefinitionError(`${owner}: concurrency: expected a whole number from 1, got ${shown(concurrency)}`, { path: 'concurrency', remedy: 'Say how many items may be worked on at a time.' })
}

function checkItems(template: AnyTemplate, input: unknown): MaybePromise<unknown[]> {
  if (!Array.isArray(input)) throw new InputInvalidError(`mapEach of ${template.meta.name}: expected a list, got ${shown(input)}`, { path: 'input', details: { problems: [{ path: '', message: 'expected a list' }] } })
  const checked: unknown[] = Array.from({ length: input.length })
  const waiting: Promise<void>[] = []
  for (const [index, item] of input.entries()) {
    try {
      const value = template.check(item)
      if (!(value instanceof Promise)) checked[index] = value
      else waiting.push(value.then((late: unknown) => void (checked[index] = late), (thrown: unknown) => Promise.reject(itemRefused(thrown, index))))
    } catch (thrown) {
      waiting.forEach((pending) => void pending.catch(() => undefined))
      throw itemRefused(thrown, index)
    }
  }
  return waiting.length === 0 ? checked : Promise.all(waiting).then(() => checked)
}

function itemRefused(thrown: unknown, index: number): unknown {
  if (!(thrown instanceof InputInvalidError)) return thrown
  const path = (thrown.path ?? 'input').replace(/^input/, `input[${index}]`)
  return new InputInvalidError(`item [${index}]: ${thrown.message}`, { path, cause: thrown, ...(thrown.details === undefined ? {} : { details: { index, ...thrown.details } }) })
}

interface Items {
  readonly template: AnyTemplate
  readonly items: readonly unknown[]
  readonly concurrency: number
}

function runItems({ template, items, concurrency }: Items, context: TemplateContext): MaybePromise<unknown[]> {
  const { length } = items
  const outputs: unknown[] = Array.from({ length })
  const siblings = new AbortController()
  const signal = AbortSignal.any([context.signal, siblings.signal])
  let waited = false
  const finished = progressOf(length, context)
  const done = runPool({ count: length, concurrency, onFailure: () => siblings.abort(new AbortedError(`another item of mapEach of ${template.meta.name} failed`)) }, (index) => {
    const failed = (thrown: unknown): never => {
      throw itemFailed(thrown, index)
    }
    const take = (output: unknown): void => {
      outputs[index] = output
      finished()
    }
    try {
      if (waited) signal.throwIfAborted()
      const given = template.invoke(items[index], childContext(context, { label: index, signal, silent: true }))
      if (given instanceof Promise) {
        waited = true
        return given.then(take, failed)
      }
      take(given)
      return undefined
    } catch (thrown) {
      return failed(thrown)
    }
  })
  return done instanceof Promise ? done.then(() => outputs) : outputs
}

/** Tells the progress of a list as its items end, at most a hundred times. */
function progressOf(count: number, context: TemplateContext): () => void {
  let ended = 0
  let told = 0
  return () => {
    const percent = Math.floor((++ended / count) * 100)
    if (percent === told) return
    told = percent
    context.progress(ended / count)
  }
}

function itemFailed(thrown: unknown, index: number): unknown {
  if (!(thrown instanceof WumboError) || thrown instanceof AbortedError) return thrown
  return new TemplateFailedError(`item [${index}]: ${thrown.message}`, {
    path: `[${index}]`, cause: thrown, retryable: thrown.retryable, details: { index, code: thrown.code },
    ...(thrown.retryAfter === undefined ? {} : { retryAfter: thrown.retryAfter }),
  })
}
