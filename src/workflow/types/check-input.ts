// Checks what a step hands to its template, `with`, against the template's input schema: fields that are missing or surplus, parts of
// the wrong kind, values that may be missing or null. Each problem with the path of the part that is wrong.
import type { JsonSchema } from '../../template/contract.ts'
import { didYouMean } from '../../shared/nearest.ts'
import type { BindingShape } from '../binding.ts'
import type { Expression } from '../expression.ts'
import type { Problem } from '../problems.ts'
import { refusedConstants } from './constants.ts'
import { misfit } from './fit.ts'
import { typeOfSchema, typeOfValue } from './from-schema.ts'
import { STRING, wordsFor, type Alternative, type Shape, type Type } from './type.ts'

/** A binding, where it stands and what takes it. */
export interface Handed {
  readonly shape: BindingShape
  /** `steps.score.with`. */
  readonly path: string
  /** `score-lead@1.0.0`, for messages. */
  readonly template: string
  readonly schema: JsonSchema
  /** Finds the type of an expression; what is wrong inside of it is told elsewhere. */
  readonly typeOf: (expression: Expression) => Type
}

/** What is wrong with a binding. */
export function inputProblems(handed: Handed): readonly Problem[] {
  const { shape, path, schema, template } = handed
  const found = new InputCheck(handed).part(shape, typeOfSchema(schema, { defaults: false }), path)
  if (found.length > 0) return found
  return refusedConstants(shape, schema).map((refusal) => ({ code: 'TYPE_MISMATCH', path: path + refusal.path, message: `${template} refuses it: ${refusal.message}`, remedy: 'Write a value that the schema of the template accepts.' }))
}

class InputCheck {
  readonly #handed: Handed

  constructor(handed: Handed) {
    this.#handed = handed
  }

  part(shape: BindingShape, wanted: Type, path: string): readonly Problem[] {
    if (wanted.unknown) return []
    switch (shape.kind) {
      case 'wrong':
        return []
      case 'expression':
        return this.#expression(shape.expression, wanted, path)
      case 'text':
        return this.#value(STRING, wanted, path)
      case 'list':
        return this.#list(shape.items, wanted, path)
      case 'object':
        return this.#object(shape.fields, wanted, path)
      case 'constant':
        return this.#constant(shape.value, wanted, path)
    }
  }

  #constant(value: unknown, wanted: Type, path: string): readonly Problem[] {
    if (Array.isArray(value)) return this.#list(value.map((item: unknown) => ({ kind: 'constant', value: item })), wanted, path)
    if (typeof value === 'object' && value !== null) return this.#object(Object.entries(value).map(([key, child]: [string, unknown]) => [key, { kind: 'constant', value: child }]), wanted, path)
    return this.#value(typeOfValue(value), wanted, path)
  }

  #value(given: Type, wanted: Type, path: string): readonly Problem[] {
    const wrong = misfit(given, wanted)
    return wrong === undefined ? [] : [{ code: wrong.code, path, message: `${this.#handed.template}: ${wrong.message}`, remedy: wrong.remedy ?? `Give ${wordsFor(wanted)}.` }]
  }

  #expression(expression: Expression, wanted: Type, path: string): readonly Problem[] {
    const wrong = misfit(this.#handed.typeOf(expression), wanted)
    if (wrong === undefined) return []
    const part = wrong.path === '' ? '' : `${wrong.path.replace(/^\./, '')} of it: `
    const { text, offset } = expression
    return [{ code: wrong.code, path, message: `${this.#handed.template}: \`${text}\`: ${part}${wrong.message}`, span: [offset, offset + text.length], remedy: wrong.remedy ?? `Give ${wordsFor(wanted)}.` }]
  }

  #list(items: readonly BindingShape[], wanted: Type, path: string): readonly Problem[] {
    return this.#best(wanted, { kind: 'list', words: 'a list', path }, (one) => (one.kind === 'list' ? items.flatMap((item, index) => this.part(item, one.item(), `${path}[${index}]`)) : []))
  }

  #object(fields: readonly (readonly [string, BindingShape])[], wanted: Type, path: string): readonly Problem[] {
    return this.#best(wanted, { kind: 'object', words: 'an object', path }, (one) => (one.kind === 'object' ? this.#fields(fields, one.shape, path) : []))
  }

  /** What the alternative says that has the least to say. */
  #best(wanted: Type, { kind, words, path }: { readonly kind: Alternative['kind']; readonly words: string; readonly path: string }, problems: (one: Alternative) => readonly Problem[]): readonly Problem[] {
    const takers = wanted.alternatives.filter((one) => one.kind === kind)
    if (takers.length === 0) return [{ code: 'TYPE_MISMATCH', path, message: `${this.#handed.template}: expected ${wordsFor(wanted)}, got ${words}`, remedy: `Give ${wordsFor(wanted)}.` }]
    let best: readonly Problem[] | undefined
    for (const one of takers) {
      const found = problems(one)
      if (best === undefined || found.length < best.length) best = found
    }
    return best ?? []
  }

  #fields(fields: readonly (readonly [string, BindingShape])[], wanted: Shape, path: string): readonly Problem[] {
    const { template } = this.#handed
    const found: Problem[] = []
    const given = new Set<string>()
    for (const [key, part] of fields) {
      given.add(key)
      const field = wanted.field(key)
      const rest = field === undefined ? wanted.rest?.() : undefined
      const type = field?.type ?? rest
      if (type !== undefined) found.push(...this.part(part, type, `${path}.${key}`))
      else found.push({ code: 'SURPLUS_INPUT', path: `${path}.${key}`, on: 'key', message: `${template} takes no ${JSON.stringify(key)}.${didYouMean(key, wanted.names)}`, remedy: wanted.names.length === 0 ? 'It takes nothing.' : `It takes: ${wanted.names.join(', ')}.` })
    }
    for (const name of wanted.names) {
      if (given.has(name) || wanted.field(name)?.optional !== false) continue
      const near = [...given].find((key) => wanted.field(key) === undefined && didYouMean(key, [name]) !== '')
      if (near !== undefined) continue // told as a surplus field with the nearest name
      found.push({ code: 'MISSING_INPUT', path, on: 'key', message: `${template} needs ${JSON.stringify(name)} (${wordsFor(wanted.field(name)?.type ?? STRING)})`, remedy: `Add ${name} to with.` })
    }
    return found
  }
}
