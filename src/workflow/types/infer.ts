// Finds the type of an expression and everything that would go wrong with it in a run: a field that is not there, a value that may be
// missing or null, operands that do not fit. It walks the same tree that is evaluated. What is unknown is allowed.
import type { ASTNode } from '../expression-cel.ts'
import { didYouMean } from '../../shared/nearest.ts'
import { CONVERT_REMEDY, type ProblemCode } from '../problem-codes.ts'
import { typeOfCall, typeOfMethod, type Signatures, type Taking } from './calls.ts'
import { Facts, factsOf, literalOf, pathOf, type Fact } from './facts.ts'
import { typeOfOperator } from './operators.ts'
import { below, guardOf, nullGuard, shownNode } from './shown.ts'
import { BOOLEAN, INT, listOf, NEVER, NULL, NUMBER, objectOf, optionalOf, typeOf, unionOf, UNKNOWN, without, wordsFor, type Field, type Scalar, type Type } from './type.ts'

/** What the names of an expression stand for where it stands. */
export interface TypeNames {
  /** `input`, items and `index`; undefined for a name that is not known. */
  readonly named: (name: string) => Type | undefined
  /** The output of a step, or its failure; undefined for one that is not seen. It is optional where the step may have been skipped. */
  readonly step: (id: string, of: 'output' | 'error') => Field | undefined
}

/** Something that is wrong with an expression. */
export interface TypeProblem {
  readonly code: ProblemCode
  readonly message: string
  readonly remedy?: string
  readonly node: ASTNode
}

const TRUE_OR_FALSE: Taking = { kinds: ['boolean'], words: 'true or false', remedy: 'Compare it with something: x > 0, x != null, size(x) > 0.' }

/** Finds the type of an expression, given what holds where it stands; `report` is told what is wrong. */
export function inferType(node: ASTNode, names: TypeNames, facts: Facts, report: (problem: TypeProblem) => void): Type {
  return new Inference(names, report).of(node, facts)
}

class Inference implements Signatures {
  readonly #names: TypeNames
  readonly #report: (problem: TypeProblem) => void
  /** Names that macros bind, from the outside in. */
  readonly #bound: (readonly [name: string, type: Type])[] = []

  constructor(names: TypeNames, report: (problem: TypeProblem) => void) {
    this.#names = names
    this.#report = report
  }

  of(node: ASTNode, facts: Facts): Type {
    switch (node.op) {
      case 'value':
        return literalType(node.args)
      case 'id':
        return this.#narrowed(this.#name(node.args), node, facts)
      case '.':
      case '[]':
        return this.#access(node, facts)
      case '.?':
      case '[?]':
        return this.#optionalAccess(node, facts)
      case '?:':
        return this.#choice(node.args, facts)
      case '&&':
      case '||':
        return this.#logical(node, facts)
      case '!_':
        this.expect(node.args, this.of(node.args, facts), TRUE_OR_FALSE)
        return BOOLEAN
      case '-_': {
        const type = this.of(node.args, facts)
        this.expect(node.args, type, { kinds: ['number', 'int'], words: 'a number' })
        return numeric(type)
      }
      case 'list':
        return listOf(unionOf(NEVER, ...node.args.map((item) => this.of(item, facts))))
      case 'map':
        return this.#object(node.args, facts)
      case 'call':
        return typeOfCall(node, node.args, facts, this)
      case 'rcall':
        return this.#method(node, facts)
      default: {
        const [left, right] = node.args
        return typeOfOperator(node, { left: this.of(left, facts), right: this.of(right, facts) }, this)
      }
    }
  }

  refuse(node: ASTNode, code: ProblemCode, message: string, remedy?: string): void {
    const help = remedy ?? (code === 'TYPE_MISMATCH' ? CONVERT_REMEDY : undefined)
    this.#report({ node, code, message, ...(help === undefined ? {} : { remedy: help }) })
  }

