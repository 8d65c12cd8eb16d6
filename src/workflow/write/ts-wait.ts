// Waits as TypeScript for the builder: sleeps, signals, events, approvals. What each key may hold is the model's, src/model/waiting.ts.
import type { EventModel } from '../../model/waiting.ts'
import type { BodyModel } from '../../model/workflow.ts'
import { EVENT_NAME } from '../compile-wait.ts'
import { ANYTHING, type Known } from './ts-schema.ts'
import { callback, CONDITION, WAIT, type BindingWriter, type Import, type Names } from './ts-binding.ts'
import { callCode, dataCode, objectCode, textCode, type Code } from './ts-code.ts'

type Entries = readonly (readonly [key: string, value: Code])[]

const TEXT: Known = { type: 'string' }
const TEXTS: Known = { type: 'array', items: { type: 'string' } }

/** Writes waits. */
export class WaitWriter {
  readonly #bindings: BindingWriter
  readonly #import: Import

  constructor(bindings: BindingWriter, use: Import) {
    this.#bindings = bindings
    this.#import = use
  }

  /** A sleep, or the delay of a loop. */
  sleep(given: NonNullable<BodyModel['sleep']>, names: Names): Code {
    if (typeof given === 'object') return objectCode([['until', this.sleep(given.until, names)]])
    return typeof given === 'number' ? String(given) : callback(this.#bindings.text(given, WAIT, names))
  }

  /** The keys of a signal, an event or an approval; undefined when the body is none. */
  of({ signal, event, approval }: BodyModel, names: Names): { readonly key: 'signal' | 'event' | 'approval'; readonly entries: Entries } | undefined {
    const wait = signal ?? event ?? approval
    if (wait === undefined) return undefined
    const own: Entries = event !== undefined ? this.#event(event, names) : signal === undefined
      ? [...this.#bound('title', approval?.title, TEXT, names), ...this.#bound('assignees', approval?.assignees, TEXTS, names), ...this.#schema('form', approval?.form)]
      : [['name', textCode(signal.name)], ...this.#key(signal.key, names), ...this.#schema('schema', signal.schema)]
    const entries: Entries = [
      ...own,
      ...(wait.timeout === undefined ? [] : [['timeout', this.sleep(wait.timeout, names)] as const]),
      ...(wait.onTimeout === undefined ? [] : [['onTimeout', textCode(wait.onTimeout)] as const]),
      ...(Object.hasOwn(wait, 'fallback') ? this.#bound('fallback', wait.fallback, ANYTHING, names) : []),
    ]
    return { key: event !== undefined ? 'event' : signal === undefined ? 'approval' : 'signal', entries }
  }

  #event({ topic, key, where, schema, lookback }: EventModel, names: Names): Entries {
    return [
      ['topic', textCode(topic)], ...this.#key(key, names), ...this.#schema('schema', schema),
      ...(where === undefined ? [] : [['where', callback(this.#bindings.expression(where, CONDITION, names.item?.name === EVENT_NAME ? { ...names, item: null } : names))] as const]),
      ...(lookback === undefined ? [] : [['lookback', dataCode(lookback)] as const]),
    ]
  }

  #key(key: string | number | undefined, names: Names): Entries {
    return key === undefined ? [] : [['key', this.sleep(key, names)]]
  }

  #bound(key: string, value: unknown, wanted: Known, names: Names): Entries {
    return value === undefined ? [] : [[key, callback(this.#bindings.binding(value, wanted, names))]]
  }

  #schema(key: string, schema: Readonly<Record<string, unknown>> | undefined): Entries {
    if (schema === undefined) return []
    this.#import('jsonSchema')
    return [[key, callCode('jsonSchema', [dataCode(schema)])]]
  }
}
