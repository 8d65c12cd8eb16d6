// Gives a step another id, and every reference that means it. References are found where they stand and by what they see there: a step
// of the same id in another block is another step. A model in, a model out; texts are edited by DefinitionText.
import { DefinitionError } from '../errors.ts'
import { defaultCaseName, MAX_STEP_ID, STEP_ID, type BodyModel, type CaseModel, type FinallyModel, type LoopModel, type NeedModel, type OnErrorModel, type ParallelModel, type RunErrorModel, type StepModel, type WorkflowModel } from '../model/workflow.ts'
import type { InlineModel } from '../model/inline.ts'
import type { ChildModel, ChildrenModel } from '../model/children.ts'
import type { ApprovalModel, EventModel, SignalModel } from '../model/waiting.ts'
import { didYouMean } from '../shared/nearest.ts'
import { POISONED } from './names-taken.ts'
import { findStep } from './expression-names.ts'
import { stepMentions } from './expression-steps.ts'
import type { Names } from './frame.ts'
import { bareExpression, splitText } from './interpolation.ts'

/**
 * Renames the step at a path of the definition, such as `steps.enrich` or `steps.route.switch[1].steps.charge`: its key, what names it in
 * `needs` and in expressions, and its places in the layout. What does not name it stays the same object.
 *
 * Throws DefinitionError when there is no such step, when the id is not one, and when the id is taken by a step beside it, around it
 * or inside of it or of those beside it: there `steps.<id>` would mean two steps.
 *
 * ```ts
 * const model = { name: 'x', steps: { enrich: { uses: 'a' }, score: { uses: 'b', with: '${{ steps.enrich.output }}' } } }
 * renameStep(model, 'steps.enrich', 'lookup').steps    // { lookup: …, score: { uses: 'b', with: '${{ steps.lookup.output }}' } }
 * ```
 */
export function renameStep(model: WorkflowModel, path: string, id: string): WorkflowModel {
  // A definition that stands beside is one by itself: it sees nothing of what is around.
  const [reference, beside] = Object.entries(model.workflows ?? {}).find(([one]) => path.startsWith(`workflows.${one}.`)) ?? []
  if (reference !== undefined && beside !== undefined) return changed(model, { workflows: changed(model.workflows ?? {}, { [reference]: renameStep(beside, path.slice(`workflows.${reference}.`.length), id) }) })
  const target = targetOf(path)
  const rename = new Rename(target, id)
  const renamed = rename.workflow(model)
  if (!rename.found) throw new DefinitionError(`${path}: there is no such step.${didYouMean(path, rename.paths)}`, { path, remedy: `Steps are: ${rename.paths.slice(0, 20).join(', ')}.` })
  if (target.id === id) return model
  if (id.length > MAX_STEP_ID || !STEP_ID.test(id) || POISONED.has(id)) throw new DefinitionError(`${path}: expected an id of letters, digits and "_", not beginning with a digit and at most ${MAX_STEP_ID} characters long, got ${JSON.stringify(id)}`, { path, remedy: 'Choose another id.' })
  if (rename.taken !== undefined) throw new DefinitionError(`${path}: the id ${id} is taken by the step at ${rename.taken}`, { path, remedy: 'Choose another id, or rename that step first.' })
  return renamed
}

/** A step, by the scope that holds it. */
interface Target {
  /** Where the steps of its scope stand: `steps`, `steps.orders.steps`. */
  readonly scope: string
  readonly id: string
}

function targetOf(path: string): Target {
  const dot = path.lastIndexOf('.')
  return { scope: path.slice(0, Math.max(0, dot)), id: path.slice(dot + 1) }
}

/** Where something stands: in the definition, in a run, and what it can see. */
interface Site {
  readonly path: string
  /** What stands before the ids of steps in the paths of a run, each id by itself. */
  readonly run: readonly string[]
  readonly names: Names
  /** The step that holds it. */
  readonly owner: string
}

