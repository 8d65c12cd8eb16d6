// A workflow as YAML text: block style, keys in canonical order, texts plain where that is safe. No line is folded: what is read
// back is the model, character by character. How one text is written is yaml-text.ts.
import type { PlaceModel, WorkflowModel } from '../../model/workflow.ts'
import { canonicalModel } from '../canonical.ts'
import { keyText, literalBlock, scalarText } from './yaml-text.ts'

/** How to write. */
export interface YamlOptions {
  /** Where editors find the JSON Schema of workflows: a path from the file, or an address; null for none. Default: in node_modules beside it. */
  readonly schema?: string | null
}

/** Where the schema is in a project. */
export const SCHEMA = 'node_modules/wumbo/schema/workflow.json'
/** Lists of short words stand in one line up to this width. */
const MAX_FLOW = 100
/** YAML wants longer keys to be marked as such. */
const MAX_KEY = 1000
const WORD = /^[A-Za-z_][\w.-]*$/

/** Writes a model as YAML. Reading it gives the model's canonical form again. */
export function writeYaml(model: WorkflowModel, { schema = SCHEMA }: YamlOptions = {}): string {
  const lines = mapLines(canonicalModel(model) as unknown as Readonly<Record<string, unknown>>)
  return `${schema === null ? '' : `# yaml-language-server: $schema=${schema}\n`}${lines.join('\n')}\n`
}

/** The lines of a value that does not stand in the line of its key; none when it does. */
function blockLines(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || flowText(value) !== undefined) return []
  return Array.isArray(value) ? value.flatMap(itemLines) : mapLines(value as Readonly<Record<string, unknown>>)
}

function mapLines(map: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(map).flatMap(([key, value]) => {
    const written = keyText(key)
    const [mark, head] = written.length > MAX_KEY ? [[`? ${written}`], ':'] : [[], `${written}:`]
    const block = blockLines(value)
    return [...mark, ...(block.length > 0 ? [head, ...indented(block)] : scalarLines(`${head} `, value))]
  })
}

function itemLines(item: unknown): string[] {
  const block = blockLines(item)
  return block.length > 0 ? block.map((line, index) => (index === 0 ? `- ${line}` : indent(line))) : scalarLines('- ', item)
}

/** What stands in the line of its key; a text of several lines goes on below. */
function scalarLines(head: string, value: unknown): string[] {
  const literal = typeof value === 'string' ? literalBlock(value) : undefined
  if (literal !== undefined) return [head + literal.mark, ...indented(literal.lines)]
  return [head + (typeof value === 'object' && value !== null ? (flowText(value) ?? '') : scalarText(value))]
}

/** What is empty, a list of a few words (`[a, b]`), and a place in the layout (`{ x: 1, y: 2 }`). */
function flowText(value: object): string | undefined {
  if (!Array.isArray(value)) return Object.keys(value).length === 0 ? '{}' : placeText(value)
  if (!value.every((item) => typeof item === 'string' && WORD.test(item) && scalarText(item) === item)) return value.length === 0 ? '[]' : undefined
  const text = `[${value.join(', ')}]`
  return text.length <= MAX_FLOW ? text : undefined
}

function placeText(value: object): string | undefined {
  const { x, y, ...more } = value as Partial<PlaceModel>
  return typeof x === 'number' && typeof y === 'number' && Object.keys(more).length === 0 ? `{ x: ${x}, y: ${y} }` : undefined
}

function indented(lines: readonly string[]): string[] {
  return lines.map(indent)
}

/** Empty lines stay empty: they stand in texts only. */
function indent(line: string): string {
  return line === '' ? '' : `  ${line}`
}
