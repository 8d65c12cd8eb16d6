// The bodies of transaction steps in the writer thread: found by module and export, loaded once, before a flush needs them.
import { DefinitionError } from '../../errors.ts'
import type { SqliteMeans } from '../../model/transaction.ts'

/** What a loaded template gives here: its lifecycle after the check of the input. It is known by its shape, since the module may have a Wumbo of its own. */
export interface LoadedBody {
  readonly invoke: (input: unknown, context: object) => unknown
}

/** Loaded bodies. */
export class Bodies {
  readonly #loaded = new Map<string, LoadedBody>()

  /** Throws DefinitionError when there is no such module, or it exports no such template. */
  async load({ module, export: name }: SqliteMeans): Promise<undefined> {
    let exports: Readonly<Record<string, unknown>>
    try {
      exports = (await import(module)) as Readonly<Record<string, unknown>>
    } catch (cause) {
      throw new DefinitionError(`expected a module at ${module}, and the writer thread cannot load it: ${cause instanceof Error ? cause.message : String(cause)}`, {
        path: module, cause, remedy: 'Write module: import.meta.url, and see that the module loads by itself: node <module>.',
      })
    }
    const found = Object.hasOwn(exports, name) ? exports[name] : undefined
    if (!isBody(found)) {
      throw new DefinitionError(`expected ${module} to export under "${name}" what defineSqliteTransaction gave, got ${found === undefined ? 'no such export' : `a ${typeof found}`}`, {
        path: module, remedy: 'Export the template, and give the name of that export as `export`.',
      })
    }
    this.#loaded.set(`${module} ${name}`, found)
    return undefined
  }

  find(module: string, name: string): LoadedBody | undefined {
    return this.#loaded.get(`${module} ${name}`)
  }
}

function isBody(value: unknown): value is LoadedBody {
  if (typeof value !== 'function') return false
  const { transaction, invoke } = value as { readonly transaction?: { readonly store?: unknown }; readonly invoke?: unknown }
  return transaction?.store === 'sqlite' && typeof invoke === 'function'
}
