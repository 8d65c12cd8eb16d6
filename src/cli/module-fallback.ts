// Lets a project's files import `wumbo` and `zod` before anything is installed beside them: what their own folder cannot find is
// taken from this package. A project that has its own copy gets its own.
import module from 'node:module'

const OURS = /^(?:wumbo|zod)(?:\/|$)/

/** Installs the fallback for this process; further calls change nothing. */
export function provideOwnModules(): void {
  if (provided) return
  provided = true
  // Typed as always there; Node before 22.15 has none, and then a project needs its own copies.
  ;(module as Partial<typeof module>).registerHooks?.({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context)
      } catch (thrown) {
        if (!OURS.test(specifier) || (thrown as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw thrown
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
  })
}

let provided = false
