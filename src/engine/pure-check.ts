// Runs a pure step a second time and compares: in development and in tests.
import { TemplateFailedError } from '../errors.ts'
import { defaultCodec } from '../shared/codec.ts'
import type { Snapshot } from '../shared/codec.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { StepContext } from './step-context.ts'

/** Throws TemplateFailedError when the body gives something else than before. One that turns out to be asynchronous is let go. */
export function checkPure(path: string, first: Snapshot, body: { readonly template: AnyTemplate; readonly input: unknown; readonly context: StepContext }): void {
  // The input was checked by the template itself.
  const again = body.template.invoke(body.input, body.context)
  if (again instanceof Promise) {
    again.catch(() => undefined)
    return
  }
  const second = defaultCodec.snapshot(again)
  if (second.payload !== first.payload) {
    throw new TemplateFailedError(`${path}: ${body.template.meta.name} is declared pure, but two executions with the same input gave different results`, {
      path, retryable: false, remedy: 'Declare it an effect (leave out `pure`), or make it a function of its input alone.',
    })
  }
}
