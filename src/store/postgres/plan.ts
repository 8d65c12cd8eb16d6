// Plans a flush: cuts its operations, in their order, into parts. What every run needs goes into segments, each one call; what is rare is
// a part of its own. Nearly every flush is one segment.
import { StoreRowError } from '../../errors.ts'
import type { StoreOp } from '../port.ts'
import { Segment } from './segment.ts'
import type { Known, SegmentOp } from './segment.ts'

/** An operation that is carried out alone. */
export type RareOp = Exclude<StoreOp, SegmentOp>

/** A part of a flush. */
export type Part = Segment | { readonly op: RareOp; readonly first: number; readonly size: 1 }

/** How a flush is cut. */
export interface PlanOptions extends Known {
  /** A part in which a row is at fault, to be cut smaller; null when nothing is known to be wrong. */
  readonly doubt: Doubt | null
}

/** Operations among which one is at fault, and how many of them a part may have now. */
export interface Doubt {
  readonly from: number
  readonly to: number
  readonly size: number
}

/** How a part in which a row is at fault is cut: a thousand operations need some fifty calls to name the one. */
export function doubtOf({ first, size }: Part): Doubt {
  return { from: first, to: first + size, size: Math.ceil(Math.sqrt(size)) === size ? 1 : Math.ceil(Math.sqrt(size)) }
}

/** The parts of a flush; at least one segment, which proves the lane, even when there is nothing to do. Throws StoreRowError with the index of the first operation that no store takes. */
export function plan(ops: readonly StoreOp[], { doubt, ...known }: PlanOptions): readonly Part[] {
  const parts: Part[] = []
  let segment: Segment | null = null
  for (const [index, op] of ops.entries()) {
    if (isRare(op)) {
      parts.push({ op, first: index, size: 1 })
      segment = null
      continue
    }
    if (segment === null || isCut(doubt, segment, index) || !segment.takes(op)) {
      segment = new Segment(index, known)
      parts.push(segment)
    }
    try {
      segment.add(op, index)
    } catch (thrown) {
      throw rowRefusal(thrown, index, op)
    }
  }
  return parts.length === 0 ? [new Segment(0, known)] : parts
}

/** True when a new part must begin at this operation. */
function isCut(doubt: Doubt | null, { size }: Segment, index: number): boolean {
  if (doubt === null || index < doubt.from || index > doubt.to) return false
  return index === doubt.from || index === doubt.to || size >= doubt.size
}

/** The refusal of one operation, by name and index. */
export function rowRefusal(thrown: unknown, index: number, op: StoreOp | undefined): StoreRowError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new StoreRowError(`operation ${index} (${op?.op ?? 'none'}): ${reason}`, { cause: thrown, details: { index } })
}

const RARE: ReadonlySet<StoreOp['op']> = new Set<StoreOp['op']>([
  'reopen', 'migrate', 'continue', 'definition', 'prune', 'transact', 'saveWorkflow', 'useWorkflowVersion', 'chooseWorkflowVersion', 'setWorkflowStatus', 'deleteWorkflow',
  'publish', 'listen', 'unlisten', 'pruneEvents',
])

function isRare(op: StoreOp): op is RareOp {
  return RARE.has(op.op)
}
