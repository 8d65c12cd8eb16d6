// Makes a graph a part of others: compiled from its pinned definition and from nothing else, so that every process that has what contains it has the
// same, also one that has another version of it registered. It was accepted before: what is checked here is only whether it can be a part.
import { partsOf, referenceTo } from '../model/inline.ts'
import { publishSchema } from '../template/publish.ts'
import { compileWorkflow } from './compile.ts'
import type { GraphWorkflow } from './contract.ts'
import type { AnySchema } from './input.ts'
import { compileJsonSchema } from './json-schema.ts'
import type { SubWorkflow } from './plan.ts'
import { Problems } from './problems.ts'
import { cleanUpMsOf, definitionOf, measuresOf, type FindInline } from './sub-workflow.ts'
import { misfit } from './types/fit.ts'
import { typeOfSchema } from './types/from-schema.ts'

/** What a graph was made with that its definition cannot hold. */
const schemas = new WeakMap<GraphWorkflow, AnySchema>()
const parts = new WeakMap<GraphWorkflow, Map<boolean, { readonly part: SubWorkflow | undefined; readonly problems: Problems }>>()

/** Notes that a graph checks its input by a schema that is code. */
export function noteSchema(graph: GraphWorkflow, schema: AnySchema): void {
  schemas.set(graph, schema)
}

/** Keeps what a graph was compiled to, when that is all that its definition says: so that it is not compiled again for each that contains it. */
export function notePart(graph: GraphWorkflow, part: SubWorkflow): void {
  parts.set(graph, new Map([[false, { part, problems: new Problems() }]]))
}

/** A graph as a part of others; undefined when it cannot be one, which is noted. At the end of a run nothing of it is undone. */
export function partOf(graph: GraphWorkflow, isClosing: boolean, problems: Problems): SubWorkflow | undefined {
  const known = parts.get(graph) ?? new Map<boolean, { part: SubWorkflow | undefined; problems: Problems }>()
  parts.set(graph, known)
  let made = known.get(isClosing)
  if (made === undefined) {
    const own = new Problems()
    if (changesInput(graph)) own.add('INLINE_REFUSED', 'input', 'its schema makes something else of what is sent, which is code and no part of the definition', { remedy: 'Let it take its input as it is sent. Or run it as a child, in place of inline.' })
    made = { part: new Parts(graph).make(graph.version, { isClosing, problems: own }), problems: own }
    known.set(isClosing, made)
  }
  problems.take(made.problems)
  return made.problems.any ? undefined : made.part
}

/** The same of a graph that is only looked at. */
export function partMade(graph: Pick<GraphWorkflow, 'definition' | 'templates'>, problems: Problems): SubWorkflow {
  return new Parts(graph).make('', { isClosing: false, problems })
}

/** The graph, and those that stand beside its definition, each made once. */
class Parts {
  readonly #model: SubWorkflow['model']
  readonly #beside: SubWorkflow['beside']
  readonly #templates: GraphWorkflow['templates']
  readonly #made = new Map<string, SubWorkflow>()

  constructor({ definition, templates }: Pick<GraphWorkflow, 'definition' | 'templates'>) {
    const { model, beside } = definitionOf(definition)
    this.#model = model
    this.#beside = beside
    this.#templates = templates
  }

  make(version: string, { isClosing, problems }: { readonly isClosing: boolean; readonly problems: Problems }, model = this.#model): SubWorkflow {
    const inline: FindInline = (reference, site) => {
      const at = `${reference}${site.isClosing ? ' at the end' : ''}`
      const inner = Object.hasOwn(this.#beside, reference) ? this.#beside[reference] : undefined
      const known = this.#made.get(at)
      if (known !== undefined || inner === undefined) return known
      const part = this.make(partsOf(reference).version ?? '', { isClosing: site.isClosing, problems }, inner)
      this.#made.set(at, part)
      return part
    }
    const plan = compileWorkflow(model, { problems, wrong: new Set(), template: (uses) => this.#templates.get(uses), inline, ...(isClosing ? { isClosing } : {}) })
    const { name, input, onFailure = 'stop', onCancel = 'compensate', cleanUpTimeout } = model
    const check = input === undefined ? undefined : compileJsonSchema(name, input, problems)
    return { name, version, plan, model, beside: this.#beside, templates: this.#templates, check: check ?? ((given) => given), onFailure, onCancel, cleanUpMs: cleanUpMsOf(cleanUpTimeout, plan), ...measuresOf(name, plan) }
  }
}

/** Whether the schema that a graph was made with gives its steps something else than what is sent, defaults aside. */
function changesInput(graph: GraphWorkflow): boolean {
  const schema = schemas.get(graph)
  if (schema === undefined) return false
  try {
    const sent = typeOfSchema(graph.schemas.input, { defaults: true })
    const seen = typeOfSchema(publishSchema(schema, { owner: referenceTo(graph), what: 'output' }), { defaults: false })
    return misfit(sent, seen) !== undefined || misfit(seen, sent) !== undefined
  } catch {
    return true // a transformation whose result JSON Schema cannot say
  }
}
