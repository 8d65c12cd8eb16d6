// The types around waits: what a wait gives, and what the parts of it that expressions give must be.
import type { WaitPlan } from '../plan.ts'
import { typeOfSchema } from './from-schema.ts'
import { BOOLEAN, field, NULL, NUMBER, objectOf, STRING, unionOf, UNKNOWN, type Alternative, type Type } from './type.ts'

/** What may stand somewhere, and what it is called. */
interface Fit {
  readonly fits: (one: Alternative) => boolean
  readonly wanted: string
}

export const KEY: Fit = { fits: ({ kind }) => kind === 'string' || kind === 'number' || kind === 'int', wanted: 'a text or a number' }
export const TITLE: Fit = { fits: ({ kind }) => kind === 'string', wanted: 'a text' }
export const ASSIGNEES: Fit = { fits: ({ kind }) => kind === 'list', wanted: 'a list of names' }

/** What an event is, with its data. */
export function eventType(data: Type): Type {
  return objectOf(new Map([['id', field(STRING)], ['topic', field(STRING)], ['key', field(unionOf(STRING, NULL))], ['at', field(NUMBER)], ['data', field(data)]]))
}

/** What a wait gives when something has come in time. */
export function typeOfWait({ on, schema }: WaitPlan): Type {
  const sent = schema === null ? UNKNOWN : typeOfSchema(schema, { defaults: true })
  if (on === 'signal') return sent
  if (on === 'event') return eventType(sent)
  // A rejection need not fill in the form.
  return objectOf(new Map([['approved', field(BOOLEAN)], ['by', field(STRING)], ['at', field(NUMBER)], ['form', field(unionOf(sent, NULL))], ['comment', field(unionOf(STRING, NULL))]]))
}
