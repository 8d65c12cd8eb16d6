// What the check of types knows at a place in the graph: the steps around and what they give, the items of loops, and what holds there.
import { looseOf } from '../plan-join.ts'
import type { NodePlan, Requirement } from '../plan.ts'
import type { Fact, Facts } from './facts.ts'
import { failureType } from './failure-type.ts'
import type { inferType } from './infer.ts'
import { UNKNOWN, type Type } from './type.ts'

/** What is known of a step, once it has been looked at. */
export interface Known {
  readonly output: Type
  /** It may be skipped, or fail without failing the run. */
  readonly mayMiss: boolean
  /** It may fail without failing the run. */
  readonly mayFail?: boolean
  /** What holds when it has completed. */
  readonly facts: Facts
}

/** What a place in the graph sees. */
export interface Around {
  readonly scopes: readonly { readonly indices: ReadonlyMap<string, number>; readonly known: readonly (Known | undefined)[]; readonly loose?: ReadonlySet<number> }[]
  /** Items and indices of the loops around, by name, the innermost last. */
  readonly items: readonly (readonly [name: string, type: Type])[]
  readonly facts: Facts
}

/** `body`: a step that is skipped takes its readers along, so outputs are there; `output`: it is read whether or not it ran. */
export type Where = 'body' | 'output'

export function namesIn({ scopes, items }: Around, input: Type, where: Where): Parameters<typeof inferType>[1] {
  return {
    named: (name) => items.findLast(([known]) => known === name)?.[1] ?? (name === 'input' ? input : undefined),
    step: (id, of) => {
      for (let depth = scopes.length - 1; depth >= 0; depth--) {
        const index = scopes[depth]?.indices.get(id)
        const known = scopes[depth]?.known
        if (index !== undefined && of === 'error') return { type: failureType, optional: true }
        if (index !== undefined && known !== undefined) return { type: known[index]?.output ?? UNKNOWN, optional: (where === 'output' && known[index]?.mayMiss === true) || scopes[depth]?.loose?.has(index) === true }
      }
      return undefined
    },
  }
}

/** What a step sees that may begin without some of the steps that it names. */
export function looseFor({ join }: NodePlan, around: Around): Around {
  return join === null ? around : withLoose(around, looseOf(join))
}

export function withLoose(around: Around, loose: ReadonlySet<number>): Around {
  const own = around.scopes.at(-1)
  return own === undefined ? around : { ...around, scopes: [...around.scopes.slice(0, -1), { ...own, loose }] }
}

/** What is known of a step of the innermost scope that has failed. */
export function failedFacts({ scopes }: Around, from: number): readonly Fact[] {
  return [...(scopes.at(-1)?.indices ?? [])].flatMap(([id, index]) => (index === from ? [{ kind: 'present', path: `steps.${id}.error` }] : []))
}

/** True when the edges of a step may not let it begin though the run does not fail. */
export function mayBeLeftOut({ join }: NodePlan, { scopes }: Around): boolean {
  if (join === null || join.rule === 'always') return false
  return join.rule !== 'noneFailed' || join.edges.some(({ from }) => scopes.at(-1)?.known[from]?.mayFail === true)
}

/** What is known of steps that must have completed. Of a scope further out it says nothing of items: a loop between may have taken their names. */
export function knownOf(requires: readonly Requirement[], { scopes, items }: Around): readonly Known[] {
  return requires.flatMap(({ depth, index }) => {
    const known = scopes[depth]?.known[index]
    if (known === undefined || depth === scopes.length - 1) return known ?? []
    return [{ ...known, facts: items.reduce((facts, [name]) => facts.forget(name), known.facts) }]
  })
}
