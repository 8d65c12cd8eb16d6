// Walks an expression's tree: which names it uses, and what it may not use. A name is `input`, `steps.<id>.output`, `steps.<id>.error`, the name of
// an item, or `index`; everything else is refused here, at definition.
import { didYouMean, nearest } from '../shared/nearest.ts'
import type { ASTNode } from './expression-cel.ts'
import { FUNCTIONS, MACROS, METHODS, type Callable } from './expression-functions.ts'
import { accessesOf, type Access } from './expression-path.ts'
import { compilePattern } from './expression-regex.ts'
import { CelError } from './expression-values.ts'
import { referenceKey, type Names, type Reference } from './frame.ts'
import type { ProblemCode } from './problem-codes.ts'

/** Keys that lead to prototypes. */
const POISONED = new Set(['__proto__', 'constructor', 'prototype'])

/** What is read of a step. */
const STEP_PARTS = ['output', 'error']

/** One thing that an expression does wrong. */
export interface NameProblem {
  readonly code: ProblemCode
  readonly message: string
  readonly remedy?: string
  /** The part of the expression that does it. */
  readonly node: ASTNode
}

/** Why no step is meant by an id. */
export type NoStep = Pick<NameProblem, 'message' | 'remedy'>

/** What a walk finds. */
export interface NamesUsed {
  /** Each thing that is read, once. */
  readonly references: readonly Reference[]
  readonly problems: readonly NameProblem[]
}

/** Finds the names that a tree uses. */
export function namesUsed(ast: ASTNode, names: Names): NamesUsed {
  const walk = new Walk(names)
  walk.visit(ast, new Set())
  return { references: [...walk.references.values()], problems: walk.problems }
}

class Walk {
  readonly references = new Map<string, Reference>()
  readonly problems: NameProblem[] = []
  readonly #names: Names

  constructor(names: Names) {
    this.#names = names
  }

  visit(node: ASTNode, bound: ReadonlySet<string>): void {
    switch (node.op) {
      case 'id':
        this.#name(node, [], bound)
        return
      case 'value':
        this.#literal(node)
        return
      case '.':
      case '.?':
      case '[]':
      case '[?]':
        this.#access(node, bound)
        return
      case 'call':
        this.#call(node, node.args, bound)
        return
      case 'rcall':
        this.#method(node, node.args, bound)
        return
      case 'map':
        for (const [key, value] of node.args) this.#entry(key, value, bound)
        return
      case '!_':
      case '-_':
        this.visit(node.args, bound)
        return
      default:
        for (const part of node.args) this.visit(part, bound)
    }
  }

