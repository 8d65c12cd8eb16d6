// Where code finds the templates of a graph, and the graphs that it runs inline: which module exports each, under which name. What no module
// exports, code cannot use.
import { relative } from 'node:path'
import { configurationOf } from '../template/configured.ts'
import type { AnyTemplate } from '../template/contract.ts'
import { partsOf } from '../model/inline.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { Problems } from '../workflow/problems.ts'
import type { FindGraph, FindTemplate, NamedTemplate } from '../workflow/write/typescript.ts'
import type { Definitions } from './modules.ts'

/** What is known of the templates of a graph. */
export interface TemplatePlaces {
  /** The template that a reference in the model means. */
  readonly resolve: (uses: string) => AnyTemplate | undefined
  readonly byFile: ReadonlyMap<string, Definitions>
  /** The folder of the module that is written. */
  readonly folder: string
}

/** Finds templates for code; what cannot be said is noted, with the path of the step, and told by `throwIfAny` of the problems. */
export async function templateFinder({ resolve, byFile, folder }: TemplatePlaces): Promise<{ readonly find: FindTemplate; readonly findGraph: FindGraph; readonly problems: Problems }> {
  const exports = new Map<unknown, { readonly name: string; readonly from: string }>()
  for (const [name, value] of Object.entries(await import('../index.ts'))) exports.set(value, { name, from: 'wumbo' })
  for (const [file, { names }] of byFile) for (const [template, name] of names ?? []) exports.set(template, { name, from: importPath(folder, file) })
  const problems = new Problems()
  const find: FindTemplate = (uses, path, configured) => {
    const template = resolve(uses)
    const settings = template === undefined ? undefined : configurationOf(template)
    const wanted = configured ? (settings?.base ?? template) : template
    const exported = exports.get(wanted)
    const code = { input: template?.schemas.input ?? {}, output: template?.schemas.output ?? {} }
    if (wanted === undefined || exported === undefined) {
      problems.add('UNKNOWN_TEMPLATE', `${path}.uses`, `no module exports the template ${uses}${configured && settings !== undefined ? ' as it is before it is configured' : ''}, so no code can import it`, { remedy: 'Export it from a module of the project, or name its module with --file.' })
    } else if (!configured && settings !== undefined) {
      problems.add('INVALID_CONFIG', `${path}.uses`, `${exported.from} exports ${uses} already configured, and the builder would make its settings part of the workflow`, { remedy: 'Give the step the same settings in `config`, and export the template as it is before it is configured.' })
    }
    return { ...code, ...(exported ?? { name: 'unknown', from: '' }), called: wanted?.meta.name ?? 'unknown' } satisfies NamedTemplate
  }
  const findGraph: FindGraph = (reference, path) => {
    const { name, version } = partsOf(reference)
    const found = [...exports.keys()].findLast((one): one is AnyWorkflow => isNamed(one, name) && (version === undefined || one.version === version))
    const exported = exports.get(found)
    if (found === undefined || exported === undefined) problems.add('UNKNOWN_WORKFLOW', `${path}.inline.workflow`, `no module exports the workflow ${reference}, so no code can import it`, { remedy: 'Convert that workflow as well, and export it from a module of the project.' })
    return { input: found?.schemas.input ?? {}, ...(exported ?? { name: 'unknown', from: '' }), called: name }
  }
  return { find, findGraph, problems }
}

function isNamed(one: unknown, name: string): one is AnyWorkflow {
  return typeof one === 'object' && one !== null && (one as Partial<AnyWorkflow>).form === 'graph' && (one as AnyWorkflow).name === name
}

/** The path of a module as another names it, with its extension. */
function importPath(folder: string, file: string): string {
  const path = relative(folder, file).replaceAll('\\', '/')
  return path.startsWith('.') ? path : `./${path}`
}
