// Makes plain JSON of what an expression gives: whole numbers become numbers, and what JSON cannot say is an error. What is frozen
// came in as data and goes out as it is, after it was measured once; all else is copied.
import { checkDepth, keyWeight, MAX_RESULT_BYTES, MAX_RESULT_VALUES, BudgetError } from './expression-budget.ts'
import { CelError, isObject, nameOf, Optional } from './expression-values.ts'

/** Makes a result of a value. Throws CelError for what data cannot hold. */
export function plainResult(value: unknown): unknown {
  switch (typeof value) {
    case 'boolean':
      return value
    case 'number':
    case 'bigint':
      return plainNumber(value)
    case 'string':
      // At most six bytes stand for a unit, so most texts need no counting.
      if (value.length * 6 + 2 > MAX_RESULT_BYTES) new Measure().plain(value, 0)
      return value
    default:
      return value === null ? null : new Measure().plain(value, 0)
  }
}

/** JSON has no negative zero: it becomes zero. */
function plainNumber(value: number | bigint): number {
  const number = Number(value)
  if (!Number.isFinite(number)) throw new CelError(`the result is ${number}, which is no number that data can hold`)
  if (typeof value === 'bigint' && !Number.isSafeInteger(number)) throw new CelError(`the result ${value.toString()} is beyond 2^53, where numbers lose digits`, 'Make a text of it: string(x).')
  return number + 0
}

/** The bytes of frozen data that was measured, as JSON. Data that is frozen does not change, so once is enough. */
const measured = new WeakMap<object, number>()

class Measure {
  #bytes = 0
  #values = 0
  /** Whether all that was measured since is frozen, so that the sum may be kept. */
  #frozen = true

  get bytes(): number {
    return this.#bytes
  }

  plain(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'boolean':
        this.#add(value ? 4 : 5)
        return value
      case 'number':
      case 'bigint': {
        const number = plainNumber(value)
        this.#add(number >= 0 && number < 10 && Number.isInteger(number) ? 1 : String(number).length)
        return number
      }
      case 'string':
        this.#text(value)
        return value
      case 'object':
        if (value !== null) return this.#container(value, depth)
        this.#add(4)
        return null
      default:
        throw new CelError(`the result holds ${nameOf(value)}, which is no data`)
    }
  }

  #container(value: object, depth: number): unknown {
    if (!Object.isFrozen(value)) {
      this.#frozen = false
      return this.#walk(value, depth, true)
    }
    const known = measured.get(value)
    if (known !== undefined) {
      this.#add(known)
      return value
    }
    const [before, outer] = [this.#bytes, this.#frozen]
    this.#frozen = true
    this.#walk(value, depth, false)
    if (this.#frozen) measured.set(value, this.#bytes - before)
    this.#frozen &&= outer
    return value
  }

  /** Copies when it is to, else only measures. */
  #walk(value: object, depth: number, copies: boolean): unknown {
    checkDepth(depth + 1, 'the result')
    if (Array.isArray(value)) return this.#list(value, depth, copies)
    if (value instanceof Optional) throw new CelError('the result is an optional value', 'Say what stands for a missing one; end the expression with .orValue(…).')
    if (isObject(value)) return this.#object(value, depth, copies)
    throw new CelError(`the result is ${nameOf(value)}, which is no plain data`)
  }

  #list(value: readonly unknown[], depth: number, copies: boolean): unknown {
    this.#begin(value.length, copies ? value.length : 0)
    const list: unknown[] = []
    for (const item of value) {
      const plain = this.plain(item, depth + 1)
      if (copies) list.push(plain)
    }
    return list
  }

  #object(value: Readonly<Record<string, unknown>>, depth: number, copies: boolean): unknown {
    const keys = Object.keys(value)
    this.#begin(keys.length, (copies ? 1 : 0.25) * keys.length * keyWeight(keys.length))
    const object: Record<string, unknown> = {}
    for (const key of keys) {
      if (key === '__proto__') throw new CelError('the result has a key named __proto__, which is no data')
      this.#text(key)
      this.#add(1)
      const plain = this.plain(value[key], depth + 1)
      if (copies) object[key] = plain
    }
    return object
  }

  /** Counts the brackets and the commas, and how many values it costs to go on, before it is done. */
  #begin(size: number, cost: number): void {
    this.#add(1 + Math.max(1, size))
    this.#values += cost
    if (this.#values > MAX_RESULT_VALUES) throw new BudgetError(`the result has more than ${MAX_RESULT_VALUES.toLocaleString('en')} values`, 'Hand on less of it, or let a template do this.')
  }

  #text(text: string): void {
    // First its length alone: what is too long is refused before it is gone over.
    this.#add(text.length + 2)
    this.#add(bytesBeyond(text))
  }

  #add(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > MAX_RESULT_BYTES) throw new BudgetError(`the result has more than ${MAX_RESULT_BYTES.toLocaleString('en')} bytes as JSON`, 'Hand on less of it, or let a template do this.')
  }
}

/** The bytes of plain data as JSON in UTF-8. Throws BudgetError beyond what a result may have. */
export function jsonBytes(value: unknown): number {
  const measure = new Measure()
  measure.plain(value, 0)
  return measure.bytes
}

/** How many bytes a text has as JSON beyond one for each UTF-16 unit. */
function bytesBeyond(text: string): number {
  let more = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 0x22 || unit === 0x5c) more++
    else if (unit < 0x20) more += unit === 0x0a || unit === 0x09 || unit === 0x0d || unit === 0x08 || unit === 0x0c ? 1 : 5
    else if (unit >= 0x80) more += beyondAscii(text, at, unit)
  }
  return more
}

/** Each half of a pair has two of its four bytes; a half that stands alone is escaped. */
function beyondAscii(text: string, at: number, unit: number): number {
  if (unit < 0x800) return 1
  if (unit < 0xd800 || unit > 0xdfff) return 2
  const other = unit < 0xdc00 ? text.charCodeAt(at + 1) : text.charCodeAt(at - 1)
  const paired = unit < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other <= 0xdbff
  return paired ? 1 : 5
}
