// Finds the function behind a handler that is named by module and export. A module is loaded once; after that its
// function is there without waiting. It loads code of this process only: threads and remote machines do it for themselves.
import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DefinitionError } from '../errors.ts'
import type { MaybePromise } from '../template/contract.ts'
import type { Abort, Handler } from './contract.ts'

/** The body of a handler. */
export type HandlerBody = (payload: never, abort: Abort) => MaybePromise<unknown>

/** Loads the modules of handlers. `import_` is the platform's `import()`. */
export class HandlerLoader {
  readonly #ready = new Map<string, HandlerBody>()
  readonly #import: (specifier: string) => Promise<unknown>

  constructor(import_: (specifier: string) => Promise<unknown> = (specifier) => import(specifier) as Promise<unknown>) {
    this.#import = import_
  }

  /** The body at once when it is inline or loaded, else a promise of it. DefinitionError when there is none. */
  body(handler: Handler): MaybePromise<HandlerBody> {
    if (handler.kind === 'inline') return handler.run
    return this.#ready.get(keyOf(handler)) ?? this.#load(handler)
  }

  async #load(handler: Handler & { readonly kind: 'module' }): Promise<HandlerBody> {
    let loaded: Readonly<Record<string, unknown>>
    try {
      loaded = (await this.#import(isAbsolute(handler.module) ? pathToFileURL(handler.module).href : handler.module)) as Readonly<Record<string, unknown>>
    } catch (cause) {
      throw new DefinitionError(`handler ${handler.name}: expected a module at ${handler.module}, but it cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
        path: handler.module, cause, remedy: 'Name the module by a file URL, an absolute path or the name of an installed package, and see that it loads by itself: node <module>.',
      })
    }
    const body = Object.hasOwn(loaded, handler.export) ? loaded[handler.export] : undefined
    if (typeof body !== 'function') {
      const functions = Object.keys(loaded).filter((name) => typeof loaded[name] === 'function')
      throw new DefinitionError(`handler ${handler.name}: expected ${handler.module} to export a function named "${handler.export}", got ${body === undefined ? 'no such export' : `one of type ${typeof body}`}`, {
        path: handler.module, remedy: functions.length === 0 ? 'Export the function from the module.' : `Export it, or name one of its functions: ${functions.join(', ')}.`,
      })
    }
    this.#ready.set(keyOf(handler), body as HandlerBody)
    return body as HandlerBody
  }
}

function keyOf(handler: Handler & { readonly kind: 'module' }): string {
  return `${handler.module}#${handler.export}`
}
