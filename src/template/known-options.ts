// What may be said in options: a key that is not known is refused with the nearest one, since a `timeuot` that is passed over waits for ever.
import { DefinitionError } from '../errors.ts'
import { didYouMean } from '../shared/nearest.ts'
import { shown } from './door.ts'

/** Refuses what is no object, and keys that are not known. `path` is where the options stand. */
export function checkKnown(path: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw new DefinitionError(`${path}: expected an object with options, got ${shown(options)}`, { path, remedy: `Options are: ${known.join(', ')}.` })
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new DefinitionError(`${path}.${key}: there is no such option.${didYouMean(key, known)}`, { path: `${path}.${key}`, remedy: `Options are: ${known.join(', ')}.` })
  }
}
