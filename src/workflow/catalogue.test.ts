// The workflows of a process: several versions side by side, the newest for new runs, the nearest name for mistakes.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { WorkflowCatalogue } from './catalogue.ts'
import { defineWorkflow } from './define.ts'

const make = (version: string) => defineWorkflow({ name: 'onboard', version, input: z.object({}), run: () => version })

test('keeps versions side by side and gives new runs the one that was added last', () => {
  const [one, two] = [make('1'), make('2')]
  const catalogue = new WorkflowCatalogue([one, two])
  expect(catalogue.newest('onboard')).toBe(two)
  expect(catalogue.find('onboard', '1')).toBe(one)
  const old = make('0')
  catalogue.remember(old)
  expect(catalogue.find('onboard', '0')).toBe(old)
  expect(catalogue.newest('onboard')).toBe(two)
})

test('two different functions under one name and version are refused; the same one is not', () => {
  const one = make('1')
  const catalogue = new WorkflowCatalogue([one, one])
  expect(catalogue.adopt(one)).toBe(one)
  expect(() => catalogue.adopt(make('1'))).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  expect(() => new WorkflowCatalogue([one, make('1')])).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
})

test('an unknown name is told with the nearest known one', () => {
  expect(() => new WorkflowCatalogue([make('1')]).newest('onbaord')).toThrow(/did you mean "onboard"/)
})
