// The state machine of one execution: which state may follow which. Pure data and one function; the lifecycle
// drives it, nothing else writes a state.
import { IllegalTransitionError } from '../errors.ts'
import type { ExecutionState } from './contract.ts'

/** The states that may follow each state. A hook that a template does not have is passed over. */
export const TRANSITIONS: Readonly<Record<ExecutionState, readonly ExecutionState[]>> = {
  created: ['executing', 'validating', 'preprocessing', 'failed', 'aborted'],
  validating: ['preprocessing', 'executing', 'recovering', 'failed', 'aborted'],
  preprocessing: ['executing', 'recovering', 'failed', 'aborted'],
  executing: ['succeeded', 'postprocessing', 'packaging', 'recovering', 'failed', 'aborted'],
  postprocessing: ['packaging', 'succeeded', 'recovering', 'failed', 'aborted'],
  packaging: ['succeeded', 'recovering', 'failed', 'aborted'],
  recovering: ['succeeded', 'failed', 'aborted'],
  succeeded: [],
  failed: [],
  aborted: [],
}

/** True when nothing follows: the execution is over. */
export function isFinal(state: ExecutionState): boolean {
  return TRANSITIONS[state].length === 0
}

/** Moves an execution to its next state, or throws IllegalTransitionError that names both states. */
export function enter(execution: { state: ExecutionState }, next: ExecutionState): void {
  if (!TRANSITIONS[execution.state].includes(next)) {
    throw new IllegalTransitionError(`an execution cannot go from ${execution.state} to ${next}; it can go to: ${TRANSITIONS[execution.state].join(', ') || 'nothing, it is over'}`, {
      details: { from: execution.state, to: next },
    })
  }
  execution.state = next
}
