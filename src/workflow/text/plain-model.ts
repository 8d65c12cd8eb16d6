// Makes plain JSON of the nodes of a document. What JSON cannot say, or what would be changed silently on the way, is refused with
// its place: keys that are no text, keys that stand twice, numbers that lose digits, aliases that lead nowhere or repeat too much.
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml'
import { didYouMean } from '../../shared/nearest.ts'
import type { ProblemCode } from '../problem-codes.ts'
import { pathText } from '../shape.ts'
import { lossOf } from './numbers.ts'
import { lineEnd, type Found } from './place.ts'
import { MAX_DEPTH, quoted } from './tokens.ts'

/** Aliases may repeat so many values, all of them together. */
const MAX_ALIASED = 10_000

/** A model, and what stands behind its aliases. */
export interface PlainModel {
  readonly model: unknown
  readonly found: readonly Found[]
  readonly targets: ReadonlyMap<Alias, Node>
}

/** Reads the contents of a document; `lineOf` gives the line of an offset, for messages. */
export function plainModel(contents: Node | null, source: string, lineOf: (offset: number) => number): PlainModel {
  const reader = new Reader(source, lineOf)
  return { model: reader.value(contents), found: reader.found, targets: reader.targets }
}

class Reader {
  readonly found: Found[] = []
  readonly targets = new Map<Alias, Node>()
  readonly #source: string
  readonly #lineOf: (offset: number) => number
  readonly #anchors = new Map<string, Node>()
  readonly #open = new Set<Node>()
  readonly #path: (string | number)[] = []
  #expanding = 0
  #aliased = 0
  #deep = false

  constructor(source: string, lineOf: (offset: number) => number) {
    this.#source = source
    this.#lineOf = lineOf
  }

  value(node: unknown): unknown {
    if (this.#expanding > 0 && this.#exhausted()) return null
    if (isScalar(node)) {
      this.#anchor(node)
      return typeof node.value === 'number' ? this.#number(node, node.value) : node.value
    }
    if (isMap(node)) return this.#inside(node, () => this.#object(node))
    if (isSeq(node)) return this.#inside(node, () => this.#list(node.items))
    return isAlias(node) ? this.#alias(node) : null
  }

  /** Whether aliases have repeated too much, or nest too deep: then nothing more is made of them. */
  #exhausted(): boolean {
    if (this.#path.length > MAX_DEPTH) this.#deep = true
    return ++this.#aliased > MAX_ALIASED || this.#deep
  }

  #anchor(node: Node & { readonly anchor?: string }): void {
    if (node.anchor !== undefined && this.#expanding === 0) this.#anchors.set(node.anchor, node)
  }

  #inside<T>(node: Node & { readonly anchor?: string }, read: () => T): T {
    if (node.anchor === undefined) return read()
    this.#anchor(node)
    this.#open.add(node)
    const value = read()
    this.#open.delete(node)
    return value
  }

