// The type of a failure as expressions see it.
import { typeOfValue } from './from-schema.ts'
import { objectOf, STRING, unionOf, UNKNOWN, type Field, type Type } from './type.ts'

/** What `error` is. */
export const failureType: Type = objectOf(new Map<string, Field>([
  ['code', { type: STRING, optional: false }],
  ['message', { type: STRING, optional: false }],
  ['path', { type: STRING, optional: false }],
  ['details', { type: UNKNOWN, optional: false }],
]))

/** What `outcome` is. */
export const OUTCOMES: Type = unionOf(typeOfValue('completed'), typeOfValue('failed'), typeOfValue('cancelled'))
