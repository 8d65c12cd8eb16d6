// Evaluates expressions: makes functions of a tree once, which then run against data. The tree is cel-js's; its evaluator is not
// used, because nothing in it can be counted: no hook sees an iteration, a comparison or a text that grows, so an expression of a
// line could keep a process busy for hours. Here each loop pays a budget before it runs, and own properties are all that is read.
import type { ASTNode } from '@marcbachmann/cel-js'
import { Budget, NODES_PER_ELEMENT } from './expression-budget.ts'
import { FUNCTIONS, METHODS, type Callable } from './expression-functions.ts'
import { MACRO_LOOPS, type Run } from './expression-macros.ts'
import { BINARY, negated } from './expression-operators.ts'
import { compilePattern, type Pattern } from './expression-regex.ts'
import { CelError, isObject, nameOf, NONE, Optional, ownValue } from './expression-values.ts'

/** Makes a function of a tree. Its values are those of expressions; plainResult makes data of them. */
export function compileTree(ast: ASTNode, text: string): (context: Readonly<Record<string, unknown>>) => unknown {
  const compiler = new Compiler(text)
  const run = compiler.compile(ast)
  return (context) => run({ context, slots: [], budget: new Budget() })
}

/** What a node of one kind looks like. */
type Node<Op extends ASTNode['op']> = ASTNode & { readonly op: Op }

class Compiler {
  readonly #text: string
  /** Variables of macros around the node → where their value lies. */
  readonly #variables = new Map<string, number>()
  #slots = 0
  #nodes = 0

  constructor(text: string) {
    this.#text = text
  }

  compile(node: ASTNode): Run {
    this.#nodes++
    switch (node.op) {
      case 'value': {
        const value: unknown = node.args
        return () => value
      }
      case 'id':
        return this.#name(node.args)
      case '.':
      case '[]':
        return this.#access(node)
      case '.?':
      case '[?]':
        return this.#optionalAccess(node)
      case 'list': {
        const items = node.args.map((item) => this.compile(item))
        return (env) => items.map((item) => item(env))
      }
      case 'map':
        return this.#object(node)
      case '?:':
        return this.#choice(node)
      case '&&':
        return this.#logical(node, false)
      case '||':
        return this.#logical(node, true)
      case '!_': {
        const of = this.compile(node.args)
        return (env) => !truth(of(env), '!')
      }
      case '-_': {
        const of = this.compile(node.args)
        return (env) => negated(of(env))
      }
      case 'call':
        return this.#call(node)
      case 'rcall':
        return this.#method(node)
      default:
        return this.#binary(node)
    }
  }

