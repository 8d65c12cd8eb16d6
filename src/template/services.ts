// Services by typed token: where templates find what they need of their surroundings. A container never changes, so one
// that is in use cannot be altered from elsewhere; `provide` and `replace` give a new one.
import { DefinitionError, ServiceNotFoundError } from '../errors.ts'
import { didYouMean } from '../shared/nearest.ts'
import type { Services, ServiceToken } from './contract.ts'

/**
 * Names a service and its type. Tokens of the same name stand for the same service, wherever they are made.
 * @example
 * const Mailer = serviceToken<{ send(to: string, text: string): Promise<void> }>('mailer')
 * await context.services.get(Mailer).send('ada@example.com', 'Hello')
 */
export function serviceToken<T>(name: string): ServiceToken<T> {
  if (typeof name !== 'string' || name.trim() === '') {
    throw new DefinitionError(`serviceToken: expected a name, got ${JSON.stringify(name)}`, { path: 'name', remedy: "Name the service: serviceToken<Mailer>('mailer')." })
  }
  return Object.freeze({ name })
}

/** A container of services. */
export interface ServiceContainer extends Services {
  /** Adds a service and gives the new container. Throws DefinitionError when there is one of this name. */
  provide<T>(token: ServiceToken<T>, service: NoInfer<T>): ServiceContainer
  /** Adds a service that is made when it is first asked for, once; `make` may ask for others. */
  provideLazy<T>(token: ServiceToken<T>, make: (services: Services) => NoInfer<T>): ServiceContainer
  /** Puts another in the place of a service: for tests. Throws ServiceNotFoundError when there is none to replace. */
  replace<T>(token: ServiceToken<T>, service: NoInfer<T>): ServiceContainer
  /** The names of all services, sorted. */
  names(): string[]
}

/** One service: there, or to be made. */
type Entry = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'lazy'; readonly make: (services: Services) => unknown }

/**
 * Makes an empty container.
 * @example
 * const live = services().provide(Mailer, smtpMailer).provideLazy(Database, () => connect())
 * const forTests = live.replace(Mailer, { send: async () => {} })
 */
export function services(): ServiceContainer {
  return new Container(new Map())
}

class Container implements ServiceContainer {
  readonly #entries: ReadonlyMap<string, Entry>
  /** What lazy entries have made. A container of its own remembers of its own: a replaced dependency reaches what is built on it. */
  readonly #made = new Map<string, unknown>()
  readonly #making: string[] = []

  constructor(entries: ReadonlyMap<string, Entry>) {
    this.#entries = entries
  }

  get<T>(token: ServiceToken<T>): T {
    const entry = this.#entries.get(token.name)
    if (entry === undefined) throw notFound(token.name, this.#entries.keys())
    return (entry.kind === 'value' ? entry.value : this.#make(token.name, entry.make)) as T
  }

  has(token: ServiceToken<unknown>): boolean {
    return this.#entries.has(token.name)
  }

  provide<T>(token: ServiceToken<T>, service: NoInfer<T>): ServiceContainer {
    return this.#add(token.name, { kind: 'value', value: service })
  }

  provideLazy<T>(token: ServiceToken<T>, make: (services: Services) => NoInfer<T>): ServiceContainer {
    return this.#add(token.name, { kind: 'lazy', make })
  }

  replace<T>(token: ServiceToken<T>, service: NoInfer<T>): ServiceContainer {
    if (!this.has(token)) throw notFound(token.name, this.#entries.keys())
    return new Container(new Map(this.#entries).set(token.name, { kind: 'value', value: service }))
  }

  names(): string[] {
    return [...this.#entries.keys()].sort()
  }

  #add(name: string, entry: Entry): ServiceContainer {
    if (this.#entries.has(name)) {
      throw new DefinitionError(`services: there is a service "${name}" already`, { path: name, remedy: 'Use replace(token, service) to put another in its place, or a token of another name.' })
    }
    return new Container(new Map(this.#entries).set(name, entry))
  }

  #make(name: string, make: (services: Services) => unknown): unknown {
    if (this.#made.has(name)) return this.#made.get(name)
    if (this.#making.includes(name)) {
      throw new DefinitionError(`services: "${name}" needs itself: ${[...this.#making, name].join(' → ')}`, { path: name, remedy: 'Break the circle: let one of them ask for the other when it is used, not when it is made.' })
    }
    this.#making.push(name)
    try {
      const value = make(this)
      this.#made.set(name, value)
      return value
    } finally {
      this.#making.pop()
    }
  }
}

function notFound(name: string, known: Iterable<string>): ServiceNotFoundError {
  const names = [...known].sort()
  return new ServiceNotFoundError(`there is no service "${name}".${didYouMean(name, names)} There are: ${names.join(', ') || 'none'}`, { path: name, details: { known: names } })
}
