// The templates that come with Wumbo, as one list for the composition root. Each is written against the public contracts
// only; a user's own template could stand in its place.
import type { AnyTemplate } from '../template/contract.ts'
import { dataAggregate } from './data-aggregate.ts'
import { fileRead } from './file-read.ts'
import { fileWrite } from './file-write.ts'
import { httpRequest } from './http-request.ts'
import { log } from './log.ts'

/** Every built-in template. */
export const builtinTemplates: readonly AnyTemplate[] = [dataAggregate, fileRead, fileWrite, httpRequest, log]
