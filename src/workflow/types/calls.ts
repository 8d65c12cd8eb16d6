// Functions, methods and macros by type: what each takes and gives. Those that are not here have been refused by their names.
import type { ASTNode } from '../expression-cel.ts'
import type { ProblemCode } from '../problem-codes.ts'
import { factsOf, pathOf, type Fact, type Facts } from './facts.ts'
import { shownNode } from './shown.ts'
import { BOOLEAN, INT, listOf, NUMBER, STRING, unionOf, UNKNOWN, wordsFor, type Alternative, type Type } from './type.ts'

/** Where problems are told. */
export interface Refusing {
  refuse(node: ASTNode, code: ProblemCode, message: string, remedy?: string): void
  /** Refuses alternatives of other kinds; gives whether all was well. */
  expect(node: ASTNode, type: Type, taking: Taking): boolean
}

/** What is taken somewhere: the kinds, how messages name them, and what to do about others. */
export interface Taking {
  readonly kinds: readonly Alternative['kind'][]
  readonly words: string
  readonly remedy?: string
}

/** What functions need of the walk that they are part of. */
export interface Signatures extends Refusing {
  of(node: ASTNode, facts: Facts): Type
  /** The type of a macro's body, with its variable bound; `told` is known inside besides. */
  inside(variable: { readonly name: string; readonly item: Type }, body: ASTNode, facts: Facts, told?: readonly Fact[]): Type
  /** Checks the argument of has(): it must lead somewhere, but need not be there. */
  presence(node: ASTNode, facts: Facts): void
}

const TEXT: Taking = { kinds: ['string'], words: 'a text' }
const WHOLE: Taking = { kinds: ['int'], words: 'a whole number of the language', remedy: 'Write int(…) around it: numbers of data are not whole by themselves.' }
const SIZED: Taking = { kinds: ['string', 'list', 'object'], words: 'a text, a list or an object' }

/** The functions: what they take, and what they give. */
const FUNCTIONS: Readonly<Record<string, { readonly takes: Taking; readonly gives: Type }>> = {
  size: { takes: SIZED, gives: INT },
  string: { takes: { kinds: ['string', 'number', 'int', 'boolean'], words: 'a text, a number, or true or false' }, gives: STRING },
  double: { takes: { kinds: ['string', 'number', 'int'], words: 'a number or a text' }, gives: NUMBER },
  int: { takes: { kinds: ['string', 'number', 'int'], words: 'a number or a text' }, gives: INT },
  bool: { takes: { kinds: ['string', 'boolean'], words: 'a text, or true or false' }, gives: BOOLEAN },
}

/** The methods of texts: what their arguments are, how many must be given, and what they give. */
const OF_TEXT: Readonly<Record<string, { readonly takes: readonly Taking[]; readonly least: number; readonly gives: Type }>> = {
  contains: { takes: [TEXT], least: 1, gives: BOOLEAN },
  startsWith: { takes: [TEXT], least: 1, gives: BOOLEAN },
  endsWith: { takes: [TEXT], least: 1, gives: BOOLEAN },
  matches: { takes: [TEXT], least: 1, gives: BOOLEAN },
  lowerAscii: { takes: [], least: 0, gives: STRING },
  upperAscii: { takes: [], least: 0, gives: STRING },
  trim: { takes: [], least: 0, gives: STRING },
  indexOf: { takes: [TEXT, WHOLE], least: 1, gives: INT },
  lastIndexOf: { takes: [TEXT, WHOLE], least: 1, gives: INT },
  substring: { takes: [WHOLE, WHOLE], least: 1, gives: STRING },
  split: { takes: [TEXT, WHOLE], least: 1, gives: listOf(STRING) },
}

const MACROS: Readonly<Record<string, readonly number[]>> = { all: [2], exists: [2], exists_one: [2], filter: [2], map: [2, 3] }
const OPTIONAL = ['hasValue', 'value', 'orValue', 'or']

/** The type of `name(args)`. */
export function typeOfCall(node: ASTNode, [name, args]: readonly [string, readonly ASTNode[]], facts: Facts, walk: Signatures): Type {
  const [arg] = args
  if (arg === undefined || args.length > 1) {
    for (const one of args) walk.of(one, facts)
    walk.refuse(node, 'TYPE_MISMATCH', `${name}() takes one value, got ${args.length}`)
    return FUNCTIONS[name]?.gives ?? UNKNOWN
  }
  if (name === 'has') {
    if (arg.op !== '.') walk.refuse(arg, 'TYPE_MISMATCH', `has() asks for a field, such as has(input.email), got ${shownNode(arg)}`, 'For keys in brackets write "key" in object; for optional parts write x.?y.hasValue().')
    else walk.presence(arg, facts)
    return BOOLEAN
  }
  const type = walk.of(arg, facts)
  const known = FUNCTIONS[name]
  if (known === undefined) return UNKNOWN // dyn()
  walk.expect(arg, type, known.takes)
  return known.gives
}

/** A method with what it is called on. */
export interface Method {
  readonly name: string
  readonly receiver: ASTNode
  readonly args: readonly ASTNode[]
  /** The type of the receiver. */
  readonly type: Type
}