class Rename {
  /** Paths of all steps, for messages. */
  readonly paths: string[] = []
  found = false
  /** Where a step of the new id stands that would be taken for this one. */
  taken: string | undefined
  readonly #target: Target
  readonly #id: string
  #run: readonly string[] = []

  constructor(target: Target, id: string) {
    this.#target = target
    this.#id = id
  }

  workflow(model: WorkflowModel): WorkflowModel {
    const site: Site = { path: '', run: [], names: { scopes: [], items: [], everywhere: new Map() }, owner: '' }
    const ids = Object.keys(model.steps)
    const { steps, output } = this.#scope(model, site, null)
    const seen: Names = { ...site.names, scopes: [{ path: 'steps', ids: new Map(ids.map((id, index) => [id, index])), owner: null }] }
    const closing = <T extends RunErrorModel | FinallyModel>(key: 'onError' | 'finally', given: T | undefined): T | undefined => (given === undefined ? given : changed<RunErrorModel | FinallyModel>(given, { steps: this.#scope(given, { path: key, run: [`$${key}`], names: seen, owner: '' }, null).steps ?? given.steps }) as T) // the same keys
    const [onError, final] = [closing('onError', model.onError), closing('finally', model.finally)]
    return changed(model, { steps, output, onError, finally: final, layout: this.#layout(model.layout) })
  }

  /** The steps of a scope, and its output, which sees them. */
  #scope(body: Pick<BodyModel, 'steps' | 'output'>, { path, run, names }: Site, owner: string | null): Pick<WorkflowModel, 'steps' | 'output'> {
    const at = path === '' ? 'steps' : `${path}.steps`
    const steps = body.steps ?? {}
    const ids = Object.keys(steps)
    const inner: Names = { ...names, scopes: [...names.scopes, { path: at, ids: new Map(ids.map((id, index) => [id, index])), owner }] }
    this.#look(ids, at, { run, names })
    const entries = ids.map((id) => {
      const site: Site = { path: `${at}.${id}`, run: [...run, id], names: inner, owner: id }
      return [at === this.#target.scope && id === this.#target.id ? this.#id : id, this.#step(steps[id] as StepModel, site)] as const
    })
    const same = entries.every(([id, step], index) => id === ids[index] && step === steps[id])
    return { steps: same ? steps : Object.fromEntries(entries), output: this.#texts(body.output, inner) }
  }

  #look(ids: readonly string[], at: string, { run, names }: Pick<Site, 'run' | 'names'>): void {
    const { scope, id } = this.#target
    for (const one of ids) this.paths.push(`${at}.${one}`)
    if (at === scope && ids.includes(id)) {
      this.found = true
      this.#run = [...run, id]
    }
    // The scope itself, those around it, and those inside of it see each other.
    const related = at === scope || scope.startsWith(`${at}.`) || names.scopes.some(({ path }) => path === scope)
    if (related && this.#id !== id && ids.includes(this.#id)) this.taken ??= `${at}.${this.#id}`
  }

  #step(step: StepModel, site: Site): StepModel {
    if (typeof (step as unknown) !== 'object' || (step as unknown) === null) return step // a wrong shape is told elsewhere
    const { needs, if: condition, forEach, loop, onError } = step
    const handler = typeof (onError as unknown) !== 'object' || onError === undefined ? onError : this.#handler(onError, { ...site, path: `${site.path}.onError`, run: [...site.run, '$onError'] })
    return changed<StepModel>(this.#body(step, site), { onError: handler, needs: this.#needs(needs, site.names), if: this.#bare(condition, site.names), forEach: this.#bare(forEach, site.names), loop: this.#loop(loop, site.names) })
  }

  #handler(handler: OnErrorModel, site: Site): OnErrorModel {
    const body = this.#body(handler, site)
    return handler.steps === undefined ? changed<OnErrorModel>(body, { output: this.#texts(handler.output, site.names) }) : body
  }

  #loop(loop: StepModel['loop'], names: Names): StepModel['loop'] {
    if (typeof (loop as unknown) !== 'object' || (loop as unknown) === null || loop === undefined) return loop
    return changed<LoopModel>(loop, { until: this.#bare(loop.until, names), while: this.#bare(loop.while, names), delay: this.#texts(loop.delay, names) as LoopModel['delay'], initial: this.#texts(loop.initial, names) })
  }

  #body<T extends BodyModel>(body: T, site: Site): T {
    const { names } = site
    const cases = body.switch?.map((one, index) => this.#case(one, { ...site, path: `${site.path}.switch[${index}]`, run: [...site.run, one.name ?? defaultCaseName(one, index)] }))
    const parallel = this.#parallel(body.parallel, site)
    const block = body.steps === undefined ? {} : this.#scope(body, site, site.owner)
    return changed<BodyModel>(body, { with: this.#texts(body.with, names), inline: this.#inline(body.inline, names), sleep: this.#texts(body.sleep, names) as BodyModel['sleep'], signal: this.#wait(body.signal, names), event: this.#event(body.event, names), approval: this.#wait(body.approval, names), child: this.#start(body.child, names), children: this.#start(body.children, names), ...block, ...(parallel === undefined ? {} : { parallel }), ...(cases === undefined || cases.every((one, index) => one === body.switch?.[index]) ? {} : { switch: cases }) }) as T // the same keys
  }

  #inline(inline: BodyModel['inline'], names: Names): BodyModel['inline'] {
    if (typeof (inline as unknown) !== 'object' || (inline as unknown) === null || inline === undefined) return inline
    return changed<InlineModel>(inline, { input: this.#texts(inline.input, names) })
  }

  /** A wait; the schema of what comes holds no expressions. */
  #wait<T extends SignalModel | EventModel | ApprovalModel>(wait: T | undefined, names: Names): T | undefined {
    if (typeof (wait as unknown) !== 'object' || (wait as unknown) === null || wait === undefined) return wait
    const texts = ['key', 'title', 'assignees', 'timeout', 'fallback'].filter((key) => Object.hasOwn(wait, key)).map((key) => [key, this.#texts((wait as Readonly<Record<string, unknown>>)[key], names)])
    return changed<object>(wait, Object.fromEntries(texts) as object) as T // the same keys, other texts
  }

  #event(event: EventModel | undefined, names: Names): EventModel | undefined {
    const wait = this.#wait(event, names)
    return typeof wait?.where === 'string' ? changed<EventModel>(wait, { where: this.#bare(wait.where, names) }) : wait
  }

  /** What children are started with. */
  #start<T extends ChildModel | ChildrenModel>(start: T | undefined, names: Names): T | undefined {
    if (typeof (start as unknown) !== 'object' || (start as unknown) === null || start === undefined) return start
    const texts = ['input', 'inputs'].filter((key) => Object.hasOwn(start, key)).map((key) => [key, this.#texts((start as unknown as Readonly<Record<string, unknown>>)[key], names)])
    return changed<object>(start, Object.fromEntries(texts) as object) as T // the same keys, other texts
  }

  #parallel(parallel: BodyModel['parallel'], site: Site): BodyModel['parallel'] {
    if (typeof (parallel as unknown) !== 'object' || (parallel as unknown) === null || parallel === undefined) return parallel
    const entries = Object.entries(parallel.branches).map(([name, branch]) => [name, this.#body(branch, { ...site, path: `${site.path}.parallel.branches.${name}`, run: [...site.run, name] })] as const)
    const branches = entries.every(([name, branch]) => branch === parallel.branches[name]) ? parallel.branches : Object.fromEntries(entries)
    return changed<ParallelModel>(parallel, { branches, merge: this.#texts(parallel.merge, site.names) as ParallelModel['merge'] })
  }

  #case(one: CaseModel, site: Site): CaseModel {
    return changed<CaseModel>(this.#body(one, site), { if: this.#bare(one.if, site.names) })
  }

  #needs(needs: StepModel['needs'], names: Names): StepModel['needs'] {
    if (needs === undefined || typeof needs === 'string' || !Array.isArray(needs)) return needs === undefined ? undefined : this.#need(needs as string | NeedModel, names)
    const renamed = (needs as readonly (string | NeedModel)[]).map((need) => this.#need(need, names))
    return renamed.every((need, index) => need === (needs as readonly unknown[])[index]) ? (needs as readonly string[]) : renamed
  }

  #need(need: string | NeedModel, names: Names): string | NeedModel {
    if (typeof need === 'string') return this.#means(need, names) ? this.#id : need
    if (typeof (need as unknown) !== 'object' || (need as unknown) === null) return need
    return changed<NeedModel>(need, { step: this.#means(need.step, names) ? this.#id : need.step, if: this.#bare(need.if, names) })
  }

  /** Whether an id means the step, for someone who sees `names`. */
  #means(id: string, names: Names): boolean {
    if (id !== this.#target.id) return false
    const found = findStep(id, names)
    return 'kind' in found && names.scopes[found.depth]?.path === this.#target.scope
  }

  #bare(text: string | undefined, names: Names): string | undefined {
    if (typeof text !== 'string') return text
    const { text: expression, offset } = bareExpression(text)
    return text.slice(0, offset) + this.#expression(expression, names) + text.slice(offset + expression.length)
  }

  /** JSON whose texts may hold expressions. */
  #texts(value: unknown, names: Names): unknown {
    if (typeof value === 'string') return this.#text(value, names)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#texts(item, names))
      return items.every((item, index) => item === value[index]) ? value : items
    }
    const entries = Object.entries(value).map(([key, inner]) => [key, this.#texts(inner, names)] as const)
    return entries.every(([key, inner]) => inner === (value as Readonly<Record<string, unknown>>)[key]) ? value : Object.fromEntries(entries)
  }

  #text(text: string, names: Names): string {
    let made = ''
    let at = 0
    for (const piece of splitText(text) ?? []) {
      if (piece.kind === 'plain') continue
      made += text.slice(at, piece.offset) + this.#expression(piece.text, names)
      at = piece.offset + piece.text.length
    }
    return made + text.slice(at)
  }

  #expression(expression: string, names: Names): string {
    if (!expression.includes(this.#target.id)) return expression
    let made = ''
    let at = 0
    for (const { id, start, end, quoted } of [...stepMentions(expression)].sort((a, b) => a.start - b.start)) {
      if (!this.#means(id, names)) continue
      const quote = expression[start] === "'" ? "'" : '"'
      made += expression.slice(at, start) + (quoted ? `${quote}${this.#id}${quote}` : this.#id)
      at = end
    }
    return made + expression.slice(at)
  }

  /** The layout names steps by their paths, in the definition or in a run; those inside of the step go with it. */
  #layout(layout: WorkflowModel['layout']): WorkflowModel['layout'] {
    if (layout === undefined || !this.found) return layout
    const entries = Object.entries(layout).map(([path, place]) => [this.#moved(path), place] as const)
    return entries.every(([path]) => Object.hasOwn(layout, path)) ? layout : Object.fromEntries(entries)
  }

  #moved(path: string): string {
    const { scope, id } = this.#target
    for (const known of [`${scope}.${id}`, this.#run.join('.')]) {
      if (path === known || path.startsWith(`${known}.`) || path.startsWith(`${known}[`)) return known.slice(0, -id.length) + this.#id + path.slice(known.length)
    }
    return path
  }
}

/** A copy with other values for some keys; the object itself when they are the same. What has no value gets no key. */
function changed<T extends object>(object: T, values: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const entries = Object.entries(values).filter(([key, value]) => value !== undefined && value !== (object as Readonly<Record<string, unknown>>)[key])
  return entries.length === 0 ? object : { ...object, ...Object.fromEntries(entries) }
}
