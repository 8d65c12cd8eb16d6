// Compiles a `parallel`: its branches, which are bodies, and how what they give is merged.
import type { BodyModel, MergeModel, ParallelModel } from '../model/workflow.ts'
import { compileBinding } from './binding.ts'
import { usable, type Compilation, type Place } from './compilation.ts'
import { POISONED } from './names-taken.ts'
import type { BodyPlan, BranchPlan, MergePlan, ParallelPlan } from './plan.ts'
import { Uses } from './uses.ts'

/** What the outputs of the branches are called in the expressions of `merge`. */
export const BRANCHES = 'branches'

/** Compiles the body of a branch. */
export type CompileBranch = (body: BodyModel, place: Place) => { readonly plan: BodyPlan; readonly uses: Uses }

/** Compiles `parallel`. Branches use steps as cases do: one that needs a step that was skipped is skipped alone. */
export function compileParallel(model: ParallelModel, { path, names }: Place, compile: CompileBranch, compilation: Compilation): { readonly plan: ParallelPlan; readonly uses: Uses } {
  const uses = new Uses()
  const models = Object.entries(usable(model, 'branches', { path }, compilation) ?? {})
  if (models.length === 0 && !compilation.wrong.has(`${path}.branches`)) compilation.problems.add('MISSING_KEY', `${path}.branches`, 'expected at least one branch', { remedy: 'Add a branch: a name with uses: name-of-a-template below it.' })
  const branches: BranchPlan[] = []
  for (const [name, branch] of models) {
    const at = `${path}.branches.${name}`
    if (compilation.wrong.has(at)) continue
    if (POISONED.has(name)) compilation.problems.add('INVALID_NAME', at, `a branch cannot be called ${name}`, { remedy: 'Choose another name.', on: 'key' })
    const body = compile(branch, { path: at, names })
    uses.take(body.uses, 'soft')
    branches.push({ name, path: at, requires: body.uses.required, continueOnError: (branch).continueOnError === true, body: body.plan })
  }
  const merge = compileMerge(usable(model, 'merge', { path }, compilation) ?? 'all', { branches: branches.map(({ name }) => name), uses }, { path: `${path}.merge`, names }, compilation)
  return { plan: { kind: 'parallel', branches, merge, concurrency: usable(model, 'concurrency', { path }, compilation) ?? Math.max(1, branches.length) }, uses }
}

function compileMerge(merge: MergeModel, { branches, uses }: { readonly branches: readonly string[]; readonly uses: Uses }, { path, names }: Place, compilation: Compilation): MergePlan {
  const { problems, wrong } = compilation
  if (typeof merge === 'string') return { kind: merge }
  if ('output' in merge) {
    const output = compileBinding(merge.output, { path: `${path}.output`, names: { ...names, items: [...names.items, { item: BRANCHES, index: '' }] }, problems })
    uses.read(output.references)
    return { kind: 'output', output }
  }
  const given = wrong.has(`${path}.weighted`) ? {} : merge.weighted
  for (const name of Object.keys(given)) if (!branches.includes(name)) problems.add('UNKNOWN_NAME', `${path}.weighted.${name}`, `there is no branch ${JSON.stringify(name)}`, { remedy: `Branches are: ${branches.join(', ')}.`, on: 'key' })
  const missing = branches.filter((name) => !Object.hasOwn(given, name))
  if (missing.length > 0 && !wrong.has(`${path}.weighted`)) problems.add('MISSING_KEY', `${path}.weighted`, `has no weight for ${missing.join(', ')}`, { remedy: 'Give each branch a weight greater than 0: only their ratios count.', on: 'key' })
  return { kind: 'weighted', weights: branches.map((name) => given[name] ?? 1) }
}