  #object(map: YAMLMap<unknown, unknown>): Record<string, unknown> {
    const made: Record<string, unknown> = {}
    const keys = new Map<string, Node>()
    for (const pair of map.items) {
      const key = this.#key(pair, keys)
      if (key === undefined) continue
      this.#path.push(key)
      made[key] = this.value(pair.value)
      this.#path.pop()
    }
    return made
  }

  #list(items: readonly unknown[]): unknown[] {
    return items.map((item, index) => {
      this.#path.push(index)
      const value = this.value(item)
      this.#path.pop()
      return value
    })
  }

  /** The key of a pair; undefined when it was refused. */
  #key({ key, value }: Pair<unknown, unknown>, keys: Map<string, Node>): string | undefined {
    if (!isScalar(key) || typeof key.value !== 'string') {
      this.#refuseKey(key)
      return undefined
    }
    const name = key.value
    this.#anchor(key)
    const first = keys.get(name)
    if (first !== undefined) this.#refuse('DUPLICATE_KEY', key, { message: `the key ${JSON.stringify(name)} stands twice in one object, first in line ${this.#lineOf(first.range?.[0] ?? 0)}`, remedy: 'Leave one of the two out, or give it another name.', key: name })
    else if (name === '__proto__') this.#refuse('INVALID_NAME', key, { message: 'a key named __proto__ is no data', remedy: 'Choose another name.', key: name })
    else if (value === null && key.type === 'PLAIN' && /^[\w.-]+:\S/.test(name)) this.#refuse('YAML_SYNTAX', key, { message: 'a space is missing behind the colon', remedy: `Write ${name.replace(':', ': ')}` })
    else if (name === '<<' && key.type === 'PLAIN') this.#refuse('YAML_SYNTAX', key, { message: 'merge keys (<<) are not read: they are no part of YAML 1.2', remedy: "Write the keys out, or repeat a whole value by an alias: with: *shared. A key of that name is written '<<'.", key: name })
    else {
      keys.set(name, key)
      return name
    }
    return undefined
  }

  #refuseKey(key: unknown): void {
    const node = key as Node | null // a pair's key is a node or nothing
    const start = node?.range?.[0] ?? 0
    const written = isScalar(node) ? (node.source ?? '') : ''
    if (written !== '') this.#refuse('YAML_SYNTAX', node, { message: `expected a key that is text, got ${String((node as Scalar).value)}`, remedy: `Write it in quotes: '${written}'.` })
    else if (isMap(node) && this.#source.startsWith('{', start) && this.#source[start - 1] === '{') this.#refuse('YAML_SYNTAX', node, { message: 'expected a key that is text, got an object in braces', remedy: "An expression is written in quotes and with a dollar sign: '${{ input.x }}'." })
    else if (isScalar(node)) this.#refuse('YAML_SYNTAX', node, { message: 'expected a key before the colon', remedy: 'Write the key, or take the colon away.' })
    else this.#refuse('YAML_SYNTAX', node, { message: `expected a key that is text, got ${isAlias(node) ? 'an alias' : isMap(node) ? 'an object' : 'a list'}`, remedy: 'Write the key as plain text or in quotes.' })
  }

  #number(node: Scalar, value: number): number {
    const loss = lossOf(node.source ?? '', value)
    if (loss !== undefined) this.#refuse('NUMBER_PRECISION', node, loss)
    return value
  }

  #alias(alias: Alias): unknown {
    const target = this.#expanding > 0 ? this.targets.get(alias) : this.#anchors.get(alias.source)
    if (target === undefined) return this.#unknown(alias)
    this.targets.set(alias, target)
    if (this.#open.has(target)) return this.#refuse('CYCLIC_ALIAS', alias, { message: `the alias *${alias.source} stands inside of what it names`, remedy: 'Write out what is to stand here.' })
    this.#expanding++
    const value = this.value(target)
    this.#expanding--
    if (this.#expanding === 0) this.#limits(alias)
    return value
  }

  #limits(alias: Alias): void {
    const told = (code: ProblemCode): boolean => this.found.some((one) => one.code === code)
    if (this.#deep && !told('DEPTH_LIMIT')) this.#refuse('DEPTH_LIMIT', alias, { message: `nested more than ${MAX_DEPTH} deep by aliases`, remedy: 'Make the definition flatter.' })
    else if (this.#aliased > MAX_ALIASED && !this.#deep && !told('ALIAS_LIMIT')) this.#refuse('ALIAS_LIMIT', alias, { message: `up to this alias, aliases repeat more than ${MAX_ALIASED} values`, remedy: 'Repeat less: aliases of what holds aliases multiply.' })
  }

  #unknown(alias: Alias): null {
    if (this.#expanding > 0) return null // told where it stands
    const near = didYouMean(alias.source, this.#anchors.keys())
    const names = [...this.#anchors.keys()].slice(0, 10).map((name) => `&${name}`)
    const remedy = `${names.length === 0 ? 'An alias repeats what an anchor (&name) before it marks.' : `Anchors before it are: ${names.join(', ')}.`} Text that begins with * stands in quotes: ${quoted(this.#source.slice(alias.range?.[0], lineEnd(this.#source, alias.range?.[0] ?? 0)))}`
    return this.#refuse('UNKNOWN_ALIAS', alias, { message: `no anchor &${alias.source} stands before this alias.${near}`, remedy })
  }

  /** Notes a problem; gives what stands in the model in place of the value. */
  #refuse(code: ProblemCode, node: Node | null, { message, remedy, key }: { readonly message: string; readonly remedy: string; readonly key?: string }): null {
    if (this.#expanding > 0) return null // told where it stands
    const [start = 0, end = start] = node?.range ?? []
    const path = pathText(key === undefined ? this.#path : [...this.#path, key])
    this.found.push({ code, path, message, remedy, start, end: Math.max(end, start), ...(key === undefined ? {} : { on: 'key' }) })
    return null
  }
}