  #access(node: ASTNode, bound: ReadonlySet<string>): void {
    const { base, accesses } = accessesOf(node)
    for (const access of accesses) {
      if (typeof access.key === 'string' && POISONED.has(access.key)) this.#refuse(access.node, 'EXPRESSION_REFUSED', `the key ${JSON.stringify(access.key)} is not read: it would lead out of the data`)
      if (access.key === undefined && (access.node.op === '[]' || access.node.op === '[?]')) this.visit(access.node.args[1], bound)
    }
    if (base.op === 'id') this.#name(base, accesses, bound)
    else this.visit(base, bound)
  }

  #name(node: ASTNode & { readonly op: 'id' }, accesses: readonly Access[], bound: ReadonlySet<string>): void {
    const name = node.args
    if (bound.has(name)) return
    const depth = this.#names.items.findLastIndex(({ item, index }) => item === name || index === name)
    if (depth >= 0) this.#add({ kind: this.#names.items[depth]?.item === name ? 'item' : 'index', name, depth })
    else if (name === 'input') this.#add({ kind: 'input' })
    else if (name === 'steps') this.#step(node, accesses)
    else this.#unknownName(node, name)
  }

  #unknownName(node: ASTNode, name: string): void {
    const known = ['input', 'steps', ...new Set(this.#names.items.flatMap(({ item, index }) => (index === null ? [item] : [item, index])))]
    if (name === 'item' || name === 'index') this.#refuse(node, 'UNKNOWN_NAME', `there is no ${name} here`, 'An item is known in the body of a step with forEach, not in its if, its forEach or outside of it.')
    else if (name === 'last' || name === 'iteration') this.#refuse(node, 'UNKNOWN_NAME', `there is no ${name} here`, 'It is known in the body of a step with loop, and in the until, while and delay of the loop.')
    else if (name === 'error' || name === 'outcome') this.#refuse(node, 'UNKNOWN_NAME', `there is no ${name} here`, name === 'error' ? 'It is known in onError, of a step or of the workflow, and in finally.' : 'It is known in finally.')
    else if (name === 'event') this.#refuse(node, 'UNKNOWN_NAME', 'there is no event here', 'It is known in the where of a wait for an event.')
    else if ('kind' in findStep(name, this.#names)) this.#refuse(node, 'UNKNOWN_NAME', `the name ${name} is not known`, `The output of the step ${name} is steps.${name}.output.`)
    else this.#refuse(node, 'UNKNOWN_NAME', `the name ${name} is not known.${didYouMean(name, known)}`, `Names are: ${known.map((word) => (word === 'steps' ? 'steps.<id>.output' : word)).join(', ')}. Text stands in quotes.`)
  }

  #step(node: ASTNode, accesses: readonly Access[]): void {
    const [idAccess, outputAccess] = accesses
    const id = idAccess?.key
    if (typeof id !== 'string' || idAccess?.optional === true) {
      this.#refuse(node, 'UNKNOWN_NAME', 'steps is not a value', 'Name one step: steps.<id>.output.')
      return
    }
    const found = findStep(id, this.#names)
    if (!('kind' in found)) this.#refuse(idAccess?.node ?? node, 'UNKNOWN_STEP', found.message, found.remedy)
    else if (outputAccess?.key === 'error') this.#failure(outputAccess.node, found)
    else this.#add(found)
    if (outputAccess?.key !== 'output' && outputAccess?.key !== 'error') {
      const rest = typeof outputAccess?.key === 'string' ? `.${outputAccess.key}` : ''
      const meant = nearest(rest.slice(1), STEP_PARTS)
      this.#refuse(outputAccess?.node ?? idAccess?.node ?? node, 'UNKNOWN_FIELD', `a step has no ${rest === '' ? 'value of its own' : JSON.stringify(rest.slice(1))}, only an output and an error`, `Write steps.${id}.${meant ?? `output${rest}`}.`)
    }
  }

  /** A failure is read only where the step may have failed: elsewhere there is never one. */
  #failure(node: ASTNode, found: Extract<Reference, { kind: 'step' }>): void {
    if (found.loose === true || this.#names.scopes[found.depth]?.ended === true) this.#add({ ...found, loose: true, of: 'error' })
    else this.#refuse(node, 'UNREACHABLE', `the step ${found.id} has completed where this is read, so it has no error`, `Let the step begin after a failure: needs: [{ step: ${found.id}, on: failure }].`)
  }

  #call(node: ASTNode, [name, args]: readonly [string, readonly ASTNode[]], bound: ReadonlySet<string>): void {
    this.#callable(node, name, args, { known: FUNCTIONS })
    if (name === 'has' && args[0] !== undefined && args[0].op !== '.' && args[0].op !== '.?') this.#refuse(args[0], 'TYPE_MISMATCH', 'has asks for a field', 'Write has(a.b). A computed key is asked for by: key in object.')
    for (const arg of args) this.visit(arg, bound)
  }

  #method(node: ASTNode, [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]], bound: ReadonlySet<string>): void {
    if (receiver.op === 'id' && receiver.args === 'optional' && (name === 'of' || name === 'none')) {
      for (const arg of args) this.visit(arg, bound)
      return
    }
    this.visit(receiver, bound)
    const [variable, ...rest] = args
    if (MACROS.has(name) && variable?.op === 'id') {
      this.#callable(node, name, args, { known: MACROS })
      const inner = new Set(bound).add(variable.args)
      for (const arg of rest) this.visit(arg, inner)
      return
    }
    this.#callable(node, name, args, { known: METHODS, besides: MACROS })
    if (name === 'matches' && variable?.op === 'value' && typeof variable.args === 'string') this.#pattern(variable, variable.args)
    for (const arg of args) this.visit(arg, bound)
  }

  /** A function must be known, and take as many arguments as it is given. */
  #callable(node: ASTNode, name: string, args: readonly ASTNode[], { known, besides }: { readonly known: ReadonlyMap<string, Callable>; readonly besides?: ReadonlyMap<string, Callable> }): void {
    const callable = known.get(name)
    if (callable === undefined) {
      if (besides?.has(name) === true) this.#refuse(node, 'TYPE_MISMATCH', `${name} takes a name for the item first`, `Write list.${name}(x, …), where x stands for the item.`)
      else this.#unknownFunction(node, name, [...known.keys(), ...(besides?.keys() ?? [])])
      return
    }
    const [fewest, most] = callable.arity
    if (args.length >= fewest && args.length <= most) return
    this.#refuse(node, 'TYPE_MISMATCH', `${name} takes ${fewest === most ? '' : `${fewest} or `}${most === 0 ? 'no arguments' : most === 1 ? '1 argument' : `${most} arguments`}, got ${args.length}`)
  }

  /** A pattern that stands in the expression is compiled here, so that a bad one is told when the graph is defined. */
  #pattern(node: ASTNode, pattern: string): void {
    try {
      compilePattern(pattern)
    } catch (thrown) {
      if (!(thrown instanceof CelError)) throw thrown
      this.#refuse(node, 'EXPRESSION_SYNTAX', thrown.message, thrown.remedy)
    }
  }

  #entry(key: ASTNode, value: ASTNode, bound: ReadonlySet<string>): void {
    if (key.op === 'value' && typeof key.args === 'string' && POISONED.has(key.args)) this.#refuse(key, 'EXPRESSION_REFUSED', `the key ${JSON.stringify(key.args)} cannot be made`)
    else if (key.op === 'value' && typeof key.args !== 'string') this.#refuse(key, 'TYPE_MISMATCH', 'a key of an object is a text', 'Write it in quotes.')
    this.visit(key, bound)
    this.visit(value, bound)
  }

  #literal(node: ASTNode): void {
    const value: unknown = node.args
    if (typeof value === 'bigint' && (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER))) this.#refuse(node, 'NUMBER_PRECISION', `the number ${value.toString()} is beyond 2^53, where numbers lose digits`, 'Write it as text.')
    else if (typeof value === 'number' && !Number.isFinite(value)) this.#refuse(node, 'NUMBER_PRECISION', 'the number is too large')
    else if (typeof value === 'object' && value !== null) this.#refuse(node, 'EXPRESSION_REFUSED', 'bytes and unsigned numbers are no data here', 'Write a text or a plain number.')
  }

  #unknownFunction(node: ASTNode, name: string, known: readonly string[]): void {
    this.#refuse(node, 'UNKNOWN_FUNCTION', `there is no function ${name}.${didYouMean(name, known)}`, `Functions are: ${[...new Set([...FUNCTIONS.keys(), ...METHODS.keys(), ...MACROS.keys()])].join(', ')}.`)
  }

  #add(reference: Reference): void {
    this.references.set(referenceKey(reference), reference)
  }

  #refuse(node: ASTNode, code: ProblemCode, message: string, remedy?: string): void {
    this.problems.push({ node, code, message, ...(remedy === undefined ? {} : { remedy }) })
  }
}

