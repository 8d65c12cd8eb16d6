// The templates that a project can use: those that its modules export, and the built-in ones. It opens no store and looks at no
// definition file.
import type { TemplateRegistry } from '../template/registry.ts'
import type { AnyTemplate } from '../template/contract.ts'
import type { AnyWorkflow } from '../workflow/contract.ts'
import { allOf, importModules, modulesBelow } from './modules.ts'
import type { Settings } from './settings.ts'

/** The templates of a project. */
export interface ProjectTemplates {
  readonly registry: TemplateRegistry
  /** What the modules define besides. */
  readonly workflows: readonly AnyWorkflow[]
  /** The module that exports a template; undefined for a built-in one. */
  readonly fileOf: (template: AnyTemplate) => string | undefined
}

/** Imports the modules of a project and further ones. Throws MODULE_FAILED, and TEMPLATE_EXISTS when two are called the same. */
export async function importTemplates(settings: Settings, files: readonly string[] = []): Promise<ProjectTemplates> {
  const { withBuiltins } = await import('../builtin/index.ts')
  const { createRegistry } = await import('../index.ts')
  const below = (await Promise.all(settings.folders.map(modulesBelow))).flat()
  const { byFile, failures } = await importModules([...new Set([...below, ...files])])
  const [failure] = failures
  if (failure !== undefined) throw failure
  const owners = new Map<AnyTemplate, string>()
  for (const [file, { templates }] of byFile) for (const template of templates) if (!owners.has(template)) owners.set(template, file)
  return { registry: createRegistry(withBuiltins([...owners.keys()])), workflows: allOf(byFile.values()).workflows, fileOf: (template) => owners.get(template) }
}