  #name(name: string): Run {
    const slot = this.#variables.get(name)
    if (slot !== undefined) return ({ slots }) => slots[slot]
    return ({ context }) => {
      const value = Object.hasOwn(context, name) ? context[name] : undefined
      if (value === undefined) throw new CelError(`${name} holds nothing`)
      return value
    }
  }

  #binary(node: ASTNode & { readonly args: readonly [ASTNode, ASTNode] }): Run {
    const apply = BINARY.get(node.op)
    if (apply === undefined) throw new CelError(`there is no operator ${node.op}`)
    const [left, right] = [this.compile(node.args[0]), this.compile(node.args[1])]
    return (env) => apply(left(env), right(env), env.budget)
  }

  #key(key: ASTNode | string): Run {
    return typeof key === 'string' ? () => key : this.compile(key)
  }

  #access(node: Node<'.'> | Node<'[]'>): Run {
    const [owner, key] = [this.compile(node.args[0]), this.#key(node.args[1])]
    return (env) => {
      const [value, name] = [owner(env), key(env)]
      if (value instanceof Optional) return optionalOf(ownValue(value.held, name))
      const found = ownValue(value, name)
      if (found === undefined) throw missing(node, this.#text, value, name)
      return found
    }
  }

  #optionalAccess(node: Node<'.?'> | Node<'[?]'>): Run {
    const [owner, key] = [this.compile(node.args[0]), this.#key(node.args[1])]
    return (env) => {
      const value = owner(env)
      return optionalOf(ownValue(value instanceof Optional ? value.held : value, key(env)))
    }
  }

  #object(node: Node<'map'>): Run {
    const entries = node.args.map(([key, value]) => [this.compile(key), this.compile(value)] as const)
    return (env) => {
      const made: Record<string, unknown> = {}
      for (const [key, value] of entries) put(made, key(env), value(env))
      return made
    }
  }

  #choice(node: Node<'?:'>): Run {
    const [when, then, otherwise] = node.args.map((part) => this.compile(part)) as [Run, Run, Run] // the parser gives three
    return (env) => (truth(when(env), '? :') ? then(env) : otherwise(env))
  }

  /** `&&` and `||` as CEL has them: the side that decides does, even when the other one fails. */
  #logical(node: Node<'&&'> | Node<'||'>, decisive: boolean): Run {
    const [left, right] = [this.compile(node.args[0]), this.compile(node.args[1])]
    return (env) => {
      let failure: CelError | undefined
      try {
        if (truth(left(env), node.op) === decisive) return decisive
      } catch (thrown) {
        failure = env.budget.swallow(thrown)
      }
      if (truth(right(env), node.op) === decisive) return decisive
      if (failure !== undefined) throw failure
      return !decisive
    }
  }

  #call(node: Node<'call'>): Run {
    const [name, args] = node.args
    if (name === 'has' && args[0] !== undefined) return this.#has(args[0])
    return this.#apply(name, FUNCTIONS.get(name), args)
  }

  #has(of: ASTNode): Run {
    if (of.op !== '.' && of.op !== '.?') throw new CelError('has asks for a field: has(a.b)')
    const [owner, key] = [this.compile(of.args[0]), of.args[1]]
    return (env) => {
      const value = owner(env)
      return ownValue(value instanceof Optional ? value.held : value, key) !== undefined
    }
  }

  #method(node: Node<'rcall'>): Run {
    const [name, receiver, args] = node.args
    if (receiver.op === 'id' && receiver.args === 'optional' && !this.#variables.has('optional')) return this.#makeOptional(name, args)
    const loop = MACRO_LOOPS.get(name)
    const [variable, ...bodies] = args
    if (loop !== undefined && variable?.op === 'id') {
      const list = this.compile(receiver)
      return this.#within(variable.args, (slot) => {
        const before = this.#nodes
        const [body, more] = bodies.map((part) => this.compile(part))
        if (body === undefined) throw new CelError(`${name} needs an expression for each item`)
        return loop({ list, slot, body, more, weight: Math.max(1, Math.floor((this.#nodes - before) / NODES_PER_ELEMENT)) })
      })
    }
    const [first] = args
    if (name === 'orValue' || name === 'or') return this.#otherwise(name, this.compile(receiver), this.#needed(name, first))
    if (name === 'value' || name === 'hasValue') return this.#held(name, this.compile(receiver))
    if (name === 'matches' && first?.op === 'value' && typeof first.args === 'string') return this.#matches(this.compile(receiver), first.args)
    return this.#apply(name, METHODS.get(name), [receiver, ...args])
  }

  /** Compiles what lies within a macro, where a name stands for the item. */
  #within(name: string, compile: (slot: number) => Run): Run {
    const outer = this.#variables.get(name)
    const slot = this.#slots++
    this.#variables.set(name, slot)
    const run = compile(slot)
    if (outer === undefined) this.#variables.delete(name)
    else this.#variables.set(name, outer)
    return run
  }

  #apply(name: string, callable: Callable | undefined, args: readonly ASTNode[]): Run {
    const apply = callable?.apply
    if (apply === undefined) throw new CelError(`there is no function ${name}`)
    const [first, second, ...more] = args.map((arg) => this.compile(arg))
    if (first === undefined) throw new CelError(`${name} needs a value`)
    if (second === undefined) return (env) => apply([first(env)], env.budget)
    if (more.length === 0) return (env) => apply([first(env), second(env)], env.budget)
    return (env) => apply([first(env), second(env), ...more.map((arg) => arg(env))], env.budget)
  }

  /** A pattern that stands in the expression is compiled once, when it is first used. */
  #matches(of: Run, pattern: string): Run {
    let compiled: Pattern | undefined
    return (env) => {
      const subject = of(env)
      if (typeof subject !== 'string') throw new CelError(`matches works on texts, got ${nameOf(subject)}`)
      return (compiled ??= compilePattern(pattern)).matches(subject, env.budget)
    }
  }

  #needed(name: string, arg: ASTNode | undefined): Run {
    if (arg === undefined) throw new CelError(`${name} needs a value`)
    return this.compile(arg)
  }

  #makeOptional(name: string, [of]: readonly ASTNode[]): Run {
    if (name === 'none') return () => NONE
    const run = this.#needed(`optional.${name}`, of)
    return (env) => new Optional(run(env))
  }

  /** The other value is evaluated only where there is none. */
  #otherwise(name: string, of: Run, other: Run): Run {
    return (env) => {
      const optional = optionalIn(of(env), name)
      if (optional.held !== undefined) return name === 'or' ? optional : optional.held
      return name === 'or' ? optionalIn(other(env), name) : other(env)
    }
  }

  #held(name: string, of: Run): Run {
    if (name === 'hasValue') return (env) => optionalIn(of(env), name).held !== undefined
    return (env) => {
      const { held } = optionalIn(of(env), name)
      if (held === undefined) throw new CelError('the optional value is not there', 'Say what stands for it: .orValue(…).')
      return held
    }
  }
}