/** Finds the step that an id means where it stands: in the scope itself, else in those around it. Or says why there is none. */
export function findStep(id: string, names: Names): Extract<Reference, { kind: 'step' }> | NoStep {
  for (let depth = names.scopes.length - 1; depth >= 0; depth--) {
    const index = names.scopes[depth]?.ids.get(id)
    if (index === undefined) continue
    if (names.scopes[depth + 1]?.owner === id) return { message: `the step ${id} holds this one and has no output yet`, remedy: 'Read the steps beside this one, or move it out of the block.' }
    return { kind: 'step', id, depth, index, ...(names.scopes[depth]?.loose?.has(index) === true ? { loose: true } : {}) }
  }
  const blocks = names.everywhere.get(id)
  if (blocks?.[0] !== undefined) {
    return {
      message: `the step ${id} is inside ${blocks.map((block) => `"${block}"`).join(' and ')} and is not seen here`,
      remedy: `Give the block an output and read that: steps.${blocks[0]}.output.`,
    }
  }
  const known = names.scopes.flatMap((scope) => [...scope.ids.keys()])
  return { message: `there is no step ${JSON.stringify(id)}.${didYouMean(id, known)}`, remedy: `Steps are: ${known.slice(0, 20).join(', ')}${known.length > 20 ? ' …' : ''}.` }
}