/** The type of `receiver.name(args)`. */
export function typeOfMethod(node: ASTNode, method: Method, facts: Facts, walk: Signatures): Type {
  const { name, receiver, args, type } = method
  if (MACROS[name] !== undefined) return macro(node, method, facts, walk)
  if (OPTIONAL.includes(name)) return ofOptional(node, method, facts, walk)
  if (name === 'size') {
    walk.expect(receiver, type, SIZED)
    return INT
  }
  if (name === 'join') return joined(node, method, facts, walk)
  const known = OF_TEXT[name]
  if (known === undefined) return UNKNOWN
  walk.expect(receiver, type, { ...TEXT, remedy: `${name}() is a method of texts.` })
  args.forEach((arg, index) => {
    const taking = known.takes[index]
    const given = walk.of(arg, facts)
    if (taking !== undefined) walk.expect(arg, given, taking)
  })
  if (args.length < known.least || args.length > known.takes.length) walk.refuse(node, 'TYPE_MISMATCH', `${name}() takes ${known.least === known.takes.length ? known.least : `${known.least} to ${known.takes.length}`} values, got ${args.length}`)
  return known.gives
}

function macro(node: ASTNode, { name, receiver, args, type }: Method, facts: Facts, walk: Signatures): Type {
  const [variable, first, second] = args
  if (variable?.op !== 'id' || first === undefined || !(MACROS[name] ?? []).includes(args.length)) {
    walk.refuse(node, 'TYPE_MISMATCH', `${name}() takes a name for the item and what is to be done with it`, `Write list.${name}(x, ${name === 'map' ? 'x.price' : 'x > 0'}).`)
    return name === 'map' || name === 'filter' ? listOf(UNKNOWN) : BOOLEAN
  }
  walk.expect(receiver, type, { kinds: ['list', 'object'], words: 'a list or an object' })
  const item = type.unknown ? UNKNOWN : unionOf(...type.alternatives.map((one) => (one.kind === 'list' ? one.item() : STRING)))
  const body = walk.inside({ name: variable.args, item }, first, facts)
  if (name === 'map' && second === undefined) return listOf(body)
  walk.expect(first, body, { kinds: ['boolean'], words: 'true or false', remedy: 'Compare the item with something: x.price > 0.' })
  if (name === 'filter') return listOf(item)
  return second === undefined ? BOOLEAN : listOf(walk.inside({ name: variable.args, item }, second, facts, factsOf(first).whenTrue))
}

function ofOptional(node: ASTNode, { name, receiver, args, type }: Method, facts: Facts, walk: Signatures): Type {
  const [arg] = args
  const given = arg === undefined ? undefined : walk.of(arg, facts)
  const takes = name === 'hasValue' || name === 'value' ? 0 : 1
  if (args.length !== takes) walk.refuse(node, 'TYPE_MISMATCH', `${name}() takes ${takes === 0 ? 'nothing' : 'one value'}, got ${args.length}`)
  if (type.unknown) return UNKNOWN
  const [one] = type.alternatives
  if (one?.kind !== 'optional' || type.alternatives.length > 1) {
    walk.refuse(receiver, 'TYPE_MISMATCH', `${shownNode(receiver)} is ${wordsFor(type)} and not a value that may be missing, so it has no ${name}()`, 'Write a question mark before the part that may be missing: x.?y.orValue(…).')
    return UNKNOWN
  }
  if (name === 'hasValue') return BOOLEAN
  const inner = one.inner()
  if (name === 'value') {
    const path = pathOf(receiver)
    if (path === undefined || !facts.isPresent(path)) walk.refuse(node, 'UNGUARDED_OPTIONAL', `${shownNode(receiver)} may be missing, and value() then fails`, 'Write orValue(…) instead, or ask before: x.?y.hasValue() ? x.?y.value() : ….')
    return inner
  }
  if (given === undefined) return UNKNOWN
  if (name === 'orValue') return unionOf(inner, given)
  if (arg !== undefined) walk.expect(arg, given, { kinds: ['optional'], words: 'another value that may be missing', remedy: 'Write x.?a.or(x.?b), or end with orValue(…).' })
  return unionOf(type, given)
}

function joined(node: ASTNode, { receiver, args, type }: Method, facts: Facts, walk: Signatures): Type {
  if (walk.expect(receiver, type, { kinds: ['list'], words: 'a list of texts' })) {
    const items = type.unknown ? UNKNOWN : unionOf(...type.alternatives.map((one) => (one.kind === 'list' ? one.item() : UNKNOWN)))
    if (!items.unknown && items.alternatives.some(({ kind }) => kind !== 'string')) walk.refuse(receiver, 'TYPE_MISMATCH', `${shownNode(receiver)} is a list of ${wordsFor(items)}, expected a list of texts`, 'Make texts of the items first: list.map(x, string(x)).join(", ").')
  }
  for (const arg of args) walk.expect(arg, walk.of(arg, facts), TEXT)
  if (args.length > 1) walk.refuse(node, 'TYPE_MISMATCH', `join() takes one value at most, got ${args.length}`)
  return STRING
}
