import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IllegalTransitionError } from '../errors.ts'
import type { ExecutionState } from './contract.ts'
import { TRANSITIONS, enter, isFinal } from './state.ts'

const STATES = Object.keys(TRANSITIONS) as ExecutionState[]
const FINAL: readonly ExecutionState[] = ['succeeded', 'failed', 'aborted']

test('an execution goes through its phases in their order', () => {
  const execution: { state: ExecutionState } = { state: 'created' }
  for (const next of ['validating', 'preprocessing', 'executing', 'postprocessing', 'packaging', 'succeeded'] as const) enter(execution, next)
  expect(execution.state).toBe('succeeded')
})

test('an illegal transition names both states and changes nothing', () => {
  const execution: { state: ExecutionState } = { state: 'executing' }
  expect(() => enter(execution, 'validating')).toThrow(IllegalTransitionError)
  expect(() => enter(execution, 'validating')).toThrow('cannot go from executing to validating')
  expect(execution.state).toBe('executing')
})

test('whatever is asked, an execution never leaves a final state, never returns to a state, and always can end', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STATES), { maxLength: 30 }), (wishes) => {
      const execution: { state: ExecutionState } = { state: 'created' }
      const visited = new Set<ExecutionState>(['created'])
      for (const wish of wishes) {
        const before = execution.state
        const legal = TRANSITIONS[before].includes(wish)
        if (legal) enter(execution, wish)
        else expect(() => enter(execution, wish)).toThrow(IllegalTransitionError)
        expect(execution.state).toBe(legal ? wish : before)
        if (legal) {
          expect(FINAL).not.toContain(before)
          expect(visited.has(wish)).toBe(false)
          visited.add(wish)
        }
      }
      expect(isFinal(execution.state)).toBe(FINAL.includes(execution.state))
      if (!isFinal(execution.state)) expect(TRANSITIONS[execution.state]).toEqual(expect.arrayContaining(['failed', 'aborted']))
    }),
  )
})