  expect(node: ASTNode, type: Type, { kinds, words, remedy }: Taking): boolean {
    const wrong = type.alternatives.filter(({ kind }) => !kinds.includes(kind))
    if (type.unknown || wrong.length === 0) return true
    const nullable = wrong.every(({ kind }) => kind === 'null') && wrong.length < type.alternatives.length
    if (nullable) this.refuse(node, 'UNGUARDED_OPTIONAL', `${shownNode(node)} may be null, expected ${words}`, nullGuard(node))
    else this.refuse(node, 'TYPE_MISMATCH', `${shownNode(node)} is ${wordsFor(type)}, expected ${words}`, remedy)
    return false
  }

  /** The type of what a macro runs for each item. */
  inside({ name, item }: { readonly name: string; readonly item: Type }, body: ASTNode, facts: Facts, told: readonly Fact[] = []): Type {
    this.#bound.push([name, item])
    const type = this.of(body, facts.forget(name).with(told))
    this.#bound.pop()
    return type
  }

  /** Whether a reference leads to something, without demanding that it is there. */
  presence(node: ASTNode, facts: Facts): void {
    if (node.op !== '.' && node.op !== '.?') {
      this.of(node, facts)
      return
    }
    const { owner, key } = this.#owner(node, facts)
    if (owner !== undefined) this.#field(node, owner, { key, facts, demand: false })
  }

