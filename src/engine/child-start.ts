// A child that a run asks the engine to start.
import type { ParentLink } from '../model/child.ts'
import type { ChildStart } from '../workflow/contract.ts'

/** A child that a run starts. */
export interface ChildToStart {
  readonly id: string
  readonly link: ParentLink
  readonly start: ChildStart
  readonly queue: string
}
