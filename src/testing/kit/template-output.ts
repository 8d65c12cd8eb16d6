// One template, one input, one expected output: the smallest test.
import { AssertionError } from 'node:assert'
import { deepStrictEqual } from 'node:assert/strict'
import { defaultCodec } from '../../shared/codec.ts'
import { labelOf } from '../../template/callable.ts'
import type { CallOptions, Template } from '../../template/contract.ts'
import { shownValue } from './journal.ts'

/**
 * Calls a template once and compares what a step would record of its output. Throws an AssertionError with the difference, and what the
 * template throws: InputInvalidError, OutputInvalidError, its own failures; ValueNotStorableError for an output that no step could record.
 * Resolves to the output.
 * @example
 * await assertTemplateOutput(scoreLead, { visits: 3 }, { score: 0.3 })
 */
export async function assertTemplateOutput<I, O>(template: Template<I, O>, input: NoInfer<I>, expected: NoInfer<O>, options?: CallOptions): Promise<O> {
  const output = await template(input, options)
  const actual = defaultCodec.snapshot(output, { name: 'output' }).value
  const wanted = defaultCodec.snapshot(expected, { name: 'expected' }).value
  try {
    deepStrictEqual(actual, wanted)
  } catch (thrown) {
    throw new AssertionError({ message: `${labelOf(template.meta)} of ${shownValue(input)}: ${(thrown as Error).message}`, actual, expected: wanted, operator: 'assertTemplateOutput' })
  }
  return output
}