  #name(name: string): Type {
    const bound = this.#bound.findLast(([known]) => known === name)
    return bound?.[1] ?? this.#names.named(name) ?? UNKNOWN // an unknown name has been told by the walk over names
  }

  /** A type, less what facts say that it is not. */
  #narrowed(type: Type, node: ASTNode, facts: Facts): Type {
    const path = facts === Facts.none ? undefined : pathOf(node)
    if (path === undefined) return type
    let narrow = facts.isNotNull(path) ? without(type, ({ kind }) => kind === 'null') : type
    const value = facts.equals(path)
    if (value !== undefined) narrow = without(narrow, (one) => one.kind !== kindOfScalar(value) && !(one.kind === 'int' && typeof value === 'number'))
    for (const [field, known] of facts.fieldsOf(path)) narrow = without(narrow, (one) => one.kind === 'object' && !mayEqual(one.shape.field(field)?.type, known))
    return narrow
  }

  #access(node: ASTNode & { readonly op: '.' | '[]' }, facts: Facts): Type {
    const { owner, key, step } = this.#owner(node, facts)
    if (step !== undefined) return this.#narrowed(this.#ofStep(node, step, key.name === 'error' ? 'error' : 'output', facts), node, facts)
    if (owner === undefined) return UNKNOWN
    const inside = unwrapped(owner)
    if (inside !== undefined) return optionalOf(this.#field(node, inside, { key, facts, demand: false }))
    return this.#narrowed(this.#field(node, owner, { key, facts, demand: true }), node, facts)
  }

  #optionalAccess(node: ASTNode & { readonly op: '.?' | '[?]' }, facts: Facts): Type {
    const { owner, key, step } = this.#owner(node, facts)
    if (step !== undefined) return optionalOf(this.#names.step(step, key.name === 'error' ? 'error' : 'output')?.type ?? UNKNOWN)
    if (owner === undefined) return optionalOf(UNKNOWN)
    return optionalOf(this.#field(node, unwrapped(owner) ?? owner, { key, facts, demand: false }))
  }

  /** What an access reads from, and by which key. `steps.x.output` is one thing: the output of a step. */
  #owner(node: ASTNode & { readonly op: '.' | '.?' | '[]' | '[?]' }, facts: Facts): { readonly owner?: Type; readonly step?: string; readonly key: Key } {
    const [below, right] = node.args as readonly [ASTNode, ASTNode | string]
    const key: Key = typeof right === 'string' ? { name: right, shown: JSON.stringify(right) } : keyOf(right, this.of(right, facts))
    if (below.op === '.' && below.args[0].op === 'id' && below.args[0].args === 'steps' && !this.#bound.some(([name]) => name === 'steps')) {
      return { step: below.args[1], key }
    }
    if (below.op === 'id' && below.args === 'steps') return { key } // steps.x alone was told by the walk over names
    return { owner: this.of(below, facts), key }
  }

  #ofStep(node: ASTNode, id: string, of: 'output' | 'error', facts: Facts): Type {
    const found = this.#names.step(id, of)
    if (found === undefined) return UNKNOWN
    const read = `steps.${id}.${of}`
    if (found.optional && !facts.isPresent(read)) {
      this.refuse(node, 'UNGUARDED_OPTIONAL', of === 'output' ? `the step ${id} may be skipped or fail, and then ${read} is missing` : `the step ${id} may not have failed, and then ${read} is missing`, `Guard it: has(${read}) ? ${read} : null, or steps.${id}.?${of}.orValue(null).`)
    }
    return found.type
  }

  /** The type of what a key leads to. `demand`: it must be there. */
  #field(node: ASTNode, owner: Type, { key, facts, demand }: { readonly key: Key; readonly facts: Facts; readonly demand: boolean }): Type {
    if (owner.unknown) return UNKNOWN
    const path = pathOf(node)
    const found: Type[] = []
    let missing = 0
    const refused: string[] = []
    for (const one of owner.alternatives) {
      if (one.kind === 'list' && key.index) found.push(one.item())
      else if (one.kind === 'object' && key.name !== undefined) {
        const declared = one.shape.field(key.name)
        const rest = declared === undefined && one.shape.rest !== null ? one.shape.rest() : undefined
        if (declared !== undefined) found.push(declared.type)
        else if (rest !== undefined) found.push(rest)
        if (declared === undefined ? !one.shape.open : declared.optional) missing++
        if (declared === undefined && rest === undefined) refused.push('')
      } else if (one.kind === 'object' && key.text) {
        found.push(one.shape.open ? UNKNOWN : unionOf(NEVER, ...one.shape.names.map((name) => one.shape.field(name)?.type ?? NEVER), ...(one.shape.rest === null ? [] : [one.shape.rest()])))
        if (!one.shape.open) missing++
      } else refused.push(one.kind)
    }
    if (found.length === 0 && owner.alternatives.length > 0) {
      this.#noField(node, owner, key)
      return UNKNOWN
    }
    const present = !demand || (path !== undefined && facts.isPresent(path))
    if (refused.includes('null') && !present) this.refuse(node, 'UNGUARDED_OPTIONAL', `${shownNode(below(node))} may be null, so it has no ${key.shown}`, nullGuard(below(node)))
    else if (refused.some((kind) => kind !== '' && kind !== 'null')) this.#noField(node, owner, key)
    else if (missing > 0 && !present) this.refuse(node, 'UNGUARDED_OPTIONAL', `${shownNode(node)} may be missing: its schema does not require ${key.shown}`, guardOf(node))
    return unionOf(NEVER, ...found)
  }

  #noField(node: ASTNode, owner: Type, key: Key): void {
    const of = shownNode(below(node))
    const objects = owner.alternatives.flatMap((one) => (one.kind === 'object' ? [one.shape] : []))
    if (objects.length > 0 && key.name !== undefined && owner.alternatives.every(({ kind }) => kind === 'object' || kind === 'null')) {
      const names = [...new Set(objects.flatMap(({ names: own }) => own))]
      this.refuse(node, 'UNKNOWN_FIELD', `${of} has no field ${JSON.stringify(key.name)}.${didYouMean(key.name, names)}`, names.length === 0 ? 'Its schema has no fields.' : `Fields are: ${names.slice(0, 30).join(', ')}${names.length > 30 ? ' …' : ''}.`)
      return
    }
    const list = owner.alternatives.some(({ kind }) => kind === 'list')
    const remedy = list ? `Read an item (${of}[0]), each of them (${of}.map(x, x.${key.name ?? 'name'})) or their number: size(${of}).` : 'Only objects have fields, and only lists have items.'
    this.refuse(node, 'TYPE_MISMATCH', `${of} is ${wordsFor(owner)}, so it has no ${key.shown}`, remedy)
  }

  #choice([condition, yes, no]: readonly [ASTNode, ASTNode, ASTNode], facts: Facts): Type {
    this.expect(condition, this.of(condition, facts), TRUE_OR_FALSE)
    const { whenTrue, whenFalse } = factsOf(condition)
    return unionOf(this.of(yes, facts.with(whenTrue)), this.of(no, facts.with(whenFalse)))
  }

  #logical(node: ASTNode & { readonly op: '&&' | '||' }, facts: Facts): Type {
    const [left, right] = node.args
    const { whenTrue, whenFalse } = factsOf(left)
    this.expect(left, this.of(left, facts), TRUE_OR_FALSE)
    this.expect(right, this.of(right, facts.with(node.op === '&&' ? whenTrue : whenFalse)), TRUE_OR_FALSE)
    return BOOLEAN
  }

  #object(entries: readonly (readonly [ASTNode, ASTNode])[], facts: Facts): Type {
    const fields = new Map<string, Field>()
    const others: Type[] = []
    for (const [key, value] of entries) {
      const name = literalOf(key)
      this.of(key, facts)
      const type = this.of(value, facts)
      if (name === undefined || name.value === null) others.push(type)
      else fields.set(String(name.value), { type, optional: false })
    }
    if (others.length === 0) return objectOf(fields)
    const rest = unionOf(...others)
    return typeOf({ kind: 'object', shape: { names: [...fields.keys()], field: (name) => fields.get(name), rest: () => rest, open: false, strict: false } })
  }

  #method(node: ASTNode & { readonly op: 'rcall' }, facts: Facts): Type {
    const [name, receiver, args] = node.args
    if (receiver.op === 'id' && receiver.args === 'optional' && this.#names.named('optional') === undefined) {
      return name === 'of' && args[0] !== undefined ? optionalOf(this.of(args[0], facts)) : optionalOf(NEVER)
    }
    return typeOfMethod(node, { name, receiver, args, type: this.of(receiver, facts) }, facts, this)
  }
}

