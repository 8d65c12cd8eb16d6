// One template in place of several that do the same: each execution goes to one of them.
import { DefinitionError } from '../errors.ts'
import { hashText } from '../shared/hash.ts'
import { labelOf, makeTemplate } from './callable.ts'
import type { Template, TemplateContext } from './contract.ts'
import { childContext } from './derived-context.ts'
import { shown } from './door.ts'
import { settled } from '../shared/thenable.ts'
import { compileLifecycle } from './lifecycle.ts'

/** How an instance is chosen: one after the other, the one with the fewest at work, by weight, or by a key of the input. */
export type BalanceStrategy = 'roundRobin' | 'leastBusy' | 'weighted' | 'sticky'

/** How executions are spread. */
export interface BalanceOptions<I> {
  /** Default `roundRobin`. */
  readonly strategy?: BalanceStrategy
  /** A weight of more than 0 for each instance, in their order. Only with `weighted`. */
  readonly weights?: readonly number[]
  /** Inputs of one key go to one instance. Only with `sticky`. */
  readonly key?: (input: I) => string
}

const STRATEGIES: readonly BalanceStrategy[] = ['roundRobin', 'leastBusy', 'weighted', 'sticky']

/**
 * Spreads executions over instances of a template: the same name, version and schemas, with other settings. The template that it gives has the metadata of the first. A failure of
 * one is not tried with another: put a retry around it. Throws DefinitionError.
 * @example
 * const client = loadBalance([api.configure({ host: 'a.example' }), api.configure({ host: 'b.example' })], { strategy: 'leastBusy' })
 */
export function loadBalance<I, O>(instances: readonly Template<I, O>[], options: BalanceOptions<NoInfer<I>> = {}): Template<I, O> {
  const [first] = instances
  if (first === undefined) throw new DefinitionError('loadBalance: expected at least one instance, got none', { path: 'instances' })
  for (const [index, one] of instances.entries()) {
    if (labelOf(one.meta) !== labelOf(first.meta) || JSON.stringify([one.schemas.input, one.schemas.output]) !== JSON.stringify([first.schemas.input, first.schemas.output])) {
      throw new DefinitionError(`loadBalance: instance ${index} is ${labelOf(one.meta)}, which is not what ${labelOf(first.meta)} is`, { path: `instances[${index}]`, remedy: 'Balance over one template with several settings.' })
    }
    if (one.level === 'transaction') throw new DefinitionError(`loadBalance: ${labelOf(one.meta)} is a transaction, which commits with the record of its step`, { path: `instances[${index}]` })
  }
  const busy = instances.map(() => 0)
  const choose = chooser<I>(instances.length, busy, options)
  const execute = (input: unknown, context: TemplateContext): unknown => {
    const at = choose(input as I) // the checked input is what the schema gives
    busy[at] = (busy[at] ?? 0) + 1
    const done = (): void => void (busy[at] = (busy[at] ?? 1) - 1)
    return settled(() => instances[at]?.invoke(input, childContext(context, { label: null })), (value) => {
      done()
      return value
    }, (thrown) => {
      done()
      throw thrown
    })
  }
  const { meta, level, defaults, schemas, config } = first
  return makeTemplate<I, O>({
    meta, level, defaults, schemas, config, check: (input) => first.check(input),
    invoke: compileLifecycle({ name: meta.name, version: meta.version, hooks: { execute }, config: undefined, checkOutput: undefined, endsWithAborts: true }),
  })
}

function chooser<I>(count: number, busy: readonly number[], { strategy = 'roundRobin', weights, key }: BalanceOptions<I>): (input: I) => number {
  if (!STRATEGIES.includes(strategy)) throw new DefinitionError(`loadBalance.strategy: expected ${STRATEGIES.join(', ')}, got ${shown(strategy)}`, { path: 'strategy' })
  if ((weights !== undefined) !== (strategy === 'weighted')) throw new DefinitionError(`loadBalance.weights: ${weights === undefined ? 'weighted takes a weight for each instance' : `belongs to weighted, not to ${strategy}`}`, { path: 'weights' })
  if ((key !== undefined) !== (strategy === 'sticky')) throw new DefinitionError(`loadBalance.key: ${key === undefined ? 'sticky takes a function that gives the key of an input' : `belongs to sticky, not to ${strategy}`}`, { path: 'key' })
  let next = 0
  switch (strategy) {
    case 'roundRobin':
      return () => next++ % count
    case 'leastBusy':
      // Of those that are equally busy the one after the last chosen, so that none is preferred.
      return () => {
        const order = Array.from({ length: count }, (_, index) => (next + index) % count)
        const at = order.reduce((best, index) => ((busy[index] ?? 0) < (busy[best] ?? 0) ? index : best), order[0] ?? 0)
        next = at + 1
        return at
      }
    case 'weighted':
      return smooth(weights ?? [], count)
    case 'sticky':
      return (input) => {
        const found: unknown = key?.(input)
        if (typeof found !== 'string') throw new DefinitionError(`loadBalance.key: expected a text, got ${shown(found)}`, { path: 'key' })
        return Number.parseInt(hashText(found).slice(0, 8), 16) % count
      }
  }
}

/** By weight, and spread evenly: an instance of weight 3 beside one of weight 1 is not asked three times in a row. */
function smooth(weights: readonly number[], count: number): () => number {
  if (weights.length !== count || weights.some((weight) => !(Number.isFinite(weight) && weight > 0))) throw new DefinitionError(`loadBalance.weights: expected ${count} numbers of more than 0, got ${shown(weights)}`, { path: 'weights' })
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const credit = weights.map(() => 0)
  return () => {
    for (const [index, weight] of weights.entries()) credit[index] = (credit[index] ?? 0) + weight
    const at = credit.reduce((best, value, index) => (value > (credit[best] ?? 0) ? index : best), 0)
    credit[at] = (credit[at] ?? 0) - total
    return at
  }
}
