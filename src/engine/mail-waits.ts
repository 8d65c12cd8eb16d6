// What a durable function hands in to wait for a signal or a decision, checked and turned into what the engine waits by. How the wait goes is
// run-inbox.ts.
import { DefinitionError, SignalInvalidError } from '../errors.ts'
import { parseDuration } from '../shared/duration.ts'
import { publishSchema } from '../template/publish.ts'
import { compileCheck } from '../template/validator.ts'
import type { Schema } from '../template/contract.ts'
import type { ApprovalRequest, BoundApprovalOptions, BoundSignalOptions, Decision, MailWait } from '../workflow/waiting.ts'
import { checkOptions } from './known-options.ts'
import { NAME } from './scope.ts'
import { signalAddress } from '../workflow/waiting.ts'

/** The name of a signal that is sent. */
export function checkSignalName(name: string): string {
  if (typeof name === 'string' && NAME.test(name)) return name
  throw new SignalInvalidError(`signal name: expected a letter or _ and then letters, digits, _ or -, at most 100, got ${JSON.stringify(name) ?? 'nothing'}`, { path: 'name', remedy: 'Send the name that the workflow waits for, as in ctx.signal(name).' })
}

/** The sender's own id of a signal. */
export function checkSignalId(id: string): string {
  if (typeof id === 'string' && id.length > 0 && id.length <= 200) return id
  throw new SignalInvalidError(`id: expected a text of 1 to 200 characters, got ${typeof id === 'string' ? `${id.length} characters` : typeof id}`, { path: 'id' })
}

/** The wait for a signal. Throws DefinitionError for a wrong option. */
export function signalWait<P>(name: string, options: Partial<BoundSignalOptions<P>>): MailWait {
  checkOptions('signal', options, `signal ${name}`)
  const { schema, key, timeout } = options
  checkSchema(`signal ${name}: schema`, schema)
  return {
    address: signalAddress(name, key),
    timeoutMs: timeout === undefined ? null : parseDuration(timeout, `${name}.timeout`),
    check: schema === undefined ? null : compileCheck(schema, { owner: `the wait for signal ${name}`, what: 'payload', failure: SignalInvalidError }),
  }
}

/** An approval: what is asked for, and the wait for the decision. Throws DefinitionError, SchemaNotPublishableError. */
export function approvalWait<F>(name: string, options: Partial<BoundApprovalOptions<F>>): { readonly request: ApprovalRequest; readonly wait: Omit<MailWait, 'address'> } {
  checkOptions('approval', options, `approval ${name}`)
  const { title = name, form, assignees = [], timeout } = options
  checkSchema(`approval ${name}: form`, form)
  if (typeof title !== 'string') throw new DefinitionError(`approval ${name}: title: expected a text, got ${typeof title}`, { path: `${name}.title` })
  if (!Array.isArray(assignees) || assignees.some((one) => typeof one !== 'string')) {
    throw new DefinitionError(`approval ${name}: assignees: expected a list of names`, { path: `${name}.assignees` })
  }
  const owner = `approval ${name}`
  const check = form === undefined ? null : compileCheck(form, { owner, what: 'form', failure: SignalInvalidError })
  return {
    request: { title, assignees, form: form === undefined ? null : publishSchema(form, { owner, what: 'input' }) },
    wait: {
      timeoutMs: timeout === undefined ? null : parseDuration(timeout, `${name}.timeout`),
      check: async (payload) => {
        const decision = payload as Decision<unknown> // as the sender of decisions makes it
        const isFilled = decision.approved || decision.form !== undefined
        return check === null || !isFilled ? decision : { ...decision, form: await check(decision.form) }
      },
    },
  }
}

/** Refuses what is no Standard Schema. */
export function checkSchema(place: string, schema: Schema | undefined): void {
  if (schema !== undefined && typeof (schema as Partial<Schema> | null)?.['~standard']?.validate !== 'function') {
    throw new DefinitionError(`${place}: expected a Standard Schema, for example z.object({ … }), got ${typeof schema}`, { path: place })
  }
}
