// The names of a module: what it imports, under names that hide nothing of its own, and the name of what it exports.
import { textCode } from './ts-code.ts'

/** What code wants to import. `name` may be `default`; `called` is what it is when its own name will not do. */
export interface Imported {
  readonly name: string
  readonly from: string
  readonly called: string
}

const PACKAGE = 'wumbo'
/** What code uses by its own name: imports of the package, parameters of callbacks. */
const OWN = ['workflow', 'cel', 'text', 'jsonSchema', 'input', 'steps', 'item', 'index', 'block', 'cases']
const RESERVED = ('arguments as async await break case catch class const continue debugger default delete do else enum eval export extends false finally for from function get if implements import in '
  + 'instanceof interface let new null of package private protected public return set static super switch this throw true try typeof undefined var void while with yield').split(' ')
const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/

/** The names of one module. */
export class ModuleNames {
  readonly #taken = new Set([...OWN, ...RESERVED])
  /** By where it comes from: what is imported, and as what. */
  readonly #from = new Map<string, Map<string, string>>([[PACKAGE, new Map()]])

  /** Imports something of the package under its own name. */
  own(name: string): void {
    this.#from.get(PACKAGE)?.set(name, name)
  }

  /** Imports something; gives the name under which code finds it. */
  imported({ name, from, called }: Imported): string {
    const names = this.#from.get(from) ?? new Map<string, string>()
    this.#from.set(from, names)
    const known = names.get(name)
    if (known !== undefined) return known
    const local = this.#free(IDENTIFIER.test(name) && name !== 'default' ? name : camelCase(called), 'Template')
    names.set(name, local)
    return local
  }

  /** A name for what the module exports. */
  exported(called: string): string {
    return this.#free(camelCase(called), 'Workflow')
  }

  /** The import lines: the package first, then the modules in the order of their paths. */
  imports(): string {
    const [own, ...others] = [...this.#from]
    return [...(own === undefined ? [] : [own]), ...others.sort(([a], [b]) => (a < b ? -1 : 1))].flatMap(([from, names]) => importLines(from, names)).join('\n')
  }

  #free(wish: string, suffix: string): string {
    const names = [wish, wish + suffix]
    let free = names.find((name) => !this.#taken.has(name))
    for (let count = 2; free === undefined; count++) if (!this.#taken.has(wish + String(count))) free = wish + String(count)
    this.#taken.add(free)
    return free
  }
}

function importLines(from: string, names: ReadonlyMap<string, string>): string[] {
  const whole = names.get('default')
  const parts = [...names].filter(([name]) => name !== 'default').sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, local]) => {
    if (name === local) return name
    return `${IDENTIFIER.test(name) ? name : textCode(name)} as ${local}`
  })
  const clauses = [...(whole === undefined ? [] : [whole]), ...(parts.length === 0 ? [] : [`{ ${parts.join(', ')} }`])]
  return clauses.length === 0 ? [] : [`import ${clauses.join(', ')} from ${textCode(from)}`]
}

/** `billing.monthly-report` as an identifier: `billingMonthlyReport`. */
function camelCase(words: string): string {
  const joined = words.split(/[^A-Za-z0-9]+/).filter((word) => word !== '').map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
  return /^[A-Za-z]/.test(joined) ? joined : `_${joined}`
}
