// Children as TypeScript for the builder. They name their workflow by its name: where its code is, a model does not say.
import type { BodyModel } from '../../model/workflow.ts'
import { ANYTHING, type Known } from './ts-schema.ts'
import { callback, type BindingWriter, type Names } from './ts-binding.ts'
import { dataCode, type Code } from './ts-code.ts'

type Entries = readonly (readonly [key: string, value: Code])[]

const INPUTS: Known = { type: 'array', items: ANYTHING }

/** Writes what starts children. */
export class ChildWriter {
  readonly #bindings: BindingWriter

  constructor(bindings: BindingWriter) {
    this.#bindings = bindings
  }

  /** The keys of `child` or `children`; undefined when the body is neither. */
  of({ child, children }: BodyModel, names: Names): { readonly key: 'child' | 'children'; readonly entries: Entries } | undefined {
    const start = child ?? children
    if (start === undefined) return undefined
    const entries = Object.entries(start).map(([key, value]): readonly [string, Code] => {
      if (key === 'input') return [key, callback(this.#bindings.binding(value, ANYTHING, names))]
      return [key, key === 'inputs' ? callback(this.#bindings.binding(value, INPUTS, names)) : dataCode(value)]
    })
    return { key: child === undefined ? 'children' : 'child', entries }
  }
}
