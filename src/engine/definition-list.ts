// Lists of workflows from two sides: those that are registered in memory, those that are stored a page at a time. Both by name.
import type { DefinedWorkflow, DefinitionFilter } from './definitions-api.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

interface Page {
  readonly workflows: readonly DefinedWorkflow[]
  readonly next: string | null
}

/** Whether a registered workflow is one that a filter asks for: the store does the same for stored ones. */
export function matches({ name, status }: DefinedWorkflow, { status: wanted, prefix, text, after }: DefinitionFilter): boolean {
  return (wanted === undefined || wanted.includes(status)) && (prefix === undefined || name.startsWith(prefix)) && (text === undefined || name.includes(text))
    && (after === undefined || name > after)
}

/** One page of both: a name once. What of the stored page does not fit comes again with the next one. */
export function mergePage(registered: readonly DefinedWorkflow[], stored: Page, limit: number = DEFAULT_LIMIT): Page {
  const most = Math.max(1, Math.min(limit, MAX_LIMIT))
  const names = new Set(registered.map(({ name }) => name))
  const all = [...registered, ...stored.workflows.filter(({ name }) => !names.has(name))].sort((a, b) => (a.name < b.name ? -1 : 1))
  const workflows = all.slice(0, most)
  return { workflows, next: all.length > most || stored.next !== null ? (workflows.at(-1)?.name ?? null) : null }
}
