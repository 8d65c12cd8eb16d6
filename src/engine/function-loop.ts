// The loop of a durable function: one turn after the other, each in a scope of its own.
import { DefinitionError, LoopLimitError } from '../errors.ts'
import { parseDuration } from '../shared/duration.ts'
import { checkOptions } from './known-options.ts'
import type { LoopTurns } from '../workflow/contract.ts'

/** What a loop needs of the context that it runs in. */
export interface LoopHost<R> {
  /** The path of the loop, once its options are sound. */
  open(): string
  close(): void
  pause(path: string, ms: number): Promise<unknown>
  /** One turn in its scope. */
  turn(prefix: string, iteration: number, last: R): Promise<R> | R
}

/** Runs the turns; gives what the last one gave. DEFINITION_INVALID for wrong options, LOOP_LIMIT when none has ended it. */
export async function runLoop<R>(name: string, options: LoopTurns<R>, host: LoopHost<R>): Promise<R> {
  checkOptions('loop', options, `loop ${name}`)
  const { max, until, delay, onMax, initial } = options
  if (!Number.isInteger(max) || max < 1 || max > 10_000) throw new DefinitionError(`loop ${name}: max: expected a whole number from 1 to 10000, got ${String(max)}`, { path: `${name}.max`, remedy: 'Say how many turns it may make: { max: 20, until: … }.' })
  if (typeof until !== 'function') throw new DefinitionError(`loop ${name}: until: expected a function, got ${typeof until}`, { path: `${name}.until`, remedy: 'Say when it ends: until: (output) => output.done.' })
  if (onMax !== undefined && onMax !== 'fail' && onMax !== 'continue') throw new DefinitionError(`loop ${name}: onMax: expected fail or continue, got ${JSON.stringify(onMax)}`, { path: `${name}.onMax` })
  const pause = delay === undefined ? null : parseDuration(delay, `${name}.delay`)
  const base = host.open()
  try {
    let last = initial as R // undefined where the overload says so
    for (let iteration = 0; ; iteration++) {
      if (iteration > 0 && pause !== null) await host.pause(`${base}[${iteration}].$delay`, pause)
      last = await host.turn(`${base}[${iteration}].`, iteration, last)
      if (until(last, iteration) || (iteration + 1 === max && onMax === 'continue')) return last
      if (iteration + 1 === max) throw new LoopLimitError(`the loop ${base} has made ${max} ${max === 1 ? 'turn' : 'turns'}, and none has ended it`, { path: base, details: { iterations: max } })
    }
  } finally {
    host.close()
  }
}
