// The templates that come with Wumbo, as one list for the composition root. Each is written against the public contracts
// only; a user's own template could stand in its place.
import { labelOf } from '../template/callable.ts'
import type { AnyTemplate } from '../template/contract.ts'
import { dataAggregate } from './data-aggregate.ts'
import { fileRead } from './file-read.ts'
import { fileWrite } from './file-write.ts'
import { httpRequest } from './http-request.ts'
import { log } from './log.ts'

/** Every built-in template. */
export const builtinTemplates: readonly AnyTemplate[] = [dataAggregate, fileRead, fileWrite, httpRequest, log]

/** The user's templates and the built-in ones; a user's template takes the place of a built-in one of the same name and version. */
export function withBuiltins(own: readonly AnyTemplate[]): readonly AnyTemplate[] {
  const taken = new Set(own.map(({ meta }) => labelOf(meta)))
  return [...builtinTemplates.filter(({ meta }) => !taken.has(labelOf(meta))), ...own]
}
