// What a step says of the runs that it starts as children of its own. children-schema.ts checks the shapes.
import type { ParentClose } from './child.ts'

/** What is said of a child, and of many alike. */
export interface StartModel {
  /** The name of the workflow, registered or stored. Its newest version, or the one that is chosen for new runs, is started. */
  readonly workflow: string
  /** What becomes of a child when this run ends before it: `cancel` asks it to cancel, `abandon` leaves it to itself. Default `cancel`. */
  readonly parentClose?: ParentClose
  /** The queue that workers take a child from. Default: that of this run. */
  readonly queue?: string
}

/** Starts a run of another workflow as a child. */
export interface ChildModel extends StartModel {
  /** Any JSON; its texts may hold `${{ expression }}`. Default `{}`. */
  readonly input?: unknown
  /** Whether to wait for its end: then the output is that of the child. Else it is the id of the child, once the start is durable. Default true. */
  readonly wait?: boolean
}

/** Starts a child for each input of a list, and waits until all have ended. */
export interface ChildrenModel extends StartModel {
  /** A list, or an expression that gives one. */
  readonly inputs: string | readonly unknown[]
  /** Children under way at a time, from 1. Default 100. */
  readonly concurrency?: number
  /** When all have ended and some of them have not completed: `fail` fails the step with CHILD_FAILED, `continue` goes on. Default `fail`. */
  readonly onFailure?: 'fail' | 'continue'
  /** What the output holds beside how many there were: the list of their `outputs`, null for one that has not completed, or of their `results`. Default: neither. */
  readonly collect?: 'outputs' | 'results'
}

/** Children of one operation under way at a time, unless it says otherwise. */
export const DEFAULT_CHILDREN = 100

const QUEUE_NAME = /^[\w.:-]{1,100}$/
export const QUEUE_WANTED = 'expected 1 to 100 letters, digits, "_", ".", ":" and "-"'

/** True for the name of a queue. */
export function isQueue(queue: unknown): queue is string {
  return typeof queue === 'string' && QUEUE_NAME.test(queue)
}