/** The key of an access, as far as it is known. */
interface Key {
  readonly name?: string
  /** It may be an index of a list. */
  readonly index?: boolean
  /** It may be a name that a run computes. */
  readonly text?: boolean
  /** For messages: `"name"`, `items`. */
  readonly shown: string
}

function keyOf(node: ASTNode, type: Type): Key {
  const literal = literalOf(node)
  if (typeof literal?.value === 'string') return { name: literal.value, shown: JSON.stringify(literal.value) }
  if (type.unknown) return { index: true, text: true, shown: 'such item' }
  const kinds = type.alternatives.map(({ kind }) => kind)
  const number = kinds.length > 0 && kinds.every((kind) => kind === 'int' || kind === 'number')
  return number ? { index: true, shown: 'items' } : kinds.every((kind) => kind === 'string') ? { text: true, shown: 'such field' } : { shown: 'such item' }
}

function literalType(value: unknown): Type {
  if (value === null) return NULL
  switch (typeof value) {
    case 'bigint':
      return INT
    case 'number':
      return NUMBER
    case 'string':
      return typeOf({ kind: 'string', values: [value] })
    case 'boolean':
      return typeOf({ kind: 'boolean', values: [value] })
    default:
      return UNKNOWN
  }
}

/** The inner type of what may be missing; undefined for other types. */
function unwrapped(type: Type): Type | undefined {
  const [one, more] = type.alternatives
  return one?.kind === 'optional' && more === undefined ? one.inner() : undefined
}

function numeric(type: Type): Type {
  return type.unknown ? UNKNOWN : type.alternatives.every(({ kind }) => kind === 'int') ? INT : NUMBER
}

function kindOfScalar(value: Scalar): string {
  return typeof value
}

/** Whether a value of the type can equal a scalar. */
function mayEqual(type: Type | undefined, value: Scalar): boolean {
  if (type === undefined) return false
  return type.unknown || type.alternatives.some((one) => (one.kind === typeof value || (one.kind === 'int' && typeof value === 'number')) && !('values' in one && one.values !== undefined && !one.values.includes(value)))
}
