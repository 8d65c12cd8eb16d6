// Makes any value safe to log: secrets hidden by the name of their key, sizes bounded, nothing that throws. It never
// calls toJSON or fails; what it cannot show it names in brackets.
import { errorData, WumboError } from '../errors.ts'

/** What stands in place of a secret. */
export const HIDDEN = '[hidden]'

/** Bounds of one log line. */
export interface FieldLimits {
  /** Characters of one text. */
  readonly text: number
  readonly depth: number
  /** Items of one list, and properties of one object. */
  readonly items: number
  /** Values in all. */
  readonly values: number
}

/** What holds unless told otherwise. */
export const FIELD_LIMITS: FieldLimits = { text: 4096, depth: 6, items: 50, values: 500 }

/** Words that make a key's value a secret, alone or joined (`apiKey`, `x-api-key`, `API_KEY`). */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  'authorization', 'cookie', 'cookies', 'credential', 'credentials', 'passphrase', 'passwd', 'password', 'passwords', 'pwd', 'secret', 'secrets',
  'signature', 'token', 'tokens', 'apikey', 'apikeys', 'accesskey', 'privatekey', 'signingkey', 'encryptionkey', 'connectionstring',
])

/** True when a key of this name holds a secret. `more` are further words, in lower case. */
export function isSecretKey(key: string, more: ReadonlySet<string> = new Set()): boolean {
  const words = key.slice(0, 200).replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase().split(/[^a-z0-9]+/)
  return words.some((word, index) => {
    const joined = word + (words[index + 1] ?? '')
    return SECRET_WORDS.has(word) || SECRET_WORDS.has(joined) || more.has(word) || more.has(joined)
  })
}

const BEARER = /\b(bearer|basic|digest)[ ]+[\w.~+/=-]{6,}/gi
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/@]{0,200}):[^\s/@]{1,200}@/gi

/** Hides what reads like a credential inside a text: `Bearer …`, `scheme://user:password@host`. */
export function hideInText(text: string): string {
  return text.replace(BEARER, `$1 ${HIDDEN}`).replace(URL_PASSWORD, `$1:${HIDDEN}@`)
}

/** Makes a plain, bounded copy of a record of fields. */
export function cleanFields(fields: Readonly<Record<string, unknown>>, secrets: ReadonlySet<string>, limits: FieldLimits = FIELD_LIMITS): Record<string, unknown> {
  try {
    return new Cleaner(secrets, limits).record(fields, 1)
  } catch {
    return { fields: '[unreadable]' }
  }
}

/** One text, bounded and without credentials. */
export function cleanText(text: string, limit: number = FIELD_LIMITS.text): string {
  return text.length <= limit ? hideInText(text) : `${hideInText(text.slice(0, limit))}… (${text.length - limit} more)`
}

class Cleaner {
  readonly #secrets: ReadonlySet<string>
  readonly #limits: FieldLimits
  readonly #inside = new Set<object>()
  #left: number

  constructor(secrets: ReadonlySet<string>, limits: FieldLimits) {
    this.#secrets = secrets
    this.#limits = limits
    this.#left = limits.values
  }

  record(value: object, depth: number): Record<string, unknown> {
    const record = Object.create(null) as Record<string, unknown>
    const keys = Object.keys(value)
    for (const key of keys.slice(0, this.#limits.items)) {
      const shown = cleanText(key, 200)
      if (isSecretKey(key, this.#secrets)) record[shown] = HIDDEN
      else {
        const item = this.#value(() => (value as Record<string, unknown>)[key], depth)
        if (item !== undefined) record[shown] = item
      }
    }
    if (keys.length > this.#limits.items) record['…'] = `${keys.length - this.#limits.items} more`
    return record
  }

  #value(read: () => unknown, depth: number): unknown {
    if (this.#left-- <= 0) return '[…]'
    try {
      return this.#clean(read(), depth)
    } catch {
      return '[unreadable]'
    }
  }

  #clean(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return cleanText(value, this.#limits.text)
      case 'number':
        return Number.isFinite(value) ? value : String(value)
      case 'boolean':
      case 'undefined':
        return value
      case 'bigint':
        return cleanText(String(value), this.#limits.text)
      case 'function':
      case 'symbol':
        return `[${typeof value}]`
      case 'object':
        return value === null ? null : this.#object(value, depth)
    }
  }

  #object(value: object, depth: number): unknown {
    if (this.#inside.has(value)) return '[circular]'
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString()
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) return `[${value.constructor.name}]`
    if (depth > this.#limits.depth) return Array.isArray(value) ? '[array]' : '[object]'
    this.#inside.add(value)
    try {
      if (value instanceof Error) return this.record(plainError(value), depth + 1)
      if (value instanceof URL) return cleanText(value.href, this.#limits.text)
      if (Array.isArray(value)) return this.#list(value, value.length, depth)
      if (value instanceof Set) return this.#list([...value], value.size, depth)
      if (value instanceof Map) return this.record(Object.fromEntries([...value].map(([key, item]) => [typeof key === 'string' ? key : '[key]', item])), depth + 1)
      return this.record(value, depth + 1)
    } finally {
      this.#inside.delete(value)
    }
  }

  #list(items: readonly unknown[], length: number, depth: number): unknown[] {
    const list = items.slice(0, this.#limits.items).map((item) => this.#value(() => item, depth + 1) ?? null)
    if (length > this.#limits.items) list.push(`… ${length - this.#limits.items} more`)
    return list
  }
}

/** A failure as data; the stack only where the failure is not one of ours and the place in the code is news. */
function plainError(error: Error): object {
  return { ...errorData(error), ...(error instanceof WumboError ? {} : { stack: error.stack }) }
}
