// Makes plain data of YAML's nodes, and tells what no definition may hold: keys that stand twice, aliases that repeat too much, numbers
// that would lose digits. Aliases share the value of their anchor; a budget bounds what they stand for.
import { isAlias, isMap, isScalar, isSeq, type Alias, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml'
import { didYouMean } from '../../shared/nearest.ts'
import type { ProblemCode } from '../problem-codes.ts'
import { lostDigits } from './digits.ts'

/** Aliases may stand for so many values in all. */
export const MAX_BY_ALIASES = 10_000

/** Something that is wrong, and where: from the start of a node to its end. */
export interface NodeProblem {
  readonly code: ProblemCode
  readonly node: Node
  readonly message: string
  readonly remedy: string
  /** What it is a repetition of. */
  readonly first?: Node
}

/** The data of a text, and where its aliases lead. */
export interface Made {
  readonly model: unknown
  readonly problems: readonly NodeProblem[]
  readonly targets: ReadonlyMap<Alias, Node>
}

const CORE = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`))

/** Makes the data. The nodes are not nested deeper than compose.ts lets through. */
export function makeModel(root: Node | null): Made {
  const maker = new Maker()
  const model = root === null ? null : maker.make(root)
  return { model, problems: maker.problems, targets: maker.targets }
}

/** A node that has a name, and what was made of it. */
interface Anchored {
  readonly node: Node
  /** Undefined while it is being made. */
  made?: { readonly value: unknown; readonly size: number }
}

class Maker {
  readonly problems: NodeProblem[] = []
  readonly targets = new Map<Alias, Node>()
  readonly #anchors = new Map<string, Anchored>()
  #byAliases = 0
  /** Values made so far, those that aliases stand for included. */
  #size = 0

  make(node: Node): unknown {
    this.#size++
    if (isAlias(node)) return this.#alias(node)
    if (node.tag !== undefined && !CORE.has(node.tag)) this.#tell('YAML_SYNTAX', node, 'a value that begins with "!" is a tag, and tags are not used here', 'Put it into quotes if it is an expression or a text: "!has(input.email)".')
    const { anchor } = node as { readonly anchor?: string }
    if (anchor === undefined) return this.#value(node)
    const anchored: Anchored = { node }
    this.#anchors.set(anchor, anchored)
    const before = this.#size
    const value = this.#value(node)
    anchored.made = { value, size: this.#size - before + 1 }
    return value
  }

  #value(node: Node): unknown {
    if (isMap(node)) return this.#object(node)
    if (isSeq(node)) return this.#list(node)
    return isScalar(node) ? this.#scalar(node) : null
  }

  #object(node: YAMLMap): unknown {
    const object: Record<string, unknown> = {}
    const keys = new Map<string, Node>()
    for (const { key, value } of node.items as Pair<Node, Node | null>[]) {
      const name = isScalar<string>(key) ? key.value : undefined // compose.ts makes texts of all keys
      if (name === undefined) this.#tell('YAML_SYNTAX', key, 'a key must be a text', 'Write key: value.')
      else if (name === '__proto__') this.#tell('INVALID_NAME', key, 'a key cannot be called __proto__', 'Choose another name.')
      else if (keys.has(name)) this.#twice(name, key, keys.get(name) as Node) // it has the name
      else if (name === '<<') this.#tell('UNKNOWN_KEY', key, 'merge keys (<<) are not part of YAML 1.2', 'Write the keys out, or repeat a whole value by an alias: key: *name.')
      else {
        keys.set(name, key)
        object[name] = value === null ? null : this.make(value)
      }
    }
    return object
  }

  #list(node: YAMLSeq): unknown {
    return (node.items as Node[]).map((item) => this.make(item))
  }

  #scalar(node: Scalar): unknown {
    const { value } = node
    if (typeof value === 'number') {
      const lost = lostDigits(node.source ?? String(value), value)
      if (lost !== undefined) this.#tell('NUMBER_PRECISION', node, `the number ${node.source ?? String(value)} cannot be kept: ${lost}`, 'Write it as text, in quotes.')
      return Object.is(value, -0) ? 0 : value
    }
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    return null // the value of a tag, which was told
  }

  #alias(node: Alias): unknown {
    const name = node.source
    const anchored = this.#anchors.get(name)
    if (anchored === undefined) {
      this.#tell('UNKNOWN_ALIAS', node, `there is no anchor &${name} before this alias.${didYouMean(name, [...this.#anchors.keys()])}`, `Write &${name} before the value that is to be repeated, or put a text that begins with * into quotes.`)
      return null
    }
    if (anchored.made === undefined) {
      this.#tell('CYCLIC_ALIAS', node, `the alias *${name} stands inside of what it names`, 'Write the value out.')
      return null
    }
    this.targets.set(node, anchored.node)
    this.#byAliases += anchored.made.size
    this.#size += anchored.made.size
    if (this.#byAliases <= MAX_BY_ALIASES) return anchored.made.value
    if (!this.problems.some(({ code }) => code === 'ALIAS_LIMIT')) this.#tell('ALIAS_LIMIT', node, `aliases stand for more than ${MAX_BY_ALIASES} values`, 'Write out what is needed, or make a step with forEach of it.')
    return null
  }

  #twice(name: string, node: Node, first: Node): void {
    this.problems.push({ code: 'DUPLICATE_KEY', node, first, message: `the key ${JSON.stringify(name)} stands twice`, remedy: 'Keep one of the two, or give one another name.' })
  }

  #tell(code: ProblemCode, node: Node, message: string, remedy: string): void {
    this.problems.push({ code, node, message, remedy })
  }
}
