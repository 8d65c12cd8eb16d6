// Refuses a transaction step that its store cannot run, before anything of it begins.
import { DefinitionError, TransactionUnsupportedError } from '../errors.ts'
import type { Store } from '../store/port.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { StepOptions } from '../workflow/contract.ts'

/** Throws TransactionUnsupportedError for a store of another kind, DefinitionError for options that a transaction does not take. */
export function checkTransaction({ path, template, options }: { readonly path: string; readonly template: AnyTemplate; readonly options: StepOptions }, store: Store): void {
  const { transaction, meta } = template
  if (transaction === undefined) return
  if (store.kind !== transaction.store || store.transactions === undefined) {
    throw new TransactionUnsupportedError(`${path}: ${meta.name} is a transaction of a store of kind ${transaction.store}, and this one is of kind ${store.kind}`, {
      path, details: { template: meta.name, needs: transaction.store, found: store.kind },
    })
  }
  if (options.level !== undefined) {
    throw new DefinitionError(`${path}.level: ${meta.name} is a transaction, and its level cannot be changed to ${options.level}`, { path: `${path}.level`, remedy: 'Leave out the level.' })
  }
}
