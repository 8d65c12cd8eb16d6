// The short way for the most frequent expressions: a path into data, such as `steps.fetch.output.items[0].price`. It reads own
// properties only and never what comes from a prototype. A value that is not there is an error, not null.
import { nearest } from '../shared/nearest.ts'
import type { ASTNode } from './expression-cel.ts'
import { COMPLETED, FAILED, PENDING, SKIPPED, type Frame, type Reference } from './frame.ts'

/** A key or an index. */
export type Segment = string | number

/** What lies below the base of a path: the accesses in the order in which they are read; undefined for an index that is computed. */
export interface Access {
  readonly key: Segment | undefined
  readonly optional: boolean
  readonly node: ASTNode
}

/** Which part of an expression a node is, for messages: for an access, the key alone. */
export function spanOf(node: ASTNode): readonly [start: number, end: number] {
  if (node.op === '.' || node.op === '.?') return [node.pos, node.end]
  if (node.op === '[]' || node.op === '[?]') return [node.args[1].start, node.args[1].end]
  if (node.op === 'call') return [node.start, node.start + node.args[0].length]
  if (node.op === 'rcall') return [node.pos, node.pos + node.args[0].length]
  return [node.start, node.end]
}

/** Takes a chain of accesses apart: `a.b[0]` is the base `a` with the keys `b` and `0`. */
export function accessesOf(node: ASTNode): { readonly base: ASTNode; readonly accesses: readonly Access[] } {
  const accesses: Access[] = []
  let base = node
  while (base.op === '.' || base.op === '.?' || base.op === '[]' || base.op === '[?]') {
    const [below, key] = base.args
    accesses.push({ key: typeof key === 'string' ? key : constantKey(key), optional: base.op === '.?' || base.op === '[?]', node: base })
    base = below
  }
  return { base, accesses: accesses.reverse() }
}

function constantKey(node: ASTNode): Segment | undefined {
  if (node.op !== 'value') return undefined
  const { args } = node
  if (typeof args === 'string') return args
  return typeof args === 'bigint' && args >= 0n && args < 2n ** 32n ? Number(args) : undefined
}

/** Thrown when there is nothing at the end of a path; becomes an ExpressionError where the place is known. */
export class MissingValueError extends Error {
  readonly remedy: string | undefined

  constructor(message: string, remedy?: string) {
    super(message)
    this.remedy = remedy
  }
}

/** Makes the reader of a path below a reference. */
export function pathReader(reference: Reference, segments: readonly Segment[]): (frame: Frame) => unknown {
  const root = rootReader(reference)
  const names = [rootName(reference)]
  for (const segment of segments) names.push(typeof segment === 'number' ? `${names.at(-1) ?? ''}[${segment}]` : `${names.at(-1) ?? ''}.${segment}`)
  return (frame) => {
    let value = root(frame)
    for (let i = 0; i < segments.length; i++) {
      const segment = segments[i] as Segment
      const below = typeof value === 'object' && value !== null && Object.hasOwn(value, segment) && !isLength(value, segment) ? (value as Record<Segment, unknown>)[segment] : undefined
      if (below === undefined) throw missing(names[i] ?? '', segment, value)
      value = below
    }
    if (value === undefined) throw new MissingValueError(`${names[0] ?? ''} holds nothing`)
    return value
  }
}

/** A list has an own property `length`, which is no data of it. */
function isLength(value: object, segment: Segment): boolean {
  return segment === 'length' && Array.isArray(value)
}

function rootReader(reference: Reference): (frame: Frame) => unknown {
  switch (reference.kind) {
    case 'input':
      return (frame) => frame.input
    case 'item':
      return (frame) => frame.items[reference.depth]?.item
    case 'index':
      return (frame) => frame.items[reference.depth]?.index
    case 'step':
      return (frame) => {
        const scope = frame.scopes[reference.depth]
        const standing = scope?.standings[reference.index]
        if (reference.of === 'error') {
          if (standing === FAILED) return scope?.failures[reference.index]
          throw new MissingValueError(`the step ${reference.id} has not failed, so it has no error`, `Guard it: has(steps.${reference.id}.error) ? steps.${reference.id}.error.message : "none".`)
        }
        if (standing === COMPLETED) return scope?.outputs[reference.index]
        throw new MissingValueError(`the step ${reference.id} ${standing === SKIPPED ? 'was skipped' : standing === PENDING ? 'has not ended' : 'failed'}, so it has no output`, `Guard it: has(steps.${reference.id}.output) ? steps.${reference.id}.output : null.`)
      }
  }
}

function rootName(reference: Reference): string {
  switch (reference.kind) {
    case 'input':
      return reference.kind
    case 'index':
    case 'item':
      return reference.name
    case 'step':
      return `steps.${reference.id}.${reference.of ?? 'output'}`
  }
}

function missing(owner: string, segment: Segment, value: unknown): MissingValueError {
  if (typeof segment === 'number' && Array.isArray(value)) return new MissingValueError(`${owner} has ${value.length} items, no item ${segment}`)
  if (typeof value !== 'object' || value === null) return new MissingValueError(`${owner} is ${value === null ? 'null' : `a ${typeof value}`}, so it has no ${JSON.stringify(segment)}`)
  if (Array.isArray(value)) return new MissingValueError(`${owner} is a list, so it has no ${JSON.stringify(segment)}`, `Read an item (${owner}[0]) or its size: size(${owner}).`)
  const near = nearest(String(segment), Object.keys(value))
  return new MissingValueError(`${owner} has no ${JSON.stringify(segment)}${near === undefined ? '' : `; it has ${JSON.stringify(near)}`}`)
}
