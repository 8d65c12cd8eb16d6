// The branches of a `parallel` in the builder: their bodies and how they are merged, as model data.
import type { BodyModel, BranchModel, MergeModel } from '../model/workflow.ts'
import { bindingModel, namesAt, picked, type Given, type Site } from './builder-steps.ts'
import { BRANCHES } from './compile-parallel.ts'
import { checkKeys, refuse, shown } from './door.ts'

type Build = (block: never, names?: unknown) => unknown

/** Makes the model of a body at a path. */
export type MakeBody = (body: Given | Build, path: string, site: Site) => BodyModel

/** Branches that are collected. */
class BranchBuilder {
  readonly #site: Site
  readonly #make: MakeBody
  readonly branches: readonly (readonly [string, BranchModel])[]

  constructor(site: Site, make: MakeBody, branches: BranchBuilder['branches']) {
    this.#site = site
    this.#make = make
    this.branches = branches
  }

  branch(name: string, body: Given | Build, options: Given = {}): BranchBuilder {
    const path = `${this.#site.path}.${name}`
    checkKeys(`workflow: ${path}`, options, ['description', 'continueOnError'])
    if (this.branches.some(([known]) => known === name)) this.#site.draft.problems.add('DUPLICATE_NAME', path, `the branch ${name} is there twice`, { remedy: 'Give each branch a name of its own.', on: 'key' })
    return new BranchBuilder(this.#site, this.#make, [...this.branches, [name, { ...picked(options, ['description', 'continueOnError']), ...this.#make(body, path, this.#site) }]])
  }
}

/** `parallel`, a function that adds the branches, with `merge` and `concurrency`. */
export function parallelModel(given: Given, path: string, site: Site, make: MakeBody): BodyModel {
  const at = `${path}.parallel`
  const build = given['parallel']
  const built: unknown = typeof build === 'function' ? (build as (branches: BranchBuilder) => unknown)(new BranchBuilder({ ...site, path: `${at}.branches` }, make, [])) : build
  if (!(built instanceof BranchBuilder)) throw refuse('workflow', path, `expected a function that gives the branches, got ${shown(built)}`, "Write (branches) => branches.branch('fast', …).branch('exact', …).")
  const merge = given['merge'] === undefined ? {} : { merge: mergeModel(given['merge'], `${at}.merge`, site) }
  return { parallel: { branches: Object.fromEntries(built.branches), ...merge, ...picked(given, ['concurrency']) } }
}

/** The check of shape refuses what is no way to merge. */
function mergeModel(given: unknown, path: string, site: Site): MergeModel {
  if (typeof given !== 'object' || given === null || !('output' in given)) return given as MergeModel
  const inner: Site = { ...site, loops: [...site.loops, { branches: { name: BRANCHES } }] }
  const { output } = given
  return { output: bindingModel(typeof output === 'function' ? (output as (names: unknown) => unknown)(namesAt(inner)) : output, `${path}.output`, inner) }
}