function truth(value: unknown, operator: string): boolean {
  if (typeof value === 'boolean') return value
  throw new CelError(`${operator} takes true or false, got ${nameOf(value)}`, 'Compare it with something: x > 0, x != null, size(x) > 0.')
}

function put(object: Record<string, unknown>, key: unknown, value: unknown): void {
  if (typeof key !== 'string') throw new CelError(`a key of an object is a text, got ${nameOf(key)}`, 'Write it in quotes, or make a text of it: string(x).')
  if (key === '__proto__') throw new CelError('a key named __proto__ cannot be made')
  if (Object.hasOwn(object, key)) throw new CelError(`the key ${JSON.stringify(key)} stands twice in one object`)
  object[key] = value
}

function optionalOf(value: unknown): Optional {
  return value === undefined ? NONE : new Optional(value)
}

function optionalIn(value: unknown, name: string): Optional {
  if (value instanceof Optional) return value
  throw new CelError(`${name} works on optional values, got ${nameOf(value)}`, 'Read it with .? or [?]: input.?name.orValue("")')
}

function missing(node: Node<'.'> | Node<'[]'>, text: string, value: unknown, key: unknown): CelError {
  const [below] = node.args
  const owner = text.slice(below.start, below.end)
  if (below.op === '.' && below.args[0].op === 'id' && below.args[0].args === 'steps' && key === 'output') return new CelError(`the step ${below.args[1]} was skipped or failed, so it has no output`, `Guard it: has(${owner}.output) ? ${owner}.output : null.`)
  if (below.op === '.' && below.args[0].op === 'id' && below.args[0].args === 'steps' && key === 'error') return new CelError(`the step ${below.args[1]} has not failed, so it has no error`, `Guard it: has(${owner}.error) ? ${owner}.error.message : "none".`)
  if (Array.isArray(value)) {
    if (typeof key === 'string') return new CelError(`${owner} is a list, so it has no ${JSON.stringify(key)}`, `Read an item (${owner}[0]) or its size: size(${owner}).`)
    return new CelError(`${owner} has ${value.length} items, no item ${nameOf(key).replace('the number ', '')}`, 'Ask for it with [?], or compare with size(…) first.')
  }
  if (!isObject(value)) return new CelError(`${owner} is ${nameOf(value)}, so it has no ${shownKey(key)}`)
  if (typeof key !== 'string') return new CelError(`a key of an object is a text, got ${nameOf(key)}`)
  return new CelError(`${owner} has no ${shownKey(key)}`, `Ask for it first, with has(…) or .?, or give the value of the field a default.`)
}

function shownKey(key: unknown): string {
  return typeof key === 'string' ? JSON.stringify(key.length > 100 ? `${key.slice(0, 100)}…` : key) : nameOf(key)
}
