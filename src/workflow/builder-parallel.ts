// The branches of a `parallel` in the builder: their bodies and how they are merged, as model data.
import type { BodyModel, BranchModel, MergeModel } from '../model/workflow.ts'
import { bindingModel, namesAt, picked, type Given, type Site } from './builder-steps.ts'
import { BRANCHES } from './compile-parallel.ts'
import { checkKeys, refuse, shown } from './door.ts'

/** Makes the model of a body at a path. */
export type MakeBody<B> = (body: B, path: string, site: Site) => BodyModel

/** Branches that are collected. */
class BranchBuilder<B> {
  readonly #site: Site
  readonly #make: MakeBody<B>
  readonly branches: readonly (readonly [string, BranchModel])[]

  constructor(site: Site, make: MakeBody<B>, branches: BranchBuilder<B>['branches']) {
    this.#site = site
    this.#make = make
    this.branches = branches
  }

  branch(name: string, body: B, options: Given = {}): BranchBuilder<B> {
    const path = `${this.#site.path}.${name}`
    checkKeys(`workflow: ${path}`, options, ['description', 'continueOnError'])
    if (this.branches.some(([known]) => known === name)) this.#site.draft.problems.add('DUPLICATE_NAME', path, `the branch ${name} is there twice`, { remedy: 'Give each branch a name of its own.', on: 'key' })
    return new BranchBuilder(this.#site, this.#make, [...this.branches, [name, { ...picked(options, ['description', 'continueOnError']), ...this.#make(body, path, this.#site) }]])
  }
}

/** `parallel`, a function that adds the branches, with `merge` and `branchConcurrency`, which beside a forEach is not its `concurrency`. */
export function parallelModel<B>(given: Given, path: string, site: Site, make: MakeBody<B>): BodyModel {
  const at = `${path}.parallel`
  const build = given['parallel']
  const built: unknown = typeof build === 'function' ? (build as (branches: BranchBuilder<B>) => unknown)(new BranchBuilder({ ...site, path: `${at}.branches` }, make, [])) : build
  if (!(built instanceof BranchBuilder)) throw refuse('workflow', path, `expected a function that gives the branches, got ${shown(built)}`, "Write (branches) => branches.branch('fast', …).branch('exact', …).")
  const merge = given['merge'] === undefined ? {} : { merge: mergeModel(given['merge'], `${at}.merge`, site) }
  return { parallel: { branches: Object.fromEntries((built as BranchBuilder<B>).branches), ...merge, ...(given['branchConcurrency'] === undefined ? {} : { concurrency: given['branchConcurrency'] as number }) } }
}

/** The check of shape refuses what is no way to merge. */
function mergeModel(given: unknown, path: string, site: Site): MergeModel {
  if (typeof given !== 'object' || given === null || !('output' in given)) return given as MergeModel
  const inner: Site = { ...site, loops: [...site.loops, { branches: { name: BRANCHES } }] }
  const { output } = given
  return { output: bindingModel(typeof output === 'function' ? (output as (names: unknown) => unknown)(namesAt(inner)) : output, `${path}.output`, inner) }
}
