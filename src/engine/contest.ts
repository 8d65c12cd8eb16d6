// Branches of a durable function of which one wins: the first that ends, or the first that succeeds. The order in which they end is that of
// the journal, since answers are delivered one at a time; so the same one wins after a crash.
import { BranchesFailedError, DefinitionError, errorData } from '../errors.ts'
import type { MaybePromise } from '../template/contract.ts'
import type { BranchOutput, Branches, Operation, SourceHost, WorkflowContext } from '../workflow/contract.ts'
import { requestedBy, withdrawnPath } from '../workflow/waiting.ts'
import type { Scope } from './scope.ts'

/** A branch that has begun. */
export interface Contestant {
  readonly name: string
  readonly output: Promise<unknown>
}

/** Waits for the winner and gives its output; tells its place before, or -1 when there is none. */
export type Contest = (branches: readonly Contestant[], won: (winner: number) => void) => Promise<unknown>

/** Begins a branch; what it throws at once is its failure as well. */
async function outputOf(branch: ((ctx: WorkflowContext) => MaybePromise<unknown>) | undefined, context: WorkflowContext): Promise<unknown> {
  return branch?.(context)
}

/** Where branches run. */
export interface Arena {
  readonly scope: Pick<Scope, 'openAll' | 'close'>
  readonly inner: (prefix: string) => WorkflowContext
  readonly giveUp: (prefix: string) => void
}

/** Begins branches, each in a scope of its own, and gives up those that have lost. */
export async function heldContest<T extends Branches>(branches: T, contest: Contest, { scope, inner, giveUp }: Arena): Promise<BranchOutput<T>> {
  const names = Object.keys(branches)
  if (names.length === 0) throw new DefinitionError('expected at least one branch, got none', { path: 'branches' })
  const prefixes = scope.openAll(names).map((path) => `${path}.`)
  try {
    const begun = names.map((name, index) => ({ name, output: outputOf(branches[name], inner(prefixes[index] ?? '')) }))
    return (await contest(begun, (winner) => prefixes.forEach((prefix, index) => { if (index !== winner) giveUp(prefix) }))) as BranchOutput<T>
  } finally {
    scope.close()
  }
}

/** Gives up what a branch that has lost had open. People who were asked are told that nobody asks any more: a request is told at once, and can only be taken back. */
export function giveUpAll(lost: readonly { readonly path: string; readonly kind: Operation['kind'] }[], run: Pick<SourceHost, 'open' | 'drop'>): void {
  for (const { path, kind } of lost) {
    if (kind !== 'request') run.drop(path)
    if (kind === 'approval' || kind === 'request') run.open({ kind: 'decision', path: withdrawnPath(kind === 'request' ? requestedBy(path) : path), status: 'skipped', output: null, error: null, reads: null })
  }
}

/** The first that ends wins, well or not. */
export const firstEnd: Contest = (branches, won) => new Promise((resolve, reject) => {
  let isOver = false
  const end = (winner: number, settle: () => void): void => {
    if (isOver) return
    isOver = true
    won(winner)
    settle()
  }
  for (const [index, { output }] of branches.entries()) output.then((value) => end(index, () => resolve(value)), (thrown: unknown) => end(index, () => reject(thrown)))
})

/** The first that succeeds wins. */
export const firstSuccess: Contest = (branches, won) => new Promise((resolve, reject) => {
  const failures = new Map<string, unknown>()
  let isOver = false
  const failed = (name: string, thrown: unknown): void => {
    failures.set(name, thrown)
    if (isOver || failures.size < branches.length) return
    isOver = true
    won(-1)
    reject(branchesFailed(branches.map((branch) => [branch.name, failures.get(branch.name)])))
  }
  for (const [index, { name, output }] of branches.entries()) {
    output.then((value) => {
      if (isOver) return
      isOver = true
      won(index)
      resolve(value)
    }, (thrown: unknown) => failed(name, thrown))
  }
})

function branchesFailed(failures: readonly (readonly [name: string, thrown: unknown])[]): BranchesFailedError {
  const told = failures.map(([name, thrown]) => [name, errorData(thrown)] as const)
  return new BranchesFailedError(`no branch succeeded: ${told.map(([name, { message }]) => `${name}: ${message}`).join('; ')}`, {
    details: { branches: Object.fromEntries(told.map(([name, { code, message }]) => [name, { code, message }])) }, cause: failures[0]?.[1],
  })
}

/** The values of what was settled, or the first failure in order. */
export function results<R>(settled: readonly (PromiseSettledResult<R> | undefined)[]): R[] {
  for (const one of settled) if (one?.status === 'rejected') throw one.reason
  return settled.map((one) => (one as PromiseFulfilledResult<R>).value)
}
