// Refuses a transaction step that its store cannot run, before anything of it begins.
import { DefinitionError, TransactionUnsupportedError } from '../errors.ts'
import type { Store } from '../store/port.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { AnyWorkflow, StepOptions } from '../workflow/contract.ts'

/** Refuses a start whose graph has a transaction of another kind of store. What a function will ask for shows only when it does. */
export function checkTransactions(workflow: AnyWorkflow, store: Store): void {
  if (workflow.form === 'graph') for (const template of workflow.templates.values()) checkKind(workflow.name, template, store)
}

/** Throws TransactionUnsupportedError for a store of another kind, DefinitionError for options that a transaction does not take. */
export function checkTransaction({ path, template, options }: { readonly path: string; readonly template: AnyTemplate; readonly options: StepOptions }, store: Store): void {
  const { transaction, meta } = template
  if (transaction === undefined) return
  checkKind(path, template, store)
  if (options.level !== undefined) {
    throw new DefinitionError(`${path}.level: ${meta.name} is a transaction, and its level cannot be changed to ${options.level}`, { path: `${path}.level`, remedy: 'Leave out the level.' })
  }
}

function checkKind(path: string, { transaction, meta }: AnyTemplate, store: Store): void {
  if (transaction === undefined) return
  if (store.kind !== transaction.store || store.transactions === undefined) {
    throw new TransactionUnsupportedError(`${path}: ${meta.name} is a transaction of a store of kind ${transaction.store}, and this one is of kind ${store.kind}`, {
      path, details: { template: meta.name, needs: transaction.store, found: store.kind },
    })
  }
}
